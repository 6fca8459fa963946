"""Plain generators that a file runs as coroutines, and that a call of something unknown may reach: by a table, a name, a decorator."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.scopes import How, last_name
from aiomend.facts.text_lookups import looks_up
from aiomend.facts.view import Module

_VARIES = frozenset({How.PARAMETER, How.ASSIGN, How.ITERATION, How.OTHER})
#: Decorators that make something else of a generator.
_OTHERS = frozenset({"contextmanager", "asynccontextmanager", "fixture", "yield_fixture", "property"})


def perhaps_called(module: Module, call: ast.Call) -> ast.FunctionDef | None:
    """Return a plain generator of the file that a call may be of, which goes through coroutines; None where there is none.

    What is called has to be unknown: a variable, an entry, what `getattr()` gives, or a function under a decorator.
    """
    around = set(module.enclosing_functions(call))
    others = (one for one in _generators(module) if one not in around)
    match call.func:
        case ast.Name(id=name):
            found = module.facts.scope_at(call.func).find(name)
            named = {one.node for one in found[1]} if found is not None else set()
            is_variable = found is not None and any(one.how in _VARIES for one in found[1])
            return next((one for one in others if one in named or (is_variable and _is_handed_on(module, one))), None)
        case ast.Subscript() | ast.Call():
            return next((one for one in others if _is_handed_on(module, one)), None)
        case _:
            return None  # a method, which is called by its own name


def _generators(module: Module) -> Iterator[ast.FunctionDef]:
    facts = module.facts
    for one in facts.functions:
        if not isinstance(one, ast.FunctionDef) or module.inference.coroutine_decorator(facts, one) is not None:
            continue  # no generator, or a coroutine function already
        if any(last_name(decorator) in _OTHERS for decorator in one.decorator_list):
            continue  # somebody else goes through it
        if any(isinstance(node, ast.YieldFrom) for node in facts.yields(one)):
            yield one


def _is_handed_on(module: Module, function: ast.FunctionDef) -> bool:
    """True where the file uses a function as a value, registers it, or may get it by a name that it makes up."""
    facts = module.facts
    if function.decorator_list or looks_up(facts, function.name):
        return True
    uses = (*facts.names.get(function.name, ()), *facts.attributes.get(function.name, ()))
    return any(
        isinstance(use.ctx, ast.Load) and not (isinstance(call := facts.parents[use], ast.Call) and call.func is use)
        for use in uses
    )
