"""Blocks with a time limit in which nothing is awaited: the limit can end none of it, so that something was to be awaited."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.inference import Inference
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import FUNCTIONS
from aiomend.facts.tree import children, walk
from aiomend.facts.values import Coroutine, Eventual, Plain

_LIMITS = frozenset({"asyncio.timeout", "asyncio.timeout_at", "async_timeout.timeout", "async_timeout.timeout_at"})
_WAITS = (ast.Await, ast.AsyncFor, ast.AsyncWith, ast.Yield, ast.YieldFrom)


def limit_around(inference: Inference, facts: ModuleFacts, call: ast.Call) -> ast.With | ast.AsyncWith | None:
    """Return the block with a time limit in which a call is the only one that may give something to await.

    None where something in the block waits, and where another call there may be the one that is meant.
    """
    for outer in facts.ancestors(call):
        if isinstance(outer, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
            return None  # no such block
        if isinstance(outer, (ast.With, ast.AsyncWith)) and any(
            _is_limit(inference, facts, one) for one in outer.items
        ):
            return outer if _is_alone(inference, facts, call, outer) else None
    return None


def _is_limit(inference: Inference, facts: ModuleFacts, entered: ast.withitem) -> bool:
    match entered.context_expr:
        case ast.Call(func=func):
            return inference.external_name(facts, func) in _LIMITS
        case _:
            return False


def _is_alone(inference: Inference, facts: ModuleFacts, call: ast.Call, block: ast.With | ast.AsyncWith) -> bool:
    own = {node for node in walk(call) if isinstance(node, ast.Call)}
    for node in _run_in(block.body):
        if isinstance(node, _WAITS) or (isinstance(node, ast.comprehension) and node.is_async):
            return False  # the limit is for that
        if isinstance(node, ast.Call) and node not in own:
            values = inference.values_from_callers(facts, node)
            if any(value is Plain.UNKNOWN or isinstance(value, (Coroutine, Eventual)) for value in values):
                return False  # this one may be meant
    return True


def _run_in(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Yield what a block runs, without the bodies of functions and classes in it."""
    stack: list[ast.AST] = [*body]
    while stack:
        node = stack.pop()
        if not isinstance(node, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
            yield node
            stack += children(node)
