"""From findings to a report: rounds, refusals, what is accepted, positions of the original."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

import aiomend
from aiomend import EVERYTHING, Fix, Impact, Rule, Safety, Selection, Settings, TargetRange
from aiomend.api import MemorySources
from aiomend.engine import Project
from aiomend.facts.module import Colour
from aiomend.facts.view import Module
from aiomend.report import Skip
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Replace
from aiomend.rules.legacy.asyncio_run import AsyncioRun

UNSAFE = Settings(unsafe=EVERYTHING, select=Selection(frozenset({"AIO000", "AIO401", "AIO402"})))
SLEEP = "import asyncio\nimport time\n\n\nasync def f():\n    time.sleep(1)\n"


@pytest.fixture
def rule(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Rule]]:
    """A rule that renames a call of `ping` to `pong`; tests change what it does."""

    class Renamed(Rule):
        """Call pong."""

        code = "AIO999"
        name = "renamed"
        safety = Safety.SAFE
        impact = Impact.TIDY
        triggers = frozenset({"ping", "pong"})

        def find(self, module: Module) -> Iterator[Fix]:
            for call in module.facts.calls:
                name = module.text(call.func)
                if name in ("ping", "pong"):
                    other = "pong" if name == "ping" else "ping"
                    yield self.fix(module, call, name, Replace(call, lambda node, o=other: syntax.renamed(node, o)))

    monkeypatch.setitem(aiomend.registry(), "AIO999", Renamed)
    return Renamed


def test_nothing_found_changes_nothing() -> None:
    fixed = aiomend.fix_source("x = 1\n", settings=UNSAFE)
    assert fixed.text == "x = 1\n"
    assert fixed.report.findings == fixed.report.files == ()


def test_unsafe_fixes_wait_for_a_yes() -> None:
    fixed = aiomend.fix_source(SLEEP)
    assert fixed.text == SLEEP
    (finding,) = (f for f in fixed.findings if f.code == "AIO401")
    assert not finding.applied
    assert finding.fixable
    assert finding.safety is Safety.UNSAFE


def test_a_finding_holds_the_fix_as_data() -> None:
    (finding,) = aiomend.check_source(SLEEP, settings=UNSAFE)
    assert (finding.line, finding.column, finding.end_line, finding.end_column) == (6, 5, 6, 18)
    assert finding.fix is not None
    text = SLEEP
    for edit in sorted(finding.fix.edits, key=lambda edit: -edit.start):
        text = text[: edit.start] + edit.text + text[edit.end :]
    assert text == aiomend.fix_source(SLEEP, settings=UNSAFE).text


def test_accept_decides_fix_by_fix() -> None:
    two = SLEEP + "    time.sleep(2)\n"
    wanted = aiomend.check_source(two, settings=UNSAFE)[1].id
    fixed = aiomend.fix_source(two, settings=UNSAFE, accept=lambda finding: finding.id == wanted)
    assert fixed.text == two.replace("time.sleep(2)", "await asyncio.sleep(2)")
    assert [finding.applied for finding in fixed.findings] == [False, True]


def test_lines_in_sentences_are_those_of_the_file_as_it_is() -> None:
    text = """\
import asyncio
import logging


class Client:
    def __init__(self, http):
        self.http = http
        self.ready = asyncio.Event()

    @asyncio.coroutine
    def first(self):
        yield from asyncio.sleep(1)

    @asyncio.coroutine
    def login(self, token):
        if token:
            try:
                yield from self.http.login(token)
            except:
                logging.info("out of date")
            else:
                return
        yield from self.http.email()
        self.ready.set()
"""
    settings = Settings(target=TargetRange((3, 6), (3, 7)), unsafe=EVERYTHING)
    (finding,) = (one for one in aiomend.fix_source(text, settings=settings).findings if one.code == "AIO205")
    assert finding.line == text[: text.index("except:")].count("\n") + 1
    line = text[: text.index("self.ready.set")].count("\n") + 1
    assert f"`self.ready.set()` in line {line} would not run" in f"{finding.message} {finding.reason}"


def test_lines_in_brackets_are_the_files_own_as_well() -> None:
    text = """import asyncio


class Client:
    def __init__(self, loop):
        self.waiter = loop.create_future()

    @asyncio.coroutine
    def wait(self):
        yield from asyncio.wait_for(self.waiter, 1)

    def data_received(self, data):
        self.waiter.set_result(data)

    def connection_lost(self, error):
        self.waiter.set_exception(error)
