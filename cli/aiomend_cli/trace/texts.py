"""Which line of today is a line of the trace: by what files held then, and hold now.

A trace keeps a checksum for each line of the files that it names, and none of their text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from pathlib import Path
from zlib import crc32

from aiomend_cli.trace.log import Text


def text_of(content: bytes) -> Text:
    """Return the checksums of the lines of a file; white space at their ends does not count."""
    return Text(tuple(crc32(line.rstrip()) for line in content.splitlines()))


def texts_of(files: Iterable[str]) -> dict[str, Text]:
    """Return what ``files`` hold now; those that cannot be read are left out."""
    found = {}
    for file in files:
        try:
            found[file] = text_of(Path(file).read_bytes())
        except (OSError, ValueError):
            continue
    return found


def moved(old: Text, new: Text) -> Mapping[int, int]:
    """Return the line of today for each line of then that still stands among its neighbours, both 1-based.

    A line that changed, or of which nothing tells where it went, is missing.
    """
    if old == new:
        return {number: number for number in range(1, len(old.lines) + 1)}
    matcher = SequenceMatcher(None, old.lines, new.lines, autojunk=False)
    return {a + offset + 1: b + offset + 1 for a, b, size in matcher.get_matching_blocks() for offset in range(size)}


def became(old: Text, new: Text) -> Mapping[int, range]:
    """Return the lines that each line of ``old`` has become, 1-based: itself, or those that stand in its place.

    Of a line that was taken out, these are its neighbours.
    """
    result: dict[int, range] = {}
    for tag, a, b, c, d in SequenceMatcher(None, old.lines, new.lines, autojunk=False).get_opcodes():
        for offset in range(b - a):
            if tag == "equal" or b - a == d - c:
                span = range(c + offset + 1, c + offset + 2)
            elif tag == "replace":
                span = range(c + 1, d + 1)
            else:
                span = range(max(c, 1), c + 2)
            result[a + offset + 1] = span
    return result
