"""What to do about a prompt in a coroutine: it waits for a person, and Ctrl-C is how that person gets out."""

from __future__ import annotations

import ast

from aiomend.facts.catalog.blocking import BlockingCall
from aiomend.facts.lone_programs import Way, way_to
from aiomend.facts.view import Module

#: Why a fix of a prompt is not as good as others.
CAVEAT = "in a thread, Ctrl-C waits until Enter is pressed"


def is_prompt(entry: BlockingCall) -> bool:
    """True for a call that waits for a person at the console."""
    return entry.category == "console"


def is_harmless(module: Module, call: ast.expr, entry: BlockingCall) -> bool:
    """True for a prompt of a program that has begun nothing else by then: no one waits while it waits."""
    return is_prompt(entry) and way_to(module, call) is Way.ALONE


def needless(module: Module, call: ast.expr, entry: BlockingCall) -> str | None:
    """Return why a prompt had better stay where it is; None where something else surely runs in the loop by then."""
    if not is_prompt(entry) or way_to(module, call) is Way.BESIDE:
        return None
    return f"whether anything else runs in the event loop by then cannot be seen, and {CAVEAT}"
