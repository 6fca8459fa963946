"""``--only-fixes FILE``: the fixes that somebody chose, by their ids, and what these require."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aiomend.model import Finding
from aiomend.report import Report
from aiomend_cli import runner
from aiomend_cli.errors import UserError
from aiomend_cli.given import VERSION, Given
from aiomend_cli.output.text import count
from aiomend_cli.runner import Accept, Run, Scope, Workspace

_NAMED = 5  #: ids in a message before "and N more"
_SHAPE = 'it has to hold {"version": 1, "fixes": ["id", ...]}, with ids as in `aiomend diff --output-format json`'


@dataclass(frozen=True, slots=True)
class Chosen:
    """The ids of the fixes to apply, and where they came from."""

    ids: frozenset[str]
    origin: str


def read(file: Path) -> Chosen:
    """Return the selection that ``file`` holds; raises UserError where it holds none."""
    given = Given("--only-fixes", file, _SHAPE)
    match given.read():
        case {"fixes": [*ids]} if all(isinstance(one, str) for one in ids):
            return Chosen(frozenset(ids), given.origin)
    raise given.unfit()


def run(workspaces: tuple[Workspace, ...], chosen: Chosen, may: Scope, *, watched: bool) -> Run:
    """Return the run that applies the chosen fixes and those that they require, as far as they ``may`` go in.

    Its notes name what was brought along and the ids that are no fix here. Raises UserError where none of them is one.
    """
    ids, known = chosen.ids, dict[str, Finding]()
    result = _applied(workspaces, ids, may, watched)
    if ids - fixes(result.report):
        # what is missing may build on others, which only a run with all fixes tells
        everything = runner.run(workspaces, lambda workspace: lambda finding: may(workspace, finding), watched=watched)
        known = {finding.id: finding for finding in everything.report.findings}
        ids = with_required(ids, requirements(everything.report))
        if ids != chosen.ids:
            result = _applied(workspaces, ids, may, watched)
    missing = chosen.ids - fixes(result.report)
    known |= {finding.id: finding for finding in result.report.findings}
    if missing and missing == chosen.ids:
        raise UserError(f"{chosen.origin}: {_missing(missing, len(chosen.ids), known)}")
    notes = [f"{chosen.origin}: {_missing(missing, len(chosen.ids), known)}"] if missing else []
    notes += _brought(result.report, ids - chosen.ids)
    report = replace(result.report, notes=(*result.report.notes, *notes))
    return replace(result, report=report, chosen=ids, missing=missing)


def _applied(workspaces: tuple[Workspace, ...], ids: frozenset[str], may: Scope, watched: bool) -> Run:
    def accept(workspace: Workspace) -> Accept:
        return lambda finding: finding.id in ids and may(workspace, finding)

    return runner.run(workspaces, accept, watched=watched)


def fixes(report: Report) -> frozenset[str]:
    """Return the ids of all fixes of a report, those that were refused among them."""
    refused = {refusal.id for refusal in report.refusals}
    return frozenset(finding.id for finding in report.findings if finding.fixable or finding.id in refused)


def requirements(report: Report) -> dict[str, tuple[str, ...]]:
    """Return the ids that each fix of a report builds on, by its own id."""
    return {finding.id: finding.fix.requires for finding in report.findings if finding.fix is not None}


def with_required(ids: Iterable[str], requires: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """Return ``ids`` with everything that they build on, directly or not."""
    found: set[str] = set()
    todo = list(ids)
    while todo:
        one = todo.pop()
        if one not in found:
            found.add(one)
            todo += requires.get(one, ())
    return frozenset(found)


def _missing(missing: frozenset[str], total: int, known: Mapping[str, Finding]) -> str:
    def named_as(one: str) -> str:
        if (finding := known.get(one)) is None:
            return one
        why = "builds on other fixes" if finding.fixable else "is for a person to change"
        return f"{one} ({place(finding)} {why})"

    named = [named_as(one) for one in sorted(missing)[:_NAMED]]
    more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
    return (
        f"{len(missing)} of {count(total, 'fix')} not found here: {', '.join(named)}{more}; "
        "the code has changed since, or paths, rules or target versions are others"
    )


def _brought(report: Report, ids: frozenset[str]) -> list[str]:
    along = [finding for finding in report.findings if finding.id in ids and finding.applied]
    return [f"{place(finding)} comes along: a chosen fix builds on it" for finding in along]


def place(finding: Finding) -> str:
    """Return the code and place of a finding, in one word each."""
    return f"{finding.code} at {finding.path}:{finding.line}"


def to_json(ids: Iterable[str]) -> dict[str, Any]:
    """Return a selection as the data that ``read`` takes."""
    return {"version": VERSION, "fixes": sorted(ids)}
