"""Where a variable is waited for that may hold the same coroutine as before."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from aiomend.facts.flow import leaves
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scheduling_methods import POSITIONS, REPEATED
from aiomend.facts.scopes import FUNCTIONS, FunctionNode, How, called_name
from aiomend.facts.shared_state import excludes
from aiomend.facts.thread_entries import GIVES_ARGUMENTS

_BLOCKS = ("body", "orelse", "finalbody")
_LOOPS = (ast.For, ast.While, ast.AsyncFor)
#: What calls a function that it is given once, or once for each time.
_CALLS_ONCE = (POSITIONS.keys() - REPEATED) | GIVES_ARGUMENTS | {"add_done_callback"}


def again(facts: ModuleFacts, scope: ast.AST, name: str, waits: Sequence[ast.expr]) -> ast.expr | None:
    """Return where a variable is waited for again that may hold the same coroutine as before."""
    bound = [one.node for one in facts.scopes[scope].bindings.get(name, ()) if one.how is not How.PARAMETER]
    lines = sorted(getattr(one, "lineno", 0) for one in bound)
    waits = sorted(waits, key=lambda use: (use.lineno, use.col_offset))
    for at, use in enumerate(waits):
        if any(
            not any(loop is one or loop in facts.ancestors(one) for one in bound) for loop in _loops(facts, use, scope)
        ):
            return use
        for earlier in waits[:at]:
            if any(earlier.lineno < line <= use.lineno for line in lines) or _exclude(facts, earlier, use):
                continue  # another one by then, or only one of both happens
            if facts.parents[earlier] is not facts.parents[use]:
                return use  # `gather(c, c)` runs it once
    return None


def _loops(facts: ModuleFacts, node: ast.AST, scope: ast.AST) -> Iterator[ast.AST]:
    """Yield the loops that may come to a place more than once."""
    inner, leaves_loop = node, False
    for parent in facts.ancestors(node):
        if parent is scope or isinstance(parent, FUNCTIONS):
            return
        if isinstance(parent, ast.stmt):
            blocks: list[list[ast.AST]] = [parent.__dict__.get(name) or [] for name in _BLOCKS]
            block = next((one for one in blocks if inner in one), [])
            if isinstance(parent, ast.Try) and parent.handlers and inner in parent.body:
                leaves_loop = False  # a handler may go on
            elif block and isinstance(block[-1], (ast.Return, ast.Raise, ast.Break)):
                leaves_loop = True
        if isinstance(parent, _LOOPS):
            is_head = not isinstance(parent, ast.While) and inner is parent.iter
            if not is_head and inner not in parent.orelse and not leaves_loop:
                yield parent
            leaves_loop = False
        inner = parent


def _exclude(facts: ModuleFacts, first: ast.AST, second: ast.AST) -> bool:
    """True where only one of two places runs: in branches of one statement, or behind a block that leaves."""
    if excludes(facts, first, second):
        return True
    around = set(facts.ancestors(second))
    for parent, child in _with_children(facts, first):
        if parent in around:
            return False
        if isinstance(parent, ast.If):
            block = parent.body if child in parent.body else parent.orelse if child in parent.orelse else []
            if block and leaves(block):
                return True
    return False


def _with_children(facts: ModuleFacts, node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    inner = node
    for parent in facts.ancestors(node):
        yield parent, inner
        inner = parent


def is_fresh(facts: ModuleFacts, use: ast.AST, stores: Iterable[ast.AST]) -> bool:
    """True where the function around a use has bound the same thing before, whenever it gets there."""
    function = facts.function_at(use)
    blocks = [facts.block(one) for one in _statements(facts, use, function)]
    return any(
        facts.function_at(store) is function
        and (statement := facts.statement(store)).lineno <= getattr(use, "lineno", 0)
        and any(facts.block(statement) is block for block in blocks)
        and use not in ast.walk(statement)
        for store in stores
    )


def _statements(facts: ModuleFacts, node: ast.AST, function: ast.AST | None) -> Iterator[ast.stmt]:
    for parent in facts.ancestors(node):
        if parent is function or isinstance(parent, ast.Module):
            return
        if isinstance(parent, ast.stmt):
            yield parent


def outlives(facts: ModuleFacts, scope: ast.AST, use: ast.AST) -> bool:
    """True where a use stands in a function that may be called more often than what is around the variable is run."""
    function = facts.function_at(use)
    if function is scope or not isinstance(function, FUNCTIONS) or isinstance(scope, ast.ClassDef):
        return False
    if not isinstance(scope, (*FUNCTIONS, ast.Module)):
        return False  # what a comprehension binds
    outer: ast.AST | None = function
    while isinstance(outer, FUNCTIONS) and outer is not scope:
        if not _runs_once(facts, outer):
            return True
        outer = facts.function_at(outer)
    return False


def _runs_once(facts: ModuleFacts, function: FunctionNode) -> bool:
    """True for a function in a function that is called in one place there, and not in a loop."""
    around = facts.scope_at(function)
    if not isinstance(around.node, FUNCTIONS):
        return False
    uses = facts.mentions(function.name).get(around, ())
    if len(uses) != 1 or any(_loops(facts, uses[0], around.node)):
        return False
    match facts.parents[uses[0]]:
        case ast.Call() as call:
            return call.func is uses[0] or called_name(call) in _CALLS_ONCE
        case ast.keyword() as keyword:
            taker = facts.parents[keyword]
            return isinstance(taker, ast.Call) and called_name(taker) in _CALLS_ONCE
        case _:
            return False
