"""``--evidence``: what a trace saw, as facts for the engine, as words in findings, and as their order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from aiomend.facts.oracle import Oracle
from aiomend.model import Evidence as Place
from aiomend.model import Finding
from aiomend.report import Report
from aiomend_cli.trace.kinds import KINDS
from aiomend_cli.trace.log import Complaint, Trace
from aiomend_cli.trace.places import lines_today
from aiomend_cli.trace.report import cost
from aiomend_cli.trace.witness import Witness


@dataclass(frozen=True)
class Evidence:
    """A trace, and the folder of the project that it was made in."""

    trace: Trace
    root: Path
    only: bool = False  #: fix nothing that was not seen

    @cached_property
    def _today(self) -> Mapping[str, list[tuple[int, Complaint]]]:
        """The complaints of each file, by its path from the root, each with its line of today."""
        lines = lines_today(self.trace)
        found: dict[str, list[tuple[int, Complaint]]] = defaultdict(list)
        for complaint in self.trace.complaints:
            for place in (complaint.place, *complaint.related):
                line = lines.now(place) if place is not None else None
                if place is not None and line is not None and Path(place[0]).is_relative_to(self.root):
                    found[Path(place[0]).relative_to(self.root).as_posix()].append((line, complaint))
        return found

    def of(self, finding: Finding) -> list[Complaint]:
        """Return the complaints that a finding, with its path from the root, explains."""
        return list(
            dict.fromkeys(
                complaint
                for line, complaint in self._today.get(finding.path, ())
                if finding.line <= line <= finding.end_line and finding.code in KINDS[complaint.kind].rules
            )
        )

    def told(self, report: Report) -> Report:
        """Return a report, with paths from the root, whose findings say what was seen, those that cost most first."""
        order: dict[str, tuple[float, int]] = {}
        findings = []
        for finding in report.findings:
            seen = self.of(finding)
            order[finding.id] = (-sum(one.seconds for one in seen), -sum(one.count for one in seen))
            findings.append(_told(finding, seen) if seen else finding)
        lost = sum(file not in self._known for file in self.trace.texts)
        notes = [f"evidence: {lost} traced files are gone or changed where it matters"] if lost else []
        findings.sort(key=lambda finding: order[finding.id])
        return replace(report, findings=tuple(findings), notes=(*report.notes, *notes))

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(file for file in self.trace.texts if Path(file).is_file())

    def witness(self, other: Oracle | None) -> Witness:
        """Return what answers the engine's questions by what was seen, and asks ``other`` for the rest."""
        return Witness(self.trace, self.root, other)


def _told(finding: Finding, seen: Sequence[Complaint]) -> Finding:
    costs = ", ".join(dict.fromkeys(_cost(one) for one in seen))
    places = tuple(Place(finding.path, finding.line, f"seen {_cost(one)}: {KINDS[one.kind].what}") for one in seen)
    return replace(finding, message=f"{finding.message} (seen: {costs})", evidence=(*finding.evidence, *places))


def _cost(complaint: Complaint) -> str:
    return f"took {cost(complaint)}" if complaint.seconds else cost(complaint)
