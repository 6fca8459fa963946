"""What each `yield` and `yield from` of a plain generator says."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.generator_bodies import called_method, is_plain_generator, is_special, said_by
from aiomend.facts.view import Module

See = Callable[..., Module]
HEAD = """
import asyncio, threading
async def job(): pass
def gen(): yield
@asyncio.coroutine
def old(): yield
class Bare: pass
class Odd(x): pass
class Waits:
  def __await__(self): yield
def made() -> Z: pass
"""


def _said(see: See, body: str) -> list[tuple[str, str]]:
    module = see(f"{HEAD}def f(x):\n  {body}\n")
    function = next(one for one in module.facts.functions if one.name == "f")
    assert isinstance(function, ast.FunctionDef)
    return [(one.kind.name, one.note) for one in said_by(module, function)]


@pytest.mark.parametrize(
    ("body", "kind", "note"),
    [
        ("yield 1", "GIVES", "`f()` yields `1`"),
        ("yield x", "GIVES", "`f()` yields `x`"),
        ("y = yield", "GIVES", "`f()` is sent values"),
        ("y = yield None", "GIVES", "`f()` is sent values"),
        ("yield from [1]", "GIVES", "`f()` gives the items of `[1]`"),
        ("yield from (1, 2)", "GIVES", "`f()` gives the items of `(1, 2)`"),
        ("yield from 'ab'", "GIVES", "`f()` gives the items of `'ab'`"),
        ("yield from (y for y in x)", "GIVES", "`f()` gives the items of `(y for y in x)`"),
        ("[(yield from x) for y in z]", "GIVES", "`f()` has a `yield from` in a comprehension"),
        ("yield from sorted(x)", "GIVES", "`f()` waits for `sorted(x)`"),
        ("yield from len(x)", "GIVES", "`f()` waits for `len(x)`"),
        ("yield from Bare", "UNKNOWN", "`f()` waits for `Bare`"),
        ("yield from gen", "GIVES", "`f()` waits for `gen`"),
        ("yield from gen()", "THROUGH", "`f()` goes through `gen()`"),
        ("yield from old()", "WAITS", "`f()` waits for `old()`"),
        ("yield from job()", "WAITS", "`f()` waits for `job()`"),
        ("yield from asyncio.sleep(1)", "WAITS", "`f()` waits for `asyncio.sleep(1)`"),
        ("yield from asyncio.Future()", "WAITS", "`f()` waits for `asyncio.Future()`"),
        ("yield from asyncio.Lock()", "WAITS", "`f()` waits for `asyncio.Lock()`"),
        ("yield from asyncio.Queue()", "UNKNOWN", "`f()` waits for `asyncio.Queue()`"),
        ("yield from Waits()", "WAITS", "`f()` waits for `Waits()`"),
        ("yield from Bare()", "UNFIT", "`f()` waits for `Bare()`, which has no `__await__()`"),
        ("yield from Odd()", "UNKNOWN", "`f()` waits for `Odd()`"),
        ("yield from x", "UNKNOWN", "`f()` waits for `x`"),
        ("y = job() if x else z\n  yield from y", "WAITS", "`f()` waits for `y`"),
        ("y = job() if x else Bare()\n  yield from y", "WAITS", "`f()` waits for `y`"),
        ("y = job() if x else [1]\n  yield from y", "UNKNOWN", "`f()` waits for `y`"),
        ("y = job() if x else None\n  yield from y", "WAITS", "`f()` waits for `y`"),
    ],
)
def test_what_one_says(see: See, body: str, kind: str, note: str) -> None:
    assert _said(see, body) == [(kind, note)]


@pytest.mark.parametrize(
    ("body", "kinds"),
    [
        ("yield", []),
        ("yield None", []),
        ("return x", []),
        ("yield from job() if x else gen()", ["WAITS", "THROUGH"]),
        ("yield from job() or [1]", ["WAITS", "GIVES"]),
        ("yield from (gen if x else gen)()", ["THROUGH"]),
        ("yield\n  yield 1\n  yield from job()", ["GIVES", "WAITS"]),
    ],
)
def test_what_several_say(see: See, body: str, kinds: list[str]) -> None:
    assert [kind for kind, _ in _said(see, body)] == kinds


@pytest.mark.parametrize(
    ("text", "method"),
    [
        ("yield from x", None),
        ("yield from x()", None),
        ("yield from x.y", None),
        ("yield", None),
        ("yield from x.y()", "y"),
    ],
)
def test_the_method_that_is_called(text: str, method: str | None) -> None:
    node = next(one for one in ast.walk(ast.parse(text)) if isinstance(one, (ast.Yield, ast.YieldFrom)))
    assert called_method(node) == method


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("def f(): pass", False),
        ("async def f(): yield", False),
        ("@asyncio.coroutine\ndef f(): yield", False),
        ("def f(): yield", True),
        ("@x\ndef f(): yield", True),
    ],
)
def test_plain_generators(see: See, text: str, is_one: bool) -> None:
    module = see(f"import asyncio\n{text}")
    assert is_plain_generator(module, module.facts.functions[0]) is is_one


@pytest.mark.parametrize(("name", "special"), [("f", False), ("__f", False), ("f__", False), ("__iter__", True)])
def test_special_names(name: str, special: bool) -> None:
    (function,) = ast.parse(f"def {name}(): pass").body
    assert isinstance(function, ast.FunctionDef)
    assert is_special(function) is special
