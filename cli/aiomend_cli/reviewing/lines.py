"""Edits to a text as changes of whole lines, which is how patches and people see them. Lines end with LF alone."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from aiomend.model import TextEdit


@dataclass(frozen=True, slots=True)
class Change:
    """The lines ``start`` up to, not including, ``end`` (0-based) of the original are ``new`` ones now, with line ends."""

    start: int
    end: int
    new: tuple[str, ...]


def split(text: str) -> tuple[str, ...]:
    """Return the lines of a text with their line ends, as git sees them: a lone CR ends none."""
    lines = text.split("\n")
    return (*(line + "\n" for line in lines[:-1]), *([lines[-1]] if lines[-1] else []))


class Lines:
    """The lines of one text, and where each begins."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = split(text)
        self._starts = [0, *accumulate(map(len, self.lines))]

    def at(self, offset: int) -> int:
        """Return the 0-based line that holds a character; behind a last line end there is one more."""
        if offset == len(self.text) and self.lines and not self.lines[-1].endswith("\n"):
            return len(self.lines) - 1
        return bisect.bisect_right(self._starts, offset) - 1

    def spans(self, edit: TextEdit) -> tuple[int, int]:
        """Return the lines that an edit touches, the first one and the one behind the last one."""
        first = self.at(edit.start)
        if edit.end == edit.start == self._starts[first]:
            return first, first  # between two lines
        last = self.at(edit.end)
        return first, min(last + (edit.end > self._starts[last]), len(self.lines))

    def changes(self, edits: Sequence[TextEdit]) -> list[Change]:
        """Return sorted edits that do not overlap as changes of whole lines."""
        found: list[Change | None] = []
        rest = list(reversed(edits))
        while rest:
            run = [rest.pop()]
            start, end = self.spans(run[0])
            while True:
                if rest and (self.spans(rest[-1])[0] < end or self.spans(rest[-1])[0] == start):
                    run.append(rest.pop())
                    end = max(end, self.spans(run[-1])[1])
                elif end < len(self.lines) and self._new(start, end, run)[-1:] not in ("", "\n"):
                    end += 1  # the line that follows goes on where the new text ends
                else:
                    break
            found.append(self._change(start, end, run))
        return [change for change in found if change is not None]

    def _new(self, start: int, end: int, edits: list[TextEdit]) -> str:
        at, out = self._starts[start], []
        for edit in edits:
            out += [self.text[at : edit.start], edit.text]
            at = edit.end
        return "".join([*out, self.text[at : max(at, self._starts[end])]])

    def _change(self, start: int, end: int, edits: list[TextEdit]) -> Change | None:
        """Return the change without the lines that stay at its ends; None where all of them stay."""
        new = split(self._new(start, end, edits))
        while start < end and new and self.lines[start] == new[0]:
            start, new = start + 1, new[1:]
        while start < end and new and self.lines[end - 1] == new[-1]:
            end, new = end - 1, new[:-1]
        return Change(start, end, new) if start < end or new else None