"""
    findings = aiomend.fix_source(text, settings=Settings(target=TargetRange((3, 6), (3, 13)))).findings
    one, other = (finding for finding in findings if finding.code == "AIO201")
    assert f"(line {other.line} sets it too" in one.message
    assert f"(line {one.line} sets it too" in other.message


def test_ids_survive_moved_lines() -> None:
    moved = "# a new line\n" + SLEEP
    assert [f.id for f in aiomend.check_source(moved)] == [f.id for f in aiomend.check_source(SLEEP)]


def test_fixes_that_undo_each_other_are_dropped_and_named(rule: type[Rule]) -> None:
    fixed = aiomend.fix_source("ping()\n", settings=Settings(select=Selection(frozenset({"AIO999"}))))
    assert fixed.text == "ping()\n"
    assert "AIO999" in fixed.report.notes[0]
    assert not any(finding.applied for finding in fixed.findings)


def test_a_fix_that_fails_its_proof_is_dropped_with_its_reason(
    rule: type[Rule], monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(self: Rule, module: Module) -> Iterator[Fix]:
        for call in module.facts.calls:
            if isinstance(module.facts.parents[call], ast.Await):
                continue  # done already
            yield self.fix(module, call, "m", Replace(call, lambda node: syntax.awaited(node, Colour.AWAIT)))

    monkeypatch.setattr(rule, "find", find)
    fixed = aiomend.fix_source(
        "ping()\nasync def f(): ping()\n", settings=Settings(select=Selection(frozenset({"AIO999"})))
    )
    assert fixed.text == "ping()\nasync def f(): await ping()\n"
    (refusal,) = fixed.report.refusals
    assert refusal.proof == "compile"
    assert fixed.findings[0].reason is not None
    assert fixed.findings[0].reason.startswith("refused: ")


def test_a_suppressed_finding_is_neither_reported_nor_fixed() -> None:
    text = SLEEP.replace("sleep(1)", "sleep(1)  # aiomend: ignore[AIO401] start-up only")
    fixed = aiomend.fix_source(text, settings=UNSAFE)
    assert fixed.text == text
    assert not fixed.findings


@pytest.mark.parametrize(
    ("code", "fixed", "found"),
    [
        pytest.param(
            "@asyncio.coroutine\ndef wait(): yield from asyncio.sleep(0, loop=None)  # aiomend: ignore[AIO005]\n",
            "async def wait(): await asyncio.sleep(0, loop=None)  # aiomend: ignore[AIO005]\n",
            {"AIO001"},
            id="at its line, which an earlier fix joined with another one",
        ),
        pytest.param(
            "@asyncio.coroutine  # aiomend: ignore[AIO005]\ndef wait(): yield from asyncio.sleep(0, loop=None)\n",
            "# aiomend: ignore[AIO005]\nasync def wait(): await asyncio.sleep(0)\n",
            {"AIO000", "AIO001", "AIO005"},
            id="not at the other one",
        ),
    ],
)
def test_a_comment_silences_what_stood_at_its_line(code: str, fixed: str, found: set[str]) -> None:
    settings = Settings(target=TargetRange((3, 6), (3, 13)))
    result = aiomend.fix_source(f"import asyncio\n{code}", settings=settings)
    assert result.text == f"import asyncio\n{fixed}"
    assert {finding.code for finding in result.findings} == found


def test_a_suppression_that_silences_nothing_is_reported() -> None:
    (finding,) = aiomend.check_source("async def f(): sleep  # aiomend: ignore[AIO401]\n", settings=UNSAFE)
    assert (finding.code, finding.line, finding.column) == ("AIO000", 1, 23)


def test_a_suppression_of_a_rule_that_did_not_run_is_not_stale() -> None:
    only = Settings(select=Selection(frozenset({"AIO000"})))
    assert not aiomend.check_source("async def f(): sleep  # aiomend: ignore[AIO401]\n", settings=only)


def test_one_bad_file_stops_nothing() -> None:
    files = {"bad.py": b"async def f(: sleep\n", "good.py": SLEEP.encode(), "old.py": b"print 'async sleep'\n"}
    report = Project(MemorySources(files), lambda _: UNSAFE).run()
    assert [(file.path, file.skip) for file in report.files] == [
        ("bad.py", Skip.NOT_PYTHON),
        ("good.py", None),
        ("old.py", Skip.PYTHON2),
    ]
    assert report.checked == 1


def test_an_old_file_is_listed_even_without_a_word_that_matters() -> None:
    files = {"old.py": b"print 'x'\n", "text.py": b'"""\nprint "x"\n"""\n'}
    report = Project(MemorySources(files), lambda _: UNSAFE).run()
    assert [(file.path, file.skip) for file in report.files] == [("old.py", Skip.PYTHON2)]


def test_new_code_is_not_taken_for_python_2_for_a_text_in_it() -> None:
    newer = b"async def sleep(): pass\ntry: pass\nexcept* (E, F) as e: pass\nx = '007'\n\n\nclass A[T: (int, str) = int]: pass\n"
    older = b"async def sleep(): pass\ntry: sleep()\nexcept E, x: pass\n"  # which 3.14 reads, too

    report = Project(MemorySources({"newer.py": newer, "older.py": older}), lambda _: UNSAFE).run()

    assert [(file.path, file.skip) for file in report.files] == [
        ("newer.py", Skip.NEWER_SYNTAX),
        ("older.py", Skip.PYTHON2),
    ]


def test_paths_choose_what_changes_and_facts_come_from_all() -> None:
    files = {
        "a.py": SLEEP.replace("import time", "from b import time").encode(),
        "b.py": b"import time\n",
        "c.py": SLEEP.encode(),
    }
    report = Project(MemorySources(files), lambda _: UNSAFE).run(["a.py"])
    assert [file.path for file in report.changed] == ["a.py"]


def test_an_alias_from_another_file_is_seen() -> None:
    files = {
        "a.py": b"from b import pause\nimport asyncio\nasync def f(): pause(1)\n",
        "b.py": b"from time import sleep as pause\n",
    }
    report = Project(MemorySources(files), lambda _: UNSAFE).run()
    assert [file.path for file in report.changed] == ["a.py"]


def _progress(files: dict[str, bytes]) -> list[tuple[str, int, int]]:
    seen: list[tuple[str, int, int]] = []
    Project(MemorySources(files), lambda _: UNSAFE).run(progress=lambda *step: seen.append(step))
    return seen


def test_progress_counts_up_to_the_end() -> None:
    seen = _progress({f"{name}.py": SLEEP.encode() for name in "abc"})
    assert seen[:3] == [("a.py", 1, 3), ("b.py", 2, 3), ("c.py", 3, 3)]


def test_progress_goes_on_while_files_are_looked_at_again() -> None:
    seen = _progress({"a.py": b"import asyncio\nasyncio.get_event_loop()\n", "b.py": SLEEP.encode()})
    paths, counts = [path for path, _, _ in seen], [done for _, done, _ in seen]
    assert counts == list(range(1, len(seen) + 1))
    assert paths.count("b.py") == 2  # once more after its fix
    assert seen[-1][1] == seen[-1][2]  # nothing is left to be done in the end


def test_text_in_its_own_encoding_comes_back() -> None:
    text = "# coding: latin-1\n" + SLEEP + "    'ä'\n"
    assert aiomend.fix_source(text, settings=UNSAFE).text == text.replace("time.sleep", "await asyncio.sleep").replace(
        "import time\n", ""
    )


def test_what_the_files_encoding_cannot_write_is_refused(rule: type[Rule], monkeypatch: pytest.MonkeyPatch) -> None:
    def find(self: Rule, module: Module) -> Iterator[Fix]:
        for call in module.facts.calls:
            if module.text(call.func) == "ping":
                yield self.fix(module, call, "m", Replace(call, lambda node: syntax.renamed(node, "пинг")))

    monkeypatch.setattr(rule, "find", find)
    fixed = aiomend.fix_source(
        "# coding: latin-1\nping()\n", settings=Settings(select=Selection(frozenset({"AIO999"})))
    )
    assert fixed.text == "# coding: latin-1\nping()\n"
    assert fixed.report.refusals[0].proof == "compile"


def test_a_rule_that_fails_costs_its_file_only(rule: type[Rule], monkeypatch: pytest.MonkeyPatch) -> None:
    def find(self: Rule, module: Module) -> Iterator[Fix]:
        if module.path == "a.py":
            raise ZeroDivisionError("by design")
        return iter(())

    monkeypatch.setattr(rule, "find", find)
    settings = Settings(unsafe=EVERYTHING, select=Selection(frozenset({"AIO999", "AIO401"})))
    text = (SLEEP + "ping()\n").encode()
    report = Project(MemorySources({"a.py": text, "b.py": text}), lambda _: settings).run()
    assert [(file.path, file.skip, file.changed) for file in report.files] == [
        ("a.py", Skip.FAILED, False),
        ("b.py", None, True),
    ]
    assert "by design" in (report.files[0].detail or "")


def test_a_legacy_rule_that_fails_costs_its_file_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(self: Rule, module: Module) -> Iterator[Fix]:
        raise ZeroDivisionError("by design")

    monkeypatch.setattr(AsyncioRun, "find", find)
    settings = Settings(unsafe=EVERYTHING, select=Selection(frozenset({"AIO007", "AIO401"})))
    legacy = (SLEEP + "asyncio.get_event_loop().run_until_complete(f())\n").encode()
    sources = MemorySources({"a.py": legacy, "b.py": SLEEP.encode()})
    report = Project(sources, lambda _: settings).run()
    assert [(file.path, file.skip, file.changed) for file in report.files] == [
        ("a.py", Skip.FAILED, False),
        ("b.py", None, True),
    ]


def test_where_async_is_a_name_only_3_6_counts() -> None:
    text = "import asyncio\n\n\nasync def work():\n    pass\n\n\ndef f(loop):\n    asyncio.async(work(), loop=loop)\n"
    fixed = aiomend.fix_source(text, settings=Settings(select=Selection(frozenset({"AIO901"})))).text
    assert "_keep_task(asyncio.async(work(), loop=loop))" in fixed
    assert "get_loop()" not in fixed  # tasks have it from 3.7 on


def test_a_fix_that_is_not_accepted_does_not_keep_another_one_from_its_place() -> None:
    code = (
        "import asyncio\n\n\nasync def tick():\n    while True:\n        await asyncio.sleep(1)\n\n\n"
        "def run():\n    loop = asyncio.new_event_loop()\n    loop.create_task(tick())\n    loop.run_forever()\n"
    )
    both = Selection(frozenset({"AIO902", "AIO1001"}))
    one = Settings(select=both, unsafe=Selection(frozenset({"AIO902"})))
    fixed = aiomend.fix_source(code, settings=one)

    assert {f.code: f.applied for f in fixed.findings} == {"AIO902": True, "AIO1001": False}

    picked = aiomend.fix_source(code, settings=Settings(select=both), accept=lambda finding: finding.code == "AIO902")
    assert picked.text == fixed.text  # whoever decides, and in whatever way


def test_legacy_rules_see_what_the_others_made() -> None:
    code = (
        "import asyncio\n\n\nasync def main():\n    print('ran')\n\n\n"
        "loop = asyncio.get_event_loop()\nloop.run_until_complete(main)\nloop.close()\n"
    )
    fixed = aiomend.fix_source(code, settings=Settings(unsafe=EVERYTHING))

    assert fixed.text.endswith("\n\n\nasyncio.run(main())\n")
    assert aiomend.fix_source(fixed.text, settings=Settings(unsafe=EVERYTHING)).text == fixed.text


@pytest.mark.parametrize("head", ["", "if __name__ == '__main__':\n    "])
def test_a_trap_whose_line_another_fix_wrote_anew_is_reported_once(head: str) -> None:
    text = "import asyncio\nasync def main(): pass\n" + f"{head}asyncio.get_event_loop().run_until_complete(main())\n"
    settings = Settings(select=Selection(frozenset({"AIO007", "AIO1001"})))
    findings = aiomend.fix_source(text, settings=settings).findings
    assert [(one.code, one.applied) for one in findings] == [("AIO007", False), ("AIO1001", True)]


def test_a_trap_that_waited_while_another_fix_moved_it_is_reported_once() -> None:
    """Three rules want the end of one program; what the first of them writes anew keeps its finding."""
    program = b"""\
