"""Two versions of a file: the statements of the top level between which every difference lies."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from aiomend.model import TextEdit
from aiomend.rewriting.slices import first_line
from aiomend.source import Source, last_line


@dataclass(frozen=True, slots=True)
class Part:
    """Statements of the top level that follow upon each other, with their lines."""

    tree: ast.Module
    code: str


def differing(before: Source, after: Source, edits: Sequence[TextEdit]) -> tuple[Part, Part]:
    """Return the part of each version that holds all that differs; the whole files where that cannot be seen.

    Of what stands above and below, both versions have the same text, and statements at the same places of it.
    """
    old, new = before.code, after.code
    whole = Part(before.tree, old), Part(after.tree, new)
    if not edits:
        return whole
    start, end = min(edit.start for edit in edits), max(edit.end for edit in edits)
    behind = len(new) - (len(old) - end)
    if behind < start or old[:start] != new[:start] or old[end:] != new[behind:]:
        return whole
    was, now = before.tree.body, after.tree.body
    borders = _borders(before)
    above = max((at for at, place in borders if place <= start), default=0)
    below = min((at for at, place in borders if place >= end and at >= above), default=len(was))
    rest = len(was) - below
    if len(now) < above + rest or not all(map(_stand_alike, was[:above], now[:above])):
        return whole
    first = _line_start(before, was[above]) if above else 0
    last, last_after = len(old), len(new)
    if rest:
        border = len(now) - rest
        last, last_after = _line_start(before, was[below]), _line_start(after, now[border])
        moved = now[border].lineno - was[below].lineno
        is_border = any(at == border for at, _ in _borders(after))
        if not is_border or last_after - last != len(new) - len(old):
            return whole
        if not all(_stand_alike(one, other, moved) for one, other in zip(was[below:], now[border:], strict=True)):
            return whole
    return (
        Part(ast.Module(was[above : len(was) - rest], []), old[first:last]),
        Part(ast.Module(now[above : len(now) - rest], []), new[first:last_after]),
    )


def _line_start(source: Source, statement: ast.stmt) -> int:
    return source.starts[first_line(statement) - 1]


def _borders(source: Source) -> list[tuple[int, int]]:
    """Return the index of each statement with whose line the code could begin, and where that line starts."""
    found: list[tuple[int, int]] = []
    used = 0
    for at, statement in enumerate(source.tree.body):
        if (line := first_line(statement)) > used and not statement.col_offset:
            found.append((at, source.starts[line - 1]))
        used = last_line(statement)
    return found


def _stand_alike(one: ast.stmt, other: ast.stmt, moved: int = 0) -> bool:
    return (type(one), one.lineno + moved, one.col_offset, last_line(one) + moved, one.end_col_offset) == (
        *(type(other), other.lineno, other.col_offset),
        *(last_line(other), other.end_col_offset),
    )
