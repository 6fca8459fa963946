"""Which parameter of a function an argument of a call becomes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.own_object import is_static
from aiomend.facts.scopes import FUNCTIONS
from aiomend.facts.values import Function


def is_method(function: Function) -> bool:
    """True for a function whose first parameter is its object."""
    node = function.node
    return function.facts.class_of(node) is not None and not (isinstance(node, FUNCTIONS) and is_static(node))


def parameters(callee: Function, call: ast.Call, given: ast.expr, *, is_bound: bool | None = None) -> Iterator[str]:
    """Yield the parameter of a function that an argument of a call becomes.

    ``is_bound`` says that another one is given its object (default: as the call is written).
    """
    if isinstance(callee.node, ast.Lambda):
        return
    arguments = callee.node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    if is_bound is None:
        is_bound = is_method(callee) and (isinstance(call.func, ast.Attribute) or callee.node.name == "__init__")
    for keyword in call.keywords:
        if keyword.value is given and keyword.arg in {one.arg for one in (*positional, *arguments.kwonlyargs)}:
            assert keyword.arg is not None
            yield keyword.arg
    if given in call.args and not any(isinstance(one, ast.Starred) for one in call.args[: call.args.index(given)]):
        at = call.args.index(given) + is_bound
        if at < len(positional):
            yield positional[at].arg