import asyncio


async def ticks():
    while True:
        await asyncio.sleep(1)


async def numbers():
    yield 1


async def main():
    asyncio.ensure_future(ticks())
    async for _ in numbers():
        break


lock = asyncio.Lock()
loop = asyncio.new_event_loop()
loop.run_until_complete(main())
loop.close()
"""
    settings = Settings(unsafe=EVERYTHING)
    report = Project(MemorySources({"app.py": program}), lambda _: settings).run()
    found = [(finding.code, finding.applied) for finding in report.findings]
    assert sorted(found) == [("AIO1001", True), ("AIO1003", True), ("AIO901", True), ("AIO902", True)]


@pytest.mark.parametrize(
    ("asks", "before", "looks"),
    [
        pytest.param("x", "def f():\n    x()\n    ping()\n", 1, id="for what is as it was"),
        pytest.param("a.py", "def f():\n    ping()\n", 1, id="for a file in which a function does something else"),
        pytest.param("pong", "def f():\n    ping()\n", 2, id="for what is there now"),
        pytest.param("x", "def f():\n    ping(x)\n", 2, id="for what stands beside it"),
        pytest.param(
            "a.py", "def f():\n    return ping()\n", 2, id="for a file in which a function gives something else"
        ),
    ],
)
def test_who_asked_is_looked_at_again(
    rule: type[Rule], monkeypatch: pytest.MonkeyPatch, asks: str, before: str, looks: int
) -> None:
    plain, seen = rule.find, []

    def find(self: Rule, module: Module) -> Iterator[Fix]:
        if module.path != "b.py":
            yield from plain(self, module) if "pong" not in module.facts.source.text else ()
            return
        seen.append(module.path)
        project = module.inference.project
        assert project.facts(asks) if asks.endswith(".py") else project.files_mentioning(asks) is not None

    monkeypatch.setattr(rule, "find", find)
    monkeypatch.setattr(rule, "triggers", frozenset({"ping"}))
    files = {"a.py": before.encode(), "b.py": b"# ping\n"}
    Project(MemorySources(files), lambda _: Settings(select=Selection(frozenset({"AIO999"})))).run()
    assert len(seen) == looks
