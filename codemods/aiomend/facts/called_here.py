"""Where a test decides whether code calls a function itself or has it called in a thread."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.branches import decisions
from aiomend.facts.flow import same
from aiomend.facts.view import Module


def is_called_here_on_purpose(module: Module, call: ast.Call) -> bool:
    """True where another branch than that of a call waits for what is handed the same function."""
    others = (part for decision in decisions(module.facts, call) for part in decision.otherwise)
    return any(same(given, call.func) for part in others for given in _given(part))


def _given(part: ast.AST) -> Iterator[ast.expr]:
    """Yield what the calls that a part waits for are given."""
    for node in ast.walk(part):
        match node:
            case (
                ast.Await(value=ast.Call(args=args, keywords=keywords))
                | ast.YieldFrom(value=ast.Call(args=args, keywords=keywords))
            ):
                for given in [*args, *(one.value for one in keywords)]:
                    yield given
                    if isinstance(given, ast.Call):  # `partial(work, 1)`
                        yield from given.args[:1]
            case _:
                pass  # waits for nothing
