"""Functions with some of their arguments filled in: `functools.partial`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import Binding, How

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference


def partials_in(inference: Inference, facts: ModuleFacts, given: ast.expr) -> list[ast.Call]:
    """Return the calls of `functools.partial` that an expression is, outermost first, also those that have a name of their own.

    The function of each is its first argument, which may be the next one.
    """
    found: list[ast.Call] = []
    while (partial := _partial(inference, facts, given)) is not None and partial not in found:
        found.append(partial)
        given = partial.args[0]
    return found


def out_of_partial(inference: Inference, facts: ModuleFacts, given: ast.expr) -> ast.expr:
    """Return the function in a `functools.partial`, or in one inside of that; other expressions as they are."""
    partials = partials_in(inference, facts, given)
    return partials[-1].args[0] if partials else given


def _partial(inference: Inference, facts: ModuleFacts, given: ast.expr) -> ast.Call | None:
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
