"""Unified diffs that `git apply` takes, byte for byte."""

from __future__ import annotations

import difflib
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

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
