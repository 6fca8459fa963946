"""Calls whose coroutine nobody has, and what excuses them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aiomend.facts.forgotten import Forgotten, comes_back, forgotten_coroutines
from aiomend.facts.view import Module

See = Callable[..., Module]
HEAD = """
import asyncio, types
from typing import Awaitable, Callable, Coroutine
async def job(): pass
async def other(): pass
def plain(): pass
class A:
  async def work(self): pass
"""


def _found(see: See, text: str) -> list[Forgotten]:
    return list(forgotten_coroutines(see(f"{HEAD}{text}\n")))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("plain()", id="a plain function"),
        pytest.param("x()", id="not known"),
        pytest.param("job", id="not called"),
        pytest.param("async def f(): await job()", id="awaited"),
        pytest.param("y = job()", id="bound"),
        pytest.param("x(job())", id="handed on"),
        pytest.param("def f(): return job()", id="returned"),
        pytest.param("job() and x", id="tested"),
        pytest.param("x if job() else y", id="a test"),
        pytest.param("def f(x): x()\nf(job)", id="by its callers, and nothing of that name makes one"),
        pytest.param("[x for x in job()]", id="gone through"),
        pytest.param("{1: job()}", id="in a dictionary"),
        pytest.param("{job()}", id="in a set"),
        pytest.param("lambda: job()", id="a lambda"),
        pytest.param("job().close()", id="closed"),
        pytest.param("f = job if x else y\nf()", id="or something not known"),
        pytest.param("f = job if x else plain\nf()", id="or a plain function"),
        pytest.param("@types.coroutine\ndef f(): pass\nf()", id="a plain function that is wrapped"),
        pytest.param("async def f(): f()", id="itself"),
        pytest.param("async def f():\n  def g(): f()", id="the one around"),
        pytest.param("def f():\n  asyncio.iscoroutinefunction(x)\n  job()", id="the code asks for the kind"),
        pytest.param("def f(x: Callable[[], Awaitable[int]]): x()", id="a promise in a plain function"),
        pytest.param("def f() -> Awaitable[int]: return x\nf()", id="a promise of a function"),
        pytest.param("def deco() -> Callable[[Callable], Coroutine[x, y, z]]: pass\ndeco()(plain)", id="a decorator that is applied by hand"),
        pytest.param("from typing import TYPE_CHECKING\nif TYPE_CHECKING: job()", id="for types"),
    ],
)  # fmt: skip
def test_nothing_is_forgotten(see: See, text: str) -> None:
    assert _found(see, text) == []


@pytest.mark.parametrize(
    ("text", "certain"),
    [
        pytest.param("job()", True, id="a statement"),
        pytest.param("asyncio.sleep(1)", True, id="of asyncio"),
        pytest.param("A().work()", True, id="a method"),
        pytest.param("x and job()", True, id="behind and"),
        pytest.param("x or y or job()", True, id="behind or"),
        pytest.param("job() if x else y", True, id="a branch"),
        pytest.param("y if x else job()", True, id="the other branch"),
        pytest.param("[job() for x in y]", True, id="in a comprehension"),
        pytest.param("{job() for x in y}", True, id="in a comprehension of a set"),
        pytest.param("x, job()", True, id="in a tuple"),
        pytest.param("[x, job()]", True, id="in a list"),
        pytest.param("loop.call_soon(lambda: job())", True, id="a callback"),
        pytest.param("f = job if x else other\nf()", True, id="one of two"),
        pytest.param("@types.coroutine\ndef f(): yield\nf()", True, id="a generator that is wrapped"),
        pytest.param("def f(job): job()\nf(other)", False, id="a parameter of that name"),
        pytest.param("async def f(x: Callable[[], Awaitable[int]]): x()", True, id="a promise in a coroutine"),
    ],
)
def test_it_is_forgotten(see: See, text: str, certain: bool) -> None:
    (found,) = _found(see, text)
    assert found.is_certain is certain
    assert found.is_promise is ("Awaitable" in text)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("job()", "job"),
        ("asyncio.sleep(1)", ""),
        ("f = other if x else job\nf()", "job other"),
    ],
)
def test_which_functions_it_may_be(see: See, text: str, names: str) -> None:
    (found,) = _found(see, text)
    assert " ".join(getattr(one.node, "name", "") for one in found.functions) == names


@pytest.mark.parametrize(
    ("text", "comes"),
    [
        ("def f(): job()", False),
        ("def f(): g()\nasync def g(): await job()", False),
        ("def f(): g()\nasync def g(): await g()", False),
        ("def f(): g()\nasync def g(): x = f()", False),
        ("def f(): g()\nasync def g(): h()\ndef h(): f()", False),
        ("def f(): g()\nasync def g():\n  def h(): f()", False),
        ("async def f(): g()\nasync def g(): await f()", True),
        ("async def f(): g()\nasync def g(): f()", True),
        ("async def f(): g()\nasync def g(): await h()\nasync def h(): await f()", True),
        ("async def f(): g()\n@asyncio.coroutine\ndef g(): yield from f()", True),
    ],
)
def test_whether_waiting_would_come_back(see: See, text: str, comes: bool) -> None:
    module = see(HEAD + text)
    found = next(iter(forgotten_coroutines(module)))
    assert comes_back(module, found) is comes
