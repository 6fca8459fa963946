"""Whether what a coroutine waits for is known to be over by then: a future that was looked at, a thread that ended."""

from __future__ import annotations

import ast

from aiomend.facts.flow import guarded, same
from aiomend.facts.module import own_nodes
from aiomend.facts.scopes import How, last_name
from aiomend.facts.view import Module

_OVER = frozenset({"done", "cancelled", "is_set", "ready"})
_GOES_ON = frozenset({"running", "is_alive"})
_WAITS = frozenset({"wait", "as_completed", "gather", "wrap_future", "wait_for", "run_in_executor", "to_thread"})


def is_finished(module: Module, call: ast.Call) -> bool:
    """True where a test or an earlier wait in the function says that the receiver of a call is over, or was waited for."""
    if not isinstance(call.func, ast.Attribute):
        return False
    receiver = call.func.value

    def settled(test: ast.expr, outcome: bool) -> bool:
        match test:
            case ast.Call(func=ast.Attribute(value=asked, attr=attr)) if same(asked, receiver):
                return outcome if attr in _OVER else (not outcome and attr in _GOES_ON)
            case _:
                return False

    # What is over stays over: nothing spoils it.
    return guarded(module.facts, call, settled, lambda _: False) or _was_waited_for(module, call, receiver)


def _was_waited_for(module: Module, call: ast.Call, receiver: ast.expr) -> bool:
    """True where something that waits, before the call, is given the receiver, or the collection that it comes from."""
    function = module.facts.function_at(call)
    wanted = [receiver, *_sources(module, receiver)]
    for node in own_nodes(function) if function is not None else ():
        if not isinstance(node, (ast.Await, ast.YieldFrom, ast.Call)) or (node.lineno, node.col_offset) >= (
            call.lineno,
            call.col_offset,
        ):
            continue  # not before it
        if isinstance(node, ast.Call) and last_name(node.func) not in _WAITS:
            continue  # waits for nothing
        inside = (one for one in ast.walk(node) if isinstance(one, ast.expr))
        if any(same(one, other) for one in inside for other in wanted):
            return True
    return False


def _sources(module: Module, receiver: ast.expr) -> list[ast.expr]:
    """The collections whose elements a name stands for."""
    if not isinstance(receiver, ast.Name):
        return []
    home = module.facts.scope_at(receiver).find(receiver.id)
    bindings = home[1] if home is not None else []
    return [
        one.value for one in bindings if one.how is How.ITERATION and isinstance(one.value, (ast.Name, ast.Attribute))
    ]
