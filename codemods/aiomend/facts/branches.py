"""Which tests decide whether control gets to a place, and what runs otherwise."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from aiomend.facts.flow import leaves
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import FUNCTIONS


@dataclass(frozen=True, slots=True)
class Decision:
    """A test that comes out in one way where control gets to a place."""

    test: ast.expr
    outcome: bool
    otherwise: tuple[ast.AST, ...]  #: what runs where it comes out in the other way


def decisions(facts: ModuleFacts, node: ast.AST) -> Iterator[Decision]:
    """Yield the tests of a function that decide whether control gets to a node, the closest ones first."""
    here = node
    for parent in facts.ancestors(node):
        if isinstance(here, ast.stmt) and not isinstance(here, FUNCTIONS):
            block = facts.block(here)
            for earlier in block[: block.index(here)]:
                match earlier:
                    case ast.If(test=test, body=body) if leaves(body):
                        yield Decision(test, False, tuple(body))
                    case ast.If(test=test, orelse=orelse) if orelse and leaves(orelse):
                        yield Decision(test, True, tuple(orelse))
                    case _:
                        pass  # control goes on behind it in any case
        match parent:
            case ast.If(test=test, body=body, orelse=orelse) if here in body:
                around = facts.block(parent)
                behind = around[around.index(parent) + 1 :] if leaves(body) else []
                yield Decision(test, True, (*orelse, *behind))
            case ast.If(test=test, body=body, orelse=orelse) if here in orelse:
                yield Decision(test, False, tuple(body))
            case ast.IfExp(test=test, body=first, orelse=second) if here is not test:
                yield Decision(test, here is first, (second if here is first else first,))
            case ast.While(test=test, body=body) if here in body:
                yield Decision(test, True, ())
            case _ if isinstance(parent, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
                return
            case _:
                pass  # no test
        here = parent
