"""Calls of `asyncio.wait()` that are given coroutines, and where tasks can be made of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aiomend.facts.flow import is_simple, same
from aiomend.facts.generator_coroutines import names_only_coroutines
from aiomend.facts.module import Colour, own_nodes
from aiomend.facts.quiet import RUNS
from aiomend.facts.scopes import How, called_name
from aiomend.facts.values import EMPTY, NONE, Container, Coroutine, Fixed, Function, Value, Values
from aiomend.facts.view import Module

CURRENT = "current"
_MAKES_FUTURES = frozenset({"create_future", "create_task", "ensure_future", "gather", "run_in_executor", "shield"})
_COLLECTIONS = (ast.List, ast.Set, ast.Tuple)


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """An expression of which a task has to be made."""

    node: ast.expr
    is_coroutine: bool  #: certainly; else it may be a future as well


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """One call. Either the ``items`` are written in it, or ``whole`` gives all of them."""

    call: ast.Call
    items: tuple[Item, ...]
    whole: ast.expr | None
    maker: str | None  #: the loop that makes tasks, "" for the running one, CURRENT; None where no loop is known
    is_immediate: bool  #: the call is waited for on the spot
    guessed: ast.expr | None = (
        None  #: an item of which only the name says that it is a coroutine, where no other is one
    )


def waitings(module: Module) -> Iterator[Waiting]:
    """Yield the calls of `asyncio.wait()` in a file that are given coroutines, in the order of the file."""
    for call in module.calls("asyncio.wait"):
        given = call.args[0] if call.args else next((one.value for one in call.keywords if one.arg == "fs"), None)
        if given is None or isinstance(given, ast.Starred):
            continue  # nothing that can be seen
        if any(_holds_coroutines(module, part) for part in _joined(given)):
            continue  # some of them are written here, and others are not
        maker, is_immediate = _maker(module, call)
        elements = _elements(given)
        seen = [one for one in elements if not isinstance(one, ast.Starred)]
        items = tuple(_items(module, seen))
        if len(seen) < len(elements):
            if any(item.is_coroutine for item in items) and not isinstance(given, ast.BinOp):
                yield Waiting(call, (), given, maker, is_immediate)  # what else there is may be anything
            continue
        if any(item.is_coroutine for item in items) and not _repeats(elements):
            yield Waiting(call, items, None, maker, is_immediate)
        elif items and not _repeats(elements) and all(names_only_coroutines(module, item.node) for item in items):
            yield Waiting(call, items, None, maker, is_immediate, items[0].node)
        elif not elements and _holds_coroutines(module, given) and not isinstance(given, ast.GeneratorExp):
            yield Waiting(call, (), given, maker, is_immediate)


def _elements(given: ast.expr) -> Sequence[ast.expr]:
    match given:
        case ast.List(elts=elements) | ast.Set(elts=elements) | ast.Tuple(elts=elements):
            return [inner for one in elements for inner in _unpacked(one)]
        case ast.ListComp(elt=element) | ast.SetComp(elt=element):
            return [element]
        case ast.Call(func=ast.Name(id="list" | "set" | "tuple" | "frozenset"), args=[inner], keywords=[]):
            return _elements(inner) if isinstance(inner, _COLLECTIONS) else []
        case ast.BinOp(left=left, op=ast.Add() | ast.BitOr(), right=right):
            return [*_elements(left), *_elements(right)]
        case _:
            return []


def _unpacked(element: ast.expr) -> Sequence[ast.expr]:
    """Return what stands for `*[fetch(), other()]` in a display; any other element, and any other star, as it is."""
    match element:
        case ast.Starred(value=inner):
            return _elements(inner) or [element]
        case _:
            return [element]


def _joined(given: ast.expr) -> Iterator[ast.expr]:
    """Yield the parts of `[fetch()] + others` that are built elsewhere."""
    for side in (given.left, given.right) if isinstance(given, ast.BinOp) else ():
        if isinstance(side, ast.BinOp):
            yield from _joined(side)
        elif not _elements(side):
            yield side


def _items(module: Module, elements: Sequence[ast.expr]) -> Iterator[Item]:
    """Yield what is to become a task: all that is not known to be one."""
    for element in elements:
        values = module.values(element) - NONE
        if module.inference.is_instance(values, "asyncio.Future") or called_name(element) in _MAKES_FUTURES:
            continue  # a future already
        yield Item(element, bool(values) and all(isinstance(one, Coroutine) for one in values))


def _repeats(elements: Sequence[ast.expr]) -> bool:
    """True where one coroutine is given twice: as a task it would be run twice."""
    plain = [one for one in elements if is_simple(one)]
    return any(same(one, other) for at, one in enumerate(plain) for other in plain[at + 1 :])


def _holds_coroutines(module: Module, given: ast.expr) -> bool:
    """True where a collection that is built elsewhere holds coroutines, and is not at some other time one of futures."""
    if _maps_to_coroutines(module, given):
        return True
    kinds = [_inside(value) for value in module.inference.values_from_callers(module.facts, given)]
    if not any(any(isinstance(one, Coroutine) for one in kind) for kind in kinds):
        return False
    if _is_parameter(module, given):
        return True  # some callers pass coroutines, others may pass futures
    return not any(
        kind and all(module.inference.is_instance(frozenset({one}), "asyncio.Future") for one in kind) for kind in kinds
    )


def _is_parameter(module: Module, given: ast.expr) -> bool:
    """True for a name that nothing but the function's callers bind."""
    found = module.facts.scope_at(given).find(given.id) if isinstance(given, ast.Name) else None
    return found is not None and all(one.how is How.PARAMETER for one in found[1])


