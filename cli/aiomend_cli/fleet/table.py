"""The table at the end of a run: where each repository stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from aiomend_cli.fleet.listing import Listed
from aiomend_cli.fleet.state import Entry, Standing
from aiomend_cli.forge.policy import Left
from aiomend_cli.forge.pull import Condition, State
from aiomend_cli.forge.settings import PREFIX
from aiomend_cli.output.text import count
from aiomend_cli.terminal import source, width

ERROR = "error"
HELD = "held back"
NOTHING = "nothing to do"
OFF = "turned off"
WOULD = "would change"

#: The state of a repository is the first of these that one of its pull requests is in.
_WORST = (Condition.CONFLICTED, Condition.FAILING, Condition.OPEN, State.CLOSED, State.MERGED)


def worst(pulls: Iterable[Standing], held: Sequence[Left]) -> str:
    """Return the state of a repository in which nothing went wrong."""
    states = {one.state for one in pulls}
    if held and not states & {Condition.CONFLICTED, Condition.FAILING, State.CLOSED}:
        return HELD
    return next((str(state) for state in _WORST if state in states), NOTHING)


def table(rows: Sequence[tuple[Listed, Entry]]) -> list[str]:
    """Return the lines: name, state, the safe pull requests, the unsafe ones."""
    cells = [("repository", "state", "safe", "unsafe")]
    for one, entry in rows:
        safe = [pull for pull in entry.pulls if not pull.branch.startswith(f"{PREFIX}unsafe")]
        unsafe = [pull for pull in entry.pulls if pull not in safe]
        cells.append((source(one.name), source(entry.state), _numbers(safe), _numbers(unsafe)))
    widths = [max(width(row[column]) for row in cells) for column in range(4)]
    return [
        "  ".join(cell + " " * (room - width(cell)) for cell, room in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]


def _numbers(pulls: Sequence[Standing]) -> str:
    return ", ".join(f"#{one.number} {source(one.state)}" for one in pulls) or "-"


def last_line(rows: Sequence[tuple[Listed, Entry]], rest: str) -> str:
    """Return the sum; ``rest`` tells of those that this run did not come to."""
    states = Counter(entry.state for _, entry in rows)
    counted = ", ".join(f"{number} {source(state)}" for state, number in states.most_common())
    return f"{count(len(rows), 'repository')}: {counted}.{rest}"
