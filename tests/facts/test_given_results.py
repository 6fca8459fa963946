"""What calls give whose result depends on what they are given, or on what they are called on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Told = Callable[..., str]
HEAD = """
import asyncio, collections, contextlib, functools, types, typing, weakref
class A:
  def __enter__(self): return B()
  async def __aenter__(self): return C()
class B: pass
class C: pass
async def job(): return A()
def make(): return A()
xs = [A(), B()]
fut: asyncio.Future[A]
queue: asyncio.Queue[A]
other: asyncio.Queue[B]
bare: asyncio.Queue
"""


@pytest.mark.parametrize(
    ("call", "what"),
    [
        ("list(xs)", "[a A | a B]"),
        ("sorted(xs)", "[a A | a B]"),
        ("collections.deque(xs)", "[a A | a B]"),
        ("list(x)", "[unknown]"),
        ("list()", "[nothing]"),
        ("list(*xs)", "[unknown]"),
        ("enumerate(xs)", "[(other, a A | a B)]"),
        ("zip(xs, [C()])", "[(a A | a B, a C)]"),
        ("zip(xs, *[xs])", "[(a A | a B, unknown)]"),
        ("max(*xs)", "unknown"),
        ("asyncio.create_task(*xs)", "a asyncio.Task"),
        ("type(A())", "class A"),
        ("type(A(), B())", "other"),
        ("next(iter(xs))", "a A | a B"),
        ("max(xs)", "a A | a B"),
        ("min(xs, x)", "a A | a B"),
        ("collections.defaultdict(A)", "[a A]"),
        ("functools.partial(make)", "-> a A"),
        ("functools.partial(make, 1)()", "a A"),
        ("asyncio.coroutine(make)", "-> a A"),
        ("typing.cast(A, x)", "a A"),
        ("typing.cast('list[A]', x)", "[a A]"),
        ("typing.cast(A)", "unknown"),
        ("typing.cast(A, x, y)", "unknown"),
        ("asyncio.wait_for(job(), 1)", "coroutine of a A"),
        ("asyncio.to_thread(make)", "coroutine of a A"),
        ("weakref.ref(A())", "-> None | a A"),
        ("weakref.ref(A())()", "None | a A"),
        ("contextlib.closing(A())", "with a A"),
        ("contextlib.aclosing(A())", "with a A"),
        ("contextlib.ExitStack().enter_context(A())", "a B"),
        ("contextlib.AsyncExitStack().enter_context(A())", "a B"),
        ("contextlib.AsyncExitStack().enter_async_context(A())", "coroutine of a C"),
        ("asyncio.create_task(job())", "a asyncio.Task"),
        ("asyncio.get_event_loop().create_task(job())", "a asyncio.Task"),
        ("queue.get_nowait()", "a A"),
        ("queue.get()", "coroutine of a A"),
        ("fut.result()", "a A"),
        ("bare.get_nowait()", "unknown"),
        ("(queue if x else other).get_nowait()", "a A | a B"),
        ("(queue if x else None).get_nowait()", "a A"),
        ("(queue if x else bare).get_nowait()", "unknown"),
        ("queue.qsize()", "other"),
        ("queue.put_nowait(x)", "None"),
    ],
)
def test_what_a_call_gives(told: Told, call: str, what: str) -> None:
    assert told(f"{HEAD}mark({call})") == what


@pytest.mark.parametrize(
    ("made", "what"),
    [
        ("asyncio.create_task(job())", "a A"),
        ("asyncio.ensure_future(job())", "a A"),
        ("asyncio.create_task(x)", "unknown"),
        ("asyncio.Task(job())", "unknown"),
        ("fut", "a A"),
        ("job()", "a A"),
        ("queue.get()", "a A"),
    ],
)
def test_what_awaiting_it_gives(told: Told, made: str, what: str) -> None:
    assert told(f"{HEAD}async def f(): mark(await {made})") == what
