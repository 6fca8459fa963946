"""Which words of a changed block are new, and which are only where they were before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

Piece = tuple[str, bool]  #: some text of a line, and whether it stands out

_TOKEN = re.compile(r"\w+|\s+|.", re.DOTALL)
_LONGEST = 800  #: tokens of a block that are compared: the time grows with their square
_ALIKE = 0.3  #: below this share of common tokens two blocks have nothing to do with each other


def changed_words(old: Sequence[str], new: Sequence[str]) -> tuple[list[list[Piece]], list[list[Piece]]]:
    """Return removed and added lines in pieces that together are their text.

    A piece stands out where the other block has nothing like it. Lines that are new as a whole, and blocks that have
    little in common, stand out by their colour alone: no piece of them does.
    """
    before, after = _tokens(old), _tokens(new)
    plain = [[(line, False)] for line in old], [[(line, False)] for line in new]
    if not before or not after or len(before) + len(after) > _LONGEST:
        return plain
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    kept_old, kept_new = set[int](), set[int]()
    for a, b, size in matcher.get_matching_blocks():
        kept_old.update(range(a, a + size))
        kept_new.update(range(b, b + size))
    common = sum(not before[index].isspace() for index in kept_old)
    if common < _ALIKE * min(_solid(before), _solid(after)):
        return plain
    return _pieces(before, kept_old), _pieces(after, kept_new)


def _tokens(lines: Sequence[str]) -> list[str]:
    return [token for line in lines for token in (*_TOKEN.findall(line), "\n")]


def _solid(tokens: Sequence[str]) -> int:
    return max(sum(not token.isspace() for token in tokens), 1)


def _pieces(tokens: Sequence[str], kept: set[int]) -> list[list[Piece]]:
    lines: list[list[Piece]] = []
    line: list[Piece] = []
    for index, token in enumerate(tokens):
        if token != "\n":
            line.append((token, index not in kept))
            continue
        lines.append(_joined(line))
        line = []
    return lines


def _joined(line: list[Piece]) -> list[Piece]:
    """Join neighbours: white space goes with changed words on both sides of it and stands out nowhere else."""
    words = [changed for text, changed in line if not text.isspace()]
    whole = all(words)
    joined: list[Piece] = []
    for index, (text, changed) in enumerate(line):
        if text.isspace():
            changed = 0 < index < len(line) - 1 and line[index - 1][1] and line[index + 1][1]
        changed = changed and not whole
        if joined and joined[-1][1] == changed:
            joined[-1] = (joined[-1][0] + text, changed)
        else:
            joined.append((text, changed))
    return joined or [("", False)]
