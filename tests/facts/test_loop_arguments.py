"""Calls that hand a loop to what takes none since Python 3.10."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.loop_arguments import Taker, loop_arguments, takes_no_loop
from aiomend.facts.view import Module

See = Callable[..., Module]


def _found(see: See, text: str) -> list[tuple[str, Taker, str | None]]:
    module = see(f"import asyncio, functools\n{textwrap.dedent(text)}\n")
    return [
        (one.name, one.taker, ast.unparse(one.value) if one.value is not None else None)
        for one in loop_arguments(module)
    ]


@pytest.mark.parametrize(
    ("name", "takes_none"),
    [
        ("asyncio.sleep", True),
        ("asyncio.Queue", True),
        ("asyncio.gather", True),
        ("asyncio.ensure_future", False),
        ("asyncio.Future", False),
        ("asyncio.run_coroutine_threadsafe", False),
        ("asyncio.run", False),
        ("x.y", False),
    ],
)
def test_what_takes_none(name: str, takes_none: bool) -> None:
    assert takes_no_loop(name) is takes_none


@pytest.mark.parametrize(
    "text",
    [
        "asyncio.sleep(1)",
        "asyncio.sleep(1, loop)",
        "asyncio.ensure_future(x, loop=loop)",
        "x.sleep(1, loop=loop)",
        "def f(loop): pass\nf(loop=loop)",
        "asyncio.sleep(1, **x)",
        "asyncio.sleep(1, **{'a': 1})",
        "asyncio.sleep(1, **dict(a=1))",
        "x['loop'] = loop\nasyncio.sleep(1, **y)",
        "x['a'] = loop\nasyncio.sleep(1, **x)",
        "x = {'a': loop}\nasyncio.sleep(1, **x)",
        "x.setdefault('a', loop)\nasyncio.sleep(1, **x)",
        "def g(): x['loop'] = loop\ndef f(): asyncio.sleep(1, **x)",
        "def f(**x): asyncio.sleep(1, **x)",
        "def f(**x): asyncio.sleep(1, **x)\nf(a=1)",
        "def f(loop, **x): asyncio.sleep(1, **x)\nf(loop=loop)",
        "def f(*, loop, **x): asyncio.sleep(1, **x)\nf(loop=loop)",
        "def f(**x): asyncio.sleep(1, **y)\nf(loop=loop)",
        "def f(x): asyncio.sleep(1, **x)\nf(loop=loop)",
        "asyncio.create_subprocess_shell(a, b, c, d)",
        "asyncio.create_subprocess_shell(a, b, c, *d, e)",
        "asyncio.create_subprocess_exec(a, b, c, d, e)",
        "class A(asyncio.Queue):\n  def __init__(self): pass\nA(loop=loop)",
        "class A(asyncio.Queue):\n  def __new__(cls): pass\nA(loop=loop)",
        "class A(asyncio.Queue, x): pass\nA(loop=loop)",
        "class A(asyncio.Queue, asyncio.Lock): pass\nA(loop=loop)",
        "class A: pass\nA(loop=loop)",
        "functools.partial(x, loop=loop)",
        "functools.partial(loop=loop)",
        "class A(asyncio.Queue):\n  def f(self): asyncio.Lock.__init__(self, loop=loop)",
        "asyncio.Queue.__init__(x, loop=loop)",
    ],
)
def test_no_loop_is_handed_over(see: See, text: str) -> None:
    assert _found(see, text) == []


@pytest.mark.parametrize(
    ("text", "name", "taker", "value"),
    [
        ("asyncio.sleep(1, loop=loop)", "asyncio.sleep", Taker.COROUTINE, "loop"),
        ("asyncio.wait_for(x, 1, loop=self.loop)", "asyncio.wait_for", Taker.COROUTINE, "self.loop"),
        ("asyncio.gather(x, loop=loop)", "asyncio.gather", Taker.FUTURE, "loop"),
        ("asyncio.Queue(loop=loop)", "asyncio.Queue", Taker.OBJECT, "loop"),
        ("from asyncio import Lock as L\nL(loop=loop)", "asyncio.Lock", Taker.OBJECT, "loop"),
        ("asyncio.sleep(1, **{'loop': loop})", "asyncio.sleep", Taker.COROUTINE, None),
        ("asyncio.sleep(1, **dict(loop=loop))", "asyncio.sleep", Taker.COROUTINE, None),
        ("x['loop'] = loop\nasyncio.sleep(1, **x)", "asyncio.sleep", Taker.COROUTINE, None),
        ("x.setdefault('loop', loop)\nasyncio.sleep(1, **x)", "asyncio.sleep", Taker.COROUTINE, None),
        ("x = {'loop': loop}\nasyncio.sleep(1, **x)", "asyncio.sleep", Taker.COROUTINE, None),
        ("x = dict(a=1, loop=loop)\nasyncio.sleep(1, **y, **x)", "asyncio.sleep", Taker.COROUTINE, None),
        ("def f():\n  x['loop'] = loop\n  asyncio.sleep(1, **x)", "asyncio.sleep", Taker.COROUTINE, None),
        ("self.x = {'loop': loop}\ndef f(): asyncio.sleep(1, **self.x)", "asyncio.sleep", Taker.COROUTINE, None),
        ("self.x['loop'] = loop\ndef f(): asyncio.sleep(1, **self.x)", "asyncio.sleep", Taker.COROUTINE, None),
        ("def f(**x): asyncio.sleep(1, **x)\nf(loop=loop)", "asyncio.sleep", Taker.COROUTINE, None),
        ("asyncio.create_subprocess_shell(a, b, c, d, loop)", "asyncio.create_subprocess_shell", Taker.COROUTINE, None),
        ("functools.partial(asyncio.sleep, loop=loop)", "asyncio.sleep", Taker.COROUTINE, "loop"),
        ("class A(asyncio.Queue): pass\nA(loop=loop)", "asyncio.Queue", Taker.OBJECT, "loop"),
        ("class B(asyncio.Queue): pass\nclass A(B): pass\nA(loop=loop)", "asyncio.Queue", Taker.OBJECT, "loop"),
        ("class A(asyncio.Queue):\n  def __init__(self): super().__init__(loop=loop)", "asyncio.Queue", Taker.OBJECT, "loop"),
        ("class A(asyncio.Queue):\n  def __init__(self): asyncio.Queue.__init__(self, loop=loop)", "asyncio.Queue", Taker.OBJECT, "loop"),
    ],
)  # fmt: skip
def test_a_loop_is_handed_over(see: See, text: str, name: str, taker: Taker, value: str | None) -> None:
    assert _found(see, text) == [(name, taker, value)]
