"""Where code asks in which thread it is: it knows what to do then in the loop's, and in another one."""

from __future__ import annotations

import ast
from collections.abc import Set

from aiomend.facts.flow import leaves
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import FUNCTIONS, called_name

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
    here = node
    for parent in facts.ancestors(node):
        if isinstance(here, ast.stmt) and not isinstance(here, FUNCTIONS):
            block = facts.block(here)
            earlier = (one for one in block[: block.index(here)] if isinstance(one, ast.If))
            if any(one.test in asking and (leaves(one.body) or (one.orelse and leaves(one.orelse))) for one in earlier):
                return True
        match parent:
            case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test) if here is not test and test in asking:
                return True
            case _ if isinstance(parent, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
                return False
            case _:
                pass  # no test
        here = parent
    return False


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
