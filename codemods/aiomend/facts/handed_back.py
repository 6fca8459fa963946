"""What plain functions of the project hand back to their callers, through as many of them as there are."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.values import Function
from aiomend.facts.view import Module


def handed_back(module: Module, node: ast.expr, *, given: bool = False) -> Iterator[tuple[Module, ast.expr]]:
    """Yield what the plain functions return that a call may reach, and those that they call for it, each with its module.

    What a coroutine function or a generator returns, its callers do not get. Each function is read once. ``given``: also
    those that callers in the project pass.
    """
    seen: set[ast.AST] = set()
    todo = [(module, node)]
    while todo:
        user, call = todo.pop()
        functions = _plain_functions(user, call, given and call is node) if isinstance(call, ast.Call) else []
        for home, function in functions:
            if function not in seen:
                seen.add(function)
                returned = [(home, one.value) for one in home.facts.returns(function) if one.value is not None]
                yield from returned
                todo += returned


def _plain_functions(module: Module, call: ast.Call, given: bool) -> list[tuple[Module, ast.FunctionDef]]:
    """Return the plain functions that a call may reach, in the order of their places."""
    found = []
    for value in module.inference.values_from_callers(module.facts, call.func) if given else module.values(call.func):
        match value:
            case Function(facts=facts, node=ast.FunctionDef() as function) if not facts.is_generator(function):
                home = module.beside(facts.path)
                if home is not None and module.inference.coroutine_decorator(facts, function) is None:
                    found.append((home, function))
            case _:
                pass  # no function, or one that hides what it returns
    return sorted(found, key=lambda one: (one[0].path, one[1].lineno))
