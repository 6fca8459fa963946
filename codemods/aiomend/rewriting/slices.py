"""The smallest runs of whole lines that hold the edited statements, and what makes such lines parse by themselves."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import FUNCTIONS
from aiomend.rewriting.edits import Edit, Replace
from aiomend.source import last_line


@dataclass(frozen=True, slots=True)
class Slice:
    """Sibling statements that together start and end on lines of their own. Lines are 1-based, both ends included."""

    statements: tuple[ast.stmt, ...]
    first: int
    last: int
    owner: ast.stmt | None = None  #: whose header stands in front of the statements, of which there may be none


def slice_around(facts: ModuleFacts, edit: Edit) -> Slice:
    """Return the smallest slice that holds the statements that an edit changes.

    A change within the header of a compound statement needs the header alone: the body may be long.
    """
    if isinstance(edit, Replace):
        statement = facts.statement(edit.node)
        return _header(facts, statement, edit.node) or _around(facts, [statement])
    return _around(facts, edit.statements)


def _header(facts: ModuleFacts, statement: ast.stmt, node: ast.expr) -> Slice | None:
    """Return the lines above the body where ``node`` stands in them; None where the body is on a line with the header."""
    body: list[ast.stmt] = getattr(statement, "body", [])
    if not body or not _starts_line(facts, body[0]) or last_line(node) >= first_line(body[0]):
        return None
    return Slice((), first_line(statement), first_line(body[0]) - 1, statement)


def frame(facts: ModuleFacts, piece: Slice) -> tuple[str, str]:
    """Return the lines above and below a slice without which it is no whole statement; both are empty for most slices."""
    if piece.owner is None:
        return "", ""
    indent = _indent(facts, piece.owner)
    above = f"{indent}if 1:\n{indent}{facts.indent}pass\n" if _is_elif(facts, piece.owner) else ""
    if piece.statements:
        return above, ""
    body: list[ast.stmt] = getattr(piece.owner, "body", [])
    return above, f"{_indent(facts, body[0])}pass\n"


def _indent(facts: ModuleFacts, statement: ast.stmt) -> str:
    line = facts.source.line(first_line(statement))
    return line[: len(line) - len(line.lstrip(" \t\f"))]


def _around(facts: ModuleFacts, statements: Sequence[ast.stmt]) -> Slice:
    run = list(statements)
    while True:
        run = _past_elif(facts, run)
        block = facts.block(run[0])
        start, end = block.index(run[0]), block.index(run[-1])
        first, last = first_line(run[0]), last_line(run[-1])
        if not _starts_line(facts, run[0]):
            if start > 0 and last_line(block[start - 1]) >= first:
                run = block[start - 1 : end + 1]
                continue
            owner = _owner(facts, run[0])
            if isinstance(owner, ast.If) and run[0] is owner.body[0]:  # what stands below it may be a long chain
                return Slice(tuple(owner.body), owner.lineno, last_line(owner.body[-1]), owner)
            run = [owner]
            continue
        if end + 1 < len(block) and first_line(block[end + 1]) <= last:
            run = block[start : end + 2]
            continue
        return Slice(tuple(run), first, last)


def merged(facts: ModuleFacts, slices: Sequence[Slice]) -> list[Slice]:
    """Return slices that do not overlap and that hold all the given ones, in the order of the file."""
    done: list[Slice] = []
    for one in sorted(slices, key=lambda s: (s.first, -s.last, s.owner is not None)):
        if done and one.first <= done[-1].last:
            done[-1] = _both(facts, done[-1], one)
        else:
            done.append(one)
    return done


def _both(facts: ModuleFacts, outer: Slice, inner: Slice) -> Slice:
    if inner.last <= outer.last:
        return outer
    block = facts.block(outer.statements[0])
    end = next(index for index, statement in enumerate(block) if last_line(statement) >= inner.last)
    return _around(facts, block[block.index(outer.statements[0]) : end + 1])


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
    while len(run) == 1 and _is_elif(facts, run[0]):
        run = [_owner(facts, run[0])]
    return run


def _is_elif(facts: ModuleFacts, statement: ast.stmt) -> bool:
    start = facts.source.offset(statement.lineno, statement.col_offset)
    return isinstance(statement, ast.If) and facts.source.code.startswith("elif", start)


def _owner(facts: ModuleFacts, statement: ast.stmt) -> ast.stmt:
    parent = facts.parents[statement]
    while not isinstance(parent, ast.stmt):
        parent = facts.parents[parent]
    return parent
