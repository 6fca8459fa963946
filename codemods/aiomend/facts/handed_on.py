"""What `*args` and `**kwargs` hand on: what the callers of the function that takes them pass."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import FUNCTIONS, FunctionNode
from aiomend.facts.values import EMPTY, Values

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference


class HandedOn:
    """Looks through the stars of calls for one Inference."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference

    def values(self, user: ModuleFacts, call: ast.Call, name: str, index: int | None) -> Values | None:
        """Return what reaches a parameter by the `*args` and `**kwargs` of the function that calls; None if that is not sure.

        ``index`` is its place among the `*args`, None for one that they cannot hold. Empty where nobody passes it.
        """
        function = user.function_at(call)
        if not isinstance(function, FUNCTIONS):
            return None
        stars = [one for one in call.args if isinstance(one, ast.Starred)]
        doubles = [one.value for one in call.keywords if one.arg is None]
        if len(stars) > 1 or len(doubles) > 1:
            return None
        if not all(_is_own(user, one.value, function.args.vararg, function) for one in stars):
            return None
        if not all(_is_own(user, one, function.args.kwarg, function) for one in doubles):
            return None
        key = ("handed on", call, name)
        if not self._inference.enter(key):
            return None  # handed on in a circle
        try:
            return self._through_stars(user, function, name if doubles else "", index if stars else None)
        finally:
            self._inference.leave(key)

    def _through_stars(self, facts: ModuleFacts, function: FunctionNode, name: str, index: int | None) -> Values | None:
        """What the callers of a function put at a place of its `*args`, or give by a name that its `**kwargs` take."""
        found: Values = EMPTY
        own = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        name = "" if any(one.arg == name for one in own) else name  # else it is not among the `**kwargs`
        with self._inference.below() as is_possible:
            calls = self._inference.callers.calls_of(facts, function) if is_possible else None
            if not calls:
                return None
            taken = len(function.args.posonlyargs) + len(function.args.args)
            for user, call in calls:
                at = None
                if index is not None:
                    at = taken + index - self._inference.callers.bound_first(facts, function, user, call)
                stars = [place for place, one in enumerate(call.args) if isinstance(one, ast.Starred)]
                given = [one.value for one in call.keywords if one.arg == name]
                if at is not None and at < min([len(call.args), *stars]):
                    given.append(call.args[at])
                for one in given:
                    found |= self._inference.values(user, one)
                if not given and (stars or any(one.arg is None for one in call.keywords)):
                    handed = self.values(user, call, name, at - stars[0] if stars and at is not None else None)
                    if handed is None:
                        return None
                    found |= handed
        return found


def _is_own(facts: ModuleFacts, given: ast.expr, parameter: ast.arg | None, function: FunctionNode) -> bool:
    """True for the `*args` or `**kwargs` of the function around, which does nothing else with them than to pass them on."""
    if parameter is None or not isinstance(given, ast.Name) or given.id != parameter.arg:
        return False
    uses = [one for one in facts.names.get(parameter.arg, ()) if facts.function_at(one) is function]
    return len(facts.scopes[function].bindings.get(parameter.arg, ())) == 1 and all(
        isinstance(outer := facts.parents[one], ast.Starred) or (isinstance(outer, ast.keyword) and outer.arg is None)
        for one in uses
    )
