"""Setters of futures that are handed to the event loop to be called later: bare, in a partial, or in a lambda."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from aiomend.facts.futures import bindings_of
from aiomend.facts.partials import partials_in
from aiomend.facts.scheduling_methods import POSITIONS
from aiomend.facts.scopes import Binding, How, last_name
from aiomend.facts.stand_ins import SETTERS
from aiomend.facts.view import Module


@dataclass(frozen=True, slots=True, eq=False)
class ScheduledSetter:
    """``fut.set_result`` on its way to the loop."""

    call: ast.Call  #: the scheduling call
    method: str  #: the scheduling method that is called here
    last_method: str  #: the one that calls the setter: another one in ``call_soon_threadsafe(loop.call_later, 1, …)``
    setter: ast.Attribute
    holder: ast.Call  #: the call that holds the setter: as an argument, or as its function in a lambda
    position: int | None  #: which argument of ``holder`` the setter is; None in a lambda


def scheduled_setters(module: Module) -> Iterator[ScheduledSetter]:
    """Yield every setter that a file hands to a loop's scheduling methods, in the order of the file."""
    named = module.facts.attributes.keys()
    if named.isdisjoint(SETTERS) or named.isdisjoint(POSITIONS):
        return  # nothing is set here, or nothing is scheduled
    seen: set[ast.Attribute] = set()
    partials = set(module.calls("functools.partial"))
    for call in module.facts.calls:
        if call not in partials and last_name(call.func) not in POSITIONS:
            continue  # it schedules nothing
        for found in _in_call(module, call):
            if found.setter not in seen:
                seen.add(found.setter)
                yield found


def _in_call(module: Module, call: ast.Call) -> Iterator[ScheduledSetter]:
    start = 0
    function: ast.expr = call.func
    if call.args and module.name_of(call.func) == "functools.partial":
        function, start = call.args[0], 1
    first = _scheduling_method(module, function)
    if first is None:
        return
    last, position = first, start + POSITIONS[first]
    while position < len(call.args) and (inner := _scheduling_method(module, call.args[position])) is not None:
        last, position = inner, position + 1 + POSITIONS[inner]
    if any(isinstance(arg, ast.Starred) for arg in call.args[: position + 1]):
        return  # nobody can say which one is the callback
    keyword = next((one.value for one in call.keywords if one.arg == "callback"), None)
    callback = call.args[position] if position < len(call.args) else keyword
    if callback is None:
        return
    if isinstance(callback, ast.Name):
        match bindings_of(module, callback):
            case [Binding(how=How.ASSIGN, value=ast.Lambda() as value, path=())]:
                callback = value  # a lambda with a name
    partials = partials_in(module.inference, module.facts, callback)
    match partials[-1].args[0] if partials else callback:
        case ast.Attribute(attr=attr) as setter if attr in SETTERS and partials:
            yield ScheduledSetter(call, first, last, setter, partials[-1], 0)
        case ast.Attribute(attr=attr) as setter if attr in SETTERS and callback is not keyword:
            yield ScheduledSetter(call, first, last, setter, call, position)
        case ast.Lambda(body=body):
            for inner_call in ast.walk(body):
                match inner_call:
                    case ast.Call(func=ast.Attribute(attr=attr) as setter) if attr in SETTERS:
                        yield ScheduledSetter(call, first, last, setter, inner_call, None)


def _scheduling_method(module: Module, function: ast.expr) -> str | None:
    match function:
        case ast.Attribute(value=loop, attr=attr) if attr in POSITIONS:
            known = module.inference.is_loop(module.facts, loop)
            return None if known is False else attr
        case _:
            return None
