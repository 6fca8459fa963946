"""``--verdicts FILE``: what the repository's own commands said, carried from the job that runs them to the one with the token.

Who reads the file believes nothing of it but that: it can take fixes away, and gives texts that are escaped. What is
committed and pushed is worked out anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from aiomend_cli.errors import UserError
from aiomend_cli.forge.proposal import Judged, Project, report_of
from aiomend_cli.forge.sets import FixSet
from aiomend_cli.given import VERSION, Given
from aiomend_cli.tested import TRACED, Tested, Traced

_SHAPE = "`aiomend pr --test COMMAND --verdicts FILE` writes it"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was said of one set of fixes."""

    fixes: str  #: the digest of the set before anything was dropped
    tested: Tested | None
    traced: Traced | None


@dataclass(frozen=True, slots=True)
class Verdicts:
    """All that one run was told, by the branch of each set."""

    base: str  #: the commit that the commands ran on
    by_branch: Mapping[str, Verdict]

    def why_not(self, fix_set: FixSet, base: str) -> str | None:
        """Return why nothing is known of ``fix_set`` on ``base``, None where something is."""
        if self.base != base:
            return (
                f"its tests ran on {self.base[:9]}, and the base is at {base[:9]} by now; the next run of both goes on"
            )
        verdict = self.by_branch.get(fix_set.branch)
        if verdict is None or verdict.fixes != fix_set.digest:
            return "no tests were run for its fixes"
        return None

    def judged(self, project: Project, fix_set: FixSet) -> Judged:
        """Return what goes in of a set of which something is known."""
        verdict = self.by_branch[fix_set.branch]
        if verdict.tested is not None and verdict.tested.dropped:
            fix_set = replace(fix_set, ids=fix_set.ids & verdict.tested.kept)
        return Judged(fix_set, report_of(project, fix_set), verdict.tested, verdict.traced)


def save(file: Path, base: str, judged: Sequence[tuple[FixSet, Judged]]) -> None:
    """Write what was said of each set; raises UserError where that cannot be written."""
    sets = {one.branch: asdict(Verdict(one.digest, how.tested, how.traced)) for one, how in judged}
    text = json.dumps({"version": VERSION, "base": base, "sets": sets}, indent=2, default=sorted) + "\n"
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise UserError(f"--verdicts {file}: cannot be written: {error.strerror or error}") from error


def load(file: Path) -> Verdicts:
    """Return what ``file`` holds; raises UserError where that is not what ``save`` writes."""
    given = Given("--verdicts", file, _SHAPE)
    match given.read():
        case {"base": str(base), "sets": dict(sets)}:
            found = {branch: _verdict(one) for branch, one in sets.items()}
            if None not in found.values():
                return Verdicts(base, {branch: one for branch, one in found.items() if one is not None})
    raise given.unfit()


def _verdict(data: Any) -> Verdict | None:
    match data:
        case {"fixes": str(fixes), "tested": tested, "traced": traced}:
            first, second = _tested(tested), _traced(traced)
            if (tested is None or first) and (traced is None or second):
                return Verdict(fixes, first, second)
    return None


def _tested(data: Any) -> Tested | None:
    match data:
        case {
            "command": str(command),
            "runs": int(runs),
            "seconds": int() | float() as seconds,
            "passed": int() | None as passed,
            "failed": int(failed),
            "flaky": list(flaky),
            "kept": list(kept),
            "dropped": dict(dropped),
        } if _are_texts([*flaky, *kept, *dropped.values()]):
            return Tested(command, runs, seconds, passed, failed, tuple(flaky), frozenset(kept), dropped)
    return None


def _traced(data: Any) -> Traced | None:
    match data:
        case {"command": str(command), "rows": list(rows), "said": list(said)} if _are_texts(said):
            if all(isinstance(row, list) and len(row) == len(TRACED) and _are_texts(row) for row in rows):
                return Traced(command, tuple(map(tuple, rows)), tuple(said))
    return None


def _are_texts(values: Sequence[Any]) -> bool:
    return all(isinstance(one, str) for one in values)
