"""Transports, stream writers and servers that coroutines open: what opens them, and the name that they get."""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiomend.facts.loops import is_empty, scope_of
from aiomend.facts.scopes import FUNCTIONS, FunctionNode, How, Scope
from aiomend.facts.values import Function

if TYPE_CHECKING:
    from aiomend.facts.view import Module


class Kind(enum.Enum):
    """What was opened."""

    STREAM = "stream writer"  #: nothing is left of it when the last reference to it has gone
    SERVER = "server"  #: the loop keeps it: it serves on when nobody refers to it any more
    TRANSPORT = "transport"  #: the loop keeps it, and it calls its protocol


_FUNCTIONS = {
    "asyncio.open_connection": Kind.STREAM,
    "asyncio.open_unix_connection": Kind.STREAM,
    "asyncio.start_server": Kind.SERVER,
    "asyncio.start_unix_server": Kind.SERVER,
}
_METHODS = {
    "create_server": Kind.SERVER,
    "create_unix_server": Kind.SERVER,
    "create_connection": Kind.TRANSPORT,
    "create_unix_connection": Kind.TRANSPORT,
    "create_datagram_endpoint": Kind.TRANSPORT,
    "connect_read_pipe": Kind.TRANSPORT,
    "connect_write_pipe": Kind.TRANSPORT,
    "subprocess_exec": Kind.TRANSPORT,
    "subprocess_shell": Kind.TRANSPORT,
}
#: Words without which a file opens nothing.
OPENERS = frozenset({name.rpartition(".")[2] for name in _FUNCTIONS} | _METHODS.keys())
#: Where in the pair that is awaited the thing to close stands; a server comes alone.
_PLACES = {Kind.STREAM: 1, Kind.TRANSPORT: 0}
_CALL_DEPTH = 2

Assignment = ast.Assign | ast.AnnAssign


@dataclass(frozen=True, slots=True)
class Opening:
    """An awaited call that opens something, with the statement that it stands in."""

    kind: Kind
    call: ast.Call  #: the call that opens, in this file or where a function of the project returns what it opens
    awaited: ast.Await | ast.YieldFrom
    statement: ast.stmt


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """What a local name of a coroutine function refers to, and nothing but that or None."""

    kind: Kind
    scope: Scope
    function: FunctionNode
    name: str
    item: int | None  #: its place in the pair, where it is the pair that has the name
    openings: tuple[Opening, ...]  #: in the order of the file
    uses: tuple[ast.Name, ...]  #: in the function's own body
    companions: tuple[ast.Name, ...]  #: uses of the reader or the protocol that comes with it, likewise
    is_captured: bool  #: a function, lambda or class inside uses one of the names

    @property
    def text(self) -> str:
        """How the code writes it."""
        return self.name if self.item is None else f"{self.name}[{self.item}]"


def kind_of(module: Module, call: ast.Call) -> Kind | None:
    """Return what a call opens when it is awaited; None for all that is not known to open anything."""
    if (name := module.name_of(call.func)) is not None:
        if (kind := _FUNCTIONS.get(name)) is not None:
            return kind
        owner, _, method = name.rpartition(".")
        return _METHODS.get(method) if owner == "asyncio.AbstractEventLoop" else None
    match call.func:
        case ast.Attribute(attr=attr, value=receiver) if attr in _METHODS and module.is_loop(receiver):
            return _METHODS[attr]
        case _:
            return None


def openings(module: Module) -> Iterator[Opening]:
    """Yield the calls of a file that open something and are awaited in a coroutine function."""
    parents = module.facts.parents
    for call in module.facts.calls:
        if not isinstance(parents[call], (ast.Await, ast.YieldFrom, ast.Call, ast.Assign)):
            continue  # nothing awaits it
        found = _opener(module, call, _CALL_DEPTH)
        if found is None:
            continue  # opens nothing that is known
        kind, opener = found
        awaited = _awaited(module, call)
        if awaited is not None:
            yield Opening(kind, opener, awaited, module.facts.statement(awaited))


def _opener(module: Module, call: ast.Call, depth: int) -> tuple[Kind, ast.Call] | None:
    """Return what a call opens, itself or by a function of the project that returns what it has opened."""
    if (kind := kind_of(module, call)) is not None:
        return kind, call
    function = module.function_of(call.func) if depth else None
    if function is None or not isinstance(function.node, FUNCTIONS) or function.node.decorator_list:
        return None  # foreign, or something may come between
    home = module.beside(function.facts.path)
    returned = function.facts.returns(function.node)
    if home is None or len(returned) != 1 or function.node.body[-1] is not returned[0]:
        return None  # it may give back something else
    match returned[0].value:
        case ast.Await(value=ast.Call() as inner) | ast.YieldFrom(value=ast.Call() as inner):
            is_coroutine = True
        case ast.Call() as inner:
            is_coroutine = False
        case _:
            return None
    if module.inference.is_coroutine_function(function) is not is_coroutine:
        return None  # it gives back the coroutine of a coroutine
    return _opener(home, _waited_for(home, inner), depth - 1)


