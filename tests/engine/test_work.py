"""How much work a run may do on a fixed tree: counted, so that no clock decides.

What rises here is a regression, unless what is found became better; what falls is worth to be written down.
"""

from __future__ import annotations

import ast
import os
import pickle
import tempfile
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

import libcst
import pytest

from aiomend import EVERYTHING, Fix, Project, Settings, proposals
from aiomend.api import MemorySources
from aiomend.facts import coroutines_by_use
from aiomend.facts.generator_fates import Use
from aiomend.facts.inference import Inference
from aiomend.facts.thread_users import Users
from aiomend.facts.view import Module
from aiomend.proposals import Outcome
from aiomend.report import Report
from aiomend.settings import TargetRange
from aiomend.sharing import Errand, T


def tree() -> dict[str, str]:
    """A project of 200 files: most have nothing to do with coroutines, and some names are short and common."""
    files = {f"plain/m{n}.py": _PLAIN.format(n=n) for n in range(120)}
    files |= {f"callers/m{n}.py": _CALLER.format(n=n) for n in range(20)}
    files |= {f"clean/m{n}.py": _CLEAN.format(n=n) for n in range(50)}
    files |= {f"traps/m{n}.py": _TRAP.format(n=n) for n in range(10)}
    return files


_PLAIN = '''"""Reads what is there: the waiting is the caller's as usual."""

import os


class Reader{n}:
    def __init__(self, path):
        self.path = path
        p = self.path
        e = p

    def read_all(self):
        with open(self.path) as f:
            data = f.read()
        return os.path.basename(self.path), data.strip()


def offsets(values):
    return [value + {n} for value in values]
'''
_CALLER = """from clean.m{n} import fetch_{n}


def start(loop):
    return loop.enter(fetch_{n}({n}))
"""
_CLEAN = """import asyncio


async def fetch_{n}(number):
    await asyncio.sleep(0)
    return number


async def all_of_{n}():
    return await asyncio.gather(*(fetch_{n}(one) for one in range({n})))
"""
_TRAP = """import asyncio
import time


async def slow_{n}():
    time.sleep({n})


async def main_{n}():
    task = asyncio.create_task(slow_{n}())
    await slow_{n}()
    return task
"""


@dataclass(frozen=True, slots=True)
class Counted:
    """Files in memory that count the bytes that are asked for."""

    files: dict[str, bytes]
    given: Counter[str] = field(default_factory=Counter)

    def paths(self) -> list[str]:
        return sorted(self.files)

    def read(self, path: str) -> bytes:
        data = self.files[path]
        self.given["reads"] += 1
        self.given["bytes"] += len(data)
        return data


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """What was done so far: trees parsed by `ast` and by LibCST, how much that one read, and expressions that were evaluated."""
    done: Counter[str] = Counter()

    def count(owner: object, name: str, what: str, how_much: str = "") -> None:
        plain = getattr(owner, name)

        def counting(*arguments: object, **named: object) -> object:
            done[what] += 1
            if how_much:
                done[how_much] += len(str(arguments[0]))
            return plain(*arguments, **named)

        monkeypatch.setattr(owner, name, counting)

    count(ast, "parse", "ast")
    count(libcst, "parse_module", "libcst", "bytes for libcst")
    count(Inference, "_evaluate", "evaluated")
    count(Users, "of", "users")
    return done


def run(files: dict[str, str], settings: Settings) -> tuple[Report, Counter[str]]:
    sources = Counted({path: text.encode() for path, text in files.items()})
    return Project(sources, lambda _: settings).run(), sources.given


def test_files_that_have_nothing_to_do_with_coroutines_are_read_once_and_not_parsed(work: Counter[str]) -> None:
    files = {path: text for path, text in tree().items() if path.startswith("plain/")}

    report, given = run(files, Settings())

    assert report.counters == {"parsed": 0}
    assert given == {"reads": len(files), "bytes": sum(map(len, files.values()))}
    assert not work, "nothing was parsed or evaluated"


def test_a_tree_without_traps_never_meets_libcst(work: Counter[str]) -> None:
    files = {path: text for path, text in tree().items() if not path.startswith("traps/")}

    report, _ = run(files, Settings())

    assert not report.findings
    assert report.counters["parsed"] <= 70, "the clean ones and the callers"
    assert work["ast"] <= 70
    assert work["libcst"] == 0


