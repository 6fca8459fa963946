"""Where code asks in which thread it is: it knows what to do then in the loop's, and in another one."""

from __future__ import annotations

import ast
from collections.abc import Set

from aiomend.facts.branches import decisions
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import called_name

#: What code calls to find out in which thread it is, or which loop runs in it.
ASKS = frozenset(
    {
        "_get_running_loop", "currentThread", "current_thread", "get_ident", "get_native_id", "get_running_loop",
        "main_thread",
    }
)  # fmt: skip


def knows_its_thread(facts: ModuleFacts, node: ast.AST) -> bool:
    """True where a test that asks for the thread, or for the loop that runs in it, decides whether control gets to a node."""
    asking = facts.beside(_asking)
    if not asking:
        return False
    return any(decision.test in asking for decision in decisions(facts, node))


def _asking(facts: ModuleFacts) -> Set[ast.AST]:
    """Return the tests of a file that ask for the thread, or for the loop that runs in it."""
    found: set[ast.AST] = set()
    for call in facts.calls:
        here: ast.AST = call
        for parent in facts.ancestors(call) if called_name(call) in ASKS else ():
            if isinstance(parent, (ast.If, ast.IfExp, ast.While)) and parent.test is here:
                found.add(here)
            here = parent
    return found
