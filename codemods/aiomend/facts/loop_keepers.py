"""The names of a scope whose objects got its event loop, and may run it whenever they are used."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiomend.facts.module import own_nodes
from aiomend.facts.quiet import LOOKS, RUNS, is_logger
from aiomend.facts.scopes import How, Scope
from aiomend.facts.values import Coroutine, Plain

if TYPE_CHECKING:
    from aiomend.facts.view import Module


def keepers(module: Module, scope: Scope, loop: str) -> frozenset[str]:
    """Return the names that are bound to what got a scope's loop, or to what got that; the loop's own is left out."""
    search = _Search(module, scope, loop)
    held, before = {loop}, 0
    while len(held) > before:
        before = len(held)
        for node in own_nodes(scope.node):
            held.update(search.bound(node, held))
    return frozenset(held - {loop})


@dataclass(frozen=True, slots=True)
class _Search:
    module: Module
    scope: Scope
    loop: str

    def bound(self, node: ast.AST, held: Set[str]) -> Iterator[str]:
        """Yield the names to which a statement hands the loop, or something that has it."""
        match node:
            case ast.Assign(targets=targets, value=value) if self._carries(value, held):
                yield from (name for target in targets for name in self._roots(target))
            case (
                ast.AnnAssign(target=target, value=ast.expr() as value)
                | ast.AugAssign(target=target, value=value)
                | ast.NamedExpr(target=target, value=value)
                | ast.For(target=target, iter=value)
                | ast.withitem(context_expr=value, optional_vars=ast.expr() as target)
            ) if self._carries(value, held):
                yield from self._roots(target)
            case ast.Call(func=ast.Attribute(value=receiver)) if not self._forgets(node) and self._is_given(node, held):
                yield from self._roots(receiver)  # `clients.append(Client(loop))`
            case _:
                pass  # binds nothing, or no such thing

    def _carries(self, value: ast.expr, held: Set[str]) -> bool:
        """True where what an expression gives may have the loop."""
        match value:
            case ast.Name(id=name):
                return name in held
            case ast.Constant() | ast.JoinedStr() | ast.Compare() | ast.Lambda():
                return False
            case ast.Call() if self._forgets(value) or self._is_data(value):
                return False
            case ast.Call(func=ast.Attribute(value=receiver)) if self._carries(receiver, held):
                return True
            case ast.Call():
                return self._is_given(value, held)
            case ast.Attribute(value=receiver):
                return self._carries(receiver, held) and not self._is_data(value)
            case _:
                return any(
                    isinstance(one, ast.expr) and self._carries(one, held) for one in ast.iter_child_nodes(value)
                )

    def _is_given(self, call: ast.Call, held: Set[str]) -> bool:
        return any(self._carries(one, held) for one in (*call.args, *(keyword.value for keyword in call.keywords)))

    def _forgets(self, call: ast.Call) -> bool:
        """True for the loop's own methods, for asyncio's functions, and for what only looks at its arguments."""
        match call.func:
            case ast.Attribute(value=ast.Name(id=name), attr=attr) if name == self.loop or attr in RUNS:
                return True
            case ast.Attribute(value=receiver) if is_logger(self.module, receiver):
                return True
            case func:
                name = self.module.name_of(func) or ""
                return name.startswith("asyncio.") or name in LOOKS

    def _is_data(self, value: ast.expr) -> bool:
        found = self.module.values(value)
        return bool(found) and all(one in (Plain.OTHER, Plain.NONE) or isinstance(one, Coroutine) for one in found)

    def _roots(self, target: ast.expr) -> Iterator[str]:
        """Yield the names of the scope that a target binds, or whose object it changes; imported ones are left out."""
        match target:
            case ast.Name(id=name):
                bindings = self.scope.bindings.get(name, ())
                if bindings and not any(one.how in (How.IMPORT, How.FROM) for one in bindings):
                    yield name
            case ast.Attribute(value=inner) | ast.Subscript(value=inner) | ast.Starred(value=inner):
                yield from self._roots(inner)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                for part in parts:
                    yield from self._roots(part)
            case _:
                pass  # a call's: no name has it
