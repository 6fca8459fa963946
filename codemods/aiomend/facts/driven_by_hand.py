"""Coroutines that are begun without an event loop: by their own methods, or by another framework's loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.module import ModuleFacts
from aiomend.facts.spelling import is_given_none
from aiomend.facts.values import NONE, Container
from aiomend.facts.view import Module

_TWISTED = "twisted"  #: it begins coroutines also before its reactor runs asyncio's loop
_OWN_STEPS = ("__await__", "__iter__")


def drives_by_hand(facts: ModuleFacts) -> bool:
    """True for a file that runs coroutines without a loop: `coroutine.send(None)`, `next(coroutine.__await__())`."""
    return any(True for _ in _sends_of_none(facts)) or _takes_steps(facts)


def _takes_steps(facts: ModuleFacts) -> bool:
    """True where a file calls `__await__()` elsewhere than in an awaitable of its own."""
    return any(
        isinstance(call := facts.parents[one], ast.Call)
        and call.func is one
        and getattr(facts.function_at(one), "name", "") not in _OWN_STEPS
        for one in facts.attributes.get("__await__", ())
    )


def driver_elsewhere(module: Module) -> tuple[str, str] | None:
    """Return a file of the project that may begin the coroutines of another one without a loop, and the word that says so."""
    project = module.inference.project
    for path in project.files_mentioning(_TWISTED) or ():
        facts = project.facts(path)
        if facts is not None and _TWISTED in facts.imported_roots:
            return path, _TWISTED
    for path in project.files_spelling(is_given_none, "send") or ():
        facts = project.facts(path)
        if facts is not None and any(not _is_generator(module, facts, one.value) for one in _sends_of_none(facts)):
            return path, "send(None)"
    for path in project.files_using("__await__") or ():
        facts = project.facts(path)
        if facts is not None and _takes_steps(facts):
            return path, "__await__()"
    return None


def _sends_of_none(facts: ModuleFacts) -> Iterator[ast.Attribute]:
    for one in facts.attributes.get("send", ()):
        match facts.parents[one]:
            case ast.Call(func=func, args=[ast.Constant(value=None)]) if func is one:
                yield one
            case _:
                pass  # sends something


def _is_generator(module: Module, facts: ModuleFacts, node: ast.expr) -> bool:
    """True for what a plain generator of the project gives: that is no coroutine."""
    values = module.inference.values(facts, node) - NONE
    return bool(values) and all(isinstance(one, Container) for one in values)
