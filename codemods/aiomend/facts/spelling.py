"""What bytes alone say of how a name is written in a file: whether anything in it can define or set what bears the name.

Each test may say yes where code says no, never the other way round: a file for which it says no need not be parsed.
"""

from __future__ import annotations

import re
from functools import lru_cache

from aiomend.facts.words import WORDS, line_before

#: No group is possessive, here and in other files: Python before 3.11.5 gets those wrong that may go back in themselves.
_BLANK = rb"[\s\\]*+(?:#[^\r\n]*+[\r\n][\s\\]*+)*"
#: What stands behind a target of an assignment, an annotation, `for`, `with` or `in`, and behind other things as well.
_STORED = rb"(?:=(?!=)|(?:\*\*|//|>>|<<|[-+*/%@&|^])=|in\b|[,:)\]])"
#: `with … as`, and what assigns to several targets or goes through something for them.
_AS = re.compile(rb"\bas\b")
_TAKES = re.compile(rb"(?<![=!<>])=(?!=)|\bin\b")
#: Words to the left of a colon that make what stands before it no target.
_TESTS = re.compile(rb"\b(?:if|elif|while|return|case|and|or|not|in|is|lambda|assert)\b[^:]*\Z")
#: A line that goes on ends in something else than an operand, or the next one begins with an operator.
_GOES_ON = re.compile(rb"[^\w\x80-\xff)\]}'\"\s]\s*\Z|#")
_BEGINS = re.compile(rb"\s*(?:[^\w\x80-\xff\s]|(?:and|or|in|is|else)\b)")


def is_defined(data: bytes, name: str) -> bool:
    """True where a function of that name may be defined."""
    return _pattern(rb"def[\s\\]+%b(?!\w)", name).search(data) is not None


def is_class(data: bytes, name: str) -> bool:
    """True where a class of that name may be defined."""
    return _pattern(rb"class[\s\\]+%b(?!\w)", name).search(data) is not None


def is_quoted(data: bytes, name: str) -> bool:
    """True where a text may end in that name."""
    return _pattern(rb"%b['\"]", name).search(data) is not None


def is_attribute(data: bytes, name: str) -> bool:
    """True where something may be asked for an attribute of that name, or by a text that ends in it."""
    return _pattern(rb"(?:\.[\s\\]*%b(?!\w)|%b['\"])", name).search(data) is not None


def is_given_none(data: bytes, name: str) -> bool:
    """True where a method of that name may be called with `None` alone."""
    return _pattern(rb"\.[\s\\]*%b[\s\\]*\([\s\\]*None[\s\\]*,?[\s\\]*\)", name).search(data) is not None


def is_assigned(data: bytes, name: str) -> bool:
    """True where an attribute of that name may be the only target of an assignment."""
    return (
        _pattern(rb"\." + _BLANK + rb"%b[\s\\)]*+(?:#[^\r\n]*+[\r\n][\s\\)]*+)*=(?!=)", name).search(data) is not None
    )


def is_set(data: bytes, name: str) -> bool:
    """True where an attribute of that name may be set on anything but `self`."""
    pattern = _pattern(rb"\." + _BLANK + rb"(%b)" + _BLANK + _STORED, name)
    return any(
        not _is_of_self(data, found.start()) and _may_set(data, found.start(), found.end(1))
        for found in pattern.finditer(data)
    )


def _is_of_self(data: bytes, dot: int) -> bool:
    """True for the dot of `self.name`."""
    before = data[max(dot - 40, 0) : dot]
    return (
        before.endswith(b"self") and not before[:-4].translate(WORDS)[-1:].strip() and before[:-4].rstrip()[-1:] != b"."
    )


def _may_set(data: bytes, dot: int, end: int) -> bool:
    """True where what stands around `.name` may make it a target."""
    before, behind = line_before(data, dot), data[end : end + 80].lstrip()
    match behind[:1]:
        case b"," | b")" | b"]":
            return _AS.search(before) is not None or _may_be_listed(data, end)
        case b":":
            return _AS.search(before) is not None or _TESTS.search(before) is None
        case b"i":
            return b"for" in data[max(dot - 400, 0) : dot]
        case _:
            return True


def _may_be_listed(data: bytes, at: int) -> bool:
    """True where what ends at a place may be one of several targets: something is assigned to them, or gone through, further on."""
    while True:
        line, _, rest = data[at : at + 2000].partition(b"\n")
        if _TAKES.search(line) is not None:
            return True
        if at + 2000 < len(data) and not rest:
            return True  # a line that long
        if _GOES_ON.search(line) is None and _BEGINS.match(data, at + len(line)) is None:
            return False
        at += len(line) + 1
        if at >= len(data):
            return False


@lru_cache(maxsize=4096)
def _pattern(form: bytes, name: str) -> re.Pattern[bytes]:
    return re.compile(form.replace(b"%b", re.escape(name.encode("utf-8", "replace"))))
