"""The harness itself: each proof fails where a rule or a fixture breaks its promise."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import libcst as cst
import pytest

from aiomend import Fix, Report, Safety, testing
from aiomend.facts.view import Module
from aiomend.rewriting.edits import Replace
from aiomend.rules.blocking.blocking_sleep import BlockingSleep
from aiomend.testing import proofs

POLL = "import asyncio\nimport time\n\n\nasync def poll():\n    time.sleep(1)  # caf\u00e9\n"
Find = Callable[[BlockingSleep, Module], Iterator[Fix]]
_numbers = itertools.count()


def case(text: str = POLL, **changes: Any) -> testing.Case:
    """Return a case of AIO401 that no other test has, so that no earlier run is remembered."""
    unique = f"{text}# {next(_numbers)}\n"
    return dataclasses.replace(testing.Case("AIO401", "made/up", (("poll.py", unique.encode()),)), **changes)


def becomes(text: str) -> Callable[[cst.BaseExpression], cst.BaseExpression]:
    """Return a transform that writes ``text``, whatever was there."""
    return lambda _: cst.parse_expression(text)


def renames(new: Callable[[str], str | None], safety: Safety = Safety.UNSAFE) -> Find:
    """Return a `find` that rewrites the text of each call of a rule to something else, by its text."""

    def find(rule: BlockingSleep, module: Module) -> Iterator[Fix]:
        for call in module.calls("time.sleep"):
            text = new(module.text(call))
            if text is not None:
                yield rule.fix(module, call, "made up", Replace(call, becomes(text)), safety=safety)

    return find


def test_a_good_rule_breaks_nothing() -> None:
    for proof in testing.PROOFS.values():
        proof(case())


def test_a_silent_case_that_changes_is_told_with_its_diff() -> None:
    with pytest.raises(testing.Broken, match=r"(?s)must leave it alone.*\+    await asyncio\.sleep\(1\)"):
        proofs.changes_or_stays(case(silent=True))


def test_a_positive_case_without_a_finding_is_told() -> None:
    with pytest.raises(testing.Broken, match="finds nothing"):
        proofs.changes_or_stays(case("import time\n"))


def test_a_case_that_never_compiled_is_told() -> None:
    with pytest.raises(testing.Broken, match=r"poll\.py does not compile before any change"):
        proofs.compiles(case("return\n"))


def test_an_announced_refusal_that_does_not_come_is_told() -> None:
    with pytest.raises(testing.Broken, match="no fix fails the proof"):
        proofs.refuses_nothing(case(refuses=frozenset({"compile"})))


def every_other_time(find: Find) -> Find:
    """Return a `find` that forgets to look every second time, so that its runs end before it is done."""
    turns = itertools.cycle([True, False])
    return lambda rule, module: find(rule, module) if next(turns) else iter(())


def unless(mark: str, find: Find) -> Find:
    """Return a `find` that does not see files that hold a mark."""
    return lambda rule, module: iter(()) if mark in module.source.text else find(rule, module)


SLEEPS = renames(lambda text: "await asyncio.sleep(1)")


@pytest.mark.parametrize(
    ("proof", "find"),
    [
        pytest.param("refuses_nothing", renames(lambda text: text), id="its fix changes nothing"),
        pytest.param(
            "settles", every_other_time(renames(lambda text: f"time.sleep({text})")), id="fires on its own code"
        ),
        pytest.param("refuses_nothing", renames(lambda text: f"time.sleep({text})"), id="never comes to an end"),
        pytest.param("refuses_nothing", renames(lambda text: "(yield from f())"), id="writes what does not compile"),
        pytest.param("safe_never_suspends", renames(lambda text: "await f()", Safety.SAFE), id="a safe await"),
        pytest.param("safe_never_suspends", renames(lambda text: "to_thread(f)", Safety.SAFE), id="a safe thread hop"),
        pytest.param("keeps_windows_lines", unless("\r\n", SLEEPS), id="blind for CR LF"),
        pytest.param("keeps_encoding", unless("latin-1", SLEEPS), id="blind for Latin-1"),
        pytest.param("keeps_tabs", unless("\t", SLEEPS), id="blind for tabs"),
        pytest.param("keeps_tabs", renames(lambda text: "f(\n        )"), id="indents with spaces"),
    ],
)
def test_a_bad_rule_is_told(monkeypatch: pytest.MonkeyPatch, proof: str, find: Find) -> None:
    monkeypatch.setattr(BlockingSleep, "find", find)
    with pytest.raises(testing.Broken):
        testing.PROOFS[proof](case())


def test_a_safe_fix_that_takes_the_place_of_an_unsafe_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(rule: BlockingSleep, module: Module) -> Iterator[Fix]:
        others = len(list(module.calls("time.sleep"))) > 1
        yield from renames(lambda text: "f()" if "1" in text and others else None, Safety.SAFE)(rule, module)
        yield from renames(lambda text: "g()" if "2" in text and others else None)(rule, module)

    monkeypatch.setattr(BlockingSleep, "find", find)
    with pytest.raises(testing.Broken, match=r"`fix` then `fix --unsafe`"):
        proofs.goes_in_steps(case(POLL + "    time.sleep(2)\n"))


@pytest.mark.parametrize(
    ("spoil", "told"),
    [(lambda old: f"{old})", "does not compile with the fix"), (lambda old: old, "changes nothing")],
    ids=["no Python", "no change"],
)
def test_edits_that_are_no_fix_alone_are_told(
    monkeypatch: pytest.MonkeyPatch, spoil: Callable[[str], str], told: str
) -> None:
    made = case()
    (finding,) = testing.run(made).findings
    assert finding.fix is not None
    text = made.files[0][1].decode()
    edits = tuple(dataclasses.replace(one, text=spoil(text[one.start : one.end])) for one in finding.fix.edits)
    broken = dataclasses.replace(finding, fix=dataclasses.replace(finding.fix, edits=edits))
    monkeypatch.setattr(proofs, "run", lambda _: Report(findings=(broken,)))
    with pytest.raises(testing.Broken, match=told):
        proofs.offers_whole_fixes(made)


def test_what_findings_say_has_their_safety_reason_and_evidence() -> None:
    text = "import asyncio\nimport time\n\n\nasync def poll():\n    time.sleep(1)\n    breakpoint()\n"
    said = [testing.findings(case(text)), testing.findings(case(text, code="AIO402", silent=True))]
    assert [line.partition(" `")[0] for line in "".join(said).splitlines()] == [
        "poll.py:6:5 unsafe:",
        "poll.py:7:5 manual:",
        "    no executor helps (A debugging aid: the loop stands still on purpose)",
    ]
    assert testing.findings(case("import asyncio\n", silent=True)) == ""


# ---- finding fixtures ---


def test_folders_that_are_no_rules_are_told(tmp_path: Path) -> None:
    for name in ("runtime/blocking", "blocking/blocking_sleep", "blocking/no_such_rule"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "one.py").write_text(POLL)
    assert [case.name for case in testing.discover(tmp_path)] == ["blocking/blocking_sleep/one"]
    assert testing.strays(tmp_path) == [tmp_path / "blocking/no_such_rule"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("target-version", "no key=value"),
        ("target=3.6", "no setting 'target'"),
        ("target-version=2.7", "no version range"),
        ("brief-calls=perhaps", "true or false"),
        ("line-length=wide", "a number"),
    ],
)
def test_a_wrong_first_line_is_told(tmp_path: Path, line: str, told: str) -> None:
    folder = tmp_path / "blocking/blocking_sleep"
    folder.mkdir(parents=True)
    (folder / "one.py").write_text(f"# fixture: {line}\n{POLL}")
    with pytest.raises(testing.Broken, match=f"one.py.*{re.escape(told)}"):
        testing.discover(tmp_path)


def test_the_first_line_sets_what_a_configuration_would(tmp_path: Path) -> None:
    folder = tmp_path / "blocking/blocking_sleep/project_skip_two"
    folder.mkdir(parents=True)
    (folder / "a.py").write_text("# fixture: target-version=3.6-3.13, brief-calls=true, refuses=target\n")
    (folder / "b.py").write_text("# fixture: blocking-calls.acme.fetch=executor, line-length=100\n")
    (found,) = testing.discover(tmp_path)
    assert found.silent
    assert found.refuses == {"target"}
    assert str(found.settings.target) == "3.6-3.13"
    assert found.settings.brief_calls
    assert found.settings.blocking_calls == (("acme.fetch", "executor"),)
    assert found.settings.style.line_length == 100
    assert [path for path, _ in found.files] == ["a.py", "b.py"]
