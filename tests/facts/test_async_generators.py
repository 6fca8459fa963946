"""Asynchronous generators that a file starts and may leave before their end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aiomend.facts.async_generators import open_generators
from aiomend.facts.view import Module

See = Callable[..., Module]
HEAD = """
import contextlib
async def gen(): yield 1
async def tidy():
  try: yield 1
  finally: x()
async def careful():
  try: yield 1
  except E: x()
async def held():
  async with x: yield 1
async def entered():
  with x: yield 1
async def before():
  with x: pass
  try: x()
  finally: pass
  yield 1
async def job(): pass
def plain():
  try: yield
  finally: x()
@x
async def wrapped():
  try: yield
  finally: x()
@contextlib.asynccontextmanager
async def made():
  try: yield
  finally: x()
"""


@pytest.mark.parametrize(
    "body",
    [
        "job()",
        "plain()",
        "wrapped()",
        "made()",
        "x()",
        "gen()",
        "before()",
        "async for y in gen(): pass",
        "async for y in gen():\n    if z: continue",
        "async for y in gen(): pass\n  else: return",
        "async for y in z:\n    gen()\n    break",
        "[y async for y in gen()]",
        "z = gen()",
        "z(gen())",
        "gen().aclose()",
        "async with contextlib.aclosing(tidy()) as z: pass",
        "contextlib.aclosing(z(tidy()))",
    ],
)
def test_nothing_is_left_open(see: See, body: str) -> None:
    assert open_generators(see(f"{HEAD}async def f(z):\n  {body}")) == []


@pytest.mark.parametrize(
    "body",
    [
        "tidy()",
        "careful()",
        "held()",
        "entered()",
        "z(tidy())",
        "async for y in tidy(): pass",
        "async for y in gen(): break",
        "async for y in gen(): return",
        "async for y in gen():\n    if z: return y",
        "await gen().__anext__()",
        "await anext(gen())",
        "await gen().asend(1)",
        "with contextlib.closing(z):\n    tidy()",
        "(gen if z else tidy)()",
    ],
)
def test_one_is_left_open(see: See, body: str) -> None:
    assert len(open_generators(see(f"{HEAD}async def f(z):\n  {body}"))) == 1
