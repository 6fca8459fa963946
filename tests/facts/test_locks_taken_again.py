"""Locks that are held where a coroutine is made which takes them again."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.locks_taken_again import taken_again
from aiomend.facts.values import Function
from aiomend.facts.view import Module

See = Callable[..., Module]
HEAD = """
import asyncio
lock = asyncio.Lock()
sem = asyncio.Semaphore()
async def takes():
  async with lock: pass
async def harmless(): pass
async def through(): await takes()
async def makes(): takes
class A:
  async def get(self):
    async with self.lock: pass
  async def deep(self): await self.get()
class B(A):
  async def call(self):
    async with self.lock: super().get()
"""


def _again(see: See, body: str, call: str, *, head: str = "async def f(a, b):") -> tuple[str, str | None] | None:
    module = see(f"{HEAD}{head}\n{textwrap.indent(body, '  ')}\n")
    found = [one for one in module.facts.calls if ast.unparse(one) == call]
    functions = [one for one in module.values(found[-1].func) if isinstance(one, Function)]
    again = taken_again(module, found[-1], functions)
    return (again.lock, again.taker) if again is not None else None


@pytest.mark.parametrize(
    ("body", "call"),
    [
        ("takes()", "takes()"),
        ("async with lock: pass\ntakes()", "takes()"),
        ("async with sem: takes()", "takes()"),
        ("async with lock: harmless()", "harmless()"),
        ("async with lock: makes()", "makes()"),
        ("async with lock: x()", "x()"),
        ("async with a.lock: A().get()", "A().get()"),
        ("async with other: takes()", "takes()"),
        ("await lock.acquire()\nlock.release()\ntakes()", "takes()"),
        ("takes()\nawait lock.acquire()", "takes()"),
        ("lock.acquire()\ntakes()", "takes()"),
        ("if a: await lock.acquire()\ntakes()", "takes()"),
        ("try:\n  await lock.acquire()\n  lock.release()\nfinally: takes()", "takes()"),
        ("async with lock:\n  def g(): takes()", "takes()"),
        ("lock = asyncio.Lock()\nasync with lock: takes()", "takes()"),
        ("async with asyncio.Lock(): takes()", "takes()"),
        ("async with sem: lock.acquire()", "lock.acquire()"),
        ("async with lock: lock.other()", "lock.other()"),
    ],
)
def test_nothing_is_taken_again(see: See, body: str, call: str) -> None:
    assert _again(see, body, call) is None


@pytest.mark.parametrize(
    ("body", "call", "again"),
    [
        ("async with lock: takes()", "takes()", ("lock", "takes")),
        ("async with sem, lock: takes()", "takes()", ("lock", "takes")),
        ("async with lock:\n  if a: takes()", "takes()", ("lock", "takes")),
        ("async with lock: through()", "through()", ("lock", "takes")),
        ("await lock.acquire()\ntakes()", "takes()", ("lock", "takes")),
        ("x = await lock.acquire()\ntakes()", "takes()", ("lock", "takes")),
        ("await lock\ntakes()", "takes()", ("lock", "takes")),
        ("await lock.acquire()\nsem.release()\ntakes()", "takes()", ("lock", "takes")),
        ("await lock.acquire()\nif a: takes()", "takes()", ("lock", "takes")),
        ("await lock.acquire()\ntry: takes()\nfinally: lock.release()", "takes()", ("lock", "takes")),
        ("lock.release()\nawait lock.acquire()\ntakes()", "takes()", ("lock", "takes")),
        ("async with lock: lock.acquire()", "lock.acquire()", ("lock", None)),
        ("async with a.lock: a.lock.acquire()", "a.lock.acquire()", ("a.lock", None)),
    ],
)
def test_it_is_taken_again(see: See, body: str, call: str, again: tuple[str, str | None]) -> None:
    assert _again(see, body, call) == again


@pytest.mark.parametrize(
    ("body", "call", "again"),
    [
        ("async with a.lock: a.get()", "a.get()", ("a.lock", "get")),
        ("async with a.lock: a.deep()", "a.deep()", ("a.lock", "get")),
        ("async with b.lock: a.get()", "a.get()", None),
        ("async with a.sem: a.get()", "a.get()", None),
    ],
)
def test_a_lock_of_an_object(see: See, body: str, call: str, again: tuple[str, str | None] | None) -> None:
    assert _again(see, body, call, head="async def f(a: A, b: A):") == again


def test_a_lock_of_the_object_at_hand(see: See) -> None:
    assert _again(see, "pass", "super().get()") == ("self.lock", "get")


@pytest.mark.parametrize(
    ("name", "is_lock"), [("my_lock", True), ("mutex", True), ("LOCK", True), ("locker", False), ("clock", False)]
)
def test_what_is_called_a_lock(see: See, name: str, is_lock: bool) -> None:
    body = f"async with a.{name}: a.{name}.acquire()"
    assert (_again(see, body, f"a.{name}.acquire()") is not None) is is_lock


OUTER = """
import asyncio
lock = asyncio.Lock()
async def takes():
  async with lock: pass