def _waited_for(module: Module, call: ast.Call) -> ast.Call:
    """Return the call that `asyncio.wait_for()` limits, or the call itself."""
    match call.args:
        case [ast.Call() as inner, *_] if module.name_of(call.func) == "asyncio.wait_for":
            return inner
        case _:
            return call


def _awaited(module: Module, call: ast.expr) -> ast.Await | ast.YieldFrom | None:
    """Return the place where a coroutine is awaited: at once, under a time limit, or by the one name that it gets."""
    facts = module.facts
    match facts.parents.get(call):
        case ast.Await() | ast.YieldFrom() as awaited:
            function = facts.function_at(awaited)
            known = isinstance(function, FUNCTIONS) and module.inference.is_coroutine_function(
                Function(facts, function)
            )
            return awaited if known else None
        case ast.Call(func=func, args=[first, *_]) as around if (
            first is call and module.name_of(func) == "asyncio.wait_for"
        ):
            return _awaited(module, around)
        case ast.Assign(targets=[ast.Name(id=name)]) as assignment:
            scope = facts.scope_at(assignment)
            loads = [one for one in facts.names[name] if isinstance(one.ctx, ast.Load)]
            own = [one for one in loads if scope_of(facts, one) is scope]
            if len(scope.bindings.get(name, ())) == 1 and len(own) == 1 and name not in scope.elsewhere:
                return _awaited(module, own[0])
        case _:
            pass  # a task, a future, or nothing that awaits it
    return None


# ---- the names ---


def opened(module: Module, found: Sequence[Opening]) -> Iterator[Opened]:
    """Yield what the coroutine functions of a file open, out of all that is ``found``, and give a local name of their own."""
    named: dict[tuple[Scope, str], list[tuple[Opening, str | None]]] = {}
    for opening in found:
        target = _target(opening)
        if target is None:
            continue  # stored, returned, handed on, or without a name
        name, companion = target
        named.setdefault((module.facts.scope_at(opening.statement), name), []).append((opening, companion))
    for (scope, name), each in named.items():
        one = _named(module, scope, name, each)
        if one is not None:
            yield one


def dropped(found: Iterable[Opening]) -> Iterator[Opening]:
    """Yield what is opened and gets no name at all."""
    for opening in found:
        match opening.statement:
            case ast.Expr(value=value) if value is opening.awaited:
                yield opening
            case _:
                pass  # something is done with it


def _target(opening: Opening) -> tuple[str, str | None] | None:
    """Return the name of what was opened, or of the pair, and the name of what comes with it."""
    match opening.statement:
        case ast.Assign(targets=[target], value=value) if value is opening.awaited:
            pass
        case ast.AnnAssign(target=target, value=value) if value is opening.awaited:
            pass
        case _:
            return None
    place = _PLACES.get(opening.kind)
    match target:
        case ast.Name(id=name):
            return name, None
        case ast.Tuple(elts=[_, _] as pair) | ast.List(elts=[_, _] as pair) if place is not None:
            match pair[place], pair[1 - place]:
                case ast.Name(id=name), ast.Name(id=other):
                    return name, other
                case _:
                    return None
        case _:
            return None


def _named(module: Module, scope: Scope, name: str, found: list[tuple[Opening, str | None]]) -> Opened | None:
    """Return what a name refers to; None where it may be anything else, or where others reach it."""
    facts = module.facts
    kinds = {opening.kind for opening, _ in found}
    shapes = {companion is None for _, companion in found}
    if len(kinds) != 1 or len(shapes) != 1 or not isinstance(scope.node, FUNCTIONS) or name in scope.elsewhere:
        return None
    statements = [opening.statement for opening, _ in found]
    for binding in scope.bindings.get(name, ()):
        if binding.node in statements or is_empty(binding):
            continue  # opened, or None before that
        if binding.how is not How.ANNOTATION or binding.value is not None:
            return None
    (kind,) = kinds
    companions = {companion for _, companion in found} - {None, name}
    mentions = facts.mentions(name).get(scope, ())
    others = [node for one in companions if one for node in facts.mentions(one).get(scope, ())]
    if any(isinstance(node.ctx, ast.Del) for node in mentions):
        return None  # taken apart by hand
    loads = [node for node in mentions if isinstance(node.ctx, ast.Load)]
    besides = [node for node in others if isinstance(node.ctx, ast.Load)]
    place = _PLACES.get(kind)
    return Opened(
        kind,
        scope,
        scope.node,
        name,
        place if place is not None and shapes == {True} else None,
        tuple(opening for opening, _ in found),
        tuple(node for node in loads if scope_of(facts, node) is scope),
        tuple(node for node in besides if scope_of(facts, node) is scope),
        any(scope_of(facts, node) is not scope for node in (*loads, *besides)),
    )
