"""A file is opened when something is found in it, or to see why it is left alone; whoever looks, the report is the same."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace

import pytest

from aiomend import Settings
from aiomend.api import MemorySources
from aiomend.engine import Project
from aiomend.errands import look
from aiomend.report import Report, Skip
from aiomend.sharing import Errand, T

CLEAN = b"import asyncio\n\n\nasync def f():\n    await asyncio.sleep(0)\n"
TRAP = b"import time\n\n\nasync def f():\n    time.sleep(1)\n"


class Elsewhere:
    """A crew that looks at each file in a project of its own, as another process does."""

    def share(
        self,
        sizes: Sequence[tuple[str, int]],
        work: Callable[[str], T | None],
        errand: Callable[[], Errand] | None = None,
    ) -> Generator[tuple[str, T | None], None, None]:
        order = errand() if errand is not None else None
        for path, _ in sizes:
            seen = look(order.project, order.changes, {path: order.codes[path]}) if order is not None else {}
            assert isinstance(seen, dict)
            yield path, pickle.loads(pickle.dumps(seen.get(path)))


def run(files: dict[str, bytes], crew: Elsewhere | None = None) -> Report:
    return Project(MemorySources(files), lambda _: Settings(), crew=crew).run()


LEFT_ALONE = {
    "python 2": ({"a.py": b"print 'x'\n"}, Skip.PYTHON2),
    "python 2, with a word that a rule looks for": ({"a.py": b"import asyncio\nprint 'x'\n"}, Skip.PYTHON2),
    "no python": ({"a.py": b"import asyncio\nasync def f(:\n"}, Skip.NOT_PYTHON),
    "newer": ({"a.py": b"import asyncio\nimport time\ntype A = int\n"}, Skip.NEWER_SYNTAX),
    "generated": ({"a.py": b"# @generated\n"}, Skip.GENERATED),
    "another encoding": ({"a.py": b"# coding: ascii\nimport asyncio, time\nname = '\xff'\n"}, Skip.ENCODING),
    "asyncio": (
        {"asyncio/__init__.py": b"", "asyncio/tasks.py": b"class Task:\n    pass\n", "a.py": TRAP},
        Skip.ASYNCIO,
    ),
}


@pytest.mark.parametrize(("files", "skip"), LEFT_ALONE.values(), ids=LEFT_ALONE.keys())
def test_why_a_file_is_left_alone_is_the_same_whoever_looks(files: dict[str, bytes], skip: Skip) -> None:
    report = run(files)

    left = {file.path: file.skip for file in report.files}
    assert left["a.py"] is skip
    assert report.checked == len(files) - len(left)
    assert not report.findings
    assert replace(run(files, Elsewhere()), counters={}) == replace(report, counters={})


def test_a_text_that_looks_like_python_2_is_no_reason_to_leave_a_file_alone() -> None:
    files = {"a.py": b"'''\nprint x\n'''\n"}
    assert run(files) == run(files, Elsewhere()) == Report(checked=1, counters={"parsed": 0})


def test_what_others_find_nothing_in_is_not_parsed() -> None:
    files = {f"clean{number}.py": CLEAN for number in range(20)} | {"trap.py": TRAP}
    report = run(files, Elsewhere())

    assert [finding.path for finding in report.findings] == ["trap.py"]
    assert report.counters == {"parsed": 1}
    assert replace(run(files), counters={}) == replace(report, counters={})


def test_a_comment_that_silences_nothing_is_found_in_a_file_without_another_finding() -> None:
    files = {"a.py": CLEAN.replace(b"sleep(0)", b"sleep(0)  # aiomend: ignore[AIO401]")}
    assert [finding.code for finding in run(files).findings] == ["AIO000"]
    assert replace(run(files, Elsewhere()), counters={}) == replace(run(files), counters={})
