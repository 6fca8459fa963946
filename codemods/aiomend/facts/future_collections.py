"""Futures in a collection on an attribute, by themselves or in one place of a tuple: what each use puts in and takes out."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from aiomend.facts.futures import bindings_of
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import Binding, How
from aiomend.facts.view import Module

_FILLS = frozenset({"add", "append", "appendleft"})
_TAKES_OUT = frozenset({"get", "pop", "popleft"})
_LOSES = frozenset({"clear", "discard", "keys", "remove"})
_GOES_THROUGH = frozenset({"copy", "values"})
_EMPTY = frozenset({"collections.OrderedDict", "collections.deque", "dict", "list", "set"})
_COPIES = frozenset({"list", "reversed", "tuple"})


@dataclass(frozen=True, slots=True)
class Slot:
    """Where in a collection the futures are: its entries, or one place of each."""

    attribute: str
    place: int | None = None


def slot_of(module: Module, receiver: ast.expr) -> Slot | None:
    """Return where a future was taken out of: `for _, fut in self._waiting`, `fut = self._waiting[0]`; None for others."""
    match bindings_of(module, receiver):
        case [
            Binding(
                how=How.ASSIGN | How.ITERATION as how, value=ast.expr() as value, path=() | (_,) as path, is_async=False
            )
        ]:
            pass
        case _:
            return None
    match value:
        case ast.Subscript(value=inner) | ast.Call(func=ast.Attribute(value=inner, attr="get" | "pop" | "popleft")) if (
            how is How.ASSIGN
        ):
            value = inner
        case (
            ast.Call(func=ast.Attribute(value=inner, attr="copy" | "values"), args=[])
            | ast.Call(func=ast.Name(id="list" | "reversed" | "tuple"), args=[inner])
        ) if how is How.ITERATION:
            value = inner
        case _ if how is How.ASSIGN:
            return None  # the collection itself
        case _:
            pass  # it is gone through as it is
    return Slot(value.attr, *path) if isinstance(value, ast.Attribute) else None


def put_into(facts: ModuleFacts, future: ast.expr) -> Slot | None:
    """Return where a use of a future puts it; None where it does something else."""
    entry: ast.AST = future
    place: int | None = None
    match facts.parents[future]:
        case ast.Tuple(elts=parts) as whole:
            entry, place = whole, parts.index(future)
        case _:
            pass  # it is the whole entry
    match facts.parents[entry]:
        case ast.Call(func=ast.Attribute(value=ast.Attribute(attr=name), attr=method), args=[given]) as call if (
            method in _FILLS and given is entry and isinstance(facts.parents[call], ast.Expr)
        ):
            return Slot(name, place)
        case ast.Assign(targets=[ast.Subscript(value=ast.Attribute(attr=name))], value=value) if value is entry:
            return Slot(name, place)
        case _:
            return None


def futures_at(module: Module, facts: ModuleFacts, use: ast.expr, slot: Slot) -> Sequence[ast.expr] | None:
    """Return what futures one use of a collection puts in or takes out; None where they may go anywhere.

    What goes in is a read name, what comes out a bound one or an expression.
    """
    parent = facts.parents[use]
    match parent:
        case ast.Assign(targets=[target], value=value) | ast.AnnAssign(target=target, value=ast.expr() as value) if (
            target is use
        ):
            return () if _is_empty(module, facts, value) else None
        case ast.Subscript(value=whole, ctx=ast.Del()) if whole is use:
            return ()
        case ast.Subscript(value=whole, ctx=ast.Store()) if whole is use:
            assignment = facts.parents[parent]
            return _put(assignment.value, slot) if isinstance(assignment, ast.Assign) else None
        case ast.Subscript(value=whole) if whole is use:
            return _taken(facts, parent, slot)
        case ast.Attribute(attr=method):
            call = facts.parents[parent]
            return _called(facts, call, method, slot) if isinstance(call, ast.Call) and call.func is parent else None
        case ast.Call(func=ast.Name(id="len" | "bool"), args=[_]):
            return ()
        case ast.Compare(left=left, ops=[ast.In() | ast.NotIn()]) if left is not use:
            return ()
        case ast.If(test=test) | ast.While(test=test) | ast.Assert(test=test) if test is use:
            return ()
        case ast.UnaryOp(op=ast.Not()):
            return ()
        case _:
            return _gone_through(facts, use, slot)


def _is_empty(module: Module, facts: ModuleFacts, value: ast.expr) -> bool:
    match value:
        case ast.List(elts=[]) | ast.Dict(keys=[]):
            return True
        case ast.Call(func=func, args=[]):
            return module.inference.external_name(facts, func) in _EMPTY
        case _:
            return False


def _called(facts: ModuleFacts, call: ast.Call, method: str, slot: Slot) -> Sequence[ast.expr] | None:
    if method in _FILLS and len(call.args) == 1:
        return _put(call.args[0], slot)
    if method in _TAKES_OUT:
        is_plain = all(isinstance(default, ast.Constant) for default in call.args[1:])
        return _taken(facts, call, slot) if is_plain else None
    if method in _LOSES:
        return ()
    return _gone_through(facts, call, slot) if method in _GOES_THROUGH else None


def _put(entry: ast.expr, slot: Slot) -> Sequence[ast.expr] | None:
    future = _part(entry, slot)
    return (future,) if isinstance(future, ast.Name) else None


def _taken(facts: ModuleFacts, entry: ast.expr, slot: Slot) -> Sequence[ast.expr] | None:
    match facts.parents[entry]:
        case ast.Expr():
            return ()
        case ast.Assign(targets=[target], value=value) if value is entry and slot.place is not None:
            return _put(target, slot)
        case _:
            return (entry,) if slot.place is None else None


def _gone_through(facts: ModuleFacts, entries: ast.expr, slot: Slot) -> Sequence[ast.expr] | None:
    match facts.parents[entries]:
        case ast.For(target=target, iter=iterable) if iterable is entries:
            return _put(target, slot)
        case ast.Call(func=ast.Name(id=name), args=[_]) as call if name in _COPIES:
            return _gone_through(facts, call, slot)
        case _:
            return None


def _part(entry: ast.expr, slot: Slot) -> ast.expr | None:
    """Return the future of an entry, or the target that it is bound to."""
    if slot.place is None:
        return entry
    match entry:
        case ast.Tuple(elts=parts) if slot.place < len(parts) and not any(
            isinstance(one, ast.Starred) for one in parts
        ):
            return parts[slot.place]
        case _:
            return None
