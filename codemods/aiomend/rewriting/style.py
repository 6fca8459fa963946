"""New code is wrapped as the formatter of the project would wrap it, and only where the code was formatted before."""

from __future__ import annotations

import ast
import functools
import re
from typing import TYPE_CHECKING

from aiomend.settings import Style
from aiomend.source import parse

if TYPE_CHECKING:
    import black

FORMATTER_INDENT = "    "  #: black knows no other step: a file with one was not formatted

_TOO_LONG = 400  #: lines; a longer slice is not worth the formatter's time


def formatted(old: str, new: str, style: Style) -> str:
    """Return ``new`` as black would write it where it would leave ``old`` as it is; else ``new``.

    Both are whole lines with plain newlines, but perhaps for the last; their first line says how deep they stand.
    """
    if not old.endswith("\n"):
        whole = new if new.endswith("\n") else f"{new}\n"
        return formatted(f"{old}\n", whole, style).removesuffix("\n")  # the last line of the file
    indent = re.match(r"[ \t]*", old)
    depth = len(indent[0]) if indent else 0
    if "\t" in old or depth % 4 or old.count("\n") > _TOO_LONG:
        return new
    if _run(old, depth, style) != old:
        return new
    code = new.lstrip("\n")  # blank lines on top depend on what stands above, which black does not see
    wrapped = _run(code, depth, style)
    if wrapped is None or not _same_code(wrapped := wrapped.lstrip("\n"), code):
        return new
    return new[: len(new) - len(code)] + wrapped


def _same_code(first: str, second: str) -> bool:
    """True where both parse alike, wherever they stand."""
    return ast.dump(parse(f"if 1:\n{first}" if first[:1] == " " else first)) == ast.dump(
        parse(f"if 1:\n{second}" if second[:1] == " " else second)
    )


def _run(code: str, depth: int, style: Style) -> str | None:
    import black

    head = "".join(f"{' ' * at}if 1:\n" for at in range(0, depth, 4))
    # A definition right below `if` gets no blank lines, whatever stands around it in the file.
    try:
        done = black.format_str(head + code, mode=_mode(style))
    except (ValueError, AssertionError, RecursionError):
        return None
    return done[len(head) :] if done.startswith(head) else None


@functools.cache
def _mode(style: Style) -> black.Mode:
    import black

    return black.Mode(
        line_length=style.line_length,
        string_normalization=not (style.preserve_quotes or style.single_quotes),
        magic_trailing_comma=style.magic_trailing_comma,
    )
