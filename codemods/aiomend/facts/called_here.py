"""Where a test decides whether code calls a function itself or has it called in a thread."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.flow import leaves, same
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import FUNCTIONS
from aiomend.facts.view import Module


def is_called_here_on_purpose(module: Module, call: ast.Call) -> bool:
    """True where another branch than that of a call waits for what is handed the same function."""
    return any(same(given, call.func) for part in _other_branches(module.facts, call) for given in _given(part))


def _other_branches(facts: ModuleFacts, node: ast.AST) -> Iterator[ast.AST]:
    """Yield what runs in the place of a node where the tests around it, or before it, come out otherwise."""
    here = node
    for parent in facts.ancestors(node):
        if isinstance(here, ast.stmt) and not isinstance(here, FUNCTIONS):
            block = facts.block(here)
            at = block.index(here)
            for earlier in block[:at]:
                if isinstance(earlier, ast.If) and leaves(earlier.body):
                    yield from earlier.body
            if isinstance(parent, ast.If) and here in parent.body and leaves(parent.body):
                around = facts.block(parent)
                yield from around[around.index(parent) + 1 :]
        match parent:
            case ast.If(body=body, orelse=orelse) if here in body:
                yield from orelse
            case ast.If(body=body, orelse=orelse) if here in orelse:
                yield from body
            case ast.IfExp(test=test, body=first, orelse=second) if here is not test:
                yield second if here is first else first
            case _ if isinstance(parent, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
                return
            case _:
                pass  # no test
        here = parent


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
