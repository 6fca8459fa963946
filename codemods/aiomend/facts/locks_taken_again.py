"""Locks of asyncio that are held where a coroutine is made which takes them again: whoever waited for it would wait for ever."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aiomend.facts.awaitable_classes import LOCKS
from aiomend.facts.flow import contexts_around
from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.own_object import self_name
from aiomend.facts.scopes import FUNCTIONS, FunctionNode, last_name
from aiomend.facts.values import Function
from aiomend.facts.view import Module

_NAMED = re.compile(r"(?:^|_)(?:lock|mutex)$")


@dataclass(frozen=True, slots=True)
class Again:
    """A lock as it is written at a call, the line that took it, and the function that takes it again; None for the call itself."""

    lock: str
    line: int
    taker: str | None


def taken_again(module: Module, call: ast.Call, functions: Sequence[Function]) -> Again | None:
    """Return a lock that a coroutine of ``functions`` takes, or the call itself, and that is held where it is made.

    Held is what the coroutine around the call holds there, and what those hold which wait for that one in the same file.
    """
    taken = dict(_takers(module, call, functions))
    places, seen = [(call, taken)], set[ast.AST]()
    while places:
        place, taken = places.pop()
        if not taken:
            continue  # nothing of it has a name there
        for lock, line in _held(module, place):
            if lock in taken:
                return Again(lock, line, taken[lock])
        around = module.facts.function_at(place)
        if isinstance(around, FUNCTIONS) and around not in seen:
            seen.add(around)
            places += [(site, _outside(module, taken, around, site)) for site in _waits(module, around)]
    return None


def _takers(module: Module, call: ast.Call, functions: Sequence[Function]) -> Iterator[tuple[str, str | None]]:
    """Yield the locks that a call would wait for, as they are written there, with the function that takes each."""
    if (lock := _acquired(module, module.facts, call)) is not None:
        yield ast.unparse(lock), None
    todo = [(function, _called_on(module, call)) for function in functions]
    seen: set[ast.AST] = set()
    while todo:
        function, receiver = todo.pop()
        if function.node in seen or not isinstance(function.node, FUNCTIONS):
            continue  # looked at already, or a lambda
        seen.add(function.node)
        own = self_name(function.node) if function.owner is not None else None
        for node in own_nodes(function.node):
            for lock in _taken(module, function.facts, node):
                if (name := _from(module, call, function.facts, lock, own, receiver)) is not None:
                    yield name, function.node.name
            if isinstance(node, ast.Call) and _is_waited_for(function.facts, node):
                called = module.inference.values(function.facts, node.func)
                todo += [(one, _receiver(node, own, receiver)) for one in called if isinstance(one, Function)]


def _waits(module: Module, function: FunctionNode) -> Iterator[ast.Call]:
    """Yield the calls in a file that make a coroutine of one of its functions and wait for it."""
    for call in module.facts.calls:
        if last_name(call.func) != function.name or not _is_waited_for(module.facts, call):
            continue  # calls something else, or does not wait
        if any(isinstance(one, Function) and one.node is function for one in module.values(call.func)):
            yield call


def _outside(
    module: Module, taken: dict[str, str | None], function: FunctionNode, site: ast.Call
) -> dict[str, str | None]:
    """Return locks by their names where a function is called, which it knows by those of ``taken``."""
    own = self_name(function) if module.facts.class_of(function) is not None else None
    found = {}
    for lock, taker in taken.items():
        root, dot, rest = lock.partition(".")
        there, here = module.facts.scopes[function].find(root), module.facts.scope_at(site).find(root)
        if root == own:
            if (receiver := _called_on(module, site)) is not None:
                found[f"{receiver}{dot}{rest}"] = taker
        elif here is not None and there is not None and here[0] is there[0]:
            found[lock] = taker
    return found


def _held(module: Module, call: ast.Call) -> Iterator[tuple[str, int]]:
    """Yield the locks that the coroutine around a call holds there, each with the line that takes it."""
    facts = module.facts
    for _, item in contexts_around(facts, call):
        for lock in _taken(module, facts, item):
            yield ast.unparse(lock), item.context_expr.lineno
    here = facts.statement(call)
    while True:
        block = facts.block(here)
        earlier = block[: block.index(here)]
        for number, statement in enumerate(earlier):
            locks = [lock for node in _parts(statement) for lock in _taken(module, facts, node)]
            for lock in locks:
                if not any(_releases(later, lock) for later in earlier[number:]):
                    yield ast.unparse(lock), statement.lineno
        parent = facts.parents[here]
        if not isinstance(parent, ast.stmt) or isinstance(parent, (*FUNCTIONS, ast.ClassDef)):
            return  # (handlers and cases hold what was taken before them, too, but who knows how far that came)
        here = parent


def _parts(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield the nodes of a statement that takes a lock for those behind it; none of a block, which may be left without it."""
    if isinstance(statement, (ast.Expr, ast.Assign)):
        yield from ast.walk(statement)