def test_what_is_looked_at_is_what_holds_a_name_that_matters(work: Counter[str]) -> None:
    report, given = run(tree(), Settings())

    assert len(report.findings) == 10
    assert report.counters["parsed"] <= 80
    assert given["reads"] == len(tree())
    assert work["ast"] <= 140, "a file once, and what its fix makes of it"
    assert work["libcst"] <= 30, "a trap is written once to be shown; nothing is applied"
    assert work["evaluated"] <= EVALUATED


def test_a_fix_has_its_file_parsed_again_and_no_other_one(work: Counter[str]) -> None:
    report, _ = run(tree(), Settings(unsafe=EVERYTHING))

    assert len(report.changed) == 10
    assert report.counters["parsed"] <= 90
    assert work["libcst"] <= 60


_LIBRARY = """import asyncio


class Connection:
    def __init__(self, loop):
        self.waiter = asyncio.Future(loop=loop)

    async def wait(self):
        await self.waiter

    def made(self):
        self.waiter.set_result(1)
"""
_USER = """from library import Connection


async def main(connection: Connection):
    await connection.wait()
    connection.made()
"""


def test_a_change_inside_of_a_function_has_no_other_file_looked_at_again() -> None:
    def looks(library: str) -> Counter[str]:
        found: Counter[str] = Counter()
        files = {f"users/m{n}.py": _USER for n in range(20)} | {"library.py": library}
        sources = Counted({path: text.encode() for path, text in files.items()})
        report = Project(sources, lambda _: Settings()).run(progress=lambda path, _number, _due: found.update([path]))
        assert len(report.changed) == (library is _LIBRARY)
        return found

    fixed, as_it_is = looks(_LIBRARY), looks(_LIBRARY.replace("set_result", "result"))
    assert fixed.pop("library.py") > as_it_is.pop("library.py")
    assert fixed == as_it_is


_ASKS = """import asyncio
import threading

from base import Base


class Client(Base):
    def ring(self):
        self.bell.strike(self.hammer)

    async def run(self):
        self.ring()
        await self.call()


def start():
    threading.Thread(target=Client().ring).start()
"""
_MENTIONS = {
    "text": "# Client.ring() and self.bell, call, hammer: see there\n",
    "definition": "class Bell:\n    def ring(self): self.call = self.hammer = self.bell = 1\n",
    "other bases": "import work\n\nclass Mine(work.Thing):\n    kind = work.Client\n",
    "mock": "with patch('work.Client.ring'): pass\n",
}


@pytest.mark.parametrize("mention", _MENTIONS.values(), ids=_MENTIONS.keys())
def test_files_that_cannot_change_an_answer_are_not_parsed_for_it(mention: str) -> None:
    files = {f"others/m{n}.py": mention for n in range(50)} | {"work.py": _ASKS, "base.py": "class Base: pass\n"}

    report, _ = run(files, Settings())

    assert report.counters["parsed"] <= 2


def test_tests_are_not_asked_what_runs_a_function() -> None:
    files = {f"tests/test_m{n}.py": "def test_it(client): client.ring()\n" for n in range(50)}

    report, _ = run(files | {"work.py": _ASKS, "base.py": "class Base: pass\n"}, Settings())

    assert report.counters["parsed"] <= 2


_CHAINS = {
    "in the branches": "if x == {n}:\n        time.sleep({n})",
    "on the lines of the tests": "if x == {n}: time.sleep({n})",
    "in the tests": "if loop.run_until_complete(ask({n})):\n        pass",
}


@pytest.mark.parametrize("branch", _CHAINS.values(), ids=_CHAINS.keys())
def test_each_finding_of_a_chain_is_written_without_the_rest_of_it(branch: str, work: Counter[str]) -> None:
    head = "import asyncio\nimport time\n\n\nasync def ask(x):\n    loop = asyncio.get_event_loop()\n    "

    def chain(length: int) -> dict[str, str]:
        return {"a.py": head + "\n    el".join(branch.format(n=n) for n in range(length)) + "\n"}

    run(chain(5), Settings())
    short = work["bytes for libcst"]
    work.clear()
    report, _ = run(chain(20), Settings())

    assert len(report.findings) >= 20
    assert work["bytes for libcst"] < 5 * short


