"""What the `yield` and `yield from` of a plain generator say: it waits for coroutines, goes through others, or gives values."""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterator
from dataclasses import dataclass

from aiomend.facts.awaitable_classes import can_be_awaited
from aiomend.facts.values import (
    NONE,
    Container,
    Coroutine,
    Eventual,
    External,
    Fixed,
    Function,
    Instance,
    Plain,
    ProjectInstance,
)
from aiomend.facts.view import Module

_LITERALS = (ast.List, ast.Tuple, ast.Set, ast.Dict, ast.JoinedStr, ast.Constant, ast.ListComp, ast.SetComp,
             ast.DictComp, ast.GeneratorExp)  # fmt: skip
#: Classes of asyncio that `yield from` takes, and `await` in a `with`.
_ACQUIRED = ("asyncio.Lock", "asyncio.Condition", "asyncio.Semaphore", "asyncio.BoundedSemaphore")


class Kind(enum.Enum):
    """What one `yield` or `yield from` says."""

    WAITS = "it waits for a coroutine or a future"
    THROUGH = "it goes through another generator of the project"
    GIVES = "it gives values to whoever goes through it"
    UNFIT = "it waits for an object that nothing awaits: it has no `__await__()`"
    UNKNOWN = "nobody knows what it goes through"


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """One `yield` or `yield from`; ``target`` is the generator of the project that it goes through."""

    kind: Kind
    node: ast.Yield | ast.YieldFrom
    note: str
    target: Function | None = None


def said_by(module: Module, function: ast.FunctionDef) -> Iterator[Said]:
    """Yield what each `yield` and `yield from` of a function of ``module`` says."""
    for node in module.facts.yields(function):
        name = f"`{function.name}()`"
        match node:
            case ast.Yield() if _is_sent_on(node):
                yield Said(Kind.GIVES, node, f"{name} yields `{_short(module, node.value)}`")
            case ast.Yield() if _is_read(module, node):
                yield Said(Kind.GIVES, node, f"{name} is sent values")
            case ast.Yield():
                pass  # it only lets others run
            case ast.YieldFrom(value=value):
                if module.facts.scope_at(node) is not module.facts.scopes[function]:
                    yield Said(Kind.GIVES, node, f"{name} has a `yield from` in a comprehension")
                else:
                    yield from _through(module, node, value, name)


def gives_values(module: Module, function: ast.FunctionDef) -> bool:
    """True where the body of a function says by itself that it gives values, or is sent some; what is written first, then the rest."""
    own = (node for node in module.facts.yields(function) if isinstance(node, ast.Yield))
    return any(_is_sent_on(node) or _is_read(module, node) for node in own) or any(
        said.kind is Kind.GIVES for said in said_by(module, function)
    )


def _is_sent_on(node: ast.Yield) -> bool:
    """True for a `yield` of something else than None."""
    return not (node.value is None or (isinstance(node.value, ast.Constant) and node.value.value is None))


def _is_read(module: Module, node: ast.Yield) -> bool:
    """True where the function does something with what it is sent."""
    return not isinstance(module.facts.parents[node], ast.Expr)


def _through(module: Module, node: ast.YieldFrom, value: ast.expr, name: str) -> Iterator[Said]:
    text = _short(module, value)
    if isinstance(value, _LITERALS):
        yield Said(Kind.GIVES, node, f"{name} gives the items of `{text}`")
        return
    if isinstance(value, (ast.IfExp, ast.BoolOp)):
        for part in (value.body, value.orelse) if isinstance(value, ast.IfExp) else value.values:
            yield from _through(module, node, part, name)
        return
    targets = _generators(module, value)
    if targets:
        for target in targets:
            yield Said(Kind.THROUGH, node, f"{name} goes through `{text}`", target)
        return
    kind = _kind_of(module, value)
    more = ", which has no `__await__()`" if kind is Kind.UNFIT else ""
    yield Said(kind, node, f"{name} waits for `{text}`{more}", None)


def _generators(module: Module, value: ast.expr) -> list[Function]:
    """Return the undecorated generators of the project that an expression calls."""
    if not isinstance(value, ast.Call):
        return []
    return [
        one
        for one in module.values(value.func)
        if isinstance(one, Function)
        and isinstance(one.node, ast.FunctionDef)
        and one.facts.is_generator(one.node)
        and not module.inference.is_coroutine_function(one)
    ]


def _kind_of(module: Module, value: ast.expr) -> Kind:
    kinds = set()
    for one in module.values(value) - NONE:
        match one:
            case Coroutine() | Eventual():
                kinds.add(Kind.WAITS)
            case Instance(cls=cls):
                inherits = module.inference.is_instance(frozenset({one}), "asyncio.Future")
                kinds.add(Kind.WAITS if inherits or cls in _ACQUIRED else Kind.UNKNOWN)
            case ProjectInstance(cls=owner):
                can_be = can_be_awaited(module, owner)
                kinds.add(Kind.WAITS if can_be else Kind.UNKNOWN if can_be is None else Kind.UNFIT)
            case Container() | Fixed() | Plain.OTHER:
                kinds.add(Kind.GIVES)
            case External() | Function():
                kinds.add(Kind.GIVES)  # a class or a function that has items of its own
            case _:
                kinds.add(Kind.UNKNOWN)
    if len(kinds) == 1:
        return kinds.pop()
    return Kind.WAITS if Kind.WAITS in kinds and Kind.GIVES not in kinds else Kind.UNKNOWN


def called_method(node: ast.YieldFrom | ast.Yield) -> str | None:
    """Return the name of the method that a `yield from` calls; None where it calls none."""
    match node.value:
        case ast.Call(func=ast.Attribute(attr=name)):
            return name
        case _:
            return None


def is_plain_generator(module: Module, function: ast.AST) -> bool:
    """True for an undecorated generator, or one whose decorators make it no coroutine function."""
    return (
        isinstance(function, ast.FunctionDef)
        and module.facts.is_generator(function)
        and not module.is_generator_coroutine(function)
    )


def is_special(function: ast.FunctionDef) -> bool:
    """True for what the language calls by its name."""
    return function.name.startswith("__") and function.name.endswith("__")


def _short(module: Module, node: ast.expr | None) -> str:
    return module.phrase(node) if node is not None else ""
