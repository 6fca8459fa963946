"""Is a file that `ast` rejects written for a Python newer than the one that runs? LibCST reads 3.0 to 3.15 on any."""

from __future__ import annotations


def parses(text: str) -> bool:
    """Return True where LibCST can parse the text, whatever the running interpreter says of it."""
    import libcst as cst

    try:
        cst.parse_module(text)
    except Exception:  # LibCST raises more than its own ParserSyntaxError on odd input
        return False
    return True
