"""Is a file that `ast` rejects written for a Python newer than the one that runs? LibCST reads 3.0 to 3.15 on any."""

from __future__ import annotations

import re

_BRACKET = re.compile(r"[()\[\]{}]")
#: What nests without brackets: signs before an operand, words before an expression, powers.
_NESTING = re.compile(r"[-+~]|\*\*|\b(?:not|lambda|if|elif|await)\b")
_DEEPEST = 100  #: brackets within one another; the parser of CPython ends at 200
_LONGEST = 500  #: other nesting in one line


def parses(text: str) -> bool:
    """Return True where LibCST can parse the text, whatever the running interpreter says of it.

    It is not asked of texts that are so deeply nested that its parser would end the whole process.
    """
    if _depth(text) > _DEEPEST or any(len(_NESTING.findall(line)) > _LONGEST for line in text.splitlines()):
        return False
    import libcst as cst

    try:
        cst.parse_module(text)
    except Exception:  # LibCST raises more than its own ParserSyntaxError on odd input
        return False
    return True


def _depth(text: str) -> int:
    """How deep brackets are nested; those in comments and texts count too, so it may be less."""
    depth = deepest = 0
    for bracket in _BRACKET.findall(text):
        depth = depth + 1 if bracket in "([{" else max(depth - 1, 0)
        deepest = max(deepest, depth)
    return deepest
