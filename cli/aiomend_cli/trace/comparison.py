"""What became of each complaint: pure comparison of the traces of an original and of its fixed copy."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from aiomend_cli.trace.log import Complaint, Place

Became = Callable[[Place], Sequence[int]]  #: the lines of the fixed file for a line of the original


class Verdict(enum.Enum):
    """The value is what a table says."""

    GONE = "gone"
    STILL = "still there"
    NEW = "new"
    NOT_EXECUTED = "not executed again"
    BODY = "gone, but the body did not run"


@dataclass(frozen=True, slots=True)
class Row:
    """One kind at one place."""

    kind: str
    file: str | None
    line: int  #: of the original; of the fixed file where the row is new
    function: str
    before: Complaint | None
    after: Complaint | None
    verdict: Verdict
    rules: tuple[str, ...] = ()  #: codes of the fixes at the place


@dataclass(frozen=True, slots=True)
class Executed:
    """What ran in the fixed copy."""

    lines: frozenset[Place]

    def any(self, file: str, lines: Iterable[int]) -> bool:
        return any((file, line) in self.lines for line in lines)


def compared(
    before: Iterable[Complaint],
    after: Iterable[Complaint],
    became: Became,
    executed: Executed,
    bodies: Mapping[Place, Place],
    rules: Callable[[Complaint], tuple[str, ...]],
) -> tuple[Row, ...]:
    """Return a row for each complaint; ``bodies`` has the first line of what a coroutine at a place would have run.

    A step that was slow is no row of its own where the line that was slow is one.
    """
    left: dict[tuple[str, str | None], list[Complaint]] = defaultdict(list)
    for complaint in after:
        left[complaint.kind, complaint.file].append(complaint)
    rows = []
    for complaint in before:
        place = complaint.place
        lines = became(place) if place is not None else [complaint.line]
        candidates = left[complaint.kind, complaint.file]
        same = next((one for one in candidates if one.line in lines), None)
        if same is not None:
            candidates.remove(same)
        rows.append(
            Row(
                complaint.kind,
                complaint.file,
                complaint.line,
                complaint.function,
                complaint,
                same,
                Verdict.STILL if same is not None else _gone(complaint, lines, executed, bodies),
                rules(complaint),
            )
        )
    for complaints in left.values():
        rows += [Row(c.kind, c.file, c.line, c.function, None, c, Verdict.NEW) for c in complaints]
    return tuple(rows)


def _gone(complaint: Complaint, lines: Sequence[int], executed: Executed, bodies: Mapping[Place, Place]) -> Verdict:
    place = complaint.place
    if place is None or not executed.any(place[0], lines):
        return Verdict.NOT_EXECUTED
    body = bodies.get(place)
    if complaint.kind == "never-awaited" and body is not None and body not in executed.lines:
        return Verdict.BODY
    return Verdict.GONE
