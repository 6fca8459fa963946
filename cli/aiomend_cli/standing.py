"""Where a finding stands after a run: fixed, or what would fix it, or why nothing does."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Callable

from aiomend.model import Finding
from aiomend.report import Skip
from aiomend_cli.runner import Run, wanted


class Standing(enum.Enum):
    """The value says it in a word or two, as a summary counts them."""

    FIXED = "fixed"
    UNSAFE = "unsafe"
    MANUAL = "manual"
    REFUSED = "refused"
    HELD = "in files left alone"
    REJECTED = "not chosen"
    DROPPED = "dropped"  #: for what the project's tests said


def standings(run: Run) -> Callable[[Finding], Standing]:
    """Return what tells the standing of each finding of ``run``."""
    refused = {refusal.id for refusal in run.report.refusals}
    held = {file.path for file in run.report.files if file.skip is Skip.DIRTY}
    held |= {written.path for written in run.unwritten}
    dropped = run.tested.dropped if run.tested is not None else {}
    accepted = wanted(run)  # then only something else can have kept a fix out

    def standing(finding: Finding) -> Standing:
        if finding.applied:
            return Standing.FIXED
        if finding.id in refused:
            return Standing.REFUSED
        if finding.id in dropped:
            return Standing.DROPPED
        if not finding.fixable:
            return Standing.MANUAL
        if finding.paths & held and accepted(finding):
            return Standing.HELD
        if accepted(finding):
            return Standing.REFUSED
        return Standing.UNSAFE if run.chosen is None else Standing.REJECTED

    return standing


def why_refused(finding: Finding) -> str:
    """Return what kept a fix out that was accepted; one that still has its fix was not tried again after the fixes of others."""
    if finding.fixable or finding.reason is None:
        return "other fixes changed the code that it is about, where it is not found any more"
    return finding.reason


def counted(run: Run) -> Counter[Standing]:
    """Return how many findings stand where."""
    standing = standings(run)
    return Counter(standing(finding) for finding in run.report.findings)


#: The words that ``levels`` uses, in the order of reports; the last three only where they occur.
LEVELS = ("safe", "unsafe", "manual", Standing.REFUSED.value, Standing.HELD.value, Standing.DROPPED.value)


def levels(run: Run) -> Callable[[Finding], str]:
    """Return what tells the level of each finding: its safety, unless its fix was refused or held back."""
    standing = standings(run)

    def level(finding: Finding) -> str:
        what = standing(finding)
        return what.value if what in (Standing.REFUSED, Standing.HELD, Standing.DROPPED) else finding.safety.label

    return level


def used_levels(run: Run) -> tuple[str, ...]:
    """Return the columns that a table of ``run`` needs: safe, unsafe and manual always."""
    found = set(map(levels(run), run.report.findings))
    return tuple(word for word in LEVELS if word in LEVELS[:3] or word in found)
