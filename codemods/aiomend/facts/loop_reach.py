"""Which code runs in which loop of a file: what the scope of a loop mentions, and what that mentions."""

from __future__ import annotations

import ast
from functools import partial

from aiomend.facts.loops import Loop, Origin, loops
from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.view import Module


def is_of_another_loop(module: Module, loop: Loop, node: ast.AST) -> bool:
    """True where code is in reach of another loop of the file, and not of this one: the current one is the same in each function."""
    is_current = Origin.CURRENT in loop.origins
    same: list[Loop] = [loop]
    others: list[Loop] = []
    for one in _every(module):
        is_same = one.scope is loop.scope or (is_current and Origin.CURRENT in one.origins)
        (same if is_same else others).append(one)
    runs = list(module.calls("asyncio.run", "asyncio.Runner.run"))  # in a loop of their own
    if not (others or runs) or any(node in _reach(module, one.scope.node) for one in same):
        return False
    return any(node in _reach(module, root) for root in (*(one.scope.node for one in others), *runs))


def _every(module: Module) -> list[Loop]:
    return module.inference.traced(("loops", module.facts), lambda: list(loops(module)))


def _reach(module: Module, root: ast.AST) -> frozenset[ast.AST]:
    """Return all nodes of a scope or a call, and of the functions and classes whose names are mentioned in it, step by step."""
    return module.inference.traced(("in reach", root), partial(_reached, module.facts, root))


def _reached(facts: ModuleFacts, root: ast.AST) -> frozenset[ast.AST]:
    by_name: dict[str, list[ast.AST]] = {}
    for one in (*facts.functions, *facts.nodes(ast.ClassDef)):
        by_name.setdefault(one.name, []).append(one)
    # what a module defines at its top does not run by that
    found = set(own_nodes(root)) if isinstance(root, ast.Module) else set(ast.walk(root))
    todo = list(found)
    while todo:
        match todo.pop():
            case ast.Name(id=name) | ast.Attribute(attr=name):
                for definition in by_name.pop(name, ()):
                    new = set(ast.walk(definition)) - found
                    found |= new
                    todo += new
            case _:
                pass  # mentions nothing
    return frozenset(found)
