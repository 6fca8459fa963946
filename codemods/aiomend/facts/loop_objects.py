"""Calls that only the event loop's own thread may make: of futures, tasks, events, queues, locks, transports and the loop."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass

from aiomend.facts.catalog.interfaces import inherits
from aiomend.facts.futures import certainty
from aiomend.facts.handled_by_callers import is_named_by_a_caller, may_be_named
from aiomend.facts.named_errors import handles
from aiomend.facts.stand_ins import SETTERS
from aiomend.facts.values import NONE, Instance, Values
from aiomend.facts.view import Module

#: What each class has that wakes somebody, or changes what the loop looks at.
_METHODS: dict[str, frozenset[str]] = {
    "asyncio.Future": frozenset({"cancel"}),
    "asyncio.Event": frozenset({"set"}),
    "asyncio.Queue": frozenset({"put_nowait", "get_nowait", "task_done"}),
    "asyncio.Lock": frozenset({"release"}),
    "asyncio.Semaphore": frozenset({"release"}),
    "asyncio.Condition": frozenset({"notify", "notify_all", "release"}),
    "asyncio.BaseTransport": frozenset(
        {"abort", "close", "pause_reading", "resume_reading", "sendto", "write", "write_eof", "writelines"}
    ),
    "asyncio.StreamWriter": frozenset({"close", "write", "write_eof", "writelines"}),
    "asyncio.AbstractServer": frozenset({"close"}),
    "asyncio.TimerHandle": frozenset({"cancel"}),
}
_OF_LOOP = frozenset({"add_reader", "add_writer", "remove_reader", "remove_writer", "stop"})
NAMES = frozenset({*SETTERS, *_OF_LOOP}).union(*_METHODS.values())
#: The error by which a caller of the method learns something, and which would go to the loop instead.
_ERRORS = {
    "get_nowait": "QueueEmpty",
    "put_nowait": "QueueFull",
    "release": "RuntimeError",
    "set_exception": "InvalidStateError",
    "set_result": "InvalidStateError",
    "task_done": "ValueError",
}


@dataclass(frozen=True, slots=True, eq=False)
class LoopCall:
    """A call that belongs into the loop's thread."""

    call: ast.Call
    attribute: ast.Attribute
    kind: str  #: what the receiver is: "future", "Event", "loop"
    is_known: bool  #: not only its name says so


def loop_calls(module: Module) -> Iterator[LoopCall]:
    """Yield the calls of a file that only the loop's thread may make, in the order of the file."""
    for call, attribute in module.method_calls(*sorted(NAMES)):
        if attribute.attr in SETTERS:
            sure = certainty(module, attribute.value) if len(call.args) + len(call.keywords) == 1 else None
            if sure is not None:
                yield LoopCall(call, attribute, "future", module.is_instance(attribute.value, "asyncio.Future") is True)
        elif attribute.attr in _OF_LOOP and module.is_loop(attribute.value):
            yield LoopCall(call, attribute, "loop", True)
        elif (kind := _kind(module, attribute)) is not None:
            yield LoopCall(call, attribute, kind, True)


def _kind(module: Module, attribute: ast.Attribute) -> str | None:
    """Return the class of asyncio that the receiver is an instance of, whatever of the project says so."""
    values = module.values(attribute.value)
    cls = _class(values, attribute.attr)
    if cls is None and any(not isinstance(one, Instance) for one in values):
        cls = _class(module.inference.values_from_callers(module.facts, attribute.value), attribute.attr)
    return cls


def _class(values: Values, method: str) -> str | None:
    """Return what every value is, None aside; None where they are not of one class that has such a method."""
    found = set()
    for value in values - NONE:
        if not isinstance(value, Instance):
            return None
        found.add(next((c for c, methods in _METHODS.items() if method in methods and inherits(value.cls, c)), None))
    return (found.pop() or "").rpartition(".")[2] or None if len(found) == 1 else None


def expected_error(module: Module, one: LoopCall) -> str | None:
    """Return where the error of the call is dealt with by name, here or by a caller: in the loop's thread nobody would catch it."""
    error = _ERRORS.get(one.attribute.attr)
    if error is None:
        return None
    errors = frozenset({error})
    if handles(module.inference, module.facts, one.call, errors):
        return f"{error} is caught here, and would be raised in the loop instead"
    if is_named_by_a_caller(module, one.call, errors):
        return f"a caller catches {error}, which would be raised in the loop instead"
    handled = None if hasattr(builtins, error) else may_be_named(module, one.call, errors)
    return f"{handled}; it would be raised in the loop instead" if handled is not None else None
