"""Coroutines that are begun without an event loop: by their own methods, or by another framework's loop."""

from __future__ import annotations

import ast

from aiomend.facts.module import ModuleFacts
from aiomend.facts.spelling import is_given_none
from aiomend.facts.view import Module

#: What of Twisted begins coroutines, also before its reactor runs asyncio's loop.
_TWISTED = ("asyncioreactor", "ensureDeferred")
_OWN_STEPS = ("__await__", "__iter__")


def drives_by_hand(facts: ModuleFacts) -> bool:
    """True for a file that runs coroutines without a loop: `coroutine.send(None)`, `next(coroutine.__await__())`."""
    return _sends_none(facts) or any(
        isinstance(call := facts.parents[one], ast.Call)
        and call.func is one
        and getattr(facts.function_at(one), "name", "") not in _OWN_STEPS
        for one in facts.attributes.get("__await__", ())
    )


def driver_elsewhere(module: Module) -> tuple[str, str] | None:
    """Return a file of the project that may begin the coroutines of another one without a loop, and the word that says so."""
    project = module.inference.project
    for word in _TWISTED:
        for path in project.files_mentioning(word) or ():
            return path, word
    for path in project.files_spelling(is_given_none, "send") or ():
        facts = project.facts(path)
        if facts is not None and _sends_none(facts):
            return path, "send(None)"
    return None


def _sends_none(facts: ModuleFacts) -> bool:
    return any(
        isinstance(call := facts.parents[one], ast.Call)
        and call.func is one
        and any(isinstance(argument, ast.Constant) and argument.value is None for argument in call.args)
        for one in facts.attributes.get("send", ())
    )
