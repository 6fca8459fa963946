"""Unified diffs that `git apply` takes, byte for byte; and the way back from a new place to the original one."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from aiomend.model import FileResult, TextEdit

_CONTEXT = 3


def unified(file: FileResult, path: str) -> bytes:
    """Return the diff of a changed file in its own encoding; empty where nothing changed.

    ``path`` is written as git writes it: quoted where it holds quotes, control characters or bytes outside ASCII.
    """
    if file.new is None or file.new == file.old:
        return b""
    old, new = _lines(file.old), _lines(file.new)
    out = [b"--- " + (b"/dev/null\n" if file.created else _name("a/" + path)), b"+++ " + _name("b/" + path)]
    for group in _groups(old, new):
        out.append(_header(group))
        for kind, a, b, c, d in group:
            if kind == "equal":
                out += [b" " + line for line in old[a:b]]
                continue
            out += [b"-" + line for line in old[a:b]]
            out += [b"+" + line for line in new[c:d]]
    return b"".join(line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n" for line in out)


def _lines(data: bytes) -> list[bytes]:
    lines = [line + b"\n" for line in data.split(b"\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


_Opcode = tuple[str, int, int, int, int]


def _groups(old: Sequence[bytes], new: Sequence[bytes]) -> Iterator[list[_Opcode]]:
    """Trim what both ends share before difflib sees it: its time grows with the square of what it is given."""
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    start = max(0, head - _CONTEXT)
    stop_old, stop_new = len(old) - max(0, tail - _CONTEXT), len(new) - max(0, tail - _CONTEXT)
    matcher = difflib.SequenceMatcher(None, old[start:stop_old], new[start:stop_new], autojunk=False)
    for group in matcher.get_grouped_opcodes(_CONTEXT):
        yield [(kind, a + start, b + start, c + start, d + start) for kind, a, b, c, d in group]


def _header(group: Sequence[_Opcode]) -> bytes:
    first, last = group[0], group[-1]
    return f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@\n".encode()


def _range(start: int, stop: int) -> str:
    length = stop - start
    if length == 1:
        return f"{start + 1}"
    return f"{start + 1 if length else start},{length}"


_ESCAPES = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}


def _name(path: str) -> bytes:
    raw = path.encode("utf-8", "surrogateescape")
    if all(32 <= byte < 127 and byte not in (34, 92) for byte in raw):
        # A tab behind a name with spaces tells readers of the diff where it ends.
        return raw + (b"\t\n" if b" " in raw else b"\n")
    quoted = "".join(_ESCAPES.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}") for byte in raw)
    return f'"{quoted}"\n'.encode()


class PlaceMap:
    """Leads an offset of the text after some rounds of edits back to the original text."""

    def __init__(self) -> None:
        self._rounds: list[tuple[TextEdit, ...]] = []

    def __bool__(self) -> bool:
        """True once there was a round."""
        return bool(self._rounds)

    def add(self, edits: Sequence[TextEdit]) -> None:
        """Record one more round of sorted edits."""
        self._rounds.append(tuple(edits))

    def original(self, offset: int) -> int:
        """Return the original offset; for a place inside replaced text, the start of what was replaced."""
        for edits in reversed(self._rounds):
            offset = _before(edits, offset)
        return offset

    def edits(self, path: str, length: int) -> tuple[TextEdit, ...]:
        """Return all rounds as one: the sorted edits that lead from the original text, of ``length``, to the last one."""
        pieces: list[_Piece] = [(0, length)]
        for edits in self._rounds:
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


def _before(edits: Sequence[TextEdit], offset: int) -> int:
    shift = 0
    for edit in edits:
        start = edit.start + shift
        if offset < start:
            break
        if offset < start + len(edit.text):
            return edit.start
        shift += len(edit.text) - (edit.end - edit.start)
    return offset - shift
