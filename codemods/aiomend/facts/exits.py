"""How control leaves a block, and where it goes on from there: to the end, to more waiting, or round a loop."""

from __future__ import annotations

import ast
import enum
from collections.abc import Sequence
from dataclasses import dataclass

from aiomend.facts.module import ModuleFacts, suspends
from aiomend.facts.scopes import FUNCTIONS, last_name

_END_THE_PROGRAM = frozenset({"exit", "_exit", "abort", "quit"})


class Exit(enum.Enum):
    """A way out of a block."""

    FALL = "off its end"
    RETURN = "return"
    RAISE = "raise"
    CONTINUE = "continue"
    BREAK = "break"


class Course(enum.Enum):
    """Where control gets to, the worst first."""

    LOOP = "round a loop that suspends"
    ON = "to another suspension point"
    END = "to the end of the function"


@dataclass(frozen=True, slots=True)
class Goes:
    """Where control goes on; ``at`` is the loop, or the first statement that suspends."""

    course: Course
    at: ast.stmt | None = None
    behind: tuple[ast.stmt, ...] = ()  #: the statements that may run on the way, in the order of the file


def exits(block: Sequence[ast.stmt]) -> set[Exit]:
    """Return the ways out of a block."""
    found: set[Exit] = set()
    for statement in block:
        ways = _ways_out(statement)
        found |= ways - {Exit.FALL}
        if Exit.FALL not in ways:
            return found
    return found | {Exit.FALL}


def _ways_out(statement: ast.stmt) -> set[Exit]:
    match statement:
        case ast.Return():
            return {Exit.RETURN}
        case ast.Raise():
            return {Exit.RAISE}
        case ast.Continue():
            return {Exit.CONTINUE}
        case ast.Break():
            return {Exit.BREAK}
        case ast.Expr(value=ast.Call(func=func)) if last_name(func) in _END_THE_PROGRAM:
            return {Exit.RAISE}
        case ast.If(body=body, orelse=orelse):
            return exits(body) | exits(orelse)
        case ast.With(body=body) | ast.AsyncWith(body=body):
            return exits(body)
        case (
            ast.For(body=body, orelse=orelse)
            | ast.AsyncFor(body=body, orelse=orelse)
            | ast.While(body=body, orelse=orelse)
        ):
            inner = exits(body)
            ends = Exit.BREAK in inner or not is_endless(statement)
            after = (exits(orelse) if orelse else {Exit.FALL}) if ends else set()
            return (inner & {Exit.RETURN, Exit.RAISE}) | after | ({Exit.FALL} if Exit.BREAK in inner else set())
        case ast.Try() | ast.TryStar():
            final = exits(statement.finalbody)
            if Exit.FALL not in final:
                return final
            found = exits(statement.body)
            if Exit.FALL in found:
                found = (found - {Exit.FALL}) | exits(statement.orelse)
            return found.union(*(exits(handler.body) for handler in statement.handlers)) | (final - {Exit.FALL})
        case ast.Match(cases=cases):
            return {Exit.FALL}.union(*(exits(case.body) for case in cases))
        case _:
            return {Exit.FALL}


def is_endless(loop: ast.stmt) -> bool:
    """True for `while True`."""
    return isinstance(loop, ast.While) and isinstance(loop.test, ast.Constant) and bool(loop.test.value)


def goes_on(facts: ModuleFacts, here: ast.AST, ways: set[Exit]) -> Goes:
    """Return where control goes on in the function when a part of it, a handler or a statement, is left in these ways."""
    found: ast.stmt | None = None
    behind: list[ast.stmt] = []
    ways = set(ways)
    while ways & {Exit.FALL, Exit.CONTINUE, Exit.BREAK}:
        parent = facts.parents[here]
        rest: Sequence[ast.stmt] = ()
        if isinstance(here, ast.stmt) and not isinstance(here, (*FUNCTIONS, ast.ClassDef)):
            block = facts.block(here)
            rest = block[block.index(here) + 1 :]
        if isinstance(parent, (ast.Try, ast.TryStar)) and here in parent.body:
            rest = [*rest, *parent.orelse]
        if Exit.FALL in ways and rest:
            behind += rest
            found = found or next((one for one in rest if suspends(one)), None)
            ways = (ways - {Exit.FALL}) | exits(rest)
        if isinstance(parent, (*FUNCTIONS, ast.Lambda, ast.ClassDef, ast.Module)):
            break
        if isinstance(parent, (ast.For, ast.AsyncFor, ast.While)) and here in parent.body:
            if ways & {Exit.FALL, Exit.CONTINUE} and suspends(parent):
                return Goes(Course.LOOP, parent, tuple(behind))
            ways = (ways - {Exit.CONTINUE, Exit.BREAK}) | {Exit.FALL}
        here = parent
    return Goes(Course.ON if found is not None else Course.END, found, tuple(behind))
