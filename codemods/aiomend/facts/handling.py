"""Which errors the handlers in a piece of code may take."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable

from aiomend.facts.flow import caught_around
from aiomend.facts.module import own_nodes
from aiomend.facts.scopes import called_name, last_name
from aiomend.facts.view import Module

#: What asyncio raises and is no error of a connection.
_OTHERS = frozenset(
    {
        "asyncio.CancelledError", "asyncio.IncompleteReadError", "asyncio.InvalidStateError", "asyncio.LimitOverrunError",
        "asyncio.QueueEmpty", "asyncio.QueueFull", "asyncio.TimeoutError", "concurrent.futures.CancelledError",
    }
)  # fmt: skip


def may_catch_connection_errors(module: Module, statements: Iterable[ast.stmt]) -> bool:
    """True where a handler, or a `suppress()`, in some statements may take a `ConnectionError`."""
    for node in own_nodes(ast.Module(list(statements), [])):
        match node:
            case ast.ExceptHandler(type=None):
                return True
            case ast.ExceptHandler(type=ast.expr() as caught):
                if _may_be_connection_error(module, caught):
                    return True
            case ast.withitem(context_expr=ast.Call(args=caught) as context) if called_name(context) == "suppress":
                if any(_may_be_connection_error(module, one) for one in caught):
                    return True
            case _:
                pass  # handles nothing
    return False


def connection_errors_are_caught(module: Module, node: ast.AST) -> bool:
    """True where a handler, or a `suppress()`, around a node in its function may take a `ConnectionError`."""
    return any(one is None or _may_be_connection_error(module, one) for one in caught_around(module.facts, node))


def _may_be_connection_error(module: Module, caught: ast.expr) -> bool:
    if isinstance(caught, ast.Tuple):
        return any(_may_be_connection_error(module, one) for one in caught.elts)
    name = module.name_of(caught) or last_name(caught)
    if name in _OTHERS:
        return False
    known = getattr(builtins, name, None)
    if not (isinstance(known, type) and issubclass(known, BaseException)):
        return True  # nobody knows
    return issubclass(ConnectionResetError, known) or issubclass(known, ConnectionError)
