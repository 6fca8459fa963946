"""What bytes alone say of a file that is to be left alone: that a program wrote it, or that it is Python 2."""

from __future__ import annotations

import re

_GENERATED = re.compile(rb"@generated\b|(?i:\bdo not edit\b.{0,80}\bgenerated\b|\bgenerated\b.{0,80}\bdo not edit\b)")
#: The comments and the docstring that a file starts with.
_HEAD = re.compile(rb"(?:\xef\xbb\xbf)?(?:[ \t]*(?:#[^\n]*)?\r?\n)*(?:[rRuU]?(\"\"\"|''')(?s:.*?)(?:\1|\Z))?")
#: Lines that could only stand in Python 2, or in a text, at a glance: for files that nobody has another reason to parse.
_PYTHON2_LINE = re.compile(
    rb"^[ \t]*(?:print[ \t]+[\"'\w%]|exec[ \t]+[\"'\w]|except[ \t]+[\w.]+[ \t]*,[ \t]*\w+[ \t]*:)", re.MULTILINE
)


def is_generated(data: bytes) -> bool:
    """True where the head of a file says that a program wrote it."""
    head = _HEAD.match(data[:2000])
    return head is not None and _GENERATED.search(head[0]) is not None


def may_be_python2(data: bytes) -> bool:
    """True where a line of a file could only stand in Python 2, or in a text: worth parsing to find out."""
    return _PYTHON2_LINE.search(data) is not None