def _releases(statement: ast.stmt, lock: ast.expr) -> bool:
    written = ast.unparse(lock)
    return any(
        isinstance(node, ast.Attribute) and node.attr == "release" and ast.unparse(node.value) == written
        for node in ast.walk(statement)
    )


def _taken(module: Module, facts: ModuleFacts, node: ast.AST) -> Iterator[ast.expr]:
    """Yield the locks that a node waits for and takes."""
    match node:
        case ast.withitem(context_expr=entered) if isinstance(facts.parents[node], ast.AsyncWith):
            if _is_lock(module, facts, entered):
                yield entered
        case ast.withitem(context_expr=entered):
            yield from _taken(module, facts, entered)
        case ast.Await(value=ast.Call() as call) | ast.YieldFrom(value=ast.Call() as call):
            if (lock := _acquired(module, facts, call)) is not None:
                yield lock
        case ast.Await(value=lock) | ast.YieldFrom(value=lock) if _is_lock(module, facts, lock):
            yield lock  # up to Python 3.8
        case _:
            pass  # takes none


def _acquired(module: Module, facts: ModuleFacts, call: ast.Call) -> ast.expr | None:
    match call.func:
        case ast.Attribute(value=lock, attr="acquire") if _is_lock(module, facts, lock):
            return lock
        case _:
            return None


def _is_lock(module: Module, facts: ModuleFacts, node: ast.expr) -> bool:
    if not isinstance(node, (ast.Name, ast.Attribute)):
        return False  # one that is made on the spot is nobody else's
    values = module.inference.values(facts, node)
    return any(module.inference.is_instance(values, one) for one in LOCKS) or bool(
        _NAMED.search(last_name(node).lower())
    )


def _is_waited_for(facts: ModuleFacts, call: ast.Call) -> bool:
    """True where a coroutine is waited for, or would be if it were not forgotten."""
    return isinstance(facts.parents[call], (ast.Await, ast.YieldFrom, ast.Expr))


# ---- one object by the names of two places ---


def _called_on(module: Module, call: ast.Call) -> str | None:
    """Return what the method of a call is called on, as it is written there; None for other functions."""
    match call.func:
        case ast.Attribute(value=ast.Call(func=ast.Name(id="super"))):
            around = module.facts.function_at(call)
            return self_name(around) if isinstance(around, FUNCTIONS) else None
        case ast.Attribute(value=value):
            return ast.unparse(value)
        case _:
            return None


def _receiver(call: ast.Call, own: str | None, receiver: str | None) -> str | None:
    """Return what a method is called on by a function whose ``own`` object is the ``receiver``."""
    match call.func:
        case ast.Attribute(value=ast.Call(func=ast.Name(id="super"))):
            return receiver
        case ast.Attribute(value=value):
            return _renamed(value, own, receiver)
        case _:
            return None


def _renamed(node: ast.expr, own: str | None, receiver: str | None) -> str | None:
    root, dot, rest = ast.unparse(node).partition(".")
    return f"{receiver}{dot}{rest}" if root == own and receiver is not None else None


def _from(
    module: Module, call: ast.Call, facts: ModuleFacts, lock: ast.expr, own: str | None, receiver: str | None
) -> str | None:
    """Return how a lock that a function takes is written at a call; None where nobody knows."""
    written = ast.unparse(lock)
    root = written.partition(".")[0]
    if root == own:
        return _renamed(lock, own, receiver)
    here, there = module.facts.scope_at(call).find(root), facts.scope_at(lock).find(root)
    return written if here is not None and there is not None and here[0] is there[0] else None
