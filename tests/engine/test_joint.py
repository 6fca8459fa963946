"""A fix that changes several files goes in whole or not at all."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

import pytest

import aiomend
from aiomend import Fix, Impact, Report, Rule, Safety, Selection, Settings
from aiomend.api import MemorySources
from aiomend.engine import Project
from aiomend.facts.view import Module
from aiomend.model import Finding
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Replace, Wrap
from aiomend.rules.rule import Part

ONLY = Settings(select=Selection(frozenset({"AIO999"})))
BASE = b"def ping(): pass\n"
USER = b"from base import ping\nping()\n"


def _pong(node: object) -> object:
    return syntax.renamed(node, "pong")  # type: ignore[arg-type]


def _returned(body: object) -> object:
    return syntax.statements("return pong()\n")


def _twice(node: object) -> object:
    return syntax.renamed(node, "pong_pong")  # type: ignore[arg-type]


def _parts(module: Module, how: Callable[[Module, ast.Call], Replace | Wrap]) -> Iterator[Part]:
    """The calls of `ping` in all files."""
    for path in module.inference.project.paths:
        other = module.beside(path)
        if other is None:
            continue  # it cannot be read
        calls = [call for call in other.facts.calls if other.text(call.func) == "ping"]
        if calls:
            yield Part(other.facts, tuple(how(other, call) for call in calls))


@pytest.fixture
def rule(monkeypatch: pytest.MonkeyPatch) -> type[Rule]:
    """A rule that calls `pong` for `ping` in all files at once, found where `ping` is defined."""

    class Renamed(Rule):
        """Call pong."""

        code = "AIO999"
        name = "renamed"
        safety = Safety.SAFE
        impact = Impact.TIDY
        triggers = frozenset({"def ping"})

        @staticmethod
        def edit(_module: Module, call: ast.Call) -> Replace | Wrap:
            return Replace(call, _pong)  # type: ignore[arg-type]

        def find(self, module: Module) -> Iterator[Fix]:
            for function in module.facts.functions:
                parts = tuple(_parts(module, self.edit))
                if function.name == "ping" and parts:
                    yield self.joint(module, function, "m", parts)

    monkeypatch.setitem(aiomend.registry(), "AIO999", Renamed)
    return Renamed


def run(files: dict[str, bytes], paths: list[str] | None = None, settings: Settings = ONLY) -> Report:
    return Project(MemorySources(files), lambda _: settings).run(paths)


def changed(report: Report) -> dict[str, bytes | None]:
    return {file.path: file.new for file in report.changed}


def only(report: Report) -> Finding:
    (finding,) = report.findings
    return finding


# ---- not applied, in none of its files ---


def test_a_file_outside_the_paths_keeps_the_others_as_they_are(rule: type[Rule]) -> None:
    report = run({"base.py": BASE + b"ping()\n", "user.py": USER}, ["base.py"])

    assert changed(report) == {}
    assert only(report).reason == "it also needs user.py, which is not among the files that may be changed"
    assert not only(report).fixable


def test_a_file_that_ignores_the_rule_keeps_the_others_as_they_are(rule: type[Rule]) -> None:
    aloof = Settings(select=ONLY.select, ignore=ONLY.select)
    files = {"base.py": BASE + b"ping()\n", "user.py": USER}
    report = Project(MemorySources(files), lambda path: aloof if path == "user.py" else ONLY).run()

    assert changed(report) == {}
    assert only(report).reason == "it also needs user.py, which ignores AIO999"


def test_so_does_one_that_other_rules_look_at(rule: type[Rule]) -> None:
    both = Selection(frozenset({"AIO999", "AIO401"}))
    aloof = Settings(select=both, ignore=ONLY.select)
    sleeping = USER + b"\nimport time\n\n\nasync def wait():\n    time.sleep(1)\n"
    files = {"base.py": BASE + b"ping()\n", "user.py": sleeping}
    report = Project(MemorySources(files), lambda path: aloof if path == "user.py" else Settings(select=both)).run()

    assert changed(report) == {}
    assert [f.reason for f in report.findings if f.code == "AIO999"] == ["it also needs user.py, which ignores AIO999"]


def test_a_comment_at_the_finding_silences_it_in_all_files(rule: type[Rule]) -> None:
    silenced = BASE.replace(b": pass", b": pass  # aiomend: ignore[AIO999]")
    report = run({"base.py": silenced + b"ping()\n", "user.py": USER})

    assert changed(report) == {}
    assert report.findings == ()


def test_a_proof_that_fails_in_one_file_revokes_the_fix_in_all(
    rule: type[Rule], monkeypatch: pytest.MonkeyPatch
) -> None:
    def edit(module: Module, call: ast.Call) -> Replace | Wrap:
        if module.path == "user.py":  # `return` outside of a function
            return Wrap((module.facts.statement(call),), _returned)  # type: ignore[arg-type]
        return Replace(call, _pong)  # type: ignore[arg-type]

    monkeypatch.setattr(rule, "edit", staticmethod(edit))
    report = run({"base.py": BASE + b"ping()\n", "user.py": USER})

    assert changed(report) == {}
    (refusal,) = report.refusals
    assert (refusal.path, refusal.proof) == ("base.py", "compile")
    assert refusal.reason.endswith("(in user.py)")
    assert not only(report).applied


def test_a_failure_in_one_file_revokes_the_fix_in_all(rule: type[Rule], monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(node: object) -> object:
        raise ZeroDivisionError("by design")

    def edit(module: Module, call: ast.Call) -> Replace | Wrap:
        return Replace(call, fails if module.path == "user.py" else _pong)  # type: ignore[arg-type]

    monkeypatch.setattr(rule, "edit", staticmethod(edit))
    report = run({"base.py": BASE + b"ping()\n", "user.py": USER})

    assert changed(report) == {}
    assert [file.detail for file in report.files] == ["ZeroDivisionError: by design"]


def test_a_file_that_fails_in_a_later_round_takes_the_fix_back(
    rule: type[Rule], monkeypatch: pytest.MonkeyPatch
) -> None:
    find = rule.find

    def fails_later(self: Rule, module: Module) -> Iterator[Fix]:
        if "pong()" in module.source.text and module.path == "user.py":
            raise ZeroDivisionError("by design")
        return find(self, module)

    monkeypatch.setattr(rule, "find", fails_later)
    monkeypatch.setattr(rule, "triggers", frozenset({"ping"}))
    report = run({"base.py": BASE + b"ping()\n", "user.py": USER})

    assert changed(report) == {}
    assert "user.py: aiomend failed on it" in report.notes[0]
    assert "do not settle" in (only(report).reason or "")


# ---- applied, in all of its files ---


def test_a_fix_changes_its_files_together(rule: type[Rule]) -> None:
    report = run({"base.py": BASE + b"ping()\n", "other.py": b"x = 1\n", "user.py": USER})

    assert changed(report) == {
        "base.py": BASE + b"pong()\n",
        "user.py": USER.replace(b"ping()", b"pong()"),
    }
    assert only(report).applied


def test_its_data_holds_the_edits_of_every_file_at_original_offsets(rule: type[Rule]) -> None:
    report = run({"base.py": BASE + b"ping()\n", "user.py": USER})

    assert only(report).paths == {"base.py", "user.py"}
    assert only(report).fix is not None
    assert [(edit.path, edit.start, edit.text) for edit in only(report).fix.edits] == [
        ("base.py", len(BASE), "pong()\n"),
        ("user.py", USER.index(b"ping()"), "pong()\n"),
    ]


def test_other_fixes_in_its_files_survive_its_fall(rule: type[Rule], monkeypatch: pytest.MonkeyPatch) -> None:
    def find(self: Rule, module: Module) -> Iterator[Fix]:
        for call in module.facts.calls:
            if module.text(call.func) == "other":
                yield self.fix(module, call, "m", Replace(call, _pong))  # type: ignore[arg-type]
        for part in _parts(module, lambda other, call: Wrap((other.facts.statement(call),), _returned)):  # type: ignore[arg-type]
            if module.path == "base.py":
                yield self.joint(module, module.facts.functions[0], "m", (part,))

    monkeypatch.setattr(rule, "find", find)
    monkeypatch.setattr(rule, "triggers", frozenset({"ping"}))
    report = run({"base.py": BASE, "user.py": USER + b"other()\n"})

    assert changed(report) == {"user.py": USER + b"pong()\n"}
    assert [finding.applied for finding in report.findings] == [False, True]


def test_fixes_that_want_one_place_go_one_after_the_other_whole(
    rule: type[Rule], monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(self: Rule, module: Module) -> Iterator[Fix]:
        """`ping` becomes `pong` from one file, then what still says `ping` from the other becomes `pong_pong`."""
        how = _pong if module.path == "a.py" else _twice
        wanted = ("base.py", "a.py") if module.path == "a.py" else ("base.py", "b.py")
        parts = tuple(part for part in _parts(module, lambda _, call: Replace(call, how)) if part.path in wanted)  # type: ignore[arg-type]
        if module.path in ("a.py", "b.py") and parts:
            yield self.joint(module, module.tree.body[0], "m", parts)

    monkeypatch.setattr(rule, "find", find)
    monkeypatch.setattr(rule, "triggers", frozenset({"ping"}))
    report = run({"a.py": USER, "b.py": USER, "base.py": BASE + b"ping()\n"})

    assert changed(report) == {
        "a.py": USER.replace(b"ping()", b"pong()"),
        "b.py": USER.replace(b"ping()", b"pong_pong()"),
        "base.py": BASE + b"pong()\n",
    }
    assert all(finding.applied for finding in report.findings)


def test_fixes_that_share_an_edit_go_in_together(rule: type[Rule], monkeypatch: pytest.MonkeyPatch) -> None:
    def find(self: Rule, module: Module) -> Iterator[Fix]:
        parts = tuple(_parts(module, self.edit))  # type: ignore[attr-defined]
        for function in module.facts.functions if parts else ():
            yield self.joint(module, function, "m", parts)

    monkeypatch.setattr(rule, "find", find)
    report = run({"base.py": BASE + b"def ping_2(): ping()\n", "user.py": USER})

    assert changed(report)["base.py"] == BASE + b"def ping_2(): pong()\n"
    assert [finding.applied for finding in report.findings] == [True, True]


def test_a_second_run_over_the_project_changes_nothing(rule: type[Rule]) -> None:
    files = {"base.py": BASE + b"ping()\n", "user.py": USER}
    once = files | {path: new for path, new in changed(run(files)).items() if new is not None}

    assert changed(run(once)) == {}
