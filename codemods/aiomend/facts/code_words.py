"""The words of a file that stand in code, and not in comments and texts, as its bytes tell.

What these leave out cannot stand for anything: a file need not be parsed for it.
"""

from __future__ import annotations

import bisect
import re
from array import array
from collections.abc import Sequence

from aiomend.facts.words import words

_DEFINED = re.compile(rb"\b(?:def|class)[\s\\]+[\w\x80-\xff]+")
_HASH = 0xFFFFFFFF  #: what is kept of the hash of a word
#: A comment, a text, or a quote that begins none. Only sets of bytes are possessive: Python before 3.11.5 gets groups wrong.
_TEXT = re.compile(
    rb"""#[^\r\n]*|\"{3}[^"\\]*+(?:(?:\\.|"(?!""))[^"\\]*+)*"{3}|'{3}[^'\\]*+(?:(?:\\.|'(?!''))[^'\\]*+)*'{3}"""
    rb"""|"[^"\\\r\n]*+(?:\\(?:\r\n|.)[^"\\\r\n]*+)*"|'[^'\\\r\n]*+(?:\\(?:\r\n|.)[^'\\\r\n]*+)*'|["']""",
    re.DOTALL,
)
_COMMENT = ord("#")
_OF_WORDS = frozenset(byte for byte in range(256) if byte >= 0x80 or re.match(rb"\w", bytes([byte])))
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
    for found in _TEXT.finditer(data):
        start, end = found.span()
        if data[start] != _COMMENT:
            if end - start == 1:
                return None
            kind = _prefix(data, start) if start and data[start - 1] in _OF_WORDS else b""
            if kind in _WITH_CODE:
                # before 3.12 such a text could not hold its own quotes: now what looks like its end may be in the middle of it
                if data.count(b"{", start, end) != data.count(b"}", start, end):
                    return None
                continue
            if kind not in _PREFIXES:
                return None
        pieces.append(data[begin:start])
        begin = end
    return b"''".join([*pieces, data[begin:]])


def _prefix(data: bytes, quote: int) -> bytes:
    """Return the last letters in front of a quote."""
    found = _PREFIX.search(data, max(quote - 3, 0), quote)
    return found.group().lower() if found is not None else b""
