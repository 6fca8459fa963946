"""The smallest runs of whole lines that hold the edited statements."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import FUNCTIONS


@dataclass(frozen=True, slots=True)
class Slice:
    """Sibling statements that together start and end on lines of their own. Lines are 1-based, both ends included."""

    statements: tuple[ast.stmt, ...]
    first: int
    last: int


def slice_around(facts: ModuleFacts, statements: Sequence[ast.stmt]) -> Slice:
    """Return the smallest slice that holds a run of sibling statements."""
    run = list(statements)
    while True:
        run = _past_elif(facts, run)
        block = facts.block(run[0])
        start, end = block.index(run[0]), block.index(run[-1])
        first, last = first_line(run[0]), run[-1].end_lineno or run[-1].lineno
        if not _starts_line(facts, run[0]):
            if start > 0 and (block[start - 1].end_lineno or 0) >= first:
                run = block[start - 1 : end + 1]
                continue
            run = [_owner(facts, run[0])]
            continue
        if end + 1 < len(block) and first_line(block[end + 1]) <= last:
            run = block[start : end + 2]
            continue
        return Slice(tuple(run), first, last)


def merged(facts: ModuleFacts, slices: Sequence[Slice]) -> list[Slice]:
    """Return slices that do not overlap and that hold all the given ones, in the order of the file."""
    done: list[Slice] = []
    for one in sorted(slices, key=lambda s: (s.first, -s.last)):
        if done and one.first <= done[-1].last:
            done[-1] = _both(facts, done[-1], one)
        else:
            done.append(one)
    return done


def _both(facts: ModuleFacts, outer: Slice, inner: Slice) -> Slice:
    if inner.last <= outer.last:
        return outer
    block = facts.block(outer.statements[0])
    end = next(index for index, statement in enumerate(block) if (statement.end_lineno or 0) >= inner.last)
    return slice_around(facts, block[block.index(outer.statements[0]) : end + 1])


def first_line(statement: ast.stmt) -> int:
    """Return the 1-based line where a statement starts, its decorators included."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(decorator.lineno for decorator in decorators)])


def _starts_line(facts: ModuleFacts, statement: ast.stmt) -> bool:
    if isinstance(statement, (*FUNCTIONS, ast.ClassDef)) and statement.decorator_list:
        return True
    source = facts.source
    start = source.offset(statement.lineno, statement.col_offset)
    return not source.text[source.starts[statement.lineno - 1] : start].strip()


def _past_elif(facts: ModuleFacts, run: list[ast.stmt]) -> list[ast.stmt]:
    """An `elif` is an `if` inside `orelse`, but no statement that could stand alone: take the whole `if`."""
    while len(run) == 1 and isinstance(run[0], ast.If):
        parent = facts.parents[run[0]]
        if not (isinstance(parent, ast.If) and run[0] in parent.orelse):
            break
        start = facts.source.offset(run[0].lineno, run[0].col_offset)
        if not facts.source.code.startswith("elif", start):
            break
        run = [parent]
    return run


def _owner(facts: ModuleFacts, statement: ast.stmt) -> ast.stmt:
    parent = facts.parents[statement]
    while not isinstance(parent, ast.stmt):
        parent = facts.parents[parent]
    return parent
