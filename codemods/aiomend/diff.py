"""Unified diffs that `git apply` takes, byte for byte; and the way back from a new place to the original one."""

from __future__ import annotations

import difflib
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from aiomend.model import TextEdit
from aiomend.report import FileResult

_CONTEXT = 3


def unified(file: FileResult, path: str) -> bytes:
    """Return the diff of a changed file in its own encoding; empty where nothing changed.

    ``path`` is written as git writes it: quoted where it holds quotes, control characters or bytes outside ASCII.
    """
    if file.new is None or file.new == file.old:
        return b""
    old, new = _lines(file.old), _lines(file.new)
    out = [b"--- " + (b"/dev/null\n" if file.created else _name("a/" + path)), b"+++ " + _name("b/" + path)]
    for group in _groups(file, old, new):
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


_Opcode = tuple[str, int, int, int, int]  #: kind, and the lines from a to b of the old file, from c to d of the new one
_Block = tuple[int, int, int, int]  #: such lines, all else being equal


def _groups(file: FileResult, old: Sequence[bytes], new: Sequence[bytes]) -> Iterator[list[_Opcode]]:
    """Yield the changes with the lines around them, those together that share some."""
    group: list[_Opcode] = []
    for change in _changes(file, old, new):
        _, a, _, c, _ = change
        if group:
            gap = a - group[-1][2]
            if gap > 2 * _CONTEXT:
                yield [*group, _equal(group[-1][2], group[-1][4], _CONTEXT)]
                group = []
            elif gap:
                group.append(_equal(group[-1][2], group[-1][4], gap))
        if not group and (above := min(_CONTEXT, a)):
            group.append(_equal(a - above, c - above, above))
        group.append(change)
    if group:
        below = min(_CONTEXT, len(old) - group[-1][2])
        yield [*group, _equal(group[-1][2], group[-1][4], below)] if below else group


def _equal(old: int, new: int, length: int) -> _Opcode:
    return ("equal", old, old + length, new, new + length)


def _changes(file: FileResult, old: Sequence[bytes], new: Sequence[bytes]) -> list[_Opcode]:
    """Return what is not equal: where the edits are known, no line that none of them touches."""
    blocks = _edited(file, len(old), len(new))
    if not _all_else_is_equal(blocks, old, new):
        blocks = [(0, len(old), 0, len(new))]
    changes = [change for block in blocks for change in _inside(block, old, new)]
    bounds = [change[1] for change in changes[1:]] + [len(old)]
    return [_lowered(change, bound, old, new) for change, bound in zip(changes, bounds, strict=True)]


def _edited(file: FileResult, old: int, new: int) -> list[_Block]:
    """Return the lines that the edits of a file touch."""
    if not file.edits:
        return []
    text = file.old.decode(file.encoding)
    ends = [match.end() for match in re.finditer("\n", text)]
    blocks: list[_Block] = []
    more = 0  # lines that the edits so far have brought
    for edit in file.edits:
        a, b = bisect_right(ends, edit.start), bisect_right(ends, edit.end) + 1
        start = a + more
        more += edit.text.count("\n") - text.count("\n", edit.start, edit.end)
        if blocks and a < blocks[-1][1]:
            a, _, start, _ = blocks.pop()  # both touch one line
        blocks.append((a, b, start, b + more))
    return [(min(a, old), min(b, old), min(c, new), min(d, new)) for a, b, c, d in blocks]


def _all_else_is_equal(blocks: Sequence[_Block], old: Sequence[bytes], new: Sequence[bytes]) -> bool:
    at_old = at_new = 0
    for a, b, c, d in [*blocks, (len(old), len(old), len(new), len(new))]:
        if old[at_old:a] != new[at_new:c]:
            return False
        at_old, at_new = b, d
    return True


def _inside(block: _Block, old: Sequence[bytes], new: Sequence[bytes]) -> Iterator[_Opcode]:
    """Yield what differs in a block, whose ends are trimmed: difflib's time grows with the square of what it is given."""
    a, b, c, d = block
    while a < b and c < d and old[a] == new[c]:
        a, c = a + 1, c + 1
    while a < b and c < d and old[b - 1] == new[d - 1]:
        b, d = b - 1, d - 1
    for kind, i, j, k, m in difflib.SequenceMatcher(None, old[a:b], new[c:d], autojunk=False).get_opcodes():
        if kind != "equal":
            yield kind, a + i, a + j, c + k, c + m


def _lowered(change: _Opcode, bound: int, old: Sequence[bytes], new: Sequence[bytes]) -> _Opcode:
    """Return a change as low as it can stand: lines that are only added or removed may have others like them below."""
    kind, a, b, c, d = change
    lines, start, stop = (old, a, b) if kind == "delete" else (new, c, d)
    while kind != "replace" and b < bound and lines[start] == old[b]:
        a, b, c, d, start, stop = a + 1, b + 1, c + 1, d + 1, start + 1, stop + 1
    return kind, a, b, c, d


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
