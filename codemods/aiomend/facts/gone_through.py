"""What `yield from` goes through, and nothing awaits: lists, texts, iterators; by what they are and by how they are written."""

from __future__ import annotations

import ast
import sys

from aiomend.facts.awaitable_classes import is_waited_for
from aiomend.facts.scopes import COMPREHENSIONS, Binding, How
from aiomend.facts.values import NONE, Container, Fixed, Instance, Plain, Value
from aiomend.facts.view import Module

_DISPLAYS = (ast.List, ast.Tuple, ast.Set, ast.Dict, ast.JoinedStr, *COMPREHENSIONS)
_MAKERS = frozenset({"asyncio.as_completed", "dict.fromkeys", "filter", "map", "range", "str", "bytes", "bytearray"})
_ITERATORS = "itertools."  #: all that is in there gives one
_KINDS = frozenset({"bytearray", "bytes", "dict", "frozenset", "list", "range", "set", "str", "tuple"})
_TYPING = frozenset({"Collection", "Dict", "FrozenSet", "Iterable", "List", "Mapping", "Sequence", "Set", "Tuple"})
_HOMES = ("typing.", "collections.abc.")
_VIEWS = frozenset({"items", "keys", "values"})
#: Where the standard library has what can be awaited, and mocks.
_OTHER_HOMES = frozenset({"asyncio", "concurrent", "types", "typing", "unittest"})


def is_collection(value: Value) -> bool:
    """True for a list or the like, and for the generator of a lambda."""
    return isinstance(value, (Container, Fixed))


def is_iterated(module: Module, value: Value) -> bool:
    """True for what certainly has elements to go through and cannot be awaited: a list, a text, an iterator of the standard library."""
    return value is not Plain.OTHER and _has_elements(module, value)


def is_gone_through(module: Module, node: ast.expr) -> bool:
    """True for what is surely no awaitable, and for `future or []`, a part of which is none."""
    if isinstance(node, (ast.BinOp, ast.UnaryOp)):
        return False  # its class may say what the operator gives
    values = module.values(node) - NONE
    return bool(values and all(_has_elements(module, value) for value in values)) or _is_part(module, node)


def _has_elements(module: Module, value: Value) -> bool:
    match value:
        case Instance(cls=name):
            root = name.partition(".")[0]
            is_plain = root in sys.stdlib_module_names and root not in _OTHER_HOMES
            return is_plain and is_waited_for(module, value) is False
        case _:
            return is_collection(value) or value is Plain.OTHER


def _is_part(module: Module, node: ast.expr) -> bool:
    match node:
        case ast.BoolOp(values=parts):
            return any(_is_part(module, part) for part in parts)
        case ast.IfExp(body=first, orelse=second):
            return _is_part(module, first) or _is_part(module, second)
        case _:
            return _is_written(module, node) or (isinstance(node, ast.Name) and _is_named(module, node))


def _is_written(module: Module, node: ast.expr) -> bool:
    """True for a display, a text, and a call that makes an iterator or the view of a dict."""
    match node:
        case ast.Constant(value=str() | bytes()):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Name() as owner, attr=name)) if name in _VIEWS:
            return _is_named(module, owner)
        case ast.Call(func=func):
            name = module.name_of(func) or ""
            return name in _MAKERS or name.startswith(_ITERATORS)
        case _:
            return isinstance(node, _DISPLAYS)


def _is_named(module: Module, node: ast.Name) -> bool:
    """True for a name that gets nothing but such things: `*waiters`, a parameter with that annotation, a variable."""
    found = module.facts.scope_at(node).find(node.id)
    return found is not None and all(_is_bound(module, one) for one in found[1])


def _is_bound(module: Module, binding: Binding) -> bool:
    match binding:
        case Binding(how=How.PARAMETER, annotation=ast.expr() as annotation):
            return _is_kind(module, annotation)
        case Binding(how=How.OTHER, node=ast.arg() | ast.Assign(), path=()):
            return True  # `*rest`, and what a star takes of an assignment
        case Binding(how=How.ASSIGN, value=ast.expr() as value, path=()):
            return _is_written(module, value)
        case Binding(how=How.ASSIGN, value=ast.YieldFrom(value=ast.Call(func=func)), path=(_,)):
            return module.name_of(func) == "asyncio.wait"  # the sets that it gives
        case _:
            return False


def _is_kind(module: Module, annotation: ast.expr) -> bool:
    """True for `list`, `List[int]`, `"dict"`, `Optional[tuple]`."""
    match annotation:
        case ast.Constant(value=str(text)):
            return text.partition("[")[0].strip() in _KINDS
        case ast.Subscript(value=ast.expr() as value, slice=ast.expr() as inner):
            return _is_kind(module, inner if module.name_of(value) == "typing.Optional" else value)
        case _:
            name = module.name_of(annotation) or ""
            return name in _KINDS or (name.startswith(_HOMES) and name.rpartition(".")[2] in _TYPING)
