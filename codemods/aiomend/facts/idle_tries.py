"""A `try` that does nothing once its one handler lets through what it takes, and what it is in the way of going."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.exits import Exit, exits
from aiomend.facts.scopes import FUNCTIONS
from aiomend.source import Source, last_line


def only_swallows(handler: ast.ExceptHandler, statement: ast.Try) -> bool:
    """True for the one handler of a `try` that does nothing with what it takes."""
    match handler.body:
        case [ast.Pass() | ast.Continue()]:
            return statement.handlers == [handler]
        case [ast.Expr(value=ast.Constant(value=value))]:
            return value is ... and statement.handlers == [handler]
        case _:
            return False


def reason_to_stay(source: Source, statement: ast.Try) -> str | None:
    """Return why a `try` that would only raise cannot be taken out; None where nothing speaks against it."""
    if Exit.FALL not in exits(statement.body):
        return "only a cancelled task gets past the `try`: say what is to become of the way on from there"
    line = next((line for line in _own_lines(source, statement) if "#" in source.line(line)), None)
    if line is None:
        return None
    return f"the `try` would only raise: take it out, and find a place for the comment in line {line}"


def _own_lines(source: Source, statement: ast.Try) -> Iterator[int]:
    """Yield the 1-based lines that are of a `try` itself: neither of what it guards, nor of its `else` and `finally`."""
    end = statement.lineno - 1
    for block in (statement.body, statement.orelse, statement.finalbody):
        if block:
            yield from range(end + 1, _first_line(source, block[0], end))
            end = last_line(block[-1])
    if not statement.finalbody:
        yield from range(end + 1, _last_line(source, statement) + 1)


def _first_line(source: Source, statement: ast.stmt, end: int) -> int:
    """Return the first line of a statement with the comments above it, all of them below line ``end``."""
    line = statement.lineno
    if isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
        line = min([line, *(one.lineno for one in statement.decorator_list)])
    while line - 1 > end and source.line(line - 1).lstrip()[:1] in ("", "#"):
        line -= 1
    return line


def _last_line(source: Source, statement: ast.Try) -> int:
    """Return the last line of a `try` with the comments below it that are indented as its handler is."""
    last = line = last_line(statement)
    indent = _indent(source.line(statement.lineno))
    while line < len(source.starts):
        line += 1
        text = source.line(line)
        if text.strip() and (_indent(text) <= indent or text.lstrip()[0] != "#"):
            break
        last = line
    return last


def _indent(line: str) -> int:
    """Return how far a line is indented, in columns."""
    text = line.expandtabs()
    return len(text) - len(text.lstrip())
