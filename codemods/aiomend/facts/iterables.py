"""What is plainly gone through by `yield from`, element by element, by how it is written or bound: nothing can await it."""

from __future__ import annotations

import ast

from aiomend.facts.scopes import Binding, How
from aiomend.facts.view import Module

_MAKES = frozenset({"asyncio.as_completed", "enumerate", "filter", "iter", "map", "range", "reversed", "zip"})
_BUILTIN = frozenset({"bytearray", "bytes", "dict", "frozenset", "list", "range", "set", "str", "tuple"})
_TYPING = frozenset(
    {"DefaultDict", "Deque", "Dict", "FrozenSet", "List", "Mapping", "MutableMapping", "MutableSequence"}
    | {"MutableSet", "OrderedDict", "Sequence", "Set", "Text", "Tuple"}
)


def is_iterable(module: Module, node: ast.expr) -> bool:
    """True for `map(…)`, `itertools.…(…)`, `*args`, what is annotated as a collection, and the sets of `asyncio.wait()`."""
    match node:
        case ast.Call(func=func):
            name = module.name_of(func) or ""
            return name in _MAKES or name.startswith("itertools.")
        case ast.Name(id=name):
            home = module.facts.scope_at(node).find(name)
            return home is not None and bool(home[1]) and all(_binds_iterable(module, one) for one in home[1])
        case _:
            return False


def _binds_iterable(module: Module, binding: Binding) -> bool:
    match binding.how, binding.value:
        case ((How.PARAMETER | How.ANNOTATION), _) if binding.annotation is not None:
            return _is_collection(module, binding.annotation)
        case How.ASSIGN, (ast.Await(value=ast.Call(func=func)) | ast.YieldFrom(value=ast.Call(func=func))):
            return bool(binding.path) and module.name_of(func) == "asyncio.wait"
        case How.ASSIGN, ast.Call() as made:
            return not binding.path and is_iterable(module, made)
        case How.OTHER, _ if isinstance(binding.node, ast.arg):
            return _is_star(module, binding.node)
        case _:
            return False


def _is_star(module: Module, parameter: ast.arg) -> bool:
    match module.facts.parents[parameter]:
        case ast.arguments(vararg=several, kwarg=named):
            return parameter is several or parameter is named
        case _:
            return False


def _is_collection(module: Module, annotation: ast.expr) -> bool:
    whole = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    name = module.name_of(whole) or ""
    home, _, last = name.rpartition(".")
    return name in _BUILTIN or (home in ("typing", "collections.abc") and last in _TYPING)
