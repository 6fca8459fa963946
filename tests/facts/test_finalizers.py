"""Finalizers that want an open event loop."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.finalizers import loop_finalizers
from aiomend.facts.view import Module

See = Callable[..., Module]


def _found(see: See, body: str, more: str = "", **others: str) -> list[tuple[str, str]]:
    text = f"import asyncio, contextlib\n{more}\nclass A:\n  def __init__(self, loop): self.made = loop.create_task(f())\n  def __del__(self):\n{textwrap.indent(body, '    ')}\n"
    return [(one.name, one.call) for one in loop_finalizers(see(text, **others))]


@pytest.mark.parametrize(
    "body",
    [
        "pass",
        "self.close()",
        "self.loop.stop()",
        "x.cancel()",
        "cancel()",
        "self.taskmaster.cancel()",
        "call_soon",
        "if not self.loop.is_closed(): self.loop.call_soon(f)",
        "try: self.loop.call_soon(f)\nexcept RuntimeError: pass",
        "try: self.loop.call_soon(f)\nexcept (OSError, RuntimeError): pass",
        "try: self.loop.call_soon(f)\nexcept Exception: pass",
        "try: self.loop.call_soon(f)\nexcept: pass",
        "with contextlib.suppress(RuntimeError): self.loop.call_soon(f)",
        "with contextlib.suppress(OSError, Exception): self.loop.call_soon(f)",
        "def g(): self.loop.call_soon(f)",
        "self.file.close()",
        "self.transport.is_closing()",
        "with contextlib.suppress((OSError, RuntimeError)): self.transport.close()",
        "transport = asyncio.Queue()\ntransport.close()",
        "self.t.cancel()",
    ],
)
def test_it_wants_none(see: See, body: str) -> None:
    assert _found(see, body) == []


@pytest.mark.parametrize(
    ("body", "call"),
    [
        ("self.loop.call_soon(f)", "call_soon"),
        ("self.loop.call_later(1, f)", "call_later"),
        ("asyncio.ensure_future(f())", "ensure_future"),
        ("asyncio.create_task(f())", "create_task"),
        ("self.task.cancel()", "cancel"),
        ("self._tasks.cancel()", "cancel"),
        ("self.read_fut.cancel()", "cancel"),
        ("self.Future.cancel()", "cancel"),
        ("x = asyncio.Future()\nx.cancel()", "cancel"),
        ("try: self.loop.call_soon(f)\nexcept OSError: pass", "call_soon"),
        ("try: pass\nexcept RuntimeError: self.loop.call_soon(f)", "call_soon"),
        ("with x: self.loop.call_soon(f)", "call_soon"),
        ("with contextlib.suppress(OSError): self.loop.call_soon(f)", "call_soon"),
        ("with contextlib.closing(RuntimeError): self.loop.call_soon(f)", "call_soon"),
        ("self.transport.close()", "close"),
        ("self._write_transport.abort()", "abort"),
        ("self.writer.close()", "close"),
        ("self.made.cancel()", "cancel"),
        ("x()\nself.loop.call_soon(f)\nself.loop.call_later(f)", "call_soon"),
    ],
)
def test_it_wants_one(see: See, body: str, call: str) -> None:
    assert _found(see, body) == [("A.__del__", call)]


def test_what_is_known_to_be_something_else_is_no_task(see: See) -> None:
    assert _found(see, "task = asyncio.Queue()\ntask.cancel()") == []


def test_a_writer_is_a_streams_where_the_file_knows_asyncio(see: See) -> None:
    text = "class A:\n  def __del__(self): self.writer.close()\n"
    assert loop_finalizers(see(text)) == []
    assert [one.call for one in loop_finalizers(see(f"import asyncio\n{text}"))] == ["close"]


@pytest.mark.parametrize(("calls", "is_found"), [(1, True), (4, True), (5, False)])
def test_what_it_calls_wants_one(see: See, calls: int, is_found: bool) -> None:
    chain = "\n".join(f"def f{n}(): f{n - 1}()" for n in range(1, calls))
    more = f"def f0(): asyncio.ensure_future(x)\n{chain}"
    assert bool(_found(see, f"f{calls - 1}()", more)) is is_found


def test_a_coroutine_that_it_makes_does_not_run(see: See) -> None:
    assert _found(see, "f()", "async def f(): asyncio.ensure_future(x)") == []


def test_those_that_surely_fail_come_first(see: See) -> None:
    other = "class B:\n  def __del__(self): self.loop.call_soon(f)"
    assert _found(see, "self.task.cancel()", other=other) == [("B.__del__", "call_soon"), ("A.__del__", "cancel")]


def test_those_of_tests_do_not_count(see: See) -> None:
    other = "class B:\n  def __del__(self): self.loop.call_soon(f)"
    assert _found(see, "pass", test_other=other) == []


def test_one_that_is_inherited_counts_where_it_stands(see: See) -> None:
    assert _found(see, "self.loop.call_soon(f)", "class B: pass\n") == [("A.__del__", "call_soon")]
    text = "class A:\n  def __del__(self): self.loop.call_soon(f)\nclass B(A): pass\n"
    assert [one.name for one in loop_finalizers(see(text))] == ["A.__del__"]
