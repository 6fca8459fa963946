"""What a fix builds on: whoever accepts it alone gets these with it, and nothing that has nothing to do with it."""

from __future__ import annotations

import aiomend
from aiomend import EVERYTHING, Selection, Settings
from aiomend.api import MemorySources
from aiomend.engine import Project
from aiomend.model import Finding

SETTINGS = Settings(unsafe=EVERYTHING)
OLD = """\
import asyncio
import time


@asyncio.coroutine
def slow():
    time.sleep(1)


async def other():
    time.sleep(2)


async def main(loop):
    await slow()
    await other()
"""


def found(code: str) -> dict[tuple[str, int], Finding]:
    """Return the findings that have a fix, by rule and line, when all of them are applied."""
    report = aiomend.fix_source(code, settings=SETTINGS, accept=lambda _: True).report
    return {(finding.code, finding.line): finding for finding in report.findings if finding.fix is not None}


def requires(finding: Finding) -> tuple[str, ...]:
    assert finding.fix is not None
    return finding.fix.requires


def test_what_the_first_look_finds_builds_on_nothing() -> None:
    fixes = found(OLD)
    assert requires(fixes["AIO001", 5]) == ()


def test_what_came_before_it_elsewhere_is_no_matter() -> None:
    fixes = found(OLD)
    assert requires(fixes["AIO401", 11]) == ()


def test_a_fix_in_a_function_builds_on_what_made_it_a_coroutine_function() -> None:
    fixes = found(OLD)
    native = fixes["AIO001", 5].id
    assert requires(fixes["AIO401", 7]) == (native,)


def test_it_tells_what_it_does_to_what_these_made() -> None:
    late = found(OLD)["AIO401", 7].fix
    assert late is not None
    [change] = late.changes
    assert "async def slow():\n    time.sleep(1)\n" in change.old
    assert "async def slow():\n    await asyncio.sleep(1)\n" in change.new


def test_one_whose_edits_tell_it_says_nothing_else() -> None:
    first = found(OLD)["AIO001", 5].fix
    assert first is not None
    assert first.changes == ()


def test_an_import_that_another_fix_took_is_brought_back() -> None:
    """AIO001 takes the last use of `asyncio`, so that an edit of the original alone would import it twice."""
    late = found(OLD)["AIO401", 11].fix
    assert late is not None
    [change] = late.changes
    assert (change.old.count("import asyncio"), change.new.count("import asyncio")) == (0, 1)


def test_a_fix_with_what_it_requires_is_applied_and_nothing_else() -> None:
    late = found(OLD)["AIO401", 7]
    ids = {late.id, *requires(late)}
    fixed = aiomend.fix_source(OLD, settings=SETTINGS, accept=lambda finding: finding.id in ids)
    assert {finding.id for finding in fixed.findings if finding.applied} == ids
    assert "async def slow():\n    await asyncio.sleep(1)\n" in fixed.text
    assert "time.sleep(2)" in fixed.text


def test_what_only_newer_pythons_have_builds_on_what_makes_the_file_one_for_them() -> None:
    """Where `async` is a name the file is for 3.6, and get_running_loop() came later."""
    fixes = found(
        "import asyncio\n\n\n@asyncio.coroutine\ndef go(loop=None):\n    if loop is None:\n"
        "        loop = asyncio.get_event_loop()\n    yield from asyncio.sleep(1)\n    return loop\n\n\n"
        "def start(work):\n    return asyncio.async(work)\n"
    )
    assert set(requires(fixes["AIO006", 7])) == {fixes["AIO001", 4].id, fixes["AIO003", 13].id}


def test_what_stood_in_the_way_in_another_file_is_built_on() -> None:
    """AIO001 waits for AIO002, which learns of the plain generator in the other file by the decorator."""
    files = {
        "tools.py": """\
import asyncio
import functools


def app(f):
    @asyncio.coroutine
    def inner(*args):
        yield from f(*args)

    @functools.wraps(f)
    def run(*args):
        asyncio.get_event_loop().run_until_complete(inner(*args))

    return run


@asyncio.coroutine
def other():
    yield from asyncio.sleep(1)
""",
        "commands.py": """\
import asyncio

from tools import app


@app
def join(device):
    yield from asyncio.sleep(1)
""",
    }
    settings = Settings(select=Selection(frozenset({"AIO0"})), unsafe=EVERYTHING)
    report = Project(MemorySources({path: text.encode() for path, text in files.items()}), lambda _: settings).run()
    by_place = {(one.path, one.line): one for one in report.findings}
    assert by_place["commands.py", 7].id in requires(by_place["tools.py", 6])
