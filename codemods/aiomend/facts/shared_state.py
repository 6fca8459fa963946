"""What other tasks can change while a coroutine is suspended: reads before a place that writes behind it rest on."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from aiomend.facts.flow import contexts_around
from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.scopes import COMPREHENSIONS
from aiomend.facts.view import Module
from aiomend.source import last_line

#: Methods that change the container they are called on.
_CHANGES = frozenset(
    {
        "add",
        "append",
        "appendleft",
        "clear",
        "discard",
        "extend",
        "insert",
        "pop",
        "popitem",
        "popleft",
        "put_nowait",
        "remove",
        "setdefault",
        "update",
    }
)


@dataclass(frozen=True, slots=True)
class Race:
    """Something shared that is read before a place and written after it."""

    read: ast.expr
    written: ast.expr


def read_then_written(module: Module, node: ast.expr) -> Race | None:
    """Return what the function reads before ``node`` and writes after it: an attribute, a global, a closure's variable.

    Before and after are meant as written; branches that exclude each other are told apart, rounds of a loop are not.
    An asyncio lock that is held from the read on keeps other tasks out.
    """
    facts = module.facts
    function = facts.function_at(node)
    race = _race(facts, node, own_nodes(function)) if function is not None else None
    return None if race is None or _is_locked(module, node, race.read) else race


def split_update(module: Module, node: ast.expr) -> Race | None:
    """Return what the statement around ``node`` alone reads before and writes after it, as `self.n += f()` does."""
    race = _race(module.facts, node, ast.walk(module.facts.statement(node)))
    return None if race is None or _is_locked(module, node, race.read) else race


def _is_locked(module: Module, node: ast.expr, read: ast.expr) -> bool:
    around_read = {statement for statement, _ in contexts_around(module.facts, read)}
    for statement, item in contexts_around(module.facts, node):
        if isinstance(statement, ast.AsyncWith) and statement in around_read:
            name = module.text(item.context_expr).rpartition(".")[2].lower()
            if "lock" in name or module.is_instance(item.context_expr, "asyncio.Lock"):
                return True
    return False


def _race(facts: ModuleFacts, node: ast.expr, nodes: Iterable[ast.AST]) -> Race | None:
    reads: dict[str, ast.expr] = {}
    writes: dict[str, ast.expr] = {}
    targets = _targets(facts.statement(node))
    updated = targets if isinstance(facts.statement(node), ast.AugAssign) else frozenset()
    for one in nodes:
        if not isinstance(one, ast.expr) or not is_shared(facts, one) or excludes(facts, one, node):
            continue  # nothing that others see, or not on the way through this place
        if is_written(facts, one):
            if _after(node, one) or one in targets:
                writes.setdefault(_key(one), one)
            if one in updated:
                reads.setdefault(_key(one), one)
        elif _after(one, node) and not _is_told(facts, one):
            reads.setdefault(_key(one), one)
    for key, written in writes.items():
        if key in reads:
            return Race(reads[key], written)
    return None


def _after(first: ast.expr, second: ast.expr) -> bool:
    """True where ``second`` begins behind the end of ``first``."""
    return (last_line(first), first.end_col_offset or 0) <= (second.lineno, second.col_offset)


def _targets(statement: ast.stmt) -> frozenset[ast.AST]:
    """Targets stand in front of the value and are written after it."""
    match statement:
        case ast.Assign(targets=targets):
            return frozenset(inner for target in targets for inner in ast.walk(target))
        case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
            return frozenset(ast.walk(target))
        case _:
            return frozenset()


def is_written(facts: ModuleFacts, one: ast.expr) -> bool:
    """True where a place stores, deletes, or changes what it names: `x = …`, `x[k] = …`, `x.append(…)`."""
    if isinstance(getattr(one, "ctx", None), (ast.Store, ast.Del)):
        return True
    here: ast.AST = one
    parent = facts.parents.get(here)
    while isinstance(parent, ast.Subscript) and parent.value is here:
        if isinstance(parent.ctx, (ast.Store, ast.Del)):
            return True
        here, parent = parent, facts.parents.get(parent)
    if isinstance(parent, ast.Attribute) and parent.value is here and parent.attr in _CHANGES:
        call = facts.parents.get(parent)
        return isinstance(call, ast.Call) and call.func is parent
    return False


def _is_told(facts: ModuleFacts, one: ast.expr) -> bool:
    """True for the receiver of a call that is a statement of its own: `x.set()` tells something and learns nothing."""
    match (attribute := facts.parents.get(one)), (call := facts.parents.get(attribute or one)):
        case ast.Attribute(), ast.Call(func=func):
            return func is attribute and isinstance(facts.parents.get(call or one), ast.Expr)
        case _:
            return False


def is_shared(facts: ModuleFacts, one: ast.expr) -> bool:
    match one:
        case ast.Attribute():
            return True  # whose object it is, nobody knows
        case ast.Name(id=name):
            scope = facts.scope_at(one)
            while isinstance(scope.node, COMPREHENSIONS) and scope.parent is not None:
                scope = scope.parent
            home = facts.scope_at(one).find(name)
            # a builtin and the function's own names are not shared
            return home is not None and home[0] is not scope and not isinstance(home[0].node, COMPREHENSIONS)
        case _:
            return False


def _key(one: ast.expr) -> str:
    return ast.dump(one).replace("Store()", "Load()").replace("Del()", "Load()")


def excludes(facts: ModuleFacts, one: ast.AST, node: ast.AST) -> bool:
    """True where two nodes stand in branches of one statement of which only one runs."""
    above: dict[ast.AST, ast.AST] = {}
    here: ast.AST = node
    for parent in facts.ancestors(node):
        above[parent] = here
        here = parent
    here = one
    for parent in facts.ancestors(one):
        if parent in above:
            return _are_branches(parent, here, above[parent])
        here = parent
    return False


def _are_branches(statement: ast.AST, first: ast.AST, second: ast.AST) -> bool:
    match statement:
        case ast.If(body=body, orelse=orelse):
            return (first in body and second in orelse) or (first in orelse and second in body)
        case ast.Match(cases=cases):
            return first is not second and first in cases and second in cases
        case ast.IfExp(body=one, orelse=other):
            return {first, second} == {one, other}
        case _:
            return False
