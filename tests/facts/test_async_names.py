"""Where a file uses `async` or `await` as an ordinary name."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.async_names import async_names, imports_async, is_asyncio
from aiomend.facts.view import Module

See = Callable[..., Module]


@pytest.mark.parametrize("text", ["x = 1", "async def f(): await x", "x = 'async'  # async", "asyncio = 1"])
def test_no_name(see: See, text: str) -> None:
    assert list(async_names(see(text))) == []


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("x.async", "an attribute"),
        ("async = 1", "a variable"),
        ("print(await)", "a variable"),
        ("def f(async): pass", "a parameter"),
        ("f(async=True)", "a keyword argument"),
        ("def async(): pass", "a function"),
        ("class await: pass", "a class"),
        ("from x import async", "an imported name"),
        ("from x import y as async", "a variable"),
        ("import async", "an imported name"),
        ("import x.async.y", "an imported name"),
        ("from async import x", "a module"),
        ("from x.async import y", "a module"),
        ("def f(): global async", "a variable"),
        ("try: pass\nexcept E as async: pass", "a variable"),
        ("async.await", "an attribute, a variable"),
        ("x.async; y.await", "an attribute, an attribute"),
    ],
)
def test_what_it_names(see: See, text: str, kinds: str) -> None:
    found = list(async_names(see(text)))
    assert ", ".join(one.kind for one in found) == kinds
    assert all(one.word in text for one in found)


def test_they_come_in_the_order_of_the_file(see: See) -> None:
    found = list(async_names(see("def f(x, async):\n  y.await\nz.async")))
    assert [(one.line, one.word) for one in found] == [(1, "async"), (2, "await"), (3, "async")]
    assert isinstance(found[0].place, ast.FunctionDef)
    assert isinstance(found[1].place, ast.Attribute)


@pytest.mark.parametrize(
    ("text", "is_it"),
    [
        ("import asyncio\nmark(asyncio)", True),
        ("import asyncio.tasks\nmark(asyncio.tasks)", True),
        ("import asyncio\nmark(asyncio.Queue)", False),
        ("mark(asyncio)", False),
        ("import trollius as asyncio\nmark(asyncio)", False),
        ("try: import asyncio\nexcept ImportError: import trollius\nmark(asyncio)", True),
    ],
)
def test_whether_it_is_asyncio(see: See, marked: Callable[[Module], ast.Call], text: str, is_it: bool) -> None:
    module = see(text)
    assert is_asyncio(module, marked(module).args[0]) is is_it


@pytest.mark.parametrize(
    ("text", "imports"),
    [
        ("from asyncio import async", True),
        ("from asyncio import sleep, async as go", True),
        ("from asyncio.tasks import async", True),
        ("from asyncio import sleep\nasync = 1", False),
        ("from x import async", False),
        ("from .asyncio import async", False),
    ],
)
def test_whether_it_is_imported_from_there(see: See, text: str, imports: bool) -> None:
    module = see(text)
    statement = module.tree.body[0]
    assert isinstance(statement, ast.ImportFrom)
    assert imports_async(module, statement) is imports