def test_functions_that_hand_back_what_others_of_them_give_are_looked_at_once_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = [f"step_{n}" for n in range(12)]
    others = "".join(f"    if x == {n}:\n        return {name}(x)\n" for n, name in enumerate(names))
    functions = "".join(f"def {name}(x):\n{others}    return work(x)\n\n\n" for name in names)
    text = f"import asyncio\n\n\ndef work(x):\n    yield from asyncio.sleep(x)\n\n\n{functions}asyncio.run(step_0(1))\n"
    done: Counter[str] = Counter()
    plain = coroutines_by_use.reference_fates

    def counting(module: Module, node: ast.expr) -> Iterator[Use]:
        done["places"] += 1
        return plain(module, node)

    monkeypatch.setattr(coroutines_by_use, "reference_fates", counting)

    report, _ = run({"a.py": text}, Settings(unsafe=EVERYTHING, target=TargetRange((3, 8), (3, 13), "test")))

    assert done["places"] > 0
    assert done["places"] <= 4 * text.count("(x)"), "in the rounds of a run; and not the fourth power of the functions"
    assert [finding.code for finding in report.findings]


def test_who_runs_functions_that_call_each_other_is_found_out_once_each(work: Counter[str]) -> None:
    names = [f"step_{n}" for n in range(20)]
    calls = "".join(f"    if x == {n}:\n        {name}(x)\n" for n, name in enumerate(names))
    functions = "".join(f"def {name}(x, loop):\n{calls}    loop.call_soon(print, x)\n\n\n" for name in names)
    text = f"import asyncio\nimport threading\n\n\n{functions}threading.Thread(target=step_0)\n"

    run({"a.py": text}, Settings())

    assert work["users"] == len(names), "and not the tenth power of the functions"


def test_a_file_is_proved_once_where_the_same_fixes_go_in_that_were_found(monkeypatch: pytest.MonkeyPatch) -> None:
    done: Counter[tuple[str, int]] = Counter()
    plain = proposals.apply

    def counting(module: Module, fixes: Sequence[Fix]) -> Outcome:
        done[module.path, len(fixes)] += 1
        return plain(module, fixes)

    monkeypatch.setattr(proposals, "apply", counting)
    safe = "import asyncio\n\n\nasync def start(f):\n    asyncio.create_task(f())\n"
    unsafe = "import asyncio\nimport time\n\n\nasync def wait():\n    time.sleep(1)\n    await asyncio.sleep(1)\n"

    report, _ = run(
        {"safe.py": safe, "unsafe.py": unsafe, "both.py": f"{unsafe}\n\n{safe.partition('import asyncio')[2]}"},
        Settings(),
    )

    assert {file.path for file in report.changed} == {"both.py", "safe.py"}
    assert done == {
        ("safe.py", 1): 1,
        ("unsafe.py", 1): 1,
        ("both.py", 2): 1,
        ("both.py", 1): 1,  # without what nobody wants, which the next round knows already
    }


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A crew of which this process does nothing."""

    def share(
        self,
        sizes: Sequence[tuple[str, int]],
        work: Callable[[str], T | None],
        errand: Callable[[], Errand] | None = None,
    ) -> Generator[tuple[str, T | None], None, None]:
        for path, _ in sizes:
            yield path, self._done(work, path)

    def _done(self, work: Callable[[str], T | None], path: str) -> T | None:
        with tempfile.TemporaryFile() as said:
            if (pid := os.fork()) == 0:
                said.write(pickle.dumps(work(path)))
                said.flush()
                os._exit(0)
            assert os.waitpid(pid, 0)[1] == 0
            said.seek(0)
            return cast("T | None", pickle.load(said))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no copies of a process here")
def test_what_other_processes_wrote_for_each_fix_alone_is_not_written_again_for_the_proof(
    work: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {path: text.encode() for path, text in tree().items() if path.startswith(("traps/", "clean/"))}
    alone = Project(MemorySources(files), lambda _: Settings(unsafe=EVERYTHING)).run()
    assert work["libcst"] > 0
    work.clear()
    monkeypatch.setattr(proposals, "_judged_by", lambda *_: ())  # the proofs are made here

    shared = Project(MemorySources(files), lambda _: Settings(unsafe=EVERYTHING), crew=Elsewhere()).run()

    assert shared.changed == alone.changed
    assert work["libcst"] == 0


#: Expressions of the tree whose value somebody asked for.
EVALUATED = 700
