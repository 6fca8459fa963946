"""Colours and spellings: what a rule asks of a place."""

from __future__ import annotations

import ast

import pytest

from aiomend.api import MemorySources
from aiomend.facts.inference import Inference
from aiomend.facts.module import Colour
from aiomend.facts.project import ProjectFacts
from aiomend.facts.threads import Threads
from aiomend.facts.view import Module
from aiomend.settings import Settings


def _module(text: str, path: str = "main.py") -> Module:
    project = ProjectFacts(MemorySources({path: text.encode()}))
    inference = Inference(project)
    facts = project.facts(path)
    assert facts is not None
    return Module(facts, inference, Threads(inference), Settings())


def _probe(module: Module) -> ast.Call:
    return next(c for c in module.facts.calls if isinstance(c.func, ast.Name) and c.func.id == "probe")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("probe()", id="module level"),
        pytest.param("def f(): probe()", id="a plain function"),
        pytest.param("async def f(): g = lambda: probe()", id="a lambda"),
        pytest.param("async def f():\n    def g(): probe()", id="a nested function"),
        pytest.param("async def f():\n    class A:\n        x = probe()", id="a class body"),
        pytest.param("async def f(): return sum(probe() for x in y)", id="a generator expression"),
        pytest.param("async def f(x=probe()): pass", id="a default of the coroutine itself"),
        pytest.param("@probe()\nasync def f(): pass", id="a decorator of the coroutine itself"),
        pytest.param("@coroutine\ndef f(): probe()", id="a decorator of unknown origin"),
        pytest.param(
            "import asyncio\n@asyncio.coroutine\ndef f(): return [probe() for x in y]",
            id="yield from never stands in a comprehension",
        ),
    ],
)
def test_nothing_to_suspend_with(text: str) -> None:
    module = _module(text)
    assert module.colour_at(_probe(module)) is Colour.SYNC


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        pytest.param("async def f(): probe()", Colour.AWAIT, id="a coroutine function"),
        pytest.param("async def f(): return [probe() for x in y]", Colour.AWAIT, id="a list comprehension"),
        pytest.param("async def f():\n    def g(x=probe()): pass", Colour.AWAIT, id="a default of a nested function"),
        pytest.param(
            "async def f():\n    @probe()\n    def g(): pass", Colour.AWAIT, id="a decorator of a nested function"
        ),
        pytest.param(
            "async def f(): return (x for x in probe())", Colour.AWAIT, id="the first iterable of a generator"
        ),
        pytest.param("async def f(): return f'{probe()}'", Colour.AWAIT, id="an f-string"),
        pytest.param(
            "from asyncio import coroutine as co\n@co\ndef f(): probe()", Colour.YIELD_FROM, id="a generator-based one"
        ),
        pytest.param("import types\n@types.coroutine\ndef f(): probe()", Colour.YIELD_FROM, id="types.coroutine"),
        pytest.param(
            "def f():\n    async def g():\n        class A: pass\n        probe()",
            Colour.AWAIT,
            id="after a nested class",
        ),
    ],
)
def test_the_colour_of_a_place(text: str, colour: Colour) -> None:
    module = _module(text)
    assert module.colour_at(_probe(module)) is colour


@pytest.mark.parametrize("path", ["tests/test_a.py", "pkg/test/x.py", "test_x.py", "x_test.py", "conftest.py"])
def test_test_files(path: str) -> None:
    assert _module("", path).is_test


@pytest.mark.parametrize("path", ["attestation.py", "latest/x.py", "pkg/testimony.py", "contest.py"])
def test_other_files(path: str) -> None:
    assert not _module("", path).is_test
