"""Functions with some of their arguments filled in: `functools.partial`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import Binding, How

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference


def partial_in(inference: Inference, facts: ModuleFacts, given: ast.expr | None) -> ast.Call | None:
    """Return the call of `functools.partial` that an expression is, also one with a name of its own; None for whatever else.

    Its function is its first argument.
    """
    found = facts.scope_at(given).find(given.id) if isinstance(given, ast.Name) else None
    match found:
        case (_, [Binding(how=How.ASSIGN, value=ast.Call() as value, path=())]):
            given = value
        case _:
            pass  # no variable, or one that stands for more
    match given:
        case ast.Call(func=func, args=[first, *_]) if not isinstance(first, ast.Starred):
            return given if inference.external_name(facts, func) == "functools.partial" else None
        case _:
            return None


def out_of_partial(inference: Inference, facts: ModuleFacts, given: ast.expr) -> ast.expr:
    """Return the function in a `functools.partial`, or in one inside of that; other expressions as they are."""
    while (partial := partial_in(inference, facts, given)) is not None:
        given = partial.args[0]
    return given
