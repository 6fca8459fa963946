"""Finalizers of the project that want an event loop: a `__del__` that schedules something or cancels a task."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiomend.facts.entries import is_test_file
from aiomend.facts.flow import contexts_around, handlers_around
from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.scopes import last_name
from aiomend.facts.values import Function, ProjectClass, ProjectInstance

if TYPE_CHECKING:
    from aiomend.facts.view import Module

#: A closed loop answers these with `RuntimeError: Event loop is closed`.
_SCHEDULES = frozenset({"call_soon", "call_soon_threadsafe", "call_later", "call_at", "create_task", "ensure_future"})
_TASK = re.compile(r"(?:^|_)(?:tasks?|futures?|fut)(?:$|_)", re.IGNORECASE)
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
    if name != "cancel" or not isinstance(call.func, ast.Attribute):
        return False
    receiver = call.func.value
    known = module.inference.is_instance(module.inference.values(facts, receiver), "asyncio.Future")
    return _TASK.search(last_name(receiver)) is not None if known is None else known


def _is_caught(facts: ModuleFacts, call: ast.Call) -> bool:
    """True where the `RuntimeError` of a closed loop goes no further."""
    types = [handler.type for handler in handlers_around(facts, call)]
    for _, item in contexts_around(facts, call):
        match item.context_expr:
            case ast.Call(func=func, args=args) if last_name(func) == "suppress":
                types += args
            case _:
                pass  # lets errors through
    return any(one is None or not _CATCHES.isdisjoint(map(last_name, _each(one))) for one in types)


def _each(types: ast.expr) -> list[ast.expr]:
    return types.elts if isinstance(types, ast.Tuple) else [types]
