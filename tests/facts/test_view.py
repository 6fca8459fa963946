"""Colours and spellings: what a rule asks of a place."""

from __future__ import annotations

import ast

import pytest

from aiomend.api import MemorySources
from aiomend.facts.inference import Inference
from aiomend.facts.module import Colour
from aiomend.facts.project import ProjectFacts
from aiomend.facts.threads import Threads
from aiomend.facts.view import Module, Spelling
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


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        pytest.param("probe()", Spelling("asyncio.sleep", "asyncio"), id="nothing is imported"),
        pytest.param("import asyncio\nprobe()", Spelling("asyncio.sleep"), id="the module is"),
        pytest.param("import asyncio as aio\nprobe()", Spelling("aio.sleep"), id="under another name"),
        pytest.param("from asyncio import sleep as nap\nprobe()", Spelling("nap"), id="the function is"),
        pytest.param(
            "def f():\n    import asyncio\nprobe()", Spelling("asyncio.sleep", "asyncio"), id="in another scope only"
        ),
        pytest.param(
            "def f():\n    import asyncio as aio\n    def g():\n        probe()",
            Spelling("aio.sleep"),
            id="the function around has imported it",
        ),
        pytest.param(
            "def f():\n    probe()\n    import asyncio",
            Spelling("sleep", "asyncio", "sleep"),
            id="the function around imports it later",
        ),
        pytest.param(
            "def f(x):\n    if x:\n        import asyncio\n    probe()",
            Spelling("sleep", "asyncio", "sleep"),
            id="the function around imports it under a condition",
        ),
        pytest.param(
            "def f():\n    import asyncio\n    def g(asyncio):\n        probe()",
            Spelling("sleep", "asyncio", "sleep"),
            id="hidden from it",
        ),
        pytest.param(
            "import asyncio\ndef f(asyncio): probe()", Spelling("sleep", "asyncio", "sleep"), id="a parameter hides it"
        ),
        pytest.param(
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from asyncio import sleep\nprobe()",
            Spelling("asyncio.sleep", "asyncio"),
            id="for type checkers only",
        ),
        pytest.param("from asyncio import gather\nprobe()", Spelling("sleep", "asyncio", "sleep"), id="as others are"),
        pytest.param(
            "from asyncio import gather\ndef g(sleep): pass\ndef f(): sleep()\nprobe()",
            Spelling("asyncio.sleep", "asyncio"),
            id="the name may mean something else",
        ),
        pytest.param(
            "if x:\n    from asyncio import gather\nprobe()",
            Spelling("asyncio.sleep", "asyncio"),
            id="perhaps it is not run",
        ),
        pytest.param("from asyncio import *\nprobe()", Spelling("sleep"), id="with the star"),
        pytest.param("import asyncio.subprocess\nprobe()", Spelling("asyncio.sleep"), id="through a submodule"),
    ],
)
def test_spelling(text: str, spelling: Spelling) -> None:
    module = _module(text)
    assert module.spell("asyncio", "sleep", _probe(module)) == spelling


def test_a_module_that_is_imported_from_its_package_spells_what_it_has() -> None:
    module = _module("from unittest import mock as m\nprobe()")
    assert module.spell("unittest.mock", "MagicMock", _probe(module)) == Spelling("m.MagicMock")


@pytest.mark.parametrize("path", ["tests/test_a.py", "pkg/test/x.py", "test_x.py", "x_test.py", "conftest.py"])
def test_test_files(path: str) -> None:
    assert _module("", path).is_test


@pytest.mark.parametrize("path", ["attestation.py", "latest/x.py", "pkg/testimony.py", "contest.py"])
def test_other_files(path: str) -> None:
    assert not _module("", path).is_test
