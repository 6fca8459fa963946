"""Where code on asyncio asks for generators alone."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace

import pytest

from aiomend.facts.generator_tests import asked_for_either, asked_for_generators, generator_test
from aiomend.facts.view import Module
from aiomend.settings import Settings, TargetRange

See = Callable[..., Module]
HEAD = "import asyncio, inspect, types, typing, collections.abc\n"


@pytest.mark.parametrize(
    "text",
    [
        "x = 1",
        "x.isgenerator(y)",
        "def isgenerator(x): pass\nisgenerator(y)",
        "isgenerator = 1",
        "x.__name__ == 'other'",
        "x.__name__",
        "print(x.__name__, 'generator')",
        "type(x)",
        "x.type(y for y in z)",
        "type(x, (y for y in z))",
        "x._is_coroutine = 1",
        "class A:\n  def co_flags(self): return self.x.co_flags",
        "getattr(x, 'other')",
        "getattr(x, gi_frame)",
        "def f(x: typing.Generator): pass",
        "x = typing.Generator",
        "x = (typing.Generator, 1)",
        "f(typing.Generator)",
        "def f(x):\n  if inspect.isgenerator(x): pass\n  if inspect.iscoroutine(x): pass",
        "def f(x): return inspect.isgenerator(x) or inspect.isawaitable(x)",
        "isinstance(x, (types.GeneratorType, types.CoroutineType))",
        "x.co_flags & (inspect.CO_GENERATOR | inspect.CO_COROUTINE)",
    ],
)
def test_nobody_asks(see: See, text: str) -> None:
    assert generator_test(see(HEAD + text)) is None


@pytest.mark.parametrize(
    "text",
    [
        "inspect.isgenerator(x)",
        "from inspect import isgenerator\nisgenerator(x)",
        "from inspect import isgenerator as ask\nask(x)",
        "filter(inspect.isgeneratorfunction, x)",
        "isinstance(x, types.GeneratorType)",
        "x.co_flags",
        "x & inspect.CO_GENERATOR",
        "isinstance(x, collections.abc.Generator)",
        "issubclass(x, typing.Generator)",
        "isinstance(x, (int, typing.Generator))",
        "x._is_coroutine",
        "x.gi_frame",
        "getattr(x, 'gi_frame', None)",
        "x.__name__ == 'generator'",
        "type(x).__name__ in ('generator', 'list')",
        "type(y for y in z)",
        "def f(x):\n  inspect.isgenerator(x)\ndef g(x): inspect.iscoroutine(x)",
    ],
)
def test_somebody_asks(see: See, text: str) -> None:
    found = generator_test(see(HEAD + text))
    assert found is not None
    assert found.startswith("main.py:")
    assert generator_test(see("x = 1", other=HEAD + text)) == found.replace("main", "other")


def test_generators_of_files_without_asyncio_are_no_coroutines(see: See) -> None:
    assert generator_test(see("import inspect\ninspect.isgenerator(x)")) is None


@pytest.mark.parametrize(
    ("body", "test"),
    [
        ("yield from x", None),
        ("if x: yield from x", None),
        ("if hasattr(x, 'send'): yield from x", None),
        ("if hasattr(y, '__next__'): yield from x", None),
        ("if hasattr(x, '__next__'): pass\n  else: yield from x", None),
        ("if hasattr(x, '__next__') or asyncio.iscoroutine(x): yield from x", None),
        ("if hasattr(x, '__next__'): yield from x()", None),
        ("if hasattr(x, '__next__'): yield from x", "hasattr(x, '__next__')"),
        ("if y and hasattr(x, '__next__'):\n    with y: yield from x", "hasattr(x, '__next__')"),
        ("if inspect.isgenerator(x): yield from x", "inspect.isgenerator(x)"),
        ("if isinstance(x, types.GeneratorType): yield from x", "isinstance(x, types.GeneratorType)"),
        ("if isinstance(x, typing.Generator): yield from x", "isinstance(x, typing.Generator)"),
    ],
)
def test_what_lets_only_generators_through(see: See, body: str, test: str | None) -> None:
    module = see(f"{HEAD}def f(x):\n  {body}")
    (node,) = [one for one in ast.walk(module.tree) if isinstance(one, ast.YieldFrom)]
    assert asked_for_generators(module, node) == test


@pytest.mark.parametrize(
    ("body", "target", "is_asked"),
    [
        pytest.param("if asyncio.iscoroutine(x): yield from x", "3.8-3.11", True, id="asked"),
        pytest.param("if asyncio.iscoroutine(x) or y: yield from x", "3.8-3.11", True, id="asked with something else"),
        pytest.param("if not asyncio.iscoroutine(x): return x\n  yield from x", "3.8-3.13", True, id="asked before"),
        pytest.param("if asyncio.iscoroutine(x.y): yield from x.y", "3.8-3.11", True, id="of an attribute"),
        pytest.param("if asyncio.iscoroutine(x): yield from x", "3.12-3.13", False, id="no generator is one any more"),
        pytest.param("if asyncio.iscoroutine(y): yield from x", "3.8-3.11", False, id="something else is asked for"),
        pytest.param("if inspect.iscoroutine(x): yield from x", "3.8-3.11", False, id="another function"),
        pytest.param("if inspect.isawaitable(x): yield from x", "3.8-3.11", False, id="what can be awaited"),
        pytest.param("if asyncio.iscoroutinefunction(x): yield from x", "3.8-3.11", False, id="a function"),
        pytest.param("def g(): asyncio.iscoroutine(x)\n  yield from x", "3.8-3.11", False, id="in another function"),
        pytest.param("yield from x", "3.8-3.11", False, id="not asked"),
    ],
)  # fmt: skip
def test_it_is_asked_whether_something_is_a_coroutine_which_held_of_generators(
    see: See, body: str, target: str, is_asked: bool
) -> None:
    module = see(f"{HEAD}def f(x, y):\n  {body}")
    module.settings = replace(Settings(), target=TargetRange.parse(target))
    (node,) = module.facts.nodes(ast.YieldFrom)
    assert (asked_for_either(module, node) is not None) is is_asked
