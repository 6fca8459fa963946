"""What is handed to a loop or a future to be called, and is no plain function."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.misused_callbacks import MisusedCallback, misused_callbacks
from aiomend.facts.view import Module

See = Callable[..., Module]
HEAD = "import asyncio, functools\nasync def job(x=1): pass\nasync def each(): yield 1\ndef plain(): pass\n"


def _found(see: See, body: str, top: str = "") -> list[MisusedCallback]:
    text = f"{HEAD}{top}\ndef f(loop: asyncio.AbstractEventLoop, other):\n{textwrap.indent(body, '  ')}\n"
    return list(misused_callbacks(see(text)))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("loop.call_soon(plain)", id="a plain function"),
        pytest.param("loop.call_soon(other)", id="not known"),
        pytest.param("loop.call_soon(lambda: job())", id="a lambda, which is looked at by what it says"),
        pytest.param("loop.call_soon(functools.partial(plain, job))", id="a partial of a plain function"),
        pytest.param("loop.call_soon(each)", id="an async generator"),
        pytest.param("loop.call_soon(print, job)", id="an argument of the callback"),
        pytest.param("loop.call_later(job, plain)", id="the delay"),
        pytest.param("loop.call_soon(*other, job)", id="nobody can say which one it is"),
        pytest.param("loop.call_soon()", id="nothing"),
        pytest.param("loop.create_task(job)", id="another method"),
        pytest.param("other.call_soon(job)", id="another object's method"),
        pytest.param("other.add_done_callback(job)", id="perhaps not asyncio's future"),
        pytest.param("g = job if other else plain\nloop.call_soon(g)", id="one of two"),
    ],
)
def test_nothing_is_said(see: See, body: str) -> None:
    assert _found(see, body) == []


@pytest.mark.parametrize(
    ("body", "is_alone"),
    [
        ("loop.call_soon(job)", True),
        ("loop.call_soon(job, 1)", False),
        ("loop.call_soon(callback=job)", True),
        ("loop.call_later(1, job)", True),
        ("loop.call_at(1, callback=job)", True),
        ("loop.add_reader(1, job)", True),
        ("loop.add_signal_handler(1, job)", True),
        ("loop.call_soon(functools.partial(job))", False),
        ("loop.call_soon(functools.partial(job, 1))", False),
        ("loop.call_soon(job())", True),
        ("loop.call_soon(job(1))", True),
        ("loop.call_soon(job(other))", False),
        ("loop.call_soon(job(x=other))", False),
        ("loop.call_soon(asyncio.sleep(1))", True),
        ("loop.create_future().add_done_callback(job)", False),
        ("asyncio.ensure_future(job()).add_done_callback(fn=job)", False),
    ],
)
def test_it_makes_a_coroutine(see: See, body: str, is_alone: bool) -> None:
    [found] = _found(see, body)
    assert found.is_alone == is_alone


def test_a_loop_known_by_its_name(see: See) -> None:
    assert _found(see, "self = other\nself._loop.call_soon(job)")


def test_a_loop_of_tornado_runs_what_a_callback_returns(see: See) -> None:
    assert not _found(see, "self = other\nself._loop.call_soon(job)", "import tornado")
