"""Where a cancellation ends: the handlers that take it, and who meant to have it."""

from __future__ import annotations

import ast
import enum
import re
from collections.abc import Iterator

from aiomend.facts.exits import Exit, exits
from aiomend.facts.module import Colour, own_nodes
from aiomend.facts.scopes import FUNCTIONS, last_name
from aiomend.facts.values import Coroutine
from aiomend.facts.view import Module

_WAITS = (ast.Await, ast.AsyncFor, ast.AsyncWith, ast.YieldFrom)
_COMBINE = frozenset(
    {
        "asyncio.gather",
        "asyncio.wait",
        "asyncio.wait_for",
        "asyncio.shield",
        "asyncio.wrap_future",
        "asyncio.ensure_future",
    }
)
_OF_THREADS = frozenset({"concurrent.futures.CancelledError", "concurrent.futures._base.CancelledError"})
_STOPS = re.compile(r"(?:^|_)(?:cancel|stop|close|kill|abort|terminate|shutdown|disconnect)(?:_|$)")
_SHUTS_DOWN = re.compile(
    r"(?:^|_)(?:a?close|closed|closing|stop|shutdown|shut_down|cancel|cancel_\w+|cleanup|clean_up|teardown|tear_down|"
    r"disconnect|terminate|kill|quit|aexit|finali[sz]e|unload|join|reset|detach)(?:_|$)"
)


class Catch(enum.Enum):
    """How a handler takes a cancellation."""

    NAMED = "`CancelledError` by its name"
    ALL = "everything"
    EXCEPTION = "`Exception`, which a cancellation is up to Python 3.7"


def catch_of(module: Module, caught: ast.expr | None) -> Catch | None:
    """Return how `except caught` takes a cancellation; None where it does not."""
    match caught:
        case None:
            return Catch.ALL
        case ast.Tuple(elts=parts):
            found = {catch_of(module, part) for part in parts}
            return next((catch for catch in Catch if catch in found), None)
        case _:
            name = module.name_of(caught)
            if name in _OF_THREADS and module.settings.target.all_at_least((3, 8)):
                return None  # what a future of a pool raises, and another class than a task's since 3.8
            if last_name(caught) == "CancelledError":
                return Catch.NAMED
            if name == "BaseException":
                return Catch.ALL
            if name == "asyncio.CancelledError":
                return Catch.NAMED
            is_one = name == "Exception" and not module.settings.target.all_at_least((3, 8))
            return Catch.EXCEPTION if is_one else None


def takers(module: Module) -> dict[ast.ExceptHandler, list[ast.AST]]:
    """Return the handlers of a file that take a cancellation, with the suspension points at which it arrives."""
    found: dict[ast.ExceptHandler, list[ast.AST]] = {}
    handling = {module.facts.function_at(one) for one in module.facts.nodes(ast.Try)}
    for function in module.facts.functions:
        if module.colour_at(function.body[0]) is Colour.SYNC:
            continue  # nothing in it can be cancelled
        if function not in handling:
            continue  # it has no handler
        for node in own_nodes(function):
            if isinstance(node, _WAITS) or (isinstance(node, ast.Yield) and isinstance(function, ast.FunctionDef)):
                for handler in _on_the_way(module, node):
                    found.setdefault(handler, []).append(node)
    return found


def _on_the_way(module: Module, node: ast.AST) -> Iterator[ast.ExceptHandler]:
    """Yield the handlers that a cancellation at ``node`` gets to, up to the one that keeps it."""
    facts = module.facts
    here = node
    for parent in facts.ancestors(node):
        match parent:
            case ast.Try(body=body, handlers=handlers, finalbody=final) if here in body:
                first = next((one for one in handlers if catch_of(module, one.type) is not None), None)
                if first is not None:
                    yield first
                    if Exit.RAISE not in exits(first.body):
                        return
                if Exit.FALL not in exits(final):
                    return  # what leaves `finally` takes the place of the cancellation
            case ast.TryStar():
                return  # its handlers see groups
            case ast.With(body=body, items=items) if here in body and any(_suppresses(module, item) for item in items):
                return
            case _ if isinstance(parent, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
                return
            case _:
                pass  # the cancellation passes it
        here = parent


def _suppresses(module: Module, item: ast.withitem) -> bool:
    """True for `contextlib.suppress()` of what a cancellation is."""
    match item.context_expr:
        case ast.Call(func=func, args=args) if module.name_of(func) == "contextlib.suppress":
            return any(catch_of(module, one) is not None for one in args)
        case _:
            return False


# ---- who meant it ---


def is_of_another(module: Module, node: ast.AST) -> bool:
    """True where what arrives at a suspension point may be the cancellation of a task or future that somebody else holds.

    `await self._task` raises CancelledError when that task was cancelled, and nobody can tell it from one's own.
    """
    match node:
        case ast.Await(value=value) | ast.YieldFrom(value=value):
            return _is_handle(module, value)
        case _:
            return False


def _is_handle(module: Module, node: ast.expr) -> bool:
    match node:
        case ast.Call(func=func, args=args) if args and module.name_of(func) in _COMBINE:
            waited = args[:1] if module.name_of(func) in ("asyncio.wait", "asyncio.wait_for") else args
            return any(_is_handle(module, one) for one in waited)
        case ast.Starred(value=value):
            return _is_handle(module, value)
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            return any(_is_handle(module, one) for one in parts)
        case ast.ListComp(elt=element) | ast.GeneratorExp(elt=element) | ast.SetComp(elt=element):
            return _is_handle(module, element)
        case ast.Name() | ast.Attribute() | ast.Subscript():
            return not any(isinstance(value, Coroutine) for value in module.values(node))
        case ast.Call():
            return module.is_instance(node, "asyncio.Future") is True
        case _:
            return False


def is_awaited_after_cancel(module: Module, node: ast.AST) -> bool:
    """True where the function cancels or stops something before it waits for a task at ``node``: it waits for that to end."""
    function = module.facts.function_at(node)
    if function is None:
        return False
    line = getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
    stopped = any(
        isinstance(one, ast.Call) and _STOPS.search(last_name(one.func)) and (one.lineno, one.col_offset) < line
        for one in own_nodes(function)
    )
    return stopped and _takes_handle(module, node)


def _takes_handle(module: Module, node: ast.AST) -> bool:
    """True where a task may be what is waited for: it is a name, or a call is given it."""
    if is_of_another(module, node):
        return True
    match node:
        case ast.Await(value=ast.Call() as call) | ast.YieldFrom(value=ast.Call() as call):
            given = [*call.args, *(keyword.value for keyword in call.keywords)]
            return any(_is_handle(module, one) for one in given)
        case _:
            return False


def shuts_down(module: Module, node: ast.AST) -> bool:
    """True in a function that ends something by its name: it goes on with that, whatever happens."""
    return any(_SHUTS_DOWN.search(function.name.lower()) for function in module.enclosing_functions(node))
