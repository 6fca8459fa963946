"""What to do about a prompt in a coroutine: it waits for a person, and Ctrl-C is how that person gets out."""

from __future__ import annotations

import ast

from aiomend.facts.catalog.blocking import BlockingCall
from aiomend.facts.lone_programs import runs_alone
from aiomend.facts.view import Module

#: Why a fix of a prompt is not as good as others.
CAVEAT = "in a thread, Ctrl-C waits until Enter is pressed"


def is_prompt(entry: BlockingCall) -> bool:
    """True for a call that waits for a person at the console."""
    return entry.category == "console"


def needless(module: Module, call: ast.expr, entry: BlockingCall) -> str | None:
    """Return why a prompt had better stay where it is: nothing else runs in the loop by then; None where something may."""
    if is_prompt(entry) and runs_alone(module, call):
        return f"nothing else runs in the event loop by then, and {CAVEAT}"
    return None
