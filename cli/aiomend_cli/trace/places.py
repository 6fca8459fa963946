"""The places of a trace as today's files have them, and the findings that stand there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from aiomend.model import Finding
from aiomend_cli import preparing, runner
from aiomend_cli.options import CheckOptions
from aiomend_cli.trace.kinds import KINDS
from aiomend_cli.trace.log import Complaint, Place, Trace
from aiomend_cli.trace.texts import moved, texts_of


@dataclass(frozen=True, slots=True)
class Lines:
    """Where the lines of a trace are today."""

    moves: Mapping[str, Mapping[int, int]]  #: for each file; one that is not in it has not been seen by the trace's end
    changed: frozenset[str]  #: files that are not what they were

    def now(self, place: Place) -> int | None:
        """Return the line of today, None where the line has changed or is gone."""
        return self.moves.get(place[0], {}).get(place[1])


def lines_today(trace: Trace) -> Lines:
    """Return where the lines of ``trace`` are in the files as they are now."""
    now = texts_of(trace.texts)
    moves = {file: moved(old, now[file]) for file, old in trace.texts.items() if file in now}
    return Lines(moves, frozenset(file for file, old in trace.texts.items() if now.get(file) != old))


def findings_at(trace: Trace, lines: Lines) -> Mapping[Complaint, tuple[Finding, ...]]:
    """Return what the rules find where ``trace`` complains, in the files of the working directory."""
    cwd = Path.cwd()
    files = sorted({c.file for c in trace.complaints if c.file is not None and _is_below(c.file, cwd)})
    if not files:
        return {}
    found = runner.run(preparing.prepare(CheckOptions(paths=tuple(files))), watched=False).report.findings
    by_file: dict[str, list[Finding]] = {}
    for finding in found:
        by_file.setdefault(str(cwd / finding.path), []).append(finding)
    return {
        complaint: matching
        for complaint in trace.complaints
        if (matching := tuple(_matching(complaint, by_file, lines)))
    }


def _is_below(file: str, cwd: Path) -> bool:
    path = Path(file)
    return path.is_relative_to(cwd) and path.suffix in (".py", "") and path.is_file()


def _matching(complaint: Complaint, by_file: Mapping[str, list[Finding]], lines: Lines) -> Iterable[Finding]:
    rules = KINDS[complaint.kind].rules
    places = [place for place in (complaint.place, *complaint.related) if place is not None]
    seen = set()
    for place in places:
        line = lines.now(place)
        if line is None:
            continue
        for finding in by_file.get(place[0], ()):
            if finding.code in rules and finding.line <= line <= finding.end_line and finding.id not in seen:
                seen.add(finding.id)
                yield finding
