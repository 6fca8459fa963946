"""What a forge shows of a changed file: hunks of lines, on which alone it takes comments."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_HEADER = re.compile(r"@@ -\d+(?:,\d+)? \+(\d+)(?:,\d+)? @@")


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines (1-based) of a file as a pull request leaves it."""

    shown: range  #: with the ones around
    added: frozenset[int]

    def holds(self, first: int, last: int) -> bool:
        return first in self.shown and last in self.shown

    def adds(self, first: int, last: int) -> bool:
        """Return True where one of the lines ``first`` to ``last`` is new."""
        return any(line in self.added for line in range(first, last + 1))


def hunks(patch: str) -> tuple[Hunk, ...]:
    """Return the hunks of a unified diff of one file without the lines that name it."""
    found: list[Hunk] = []
    first = line = 1
    added: set[int] = set()

    def end() -> None:
        if line > first:
            found.append(Hunk(range(first, line), frozenset(added)))

    for text in patch.split("\n"):
        if header := _HEADER.match(text):
            end()
            first = line = int(header[1])
            added = set()
        elif text.startswith("+"):
            added.add(line)
            line += 1
        elif text.startswith(" "):
            line += 1
    end()
    return tuple(found)


def around(hunks: Sequence[Hunk], first: int, last: int) -> Hunk | None:
    """Return the hunk that adds one of the lines ``first`` to ``last``, None where the pull request changes none of them."""
    return next((hunk for hunk in hunks if hunk.adds(first, last)), None)
