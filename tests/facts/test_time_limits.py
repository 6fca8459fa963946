"""Blocks with a time limit in which one call alone may be what was to be awaited."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.time_limits import limit_around
from aiomend.facts.view import Module

See = Callable[..., Module]
Marked = Callable[[Module], ast.Call]


def _is_limited(see: See, marked: Marked, body: str) -> bool:
    head = "import asyncio, async_timeout, contextlib\nasync def job(): pass\ndef plain(): pass\n"
    module = see(f"{head}async def f(x):\n{textwrap.indent(body, '  ')}")
    return limit_around(module.inference, module.facts, marked(module)) is not None


@pytest.mark.parametrize(
    "body",
    [
        "mark()",
        "with x: mark()",
        "with contextlib.suppress(): mark()",
        "async with asyncio.timeout: mark()",
        "async with asyncio.timeout(1): pass\nmark()",
        "async with asyncio.timeout(1):\n  def g(): mark()",
        "async with asyncio.timeout(1): lambda: mark()",
        "async with asyncio.timeout(1):\n  class A: mark()",
        "async with asyncio.timeout(1):\n  mark()\n  await x",
        "async with asyncio.timeout(1):\n  mark()\n  yield",
        "async with asyncio.timeout(1):\n  mark()\n  async for y in x: pass",
        "async with asyncio.timeout(1):\n  mark()\n  async with x: pass",
        "async with asyncio.timeout(1):\n  mark()\n  [y async for y in x]",
        "async with asyncio.timeout(1):\n  mark()\n  x()",
        "async with asyncio.timeout(1):\n  mark()\n  job()",
        "async with asyncio.timeout(1):\n  x(mark())",
    ],
)
def test_it_is_not_alone_in_one(see: See, marked: Marked, body: str) -> None:
    assert not _is_limited(see, marked, body)


@pytest.mark.parametrize(
    "body",
    [
        "async with asyncio.timeout(1): mark()",
        "async with asyncio.timeout_at(1): mark()",
        "async with async_timeout.timeout(1): mark()",
        "with async_timeout.timeout(1): mark()",
        "async with x, asyncio.timeout(1): mark()",
        "async with asyncio.timeout(1):\n  if x: mark()",
        "async with asyncio.timeout(1):\n  mark()\n  plain()",
        "async with asyncio.timeout(1):\n  mark()\n  [y for y in x]",
        "async with asyncio.timeout(1):\n  mark()\n  def g(): await_(x)",
        "async with asyncio.timeout(1):\n  mark()\n  lambda: x()",
        "async with asyncio.timeout(1): mark(plain())",
        "async with asyncio.timeout(1): mark(x())",
        "async with asyncio.timeout(1):\n  with x: mark()",
    ],
)
def test_it_is_alone_in_one(see: See, marked: Marked, body: str) -> None:
    assert _is_limited(see, marked, body)