def _maps_to_coroutines(module: Module, given: ast.expr) -> bool:
    """True for `map(fetch, names)`, as it is or in a list, where `fetch()` makes coroutines."""
    match given:
        case ast.Call(func=ast.Name(id="list" | "set" | "tuple" | "frozenset"), args=[inner], keywords=[]):
            return _maps_to_coroutines(module, inner)
        case ast.Call(func=ast.Name(id="map"), args=[function, _, *_]):
            values = module.values(function) - NONE
            return bool(values) and all(
                isinstance(one, Function) and module.inference.is_coroutine_function(one) for one in values
            )
        case _:
            return False


def _inside(value: Value) -> Values:
    match value:
        case Container(elements=elements):
            return elements
        case Fixed(items=items):
            return EMPTY.union(*items)
        case _:
            return EMPTY


def _maker(module: Module, call: ast.Call) -> tuple[str | None, bool]:
    """Return the loop that makes tasks where a call stands, and whether the call is waited for there."""
    parent = module.facts.parents[call]
    is_coroutine = module.colour_at(call) is not Colour.SYNC
    match parent:
        case ast.Await() | ast.YieldFrom():
            return ("", True) if is_coroutine else (None, True)
        case ast.Call(func=ast.Attribute(attr=method, value=loop), args=[first]) if first is call and method in RUNS:
            if isinstance(loop, ast.Call):
                is_current = module.name_of(loop.func) == "asyncio.get_event_loop"
                return (CURRENT, True) if is_current else (None, True)
            return (module.text(loop), True) if is_simple(loop) else (None, True)
        case _:
            return ("", False) if is_coroutine else (None, False)


def told_apart(module: Module, waiting: Waiting) -> ast.expr | None:
    """Return the test that looks for one of the coroutines in a set behind the call; None where none does."""
    function = module.facts.function_at(waiting.call)
    scope = module.tree if function is None else function
    names = {item.node.id for item in waiting.items if isinstance(item.node, ast.Name)} | _elements_of(waiting, scope)
    for node in own_nodes(scope):
        match node:
            case ast.Compare(left=ast.Name(id=name), ops=[ast.In() | ast.NotIn()]) if name in names:
                return node
            case ast.Compare(left=ast.Name(id=name), comparators=[ast.Name(id=other)]) if {name, other} & names:
                return node
            case _:
                pass  # looks for nothing
    return None


def _elements_of(waiting: Waiting, scope: ast.AST) -> set[str]:
    """Return what the elements of the whole collection are called where a loop goes through it."""
    if not isinstance(waiting.whole, ast.Name):
        return set()
    found = set()
    for node in own_nodes(scope):
        match node:
            case (
                ast.For(target=ast.Name(id=name), iter=ast.Name(id=source))
                | ast.comprehension(target=ast.Name(id=name), iter=ast.Name(id=source))
            ) if source == waiting.whole.id:
                found.add(name)
            case _:
                pass  # goes through something else
    return found
