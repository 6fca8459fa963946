"""The line of source that a finding points at, with a caret below."""

from __future__ import annotations

import bisect
import codecs
import io
import re
import tokenize
from collections.abc import Callable

from aiomend.model import Finding
from aiomend_cli.terminal import Painter, source, width

_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_BEFORE, _AFTER = 60, 100  # characters kept around the column of an overlong line


def lines_of(content: bytes) -> list[str]:
    """Return the lines of a Python file, decoded as ``text_of`` does."""
    return _LINE_ENDS.split(text_of(content))


def text_of(content: bytes) -> str:
    """Return the text of a Python file without its BOM, decoded as its cookie or BOM says.

    What cannot be decoded is replaced.
    """
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    except SyntaxError:
        encoding = "utf-8"
    return content.removeprefix(codecs.BOM_UTF8).decode(encoding.removesuffix("-sig"), "replace")


def positions(text: str) -> Callable[[int], tuple[int, int]]:
    """Return what gives the line and the column (both 1-based, in characters) of an offset into ``text``."""
    starts = [0, *(end.end() for end in _LINE_ENDS.finditer(text))]

    def position(offset: int) -> tuple[int, int]:
        line = bisect.bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    return position


def excerpt(finding: Finding, lines: list[str], paint: Painter) -> list[str]:
    """Return the printed lines of the excerpt, none where the file no longer has that line."""
    if not 1 <= finding.line <= len(lines):
        return []
    line = lines[finding.line - 1]
    start = min(finding.column - 1, len(line))
    end = finding.end_column - 1 if finding.end_line == finding.line else len(line.rstrip())
    begin = start - _BEFORE if len(line) > _BEFORE + _AFTER and start > _BEFORE else 0
    shown = line[begin : start + _AFTER]
    before, marked = source(line[begin:start]), source(line[start : min(max(end, start + 1), start + _AFTER)])
    left, right = "..." * (begin > 0), "..." * (start + _AFTER < len(line))
    number = str(finding.line)
    gutter = " " * len(number)
    caret = " " * (len(left) + width(before)) + "^" * max(width(marked), 1)
    return [
        f"{gutter} {paint('|', 'blue')}",
        f"{paint(number, 'blue')} {paint('|', 'blue')} {left}{source(shown)}{right}".rstrip(),
        f"{gutter} {paint('|', 'blue')} {paint(caret, 'red')}",
    ]
