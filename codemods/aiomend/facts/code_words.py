"""The words of a file that stand in code, and not in comments and texts, as its bytes tell.

What these leave out cannot stand for anything: a file need not be parsed for it.
"""

from __future__ import annotations

import bisect
import re
from array import array
from collections.abc import Iterator, Sequence

from aiomend.facts.words import words

_DEFINED = re.compile(rb"\b(?:def|class)[\s\\]+[\w\x80-\xff]+")
_HASH = 0xFFFFFFFF  #: what is kept of the hash of a word
#: A comment, a text, or a quote that begins none. Only sets of bytes are possessive: Python before 3.11.5 gets groups wrong.
_TEXT = re.compile(
    rb"""#[^\r\n]*|\"{3}[^"\\]*+(?:(?:\\.|"(?!""))[^"\\]*+)*"{3}|'{3}[^'\\]*+(?:(?:\\.|'(?!''))[^'\\]*+)*'{3}"""
    rb"""|"[^"\\\r\n]*+(?:\\(?:\r\n|.)[^"\\\r\n]*+)*"|'[^'\\\r\n]*+(?:\\(?:\r\n|.)[^'\\\r\n]*+)*'|["']""",
    re.DOTALL,
)
_PREFIX = re.compile(rb"[\w\x80-\xff]*\Z")
#: What texts may have before their quotes: some hold code.
_PREFIXES = frozenset((b"", b"r", b"b", b"u", b"br", b"rb"))
_WITH_CODE = frozenset((b"f", b"fr", b"rf", b"t", b"tr", b"rt"))


def words_used(data: bytes) -> Sequence[int] | None:
    """Return the words that may stand for something, outside of comments, texts and definitions, for `uses`; None for any word."""
    code = code_of(data)
    if code is None:
        return None
    held = words(_DEFINED.sub(b" ", code))
    return array("I", sorted({hash(word) & _HASH for word in held}))  # a tenth of what the words take


def uses(used: Sequence[int] | None, name: str) -> bool:
    """True where a file with those words may use one of that name, by itself or behind a dot."""
    if used is None:
        return True
    wanted = hash(name.encode("utf-8", "replace")) & _HASH
    at = bisect.bisect_left(used, wanted)
    return at < len(used) and used[at] == wanted


def code_of(data: bytes) -> bytes | None:
    """Return a file without comments and texts; None where it cannot be told what is one."""
    pieces, begin = [], 0
    for start, end in _left_out(data):
        if start < 0:
            return None
        pieces.append(data[begin:start])
        begin = end
    return b"''".join([*pieces, data[begin:]])


def _left_out(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield where comments and texts without code in them begin and end; -1 where it cannot be told what is one."""
    for found in _TEXT.finditer(data):
        start, end = found.span()
        if data[start] == 0x23:  # a comment
            yield start, end
            continue
        prefix = _PREFIX.search(data, max(start - 3, 0), start)
        kind = prefix.group().lower() if prefix is not None else b""
        if end - start == 1:
            yield -1, -1
        elif kind in _WITH_CODE:
            # before 3.12 such a text could not hold its own quotes: now what looks like its end may be in the middle of it
            if data.count(b"{", start, end) != data.count(b"}", start, end):
                yield -1, -1
        elif kind in _PREFIXES:
            yield start, end
        else:
            yield -1, -1
