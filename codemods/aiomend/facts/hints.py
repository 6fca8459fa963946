"""Statements that call something unknown, and what hints that it gives something to await: evidence for a person, never for a fix.

What can be awaited may be a future, which runs by itself, and what goes by a name may be something else of that name.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from aiomend.facts.awaited_elsewhere import awaited_elsewhere
from aiomend.facts.inference import Inference
from aiomend.facts.module import ModuleFacts
from aiomend.facts.named_coroutines import named_alike
from aiomend.facts.scopes import FUNCTIONS, last_name
from aiomend.facts.time_limits import limit_around
from aiomend.facts.values import UNKNOWN, Coroutine, Function, Plain, Values
from aiomend.model import Evidence

#: Words in the names of functions that begin something and give its future: to drop that may be meant.
_BEGINS = re.compile(
    "task|future|executor|schedule|submit|spawn|start_soon|call_soon|nowait|job|deferred|background|fire", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Hint:
    """What a finding says: what is wrong behind the name of the function, why nobody can be sure, and where it is seen."""

    problem: str
    doubt: str
    evidence: Evidence


def hint(inference: Inference, facts: ModuleFacts, call: ast.Call) -> Hint | None:
    """Return what hints that a statement of a coroutine drops something to await; None where something is known of it."""
    function = facts.function_at(call)
    if not isinstance(facts.parents[call], ast.Expr) or not isinstance(function, FUNCTIONS):
        return None  # somebody has its value, or nothing can be awaited here
    name = last_name(call.func)
    if _BEGINS.search(name) or not inference.is_coroutine_function(Function(facts, function)):
        return None
    values = inference.values_from_callers(facts, call)
    if Plain.UNKNOWN not in values:
        return None
    if known := values - UNKNOWN:
        return _of_some(facts, call, known)
    if (other := awaited_elsewhere(inference, facts, call)) is not None:
        return Hint(
            "is awaited elsewhere, and what it gives here nobody awaits",
            "nothing more is known of it: it may give a future, which runs by itself",
            Evidence(other[0].path, other[1].lineno, f"`{name}()` is awaited here"),
        )
    if (named := named_alike(inference, facts, call)) is not None:
        return Hint(
            "has the name of a coroutine function, and what it gives here nobody awaits",
            "nothing is known of the object: it may have a plain method of that name",
            Evidence(
                named.facts.path, named.node.lineno, f"all methods of the project named `{name}` are like this one"
            ),
        )
    if (limit := limit_around(inference, facts, call)) is not None:
        return Hint(
            "is all that the time limit around it can be meant for, and nobody awaits it",
            "nothing more is known of it: it may be a plain function, and the limit of no use",
            Evidence(
                facts.path, limit.lineno, "nothing in this block waits for anything, so that the limit never ends it"
            ),
        )
    return None


def _of_some(facts: ModuleFacts, call: ast.Call, known: Values) -> Hint | None:
    """Return what says that a call gives a coroutine, where all does that is known of it: of functions of the project."""
    functions = [one.function for one in known if isinstance(one, Coroutine) and one.function is not None]
    around = {outer for outer in facts.ancestors(call) if isinstance(outer, FUNCTIONS)}
    if len(functions) < len(known) or any(one.node in around for one in functions):
        return None  # something else, or a function that calls itself: to wait for that would never end
    first = min(functions, key=lambda one: (one.facts.path, one.node.lineno))
    return Hint(
        "makes a coroutine by all that is known of it, and nobody awaits that",
        "it may be something else too, of which nothing is known",
        Evidence(first.facts.path, first.node.lineno, "it may be this coroutine function"),
    )
