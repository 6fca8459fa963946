"""Asynchronous generators that a file starts and may leave before their end, with something to clean up in them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.module import own_nodes
from aiomend.facts.scopes import last_name
from aiomend.facts.values import Function
from aiomend.facts.view import Module

_CLEANS = (ast.Try, ast.TryStar, ast.With, ast.AsyncWith)
_STEPS = frozenset({"__anext__", "anext", "asend"})


def open_generators(module: Module) -> list[ast.Call]:
    """Return the calls of a file that make asynchronous generators which `shutdown_asyncgens()` may have to close."""
    return [call for call in module.facts.calls if _is_left_open(module, call)]


def _is_left_open(module: Module, call: ast.Call) -> bool:
    functions = [value for value in module.values(call.func) if isinstance(value, Function)]
    if not any(_is_async_generator(one) for one in functions):
        return False
    if any(last_name(parent.func) in ("aclosing", "aclose") for parent in _calls_around(module, call)):
        return False  # closed as soon as it is left
    if any(_cleans_up(one) for one in functions):
        return True
    match module.facts.parents[call]:
        case ast.AsyncFor(iter=iterable) as turns if iterable is call:
            return any(isinstance(node, (ast.Break, ast.Return)) for one in turns.body for node in ast.walk(one))
        case ast.Call(func=func):
            return last_name(func) in _STEPS
        case ast.Attribute(attr=attr):
            return attr in _STEPS
        case _:
            return False  # run to its end, as far as can be seen


def _is_async_generator(function: Function) -> bool:
    node = function.node
    return isinstance(node, ast.AsyncFunctionDef) and function.facts.is_generator(node) and not node.decorator_list


def _cleans_up(function: Function) -> bool:
    """True where a generator has something to do when it is closed: it yields under `try` or `with`."""
    return any(
        isinstance(node, _CLEANS) and any(isinstance(inner, ast.Yield) for one in node.body for inner in ast.walk(one))
        for node in own_nodes(function.node)
    )


def _calls_around(module: Module, call: ast.Call) -> Iterator[ast.Call]:
    for parent in module.facts.ancestors(call):
        if isinstance(parent, ast.stmt):
            return
        if isinstance(parent, ast.Call):
            yield parent
