"""What an annotation promises of a parameter, form by form."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.values import (
    Container,
    Context,
    Coroutine,
    Eventual,
    External,
    Fixed,
    Instance,
    Plain,
    ProjectClass,
    ProjectInstance,
    Returns,
    Value,
    Values,
)
from aiomend.facts.view import Module

See = Callable[..., Module]
Marked = Callable[[Module], ast.Call]
HEAD = """\
from __future__ import annotations
import asyncio, collections, contextlib, contextvars, typing, other
from collections.abc import AsyncIterator, Awaitable, Coroutine, Generator, Mapping
from typing import Any, Callable, Optional, Self, Tuple, TypeVar, Union
from other import Far, FarClass
class A: pass
class B: pass
Alias = Optional[A]
Either = A | B
Plainly = A
T = TypeVar("T", bound=A)
S = TypeVar("S", A, B)
U = TypeVar("U")
Twice = A
Twice = B
Circle = list[Circle]
"""
OTHER = "class FarClass: pass\nFar = list[FarClass]\nUnknown, = (1,)\n"


def _written(values: Values) -> str:
    return " | ".join(sorted(map(_one, values)))


def _one(value: Value) -> str:
    match value:
        case ProjectInstance(cls=cls):
            return cls.node.name
        case ProjectClass(node=node):
            return f"class {node.name}"
        case Instance(cls=name, holds=holds):
            return f"{name}[{_written(holds)}]" if holds else name
        case External(name=name):
            return f"outside {name}"
        case Container(elements=inner):
            return f"many({_written(inner)})"
        case Fixed(items=items):
            return f"fixed({', '.join(map(_written, items))})"
        case Coroutine(result=inner):
            return f"coroutine({_written(inner)})"
        case Eventual(result=inner):
            return f"eventual({_written(inner)})"
        case Context(result=inner):
            return f"context({_written(inner)})"
        case Returns(result=inner):
            return f"returns({_written(inner)})"
        case Plain():
            return value.name
        case _:
            return type(value).__name__


@pytest.mark.parametrize(
    ("annotation", "promised"),
    [
        ("A", "A"),
        ("'A'", "A"),
        ("' A '", "A"),
        ("'not a type'", "UNKNOWN"),
        ("None", "NONE"),
        ("A | None", "A | NONE"),
        ("A | B", "A | B"),
        ("Optional[A]", "A | NONE"),
        ("Union[A, B]", "A | B"),
        ("Union[A, None]", "A | NONE"),
        ("typing.Final[A]", "A"),
        ("typing.ClassVar[A]", "A"),
        ("typing.Annotated[A, 1]", "A"),
        ("type[A]", "class A"),
        ("typing.Type[A]", "class A"),
        ("type[nobody]", "UNKNOWN"),
        ("type[int]", "outside int"),
        ("list[A]", "many(A)"),
        ("set[A]", "many(A)"),
        ("collections.deque[A]", "many(A)"),
        ("AsyncIterator[A]", "many(A)"),
        ("Generator[A, None, B]", "many(A)"),
        ("dict[A, B]", "many(B)"),
        ("Mapping[A, B]", "many(B)"),
        ("contextvars.ContextVar[A]", "many(A)"),
        ("tuple[A, B]", "fixed(A, B)"),
        ("Tuple[A, ...]", "many(A)"),
        ("tuple[()]", "OTHER"),
        ("Coroutine[Any, Any, A]", "coroutine(A)"),
        ("Awaitable[A]", "eventual(A)"),
        ("typing.Coroutine", "coroutine(UNKNOWN)"),
        ("typing.Awaitable", "eventual(UNKNOWN)"),
        ("typing.AsyncContextManager[A]", "context(A)"),
        ("contextlib.AbstractAsyncContextManager[A]", "context(A)"),
        ("asyncio.Future[A]", "asyncio.Future[A]"),
        ("asyncio.Queue[nobody]", "asyncio.Queue"),
        ("asyncio.Future", "asyncio.Future"),
        ("asyncio.Event", "asyncio.Event"),
        ("Callable[[A], B]", "returns(B)"),
        ("Callable[..., Awaitable[A]]", "returns(eventual(A))"),
        ("Callable[[T], T]", "SAME"),
        ("Callable[[A], A]", "returns(A)"),
        ("Callable[[Callable[..., U]], Callable[..., U]]", "SAME"),
        ("Callable[[Callable[..., A]], Callable[..., A]]", "returns(returns(A))"),
        ("int", "OTHER"),
        ("str | bytes", "OTHER"),
        ("Any", "UNKNOWN"),
        ("nobody", "UNKNOWN"),
        ("nobody[A]", "UNKNOWN"),
        ("f()", "UNKNOWN"),
        ("Alias", "A | NONE"),
        ("Either", "A | B"),
        ("Plainly", "A"),
        ("Alias[B]", "A | NONE"),
        ("T", "A"),
        ("S", "A | B"),
        ("U", "UNKNOWN"),
        ("Circle", "many(UNKNOWN)"),
        ("Far", "many(FarClass)"),
        ("FarClass", "FarClass"),
        ("other.Far", "many(FarClass)"),
        ("other.FarClass", "FarClass"),
        ("other.Unknown", "UNKNOWN"),
        ("other.missing", "UNKNOWN"),
        ("missing.missing", "UNKNOWN"),
    ],
)
def test_what_an_annotation_promises(see: See, marked: Marked, annotation: str, promised: str) -> None:
    module = see(f"{HEAD}def f(x: {annotation}): mark(x)\n", other=OTHER)
    assert _written(module.values(marked(module).args[0])) == promised


def test_self_is_an_instance_of_the_class_around(see: See, marked: Marked) -> None:
    module = see(f"{HEAD}class C:\n    def f(self, x: Self): mark(x)\n", other=OTHER)
    assert _written(module.values(marked(module).args[0])) == "C"
    module = see(f"{HEAD}class C:\n    def f(self, x: typing.Self): mark(x)\n", other=OTHER)
    assert _written(module.values(marked(module).args[0])) == "C"
    module = see(f"{HEAD}def f(x: Self): mark(x)\n", other=OTHER)
    assert _written(module.values(marked(module).args[0])) == "UNKNOWN"
