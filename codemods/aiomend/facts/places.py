"""What a coroutine writes and reads: attributes, globals and files, named as its caller sees them."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from aiomend.facts.module import ModuleFacts, own_nodes, suspends
from aiomend.facts.own_object import self_name
from aiomend.facts.scopes import FUNCTIONS, FunctionNode


@dataclass(frozen=True, slots=True)
class Place:
    """Something that two coroutines can share. ``text`` is how the caller would write it, ``module`` where a name lives."""

    kind: str  #: "attribute", "name" or "file"
    text: str
    module: str = ""


@dataclass(frozen=True, slots=True)
class Touched:
    """The places that running some code touches, each with the first node that does so."""

    writes: dict[Place, ast.expr] = field(default_factory=dict)
    late_writes: dict[Place, ast.expr] = field(default_factory=dict)  #: those after the first suspension
    reads: dict[Place, ast.expr] = field(default_factory=dict)


def touched_by(facts: ModuleFacts, function: FunctionNode, call: ast.Call) -> Touched:
    """Return what a function touches when ``call`` starts it: `self` in it is the receiver of the call."""
    receiver = ast.unparse(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    return _touched(facts, function, function.body, receiver)


def touched_here(facts: ModuleFacts, statement: ast.stmt, function: FunctionNode) -> Touched:
    """Return what one statement of a coroutine itself touches."""
    return _touched(facts, function, [statement], _self_name(facts, function))


def _self_name(facts: ModuleFacts, function: FunctionNode) -> str:
    return (self_name(function) or "") if facts.class_of(function) is not None else ""


def _touched(facts: ModuleFacts, function: FunctionNode, body: list[ast.stmt], receiver: str) -> Touched:
    me = _self_name(facts, function)
    found = Touched()
    suspended = False
    for node in own_nodes(ast.Module(body=body, type_ignores=[])):
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.For, ast.While)):
            # A value is there before its target is bound, and a loop comes back to its first line.
            suspended = suspended or suspends(node)
        _note(facts, function, node, me, receiver, found, suspended)
        suspended = suspended or isinstance(node, (ast.Await, ast.YieldFrom, ast.Yield, ast.AsyncWith, ast.AsyncFor))
    return found


def _note(
    facts: ModuleFacts,
    function: FunctionNode,
    node: ast.AST,
    me: str,
    receiver: str,
    found: Touched,
    suspended: bool,
) -> None:
    match node:
        case ast.Attribute(value=ast.Name(id=owner) as name, attr=attr):
            if me and owner == me:
                _touch(facts, found, Place("attribute", f"{receiver}.{attr}"), node, suspended)
            elif not _is_own(facts, function, name):
                _touch(facts, found, Place("attribute", f"{owner}.{attr}"), node, suspended)
        case ast.Name(id=text) if not _is_own(facts, function, node):
            _touch(facts, found, Place("name", text, facts.path), node, suspended)
        case ast.Call(func=ast.Name(id="open"), args=[ast.Name() | ast.Constant() as path, *rest]):
            place = Place("file", ast.unparse(path))
            mode = rest[0].value if rest and isinstance(rest[0], ast.Constant) else "r"
            if isinstance(mode, str) and set(mode) & set("wax+"):
                _write(found, place, node, suspended)
            else:
                found.reads.setdefault(place, node)
        case _:
            pass  # touches nothing that others see


def _touch(facts: ModuleFacts, found: Touched, place: Place, node: ast.Attribute | ast.Name, suspended: bool) -> None:
    parent = facts.parents.get(node)
    match parent:
        case ast.Subscript(value=value, ctx=ast.Store()) if value is node:
            _write(found, place, node, suspended)  # `self.table[key] = …`
        case ast.Call(func=func) if func is node:
            pass  # code, not data
        case _ if isinstance(node.ctx, ast.Store):
            _write(found, place, node, suspended)
        case _:
            found.reads.setdefault(place, node)


def _write(found: Touched, place: Place, node: ast.expr, suspended: bool) -> None:
    found.writes.setdefault(place, node)
    if suspended:
        found.late_writes.setdefault(place, node)


def _is_own(facts: ModuleFacts, function: FunctionNode, node: ast.Name) -> bool:
    """True for a builtin and for a variable of the function itself."""
    home = facts.scope_at(node).find(node.id)
    if home is None:
        return True
    scope = home[0]
    while scope is not None:
        if scope.node is function:
            return True
        if scope.parent is None or isinstance(scope.node, (*FUNCTIONS, ast.Lambda)):
            return False
        scope = scope.parent
    return False
