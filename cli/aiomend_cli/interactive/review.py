"""What was decided in a review, and what a key makes of it. Nothing here knows of a terminal.

A decision holds for a whole fix. What is accepted always includes what it builds on, and what is refused always includes
what builds on it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from aiomend.model import Finding
from aiomend.report import Report
from aiomend_cli.output.order import worst_first
from aiomend_cli.selection import with_required


@dataclass(frozen=True, slots=True)
class Review:
    """The fixes in the order of the questions, and the decisions so far."""

    fixes: tuple[Finding, ...]
    decided: Mapping[str, bool] = field(default_factory=dict)  #: by id: accepted or refused
    at: int = 0  #: the index of the fix in question; behind the last one where everything is decided
    before: Review | None = None  #: what undo leads back to

    @property
    def here(self) -> Finding | None:
        """The fix in question; None where everything is decided."""
        return self.fixes[self.at] if self.at < len(self.fixes) else None

    @property
    def accepted(self) -> tuple[Finding, ...]:
        return tuple(fix for fix in self.fixes if self.decided.get(fix.id))

    @property
    def undecided(self) -> tuple[Finding, ...]:
        return tuple(fix for fix in self.fixes if fix.id not in self.decided)


def begin(report: Report) -> Review:
    """Return the review of all fixes that a run applied: the file with the worst first, each fix after those that it
    builds on."""
    return Review(_ordered(report, frozenset()))


def continued(review: Review, report: Report) -> Review:
    """Return the review with the fixes that another run applied besides; the same one where there are none."""
    new = _ordered(report, frozenset(fix.id for fix in review.fixes))
    return replace(review, fixes=(*review.fixes, *new), at=len(review.fixes), before=review) if new else review


def press(review: Review, key: str) -> Review:
    """Return what ``key`` makes of the review: one of ``y n a d A D j k u``.

    The same one where it makes nothing of it.
    """
    here = review.here
    if key == "u":
        return review.before or review
    if key == "k":
        return replace(review, at=max(review.at - 1, 0))
    if here is None:
        return review
    match key:
        case "y":
            return _accept(review, [here])
        case "n":
            return _refuse(review, [here])
        case "a":
            return _accept(review, _no_less_safe(review, here, lambda fix: fix.code == here.code))
        case "d":
            return _refuse(review, [here, *(fix for fix in review.undecided if fix.code == here.code)])
        case "A":
            return _accept(review, _no_less_safe(review, here, lambda fix: fix.path == here.path))
        case "D":
            return _refuse(review, [here, *(fix for fix in review.undecided if fix.path == here.path)])
        case "j":
            return replace(review, at=_onward(review.fixes, review.decided, review.at + 1))
    return review


def changed(old: Review, new: Review) -> list[Finding]:
    """Return the fixes that are decided otherwise in ``new`` than in ``old``, in order."""
    return [fix for fix in new.fixes if old.decided.get(fix.id) is not new.decided.get(fix.id)]


def needed(review: Review, one: Finding) -> list[Finding]:
    """Return the fixes of the review that ``one`` builds on, directly or not, in order."""
    return _others(review, with_required([one.id], _requires(review.fixes)), one)


def resting_on(review: Review, one: Finding) -> list[Finding]:
    """Return the fixes of the review that build on ``one``, directly or not, in order."""
    return _others(review, with_required([one.id], _dependents(review.fixes)), one)


def _others(review: Review, ids: frozenset[str], one: Finding) -> list[Finding]:
    return [fix for fix in review.fixes if fix.id in ids and fix.id != one.id]


def _no_less_safe(review: Review, here: Finding, wanted: Callable[[Finding], bool]) -> list[Finding]:
    """Return ``here`` and the undecided fixes that are no less safe, with all that each of them would bring along."""
    requires, safety = _requires(review.fixes), {fix.id: fix.safety for fix in review.fixes}

    def brings(fix: Finding) -> Iterable[str]:
        return (one for one in with_required([fix.id], requires) if one in safety and not review.decided.get(one))

    likes = [fix for fix in review.undecided if wanted(fix)]
    return [here, *(fix for fix in likes if all(safety[one] >= here.safety for one in brings(fix)))]


def _accept(review: Review, fixes: Iterable[Finding]) -> Review:
    known = {fix.id for fix in review.fixes}
    return _decide(review, with_required((fix.id for fix in fixes), _requires(review.fixes)) & known, True)


def _refuse(review: Review, fixes: Iterable[Finding]) -> Review:
    return _decide(review, with_required((fix.id for fix in fixes), _dependents(review.fixes)), False)


def _decide(review: Review, ids: Iterable[str], yes: bool) -> Review:
    decided = {**review.decided, **dict.fromkeys(ids, yes)}
    return replace(review, decided=decided, at=_onward(review.fixes, decided, review.at), before=review)


def _onward(fixes: Sequence[Finding], decided: Mapping[str, bool], start: int) -> int:
    """Return the index of the first undecided fix from ``start`` on, then from the beginning; one behind the end where
    there is none."""
    around = [*range(start, len(fixes)), *range(min(start, len(fixes)))]
    return next((index for index in around if fixes[index].id not in decided), len(fixes))


def _ordered(report: Report, known: frozenset[str]) -> tuple[Finding, ...]:
    files = {file.path: number for number, file in enumerate(worst_first(report))}
    todo = [finding for finding in report.findings if finding.applied and finding.id not in known]
    todo.sort(key=lambda one: (files[one.path], one.line, one.column, one.code))
    by_id, requires = {one.id: one for one in todo}, _requires(todo)
    result: dict[str, Finding] = {}
    for one in todo:
        closure = with_required([one.id], requires) & by_id.keys()
        # what others build on has less to build on itself
        for each in sorted(closure, key=lambda each: (len(with_required([each], requires)), each)):
            result.setdefault(each, by_id[each])
    return tuple(result.values())


def _requires(fixes: Iterable[Finding]) -> dict[str, tuple[str, ...]]:
    return {fix.id: fix.fix.requires for fix in fixes if fix.fix is not None}


def _dependents(fixes: Iterable[Finding]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for one, required in _requires(fixes).items():
        for other in required:
            found[other].append(one)
    return {one: tuple(others) for one, others in found.items()}
