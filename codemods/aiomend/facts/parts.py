"""What holds other values, taken apart: by position, by iterating, by unpacking; and what a use of it puts into it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import Scope
from aiomend.facts.values import (
    EMPTY,
    UNKNOWN,
    Container,
    External,
    Fixed,
    Instance,
    Pending,
    Plain,
    ProjectClass,
    Returns,
    Value,
    Values,
)

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference

_BARE = frozenset({"functools.partial", "typing.Callable", "collections.abc.Callable"})
#: Classes that a type argument makes no other: `asyncio.Future[int]()`.
_GENERIC = frozenset(
    {"asyncio.Future", "asyncio.Task", "asyncio.Queue", "asyncio.LifoQueue", "asyncio.PriorityQueue"}
    | {"concurrent.futures.Future", "queue.Queue", "queue.LifoQueue", "queue.PriorityQueue", "queue.SimpleQueue"}
)
_ADDS = frozenset({"append", "appendleft", "add", "put_nowait", "insert", "setdefault"})


def item(values: Values, index: ast.expr) -> Values:
    """Return what a subscript of ``values`` gives."""
    found: set[Value] = set()
    for value in values:
        match value, index:
            case Fixed(items=items), ast.Constant(value=int(position)) if position < len(items):
                found |= items[position]
            case ProjectClass(), _:
                found.add(value)  # a generic class, with its type argument
            case External(name=name), _ if name in _GENERIC:
                found.add(value)
            case Container(elements=elements), ast.Slice():
                found.add(Container(elements))
            case Container(elements=elements), _:
                found |= elements or UNKNOWN
            case Plain.NONE, _:
                pass  # it has no items: the other values decide
            case Pending(), _:
                found.add(value)
            case _:
                found |= UNKNOWN
    return frozenset(found)


def elements_of(values: Values) -> Values:
    """Return what iterating over ``values`` gives."""
    found: set[Value] = set()
    for value in values:
        match value:
            case Container(elements=elements):
                found |= elements
            case Fixed(items=items):
                found |= EMPTY.union(*items)
            case Plain.NONE:
                pass  # iterating over it raises: the other values decide
            case Pending():
                found.add(value)
            case _:
                found |= UNKNOWN
    return frozenset(found)


def unpack(values: Values, path: tuple[int, ...]) -> Values:
    """Return what an assignment to a pattern gives the name at ``path`` in it."""
    for position in path:
        values = item(values, ast.Constant(position))
    return values


def filled(values: Values, added: Values, *, is_told: bool) -> Values:
    """Return ``values``, containers with what is put into them; where it ``is_told`` what they hold, that tells all.

    Something that is not known cannot make it less certain then.
    """
    found: set[Value] = set()
    for value in values:
        if isinstance(value, Container):
            known = is_told and value.elements and Plain.UNKNOWN not in value.elements
            found.add(Container(value.elements | (added - UNKNOWN if known else added)))
        else:
            found.add(value)
    return frozenset(found)


def added_through(inference: Inference, facts: ModuleFacts, container: ast.expr) -> Values:
    """Return what the use of a container at one place puts into it: `.append(x)`, `[k] = x`, `.setdefault(k, x)`."""
    parent = facts.parents.get(container)
    around = facts.parents.get(parent) if parent is not None else None
    match parent, around:
        case ast.Attribute(attr=method), ast.Call(func=func, args=[*_, last]) if method in _ADDS and func is parent:
            return inference.values(facts, last)
        case ast.Subscript(value=value), ast.Assign(targets=targets, value=assigned) if (
            parent in targets and value is container
        ):
            return inference.values(facts, assigned)
        case ast.Attribute(attr="extend"), ast.Call(func=func, args=[more]) if func is parent:
            return elements_of(inference.values(facts, more))
        case ast.Attribute(attr="update"), ast.Call(func=func) if func is parent:
            return UNKNOWN  # whatever that other mapping holds
        case _:
            return EMPTY


def filled_names(facts: ModuleFacts) -> dict[tuple[Scope, str], list[ast.Name]]:
    """Return the places of a file where something may be put into a container by its name, by the scope and the name."""
    methods = (one.value for attr in (*_ADDS, "extend", "update") for one in facts.attributes.get(attr, ()))
    items = (one.value for one in facts.nodes(ast.Subscript) if isinstance(facts.parents[one], ast.Assign))
    found: dict[tuple[Scope, str], list[ast.Name]] = {}
    for node in (*methods, *items):
        if isinstance(node, ast.Name) and (home := facts.scope_at(node).find(node.id)) is not None:
            found.setdefault((home[0], node.id), []).append(node)
    return found


def is_some_callable(value: Value) -> bool:
    """True for a callable of which an annotation says no more: `Callable`, `Callable[..., Any]`."""
    match value:
        case Instance(cls=name):
            return name in _BARE
        case Returns(result=result):
            return Plain.UNKNOWN in result
        case _:
            return False


def display_in(node: ast.expr) -> ast.expr | None:
    """Return the list or tuple that an expression is or, as `future or []`, may be."""
    match node:
        case ast.List() | ast.Tuple():
            return node
        case ast.BoolOp(values=parts):
            return next(filter(None, map(display_in, parts)), None)
        case ast.IfExp(body=first, orelse=second):
            return display_in(first) or display_in(second)
        case _:
            return None
