"""The way back from a place in a text that was edited, perhaps more than once, to the place in the original one."""

from __future__ import annotations

import difflib
import functools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from aiomend.model import TextEdit

_TOKEN = re.compile(r"\w+|[^\w\s]")
_Round = tuple[tuple[TextEdit, ...], str]  #: sorted edits, and the text that they are of


class PlaceMap:
    """Leads an offset of the text after some rounds of edits back to the original text."""

    def __init__(self) -> None:
        self._rounds: list[_Round] = []

    def __bool__(self) -> bool:
        """True once there was a round."""
        return bool(self._rounds)

    def add(self, edits: Sequence[TextEdit], text: str) -> None:
        """Record one more round of sorted edits, to ``text``."""
        self._rounds.append((tuple(edits), text))

    def original(self, offset: int) -> int:
        """Return where what begins at an offset began; in what replaces something, where the same words or those in their place did."""
        for edits, text in reversed(self._rounds):
            offset = _before(edits, text, offset, is_end=False)
        return offset

    def original_end(self, offset: int) -> int:
        """Return where what ends at an offset ended, likewise."""
        for edits, text in reversed(self._rounds):
            offset = _before(edits, text, offset, is_end=True)
        return offset

    def edits(self, path: str, length: int) -> tuple[TextEdit, ...]:
        """Return all rounds as one: the sorted edits that lead from the original text, of ``length``, to the last one."""
        pieces: list[_Piece] = [(0, length)]
        for edits, _ in self._rounds:
            pieces = _with_round(pieces, edits)
        found: list[TextEdit] = []
        at, new = 0, ""
        for piece in [*pieces, (length, length)]:
            match piece:
                case str():
                    new += piece
                case start, end:
                    if new or start > at:
                        found.append(TextEdit(path, at, start, new))
                    at, new = end, ""
        return tuple(found)


_Piece = tuple[int, int] | str  #: a span of the original text, or text that is new


def _with_round(pieces: Sequence[_Piece], edits: Sequence[TextEdit]) -> list[_Piece]:
    """Return the pieces of a text after sorted edits to it."""
    made: list[_Piece] = []
    rest = list(reversed(pieces))
    at = 0
    for edit in edits:
        made += [*_taken(rest, edit.start - at), edit.text]
        _taken(rest, edit.end - edit.start)
        at = edit.end
    return [*made, *reversed(rest)]


def _taken(rest: list[_Piece], number: int) -> list[_Piece]:
    """Take the next ``number`` characters off the end of ``rest``, whose first piece is its last."""
    taken: list[_Piece] = []
    while number > 0 and rest:
        piece = rest.pop()
        size = len(piece) if isinstance(piece, str) else piece[1] - piece[0]
        if size > number:
            head, tail = _cut(piece, number)
            rest.append(tail)
            piece, size = head, number
        taken.append(piece)
        number -= size
    return taken


def _cut(piece: _Piece, at: int) -> tuple[_Piece, _Piece]:
    match piece:
        case str():
            return piece[:at], piece[at:]
        case start, end:
            return (start, start + at), (start + at, end)


def _before(edits: Sequence[TextEdit], text: str, offset: int, *, is_end: bool) -> int:
    """Return where a place was before one round; an end belongs to what stands in front of it."""
    within = _end_within if is_end else _start_within
    shift = 0
    for edit in edits:
        start = edit.start + shift
        if offset < start + is_end:
            break
        if offset < start + len(edit.text) + is_end:
            return edit.start + within(text[edit.start : edit.end], edit.text, offset - start)
        shift += len(edit.text) - (edit.end - edit.start)
    return offset - shift


def _start_within(old: str, new: str, offset: int) -> int:
    """Return where the token of ``old`` begins that stands in the place of the one at ``offset`` of ``new``."""
    was, now = _tokens(old), _tokens(new)
    at = bisect_right([start for start, _ in now], offset) - 1
    if at < 0 or now[at][1] <= offset:
        at += 1  # between two tokens
    for kind, a, b, c, d in _matched(old, new):
        if c <= at < d:
            if kind == "equal":
                return was[a + at - c][0] + max(0, offset - now[at][0])
            return was[a][0] if a < b or a < len(was) else len(old)
    return len(old) if was else 0


def _end_within(old: str, new: str, offset: int) -> int:
    """Return where the token of ``old`` ends that stands in the place of the one before ``offset`` of ``new``."""
    was, now = _tokens(old), _tokens(new)
    at = bisect_left([start for start, _ in now], offset) - 1
    for kind, a, b, c, d in _matched(old, new):
        if c <= at < d:
            if kind == "equal":
                return was[a + at - c][0] + min(offset, now[at][1]) - now[at][0]
            return was[b - 1][1] if b else 0
    return 0


def _tokens(text: str) -> list[tuple[int, int]]:
    return [found.span() for found in _TOKEN.finditer(text)]


@functools.lru_cache(maxsize=64)  # one edit holds several findings, each with two ends
def _matched(old: str, new: str) -> Sequence[tuple[str, int, int, int, int]]:
    """Return what became of the tokens of a text: spans of those that are the same, and of those that others replace."""
    was, now = _TOKEN.findall(old), _TOKEN.findall(new)
    return difflib.SequenceMatcher(None, was, now, autojunk=False).get_opcodes()
