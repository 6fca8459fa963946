"""Methods of objects in whose place a file puts something else: `client.send = traced(client.send)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.module import ModuleFacts
from aiomend.facts.values import EMPTY
from aiomend.facts.view import Module


def is_replaced(module: Module, method: ast.expr) -> bool:
    """True where the file gives some object another method of that name that may give something else than a coroutine.

    What a class's own methods give to `self` is known with the class.
    """
    if not isinstance(method, ast.Attribute):
        return False
    inference = module.inference
    for value in _given(module.facts, method.attr):
        given = inference.results(inference.values(module.facts, value)) if value is not None else EMPTY
        if not given or not all(inference.is_coroutine(one) for one in given):
            return True
    return False


def _given(facts: ModuleFacts, name: str) -> Iterator[ast.expr | None]:
    """Yield what a file puts under an attribute of another object than `self`; None where that is no plain assignment."""
    for use in facts.attributes.get(name, ()):
        if isinstance(use.ctx, ast.Store) and not (isinstance(use.value, ast.Name) and use.value.id == "self"):
            match facts.parents[use]:
                case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                    yield value
                case ast.AnnAssign():
                    pass  # says what it is, and gives nothing
                case _:
                    yield None
    for setter in facts.names.get("setattr", ()):
        match facts.parents[setter]:
            case ast.Call(func=func, args=[_, ast.Constant(value=attr), value]) if func is setter and attr == name:
                yield value
            case _:
                pass  # another one, or one whose name is not written there
