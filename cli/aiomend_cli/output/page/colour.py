"""Syntax colour of Python code, line by line, as a few letters that a page turns into classes."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from itertools import groupby

from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, String, _TokenType

from aiomend_cli.reviewing.lines import split

_PLAIN = "_"
#: The first kind that holds a token decides.
_LETTERS: tuple[tuple[_TokenType, str], ...] = (
    (Keyword, "k"),
    (Operator.Word, "k"),
    (Name.Function, "f"),
    (Name.Class, "f"),
    (Name.Decorator, "d"),
    (Name.Builtin, "b"),
    (Name.Exception, "b"),
    (String.Interpol, "e"),
    (String.Escape, "e"),
    (String, "s"),
    (Number, "m"),
    (Comment, "c"),
)


def coloured(lines: Sequence[str]) -> list[str]:
    """Return the colours of each line as runs of a letter and a number of UTF-16 units, such as ``k5_1f4``.

    What is plain at the end of a line is left out. The lines are read as one text.
    """
    found: list[str] = []
    letters: list[str] = []
    for _, kind, value in PythonLexer().get_tokens_unprocessed("".join(lines).replace("\r", " ")):
        letter = _letter(kind)
        for piece in split(value) if "\n" in value else (value,):
            letters += letter * units(piece)
            if piece.endswith("\n"):
                found.append(_runs(letters))
                letters = []
    if lines and not lines[-1].endswith("\n"):
        found.append(_runs(letters))
    return found if len(found) == len(lines) else [""] * len(lines)  # it reads lines in its own way: no colour


def units(text: str) -> int:
    """Return how many UTF-16 units, which a browser counts in, a text has."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


@functools.cache
def _letter(kind: _TokenType) -> str:
    return next((letter for family, letter in _LETTERS if kind[: len(family)] == family), _PLAIN)


def _runs(letters: Sequence[str]) -> str:
    runs = [(letter, sum(1 for _ in run)) for letter, run in groupby(letters)]
    while runs and runs[-1][0] == _PLAIN:
        runs.pop()
    return "".join(f"{letter}{number}" for letter, number in runs)
