"""Where a program first runs its event loop: the place at which a person sets up what holds for all of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiomend.facts.entries import is_program, is_script, main_guard
from aiomend.facts.loops import Loop, loops, scope_of
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import FUNCTIONS, FunctionNode, Scope

if TYPE_CHECKING:
    from aiomend.facts.view import Module


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """The runs of a program in one scope. ``first`` is the statement with which they begin; nothing of them is before it."""

    scope: Scope
    first: ast.stmt
    runs: tuple[ast.Call, ...]  #: calls of `asyncio.run()`; none where a ``loop`` is run
    loop: Loop | None = None

    @property
    def function(self) -> FunctionNode | None:
        """The function that is the program; None where that is the module's own level."""
        return self.scope.node if isinstance(self.scope.node, FUNCTIONS) else None


def starts(module: Module) -> list[Start]:
    """Return the places of a file at which a program starts: one for each scope and each loop that it runs there."""
    if module.is_test or module.other_framework or "nest_asyncio" in module.facts.imported_roots:
        return []
    found: dict[Scope, list[ast.Call]] = {}
    for call in module.calls("asyncio.run"):
        found.setdefault(scope_of(module.facts, call), []).append(call)
    plain = [Start(scope, _first(module.facts, runs), tuple(runs)) for scope, runs in found.items()]
    own = [Start(loop.scope, _first(module.facts, loop.runs), (), loop) for loop in loops(module)]
    return [start for start in (*plain, *own) if _is_the_program(module, start)]


def _is_the_program(module: Module, start: Start) -> bool:
    match start.scope.node:
        case ast.Module():
            return main_guard(module.facts, start.first) is not None or is_script(module)
        case ast.FunctionDef() as function:
            return is_program(module, function, lambda *_: False)
        case _:
            return False  # inside a running loop, or handed to somebody


def _first(facts: ModuleFacts, runs: list[ast.Call] | tuple[ast.Call, ...]) -> ast.stmt:
    """Return the innermost statement with which a block begins to run any of these, and which has no other before it."""
    here = facts.statement(runs[0])
    while True:
        block = facts.block(here)
        inside = {inner for statement in block for inner in ast.walk(statement)} if len(runs) > 1 else set(runs)
        if set(runs) <= inside and not _is_elif(facts, here) and not _is_inner(facts.parents[here], here):
            return here
        here = next(parent for parent in facts.ancestors(here) if isinstance(parent, ast.stmt))


def _is_inner(parent: ast.AST, statement: ast.stmt) -> bool:
    """True in the body of a loop, and for the first statement of a `try`, which nothing has to come between."""
    match parent:
        case ast.For(body=body) | ast.While(body=body):
            return statement in body
        case ast.Try(body=[first, *_]):
            return first is statement
        case _:
            return False


def _is_elif(facts: ModuleFacts, statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and facts.source.segment(statement).startswith("elif")


def before(facts: ModuleFacts, statement: ast.stmt) -> Iterator[ast.stmt]:
    """Yield what has run whenever a statement begins, nearest first: the earlier siblings of it and of what it stands in."""
    for parent in (statement, *facts.ancestors(statement)):
        if isinstance(parent, FUNCTIONS):
            return
        if isinstance(parent, ast.stmt):
            block = facts.block(parent)
            yield from reversed(block[: block.index(parent)])
