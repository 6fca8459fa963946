"""Who is given an event loop, is not what the program waits for, and is never ended."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from aiomend.facts.loops import Loop, Origin
from aiomend.facts.module import own_nodes
from aiomend.facts.quiet import LOOKS, is_quiet
from aiomend.facts.scopes import FUNCTIONS
from aiomend.facts.values import Coroutine

if TYPE_CHECKING:
    from aiomend.facts.view import Module

_CONTAINERS = frozenset({"dict", "list", "set", "tuple"})
_ENDS = re.compile(
    r"(?:^|_)(?:abort|cancel|clean_?up|close|disconnect|exit|finali[sz]e|kill|logout|quit|shut_?down|stop|tear_?down|terminate)(?:_|$)",
    re.IGNORECASE,
)


def unended_holder(module: Module, loop: Loop) -> ast.Call | None:
    """Return the first call that hands the current loop to an object which nothing waits for or ends; None where none does.

    Tasks of such an object wait until the process ends, and vanish with it without a word. Where the loop is closed by then,
    one that waits in `Queue.get()` prints `Event loop is closed`: on each version from 3.6 to 3.13.
    """
    if loop.name is None or Origin.CURRENT not in loop.origins or loop.closes:
        return None  # nobody gets it; it is dropped with its tasks anyway; or somebody thought of its end
    statements = _simple_statements(loop)
    ran = max(run.lineno for run in loop.runs)
    if not all(is_quiet(module, statement) for statement in statements if statement.lineno > ran):
        return None  # the program goes on, and may end them
    held, holders = {loop.name}, dict[ast.Call, set[str]]()
    for statement in statements:
        stored = _names(statement, ast.Store)
        for call in _unscheduled_calls(module, loop, statement):
            if _is_given(call, held) and _may_keep(module, call):
                holders[call] = stored
        if held & _names(statement, ast.Load):
            held |= stored
    waited = _waited(module, loop, statements)
    if _is_ended(module, held - {loop.name}):
        return None
    return next((call for call, stored in holders.items() if not stored & waited), None)


def _simple_statements(loop: Loop) -> list[ast.stmt]:
    """Return the statements of a loop's scope that hold no others, in the order of the file."""
    own = (node for node in own_nodes(loop.scope.node) if isinstance(node, ast.stmt) and not hasattr(node, "body"))
    return sorted(own, key=lambda statement: statement.lineno)


def _names(node: ast.AST, context: type[ast.expr_context]) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, context)}


def _is_given(call: ast.Call, held: set[str]) -> bool:
    arguments = (*call.args, *(keyword.value for keyword in call.keywords))
    return any(held & _names(argument, ast.Load) for argument in arguments)


def _unscheduled_calls(module: Module, loop: Loop, node: ast.AST) -> Iterator[ast.Call]:
    """Yield the calls of a statement but for those that give something to the loop or to asyncio: they make coroutines."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name))) if name == loop.name:
            return
        case ast.Call(func=func) if (module.name_of(func) or "").startswith("asyncio."):
            return
        case ast.Call():
            yield node
        case _:
            pass  # none itself
    for child in ast.iter_child_nodes(node):
        yield from _unscheduled_calls(module, loop, child)


def _may_keep(module: Module, call: ast.Call) -> bool:
    """True for a call of what is no coroutine, and does more than to look at its arguments."""
    if module.name_of(call.func) in LOOKS | _CONTAINERS:
        return False
    return not any(isinstance(value, Coroutine) for value in module.values(call))


def _waited(module: Module, loop: Loop, statements: list[ast.stmt]) -> set[str]:
    """Return the names that the runs wait for, with those that these are made of."""
    found = {name for run in loop.runs for one in run.args for name in _reached(module, one)}
    for statement in reversed(statements):
        if _names(statement, ast.Store) & found:
            found |= _reached(module, statement)
    return found


def _reached(module: Module, node: ast.AST) -> set[str]:
    """Return the names that a node and the functions of the file that it calls read."""
    found = _names(node, ast.Load)
    for call in (one for one in ast.walk(node) if isinstance(one, ast.Call)):
        function = module.function_of(call.func)
        if function is not None and function.facts is module.facts and isinstance(function.node, FUNCTIONS):
            found |= _names(function.node, ast.Load)
    return found


def _is_ended(module: Module, held: set[str]) -> bool:
    """True where the file ends one of these, or hands on what does."""
    return any(
        _ENDS.search(attr) is not None and any(_names(node.value, ast.Load) & held for node in nodes)
        for attr, nodes in module.facts.attributes.items()
    )
