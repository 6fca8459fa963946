"""Coroutines that are begun without an event loop: by their own methods, or by another framework's loop."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from aiomend.facts.flow import caught_around
from aiomend.facts.module import ModuleFacts
from aiomend.facts.project import ProjectFacts
from aiomend.facts.scopes import last_name
from aiomend.facts.spelling import is_given_none
from aiomend.facts.values import NONE, Container
from aiomend.facts.view import Module

_TWISTED = "twisted"  #: it begins coroutines also before its reactor runs asyncio's loop
_OWN_STEPS = ("__await__", "__iter__")


def drives_by_hand(facts: ModuleFacts) -> bool:
    """True for a file that runs coroutines without a loop: `coroutine.send(None)`, `next(coroutine.__await__())`."""
    return any(True for _ in _sends(facts)) or _takes_steps(facts)


def _takes_steps(facts: ModuleFacts) -> bool:
    """True where a file calls `__await__()` elsewhere than in an awaitable of its own."""
    return any(
        isinstance(call := facts.parents[one], ast.Call)
        and call.func is one
        and getattr(facts.function_at(one), "name", "") not in _OWN_STEPS
        for one in facts.attributes.get("__await__", ())
    )


def doubt_of_loop(module: Module) -> str | None:
    """Return why a coroutine of a file may be begun without a loop by another file of the project; None where nothing says so."""
    driver = module.inference.traced(("begun without a loop", None), lambda: _driver_elsewhere(module))
    return None if driver is None else f"{driver[0]} may begin it where no loop runs: `{driver[1]}` is in there"


def _driver_elsewhere(module: Module) -> tuple[str, str] | None:
    project = module.inference.project
    for path in project.files_mentioning(_TWISTED) or ():
        facts = project.facts(path)
        if facts is not None and _TWISTED in facts.imported_roots:
            return path, _TWISTED
    for path in sorted({*(project.files_spelling(is_given_none, "send") or ()), *_handling(project)}):
        facts = project.facts(path)
        if facts is not None and any(not _is_generator(module, facts, one.value) for one in _sends(facts)):
            return path, "send()"
    for path in project.files_using("__await__") or ():
        facts = project.facts(path)
        if facts is not None and _takes_steps(facts):
            return path, "__await__()"
    return None


def _handling(project: ProjectFacts) -> Collection[str]:
    """Return the files that may send something to a coroutine and look for its end."""
    return set(project.files_using("send") or ()) & set(project.files_using("StopIteration") or ())


def _sends(facts: ModuleFacts) -> Iterator[ast.Attribute]:
    """Yield the `coroutine.send` that are called with None, or with a name where StopIteration is handled around it."""
    for one in facts.attributes.get("send", ()):
        match facts.parents[one]:
            case ast.Call(func=func, args=[ast.Constant(value=None)]) if func is one:
                yield one
            case ast.Call(func=func, args=[ast.Name()], keywords=[]) if func is one and _ends_there(facts, one):
                yield one
            case _:
                pass  # sends something


def _ends_there(facts: ModuleFacts, node: ast.expr) -> bool:
    return any(last_name(caught) == "StopIteration" for caught in caught_around(facts, node) if caught is not None)


def _is_generator(module: Module, facts: ModuleFacts, node: ast.expr) -> bool:
    """True for what a plain generator of the project gives: that is no coroutine."""
    values = module.inference.values(facts, node) - NONE
    return bool(values) and all(isinstance(one, Container) for one in values)
