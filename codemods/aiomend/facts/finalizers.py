"""Finalizers of the project that want an event loop: a `__del__` that schedules something, closes a connection or cancels a task."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiomend.facts.entries import is_test_file
from aiomend.facts.flow import caught_around
from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.scopes import last_name
from aiomend.facts.values import Function, ProjectClass, ProjectInstance

if TYPE_CHECKING:
    from aiomend.facts.view import Module

#: A closed loop answers these with `RuntimeError: Event loop is closed`.
_SCHEDULES = frozenset({"call_soon", "call_soon_threadsafe", "call_later", "call_at", "create_task", "ensure_future"})
_TASK = re.compile(r"(?:^|_)(?:tasks?|futures?|fut)(?:$|_)", re.IGNORECASE)
_MAKES_TASKS = frozenset({"create_task", "ensure_future", "create_future", "gather", "run_in_executor"})
_CONNECTION = re.compile(r"(?:^|_)(transport|writer)(?:$|_)", re.IGNORECASE)
_CONNECTIONS = ("asyncio.BaseTransport", "asyncio.StreamWriter", "asyncio.AbstractServer")
_CATCHES = frozenset({"RuntimeError", "Exception", "BaseException"})
_CALL_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Finalizer:
    """A `__del__` that needs an open loop, and the call where it does; ``line`` is 1-based."""

    name: str
    path: str
    line: int
    call: str


def loop_finalizers(module: Module) -> list[Finalizer]:
    """Return the `__del__`s of the project, tests left out, that call an event loop; those that surely fail first."""
    return sorted(_finalizers(module), key=lambda one: one.call == "cancel")  # a task may be done


def _finalizers(module: Module) -> Iterator[Finalizer]:
    project = module.inference.project
    files = project.files_mentioning("__del__")
    for path in (module.path,) if files is None else files:
        facts = project.facts(path)
        if facts is None or (path != module.path and is_test_file(facts)):
            continue  # unreadable, or made by a test in a process of its own
        for node in facts.classes:
            if "__del__" not in facts.scopes[node].bindings:
                continue  # it has none, or inherits one that is looked at where it stands
            found = _wanted_by(module, ProjectClass(facts, node))
            if found is not None:
                where, call = found
                yield Finalizer(f"{node.name}.__del__", where.path, call.lineno, last_name(call.func))


def _wanted_by(module: Module, cls: ProjectClass) -> tuple[ModuleFacts, ast.Call] | None:
    for value in module.inference.classes.attribute(ProjectInstance(cls), "__del__"):
        if isinstance(value, Function) and (found := _wants(module, value, _CALL_DEPTH)):
            return found
    return None


def _wants(module: Module, function: Function, depth: int) -> tuple[ModuleFacts, ast.Call] | None:
    """Return the first call, in a function and in what it calls, that a closed loop fails."""
    facts = function.facts
    nodes = list(own_nodes(function.node))
    if any(isinstance(node, ast.Attribute) and node.attr == "is_closed" for node in nodes):
        return None  # it asks first
    for call in (node for node in nodes if isinstance(node, ast.Call)):
        if _is_caught(facts, call):
            continue  # the error of a closed loop is expected
        called = [value for value in module.inference.values(facts, call.func) if isinstance(value, Function)]
        if not called and _needs_open_loop(module, facts, call):
            return facts, call
        for value in called:
            if not depth or module.inference.is_coroutine_function(value):
                continue  # too far away, or no body that runs here
            if found := _wants(module, value, depth - 1):
                return found
    return None


def _needs_open_loop(module: Module, facts: ModuleFacts, call: ast.Call) -> bool:
    name = last_name(call.func)
    if name in _SCHEDULES:
        return True
    if not isinstance(call.func, ast.Attribute):
        return False
    match name:
        case "cancel":
            return _is_task(module, facts, call.func.value)
        case "close" | "abort":
            return _is_connection(module, facts, call.func.value)
        case _:
            return False


def _is_task(module: Module, facts: ModuleFacts, receiver: ast.expr) -> bool:
    """True for a task by its type, by its name, and for an attribute that the file binds to what makes one."""
    known = module.inference.is_instance(module.inference.values(facts, receiver), "asyncio.Future")
    if known is not None:
        return known
    return _TASK.search(last_name(receiver)) is not None or _is_made_a_task(facts, receiver)


def _is_made_a_task(facts: ModuleFacts, receiver: ast.expr) -> bool:
    """True for `self._t` with a `self._t = loop.create_task(…)`, whatever is known of that loop."""
    if not isinstance(receiver, ast.Attribute):
        return False
    bound = (facts.parents[node] for node in facts.attributes.get(receiver.attr, ()) if isinstance(node.ctx, ast.Store))
    return any(
        isinstance(parent, (ast.Assign, ast.AnnAssign))
        and isinstance(parent.value, ast.Call)
        and last_name(parent.value.func) in _MAKES_TASKS
        for parent in bound
    )


def _is_connection(module: Module, facts: ModuleFacts, receiver: ast.expr) -> bool:
    """True for a transport, a stream writer and a server: closing one calls the loop."""
    values = module.inference.values(facts, receiver)
    answers = [module.inference.is_instance(values, cls) for cls in _CONNECTIONS]
    if True in answers:
        return True
    match _CONNECTION.search(last_name(receiver)):
        case _ if None not in answers:
            return False  # known to be something else
        case None:
            return False
        case found:
            return found[1].lower() == "transport" or "asyncio" in facts.imported_roots  # many a file has a writer


def _is_caught(facts: ModuleFacts, call: ast.Call) -> bool:
    """True where the `RuntimeError` of a closed loop goes no further."""
    return any(one is None or last_name(one) in _CATCHES for one in caught_around(facts, call))
