"""A fixture, how it is run, and what it becomes."""

from __future__ import annotations

import dataclasses
import difflib
import functools
from collections.abc import Iterator
from dataclasses import dataclass, field

from aiomend.api import MemorySources
from aiomend.diff import unified
from aiomend.engine import Project
from aiomend.model import Finding
from aiomend.report import FileResult, Report
from aiomend.rules import Rule, registry
from aiomend.settings import EVERYTHING, NOTHING, Selection, Settings
from aiomend.source import Unreadable, read

Files = tuple[tuple[str, bytes], ...]


class Broken(AssertionError):
    """A promise of a rule does not hold; the text says which, and shows the difference."""


@dataclass(frozen=True, slots=True)
class Case:
    """One fixture: the files that a rule sees, and the settings that govern them."""

    code: str  #: of the rule that it is about
    name: str  #: ``section/rule_name/case``
    files: Files
    silent: bool = False  #: the rule must leave it alone
    settings: Settings = field(default_factory=Settings)
    refuses: frozenset[str] = frozenset()  #: the proofs that may fail here
    rules: tuple[type[Rule], ...] = ()  #: those of a package, beside aiomend's own


def example(rule: type[Rule], before: str) -> Case:
    """Return the program of a documentation example as a case."""
    return Case(rule.code, f"{rule.code}/example", (("example.py", before.encode()),), rules=(rule,))


def run(case: Case, *, alone: bool = True, unsafe: bool = True) -> Report:
    """Return the report on a case, with its rule ``alone`` or with every rule."""
    terms = {case.code} if alone else {"ALL", case.code}
    chosen = dataclasses.replace(
        case.settings, select=Selection(frozenset(terms)), unsafe=EVERYTHING if unsafe else NOTHING
    )
    return _run(case.files, chosen, case.rules)


@functools.lru_cache(maxsize=64)
def _run(files: Files, settings: Settings, rules: tuple[type[Rule], ...]) -> Report:
    known = registry() | {rule.code: rule for rule in rules}
    return Project(MemorySources(dict(files)), lambda _: settings, rules=known).run()


def result(case: Case, report: Report) -> Case:
    """Return the case as it is after the fixes of a report."""
    new = {file.path: file.new for file in report.changed if file.new is not None}
    made = tuple((file.path, file.new) for file in report.changed if file.created and file.new is not None)
    return dataclasses.replace(case, files=(*((path, new.get(path, data)) for path, data in case.files), *made))


def patch(case: Case) -> str:
    """Return the unified diff that the case's rule makes of it, all unsafe fixes accepted; empty for none."""
    changed = sorted(run(case).changed, key=lambda file: not file.created)  # new files first, as people see them
    return "".join(unified(file, file.path).decode(file.encoding, "replace") for file in changed)


def findings(case: Case) -> str:
    """Return what the case's rule says of it: place, safety and message, then the reason and the evidence; empty for nothing."""
    return "".join(f"{line}\n" for finding in run(case).findings for line in _said(finding))


def _said(finding: Finding) -> Iterator[str]:
    yield f"{finding.path}:{finding.line}:{finding.column} {finding.safety.label}: {finding.message}"
    if finding.reason is not None:
        yield f"    {finding.reason}"
    for one in finding.evidence:
        yield f"    {one.path}:{one.line} {one.note}"


def differences(expected: str, got: str) -> Iterator[str]:
    """Yield the lines of a difference between two texts, without line ends."""
    yield from difflib.unified_diff(expected.splitlines(), got.splitlines(), "expected", "got", lineterm="")


# ---- what the proofs ask ---


def same(expected: Case, got: Case, promise: str) -> None:
    """Raise Broken with the difference where two cases hold different files."""
    if dict(expected.files) == dict(got.files):
        return
    shown = [
        unified(FileResult(path, old, new), path).decode("utf-8", "replace")
        for path, old, new in _pairs(expected.files, got.files)
        if old != new
    ]
    raise Broken(f"{expected.name}: {promise}\n{''.join(shown)}")


def _pairs(expected: Files, got: Files) -> Iterator[tuple[str, bytes, bytes]]:
    """The files by path; one that the other side has not is empty there."""
    old, new = dict(expected), dict(got)
    for path in dict.fromkeys([*old, *new]):
        yield path, old.get(path, b""), new.get(path, b"")


def compiled(case: Case, when: str) -> None:
    """Raise Broken where a file of the case does not compile; ``when`` ends the sentence."""
    for path, data in case.files:
        try:
            compile(read(path, data).code, path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, Unreadable) as error:
            raise Broken(f"{case.name}, {path} does not compile {when}: {error}") from None
