"""What a collection holds, where one use of it takes something out: a name that a loop binds, an item, all at once."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import Binding, How

#: Methods that put what they are given into a collection.
_ADDS = frozenset({"add", "append", "appendleft", "insert", "setdefault"})
_ADDS_ALL = frozenset({"extend", "extendleft", "update"})
_TAKES_OUT = frozenset({"pop", "popleft"})
_EMPTIES = frozenset({"clear", *_TAKES_OUT})
#: What these give holds what they were given.
_COPIES = frozenset({"dict", "enumerate", "iter", "list", "reversed", "set", "sorted", "tuple", "zip"})

Place = ast.Name | ast.Attribute


def holder(call: ast.Call, given: ast.expr, *, is_all: bool = False) -> Place | None:
    """Return the collection that a call puts an argument into, or all that is in the argument; None where it does not."""
    match call.func:
        case ast.Attribute(value=ast.Name() | ast.Attribute() as place, attr=attr) if given in call.args:
            return place if attr in (_ADDS_ALL if is_all else _ADDS) else None
        case _:
            return None


def copies(node: ast.AST, given: ast.expr) -> bool:
    """True for `list(x)` and its like."""
    match node:
        case ast.Call(func=ast.Name(id=name), args=args):
            return name in _COPIES and given in args
        case _:
            return False


def loops_over(facts: ModuleFacts, use: ast.expr) -> Iterator[tuple[ast.AST, ast.Name]]:
    """Yield the loops and comprehensions that go through a collection at one use of it, with the names they bind."""
    parent = facts.parents[use]
    match parent:
        case ast.For(target=target, iter=iterable) | ast.comprehension(target=target, iter=iterable) if iterable is use:
            for one in ast.walk(target):
                if isinstance(one, ast.Name):
                    yield parent, one
        case ast.Subscript(value=value, slice=ast.Slice()) if value is use:
            yield from loops_over(facts, parent)
        case ast.Attribute(attr="items" | "values" | "copy") as method:
            call = facts.parents[method]
            if isinstance(call, ast.Call) and call.func is method:
                yield from loops_over(facts, call)
        case ast.Call() if copies(parent, use):
            yield from loops_over(facts, parent)
        case _:
            pass  # nothing goes through it


def items_of(facts: ModuleFacts, use: ast.expr) -> Iterator[tuple[ast.expr, bool]]:
    """Yield the items that are taken from a collection at one use of it; True for those that stay in it."""
    parent = facts.parents[use]
    match parent:
        case ast.Subscript(value=value, ctx=ast.Load()) if value is use and not isinstance(parent.slice, ast.Slice):
            yield parent, True
        case ast.Attribute(attr=attr) as method if attr in _TAKES_OUT or attr in ("get", "setdefault"):
            call = facts.parents[method]
            if isinstance(call, ast.Call) and call.func is method:
                yield call, attr not in _TAKES_OUT
        case _:
            pass  # something else is done with it


def is_emptied(facts: ModuleFacts, use: ast.expr) -> bool:
    """True where one use of a collection leaves nothing of what was in it, or less; an attribute may get another one."""
    if not isinstance(getattr(use, "ctx", None), ast.Load):
        return isinstance(use, ast.Attribute)
    match facts.parents[use]:
        case ast.Attribute(attr=attr):
            return attr in _EMPTIES
        case ast.Subscript(ctx=ast.Del()):
            return True
        case _:
            return False


def is_made_by_kept(facts: ModuleFacts, node: ast.expr) -> bool:
    """True for what calling a function gives that was taken from a table, a list or an attribute, and for its name."""
    match node:
        case ast.Call(func=func):
            return _is_kept(facts, func)
        case ast.Name():
            bound = _bindings(facts, node)
            return bool(bound) and all(
                one.how is How.ASSIGN
                and not one.path
                and one.value is not None
                and isinstance(one.value, ast.Call)
                and _is_kept(facts, one.value.func)
                for one in bound
            )
        case _:
            return False


def is_bound_once(facts: ModuleFacts, node: ast.expr) -> bool:
    """True where no name that the function came by is bound to anything else at another place."""
    match node:
        case ast.Call(func=func):
            return is_bound_once(facts, func)
        case ast.Name():
            bound = _bindings(facts, node)
            value = bound[0].value if len(bound) == 1 else None
            return len(bound) == 1 and (not isinstance(value, ast.Call) or is_bound_once(facts, value))
        case _:
            return True


def _is_kept(facts: ModuleFacts, func: ast.expr) -> bool:
    match func:
        case ast.Subscript():
            return True
        case ast.Call(func=ast.Attribute(attr=attr)):
            return attr in _TAKES_OUT or attr == "get"
        case ast.Name():
            bound = _bindings(facts, func)
            return bool(bound) and all(_takes(facts, one) for one in bound)
        case ast.Attribute(attr="copy" | "items" | "keys" | "values"):
            return False  # a table's own method
        case ast.Attribute(attr=attr):
            return any(_keeps_parameter(facts, one) for one in facts.attributes.get(attr, ()))
        case _:
            return False


def _takes(facts: ModuleFacts, binding: Binding) -> bool:
    """True for a name that a loop binds, or that an item is assigned to."""
    if binding.how is How.ITERATION or (binding.how is How.ASSIGN and binding.path):
        return True
    is_item = isinstance(binding.value, (ast.Subscript, ast.Call)) and binding.how is How.ASSIGN
    return is_item and binding.value is not None and _is_kept(facts, binding.value)


def _keeps_parameter(facts: ModuleFacts, attribute: ast.Attribute) -> bool:
    match facts.parents[attribute]:
        case ast.Assign(targets=[target], value=ast.Name() as value) if target is attribute:
            return any(one.how is How.PARAMETER for one in _bindings(facts, value))
        case _:
            return False


def _bindings(facts: ModuleFacts, name: ast.Name) -> list[Binding]:
    found = facts.scope_at(name).find(name.id)
    return list(found[1]) if found is not None else []
