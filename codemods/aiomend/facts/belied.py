"""Annotations of parameters that the project's own callers do not keep to."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.callers import position_behind
from aiomend.facts.scopes import FUNCTIONS, Binding, FunctionNode, How
from aiomend.facts.values import NONE, Function, Plain, Values
from aiomend.facts.view import Module


def is_belied(module: Module, method: ast.expr) -> bool:
    """True for the method of an annotated parameter for which the project passes something whose method is no coroutine
    function, as its annotation promises."""
    if not isinstance(method, ast.Attribute):
        return False
    node = method.value
    home = module.facts.scope_at(node).find(node.id) if isinstance(node, ast.Name) else None
    if home is None or not isinstance(home[0].node, FUNCTIONS):
        return False
    match home[1]:
        case [Binding(how=How.PARAMETER, annotation=ast.expr()) as binding]:
            given = _given(module, home[0].node, binding)
            return any(Plain.UNKNOWN not in each and not _keeps(module, each - NONE, method.attr) for each in given)
        case _:
            return False  # what callers pass is all that is known of it


def _keeps(module: Module, given: Values, method: str) -> bool:
    """True where all that is given has such a coroutine function, of whatever class it is: a protocol is kept by any."""
    methods = [one for each in given for one in module.inference.attribute(frozenset({each}), method)]
    return all(isinstance(one, Function) and module.inference.is_coroutine_function(one) for one in methods)


def _given(module: Module, function: FunctionNode, binding: Binding) -> Iterator[Values]:
    """Yield what calls pass, and what is handed on together with the function: `run(function, argument)`."""
    inference = module.inference
    yield inference.passed(module.facts, function, binding)
    for user, uses in inference.project.uses(function.name) or ():
        for use in uses:
            call, at = user.parents[use], position_behind(module.facts, function, binding, use)
            if not isinstance(call, ast.Call) or use not in call.args or at is None:
                continue  # not handed on, or the parameter takes what stands before
            others = call.args[call.args.index(use) + 1 :]
            if at >= len(others) or any(isinstance(one, ast.Starred) for one in others):
                continue  # without that argument
            if any(isinstance(one, Function) and one.node is function for one in inference.values(user, use)):
                yield inference.values_from_callers(user, others[at])