async def inner(): takes()
class A:
  async def get(self):
    async with self.lock: pass
  async def inner(self): self.get()
"""


def _again_in(see: See, text: str, call: str) -> tuple[str, str | None] | None:
    module = see(OUTER + textwrap.dedent(text))
    found = next(one for one in module.facts.calls if ast.unparse(one) == call)
    functions = [one for one in module.values(found.func) if isinstance(one, Function)]
    again = taken_again(module, found, functions)
    return (again.lock, again.taker) if again is not None else None


@pytest.mark.parametrize(
    ("text", "call"),
    [
        pytest.param("async def outer(): await inner()", "takes()", id="the one that waits holds nothing"),
        pytest.param("async def outer():\n  async with lock: inner", "takes()", id="it is not called"),
        pytest.param(
            "async def outer():\n  async with lock: t = asyncio.create_task(inner())",
            "takes()",
            id="a task waits beside",
        ),
        pytest.param(
            "async def outer(lock):\n  async with lock: await inner()", "takes()", id="another lock of that name"
        ),
        pytest.param(
            "async def outer(a: A, b: A):\n  async with a.lock: await b.inner()", "self.get()", id="another object's"
        ),
        pytest.param("async def outer():\n  async with lock: pass\n  await inner()", "takes()", id="it was given back"),
    ],
)
def test_who_waits_for_the_coroutine_around_holds_nothing_that_it_takes(see: See, text: str, call: str) -> None:
    assert _again_in(see, text, call) is None


@pytest.mark.parametrize(
    ("text", "call", "again"),
    [
        pytest.param("async def o():\n  async with lock: await inner()", "takes()", ("lock", "takes"), id="around it"),
        pytest.param(
            "async def o():\n  async with lock: await m()\nasync def m(): await inner()",
            "takes()",
            ("lock", "takes"),
            id="further out",
        ),
        pytest.param(
            "async def o(a: A):\n  async with a.lock: await a.inner()",
            "self.get()",
            ("a.lock", "get"),
            id="of an object",
        ),
        pytest.param(
            "class B(A):\n  async def o(self):\n    async with self.lock: await self.inner()",
            "self.get()",
            ("self.lock", "get"),
            id="of a method's own object",
        ),
        pytest.param(
            "class C:\n  async def o(self):\n    async def nested(): self.get2()\n    async with self.lock: await nested()\n"
            "  async def get2(self):\n    async with self.lock: pass",
            "self.get2()",
            ("self.lock", "get2"),
            id="of a function within a method",
        ),
        pytest.param(
            "async def r(n):\n  await r(n)\n  async with lock: await r(n)\n  inner2()\nasync def inner2(): await takes()",
            "inner2()",
            ("lock", "takes"),
            id="by itself",
        ),
    ],
)
def test_who_waits_for_the_coroutine_around_holds_it(see: See, text: str, call: str, again: tuple[str, str]) -> None:
    assert _again_in(see, text, call) == again
