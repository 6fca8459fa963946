"""Which setters of futures are handed to a loop, and where they stand, form by form."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.scheduled_setters import scheduled_setters
from aiomend.facts.view import Module

See = Callable[[str], Module]
HEAD = "import asyncio, functools\nfrom functools import partial\n"


@pytest.mark.parametrize(
    ("text", "method", "last", "position"),
    [
        ("loop.call_soon(fut.set_result, 1)", "call_soon", "call_soon", 0),
        ("loop.call_soon_threadsafe(fut.set_exception, x)", "call_soon_threadsafe", "call_soon_threadsafe", 0),
        ("loop.call_later(1, fut.set_result, 2)", "call_later", "call_later", 1),
        ("loop.call_later(1, fut.set_result, *x)", "call_later", "call_later", 1),
        ("loop.call_at(1, fut.set_result, 2)", "call_at", "call_at", 1),
        ("loop.add_reader(fd, fut.set_result, 2)", "add_reader", "add_reader", 1),
        ("loop.add_signal_handler(2, fut.set_result, 1)", "add_signal_handler", "add_signal_handler", 1),
        ("x.loop.call_soon(fut.set_result)", "call_soon", "call_soon", 0),
        ("loop.call_soon_threadsafe(loop.call_later, 1, fut.set_result, 2)", "call_soon_threadsafe", "call_later", 2),
        ("loop.call_soon(loop.call_soon, fut.set_result)", "call_soon", "call_soon", 1),
        ("functools.partial(loop.call_soon, fut.set_result)", "call_soon", "call_soon", 1),
        ("functools.partial(loop.call_later, 1, fut.set_result)", "call_later", "call_later", 2),
        ("loop.call_soon(partial(fut.set_result, 1))", "call_soon", "call_soon", 0),
        ("done = partial(fut.set_result, 1)\nloop.call_soon(done)", "call_soon", "call_soon", 0),
        ("loop.call_soon(callback=partial(fut.set_result, 1))", "call_soon", "call_soon", 0),
        ("loop.call_soon(lambda: fut.set_result(1))", "call_soon", "call_soon", None),
        ("done = lambda: fut.set_result(1)\nloop.call_soon(done)", "call_soon", "call_soon", None),
        ("loop.call_later(1, callback=lambda: fut.set_result(1))", "call_later", "call_later", None),
        ("loop.call_soon(lambda: x and fut.set_result(1))", "call_soon", "call_soon", None),
    ],
)
def test_a_setter_on_its_way_to_the_loop(see: See, text: str, method: str, last: str, position: int | None) -> None:
    (found,) = scheduled_setters(see(f"{HEAD}{text}"))
    assert (found.method, found.last_method, found.position) == (method, last, position)
    assert ast.unparse(found.setter).startswith("fut.set_")
    if position is not None:
        assert found.holder.args[position] is found.setter


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("loop.call_soon(print, fut.set_result)", id="an argument of something else"),
        pytest.param("loop.call_later(fut.set_result, 1)", id="the delay"),
        pytest.param("loop.call_soon()\nfut.set_result", id="nothing is scheduled"),
        pytest.param("loop.call_soon(x.other)\nfut.set_result(1)", id="something else is"),
        pytest.param("loop.call_soon(callback=fut.set_result)", id="bare and by keyword"),
        pytest.param("loop.call_soon(*x, fut.set_result)", id="behind a star"),
        pytest.param("loop.call_later(*x, fut.set_result)", id="behind a star that may be the delay"),
        pytest.param("loop.run_soon(fut.set_result)", id="another method"),
        pytest.param("call_soon(fut.set_result)", id="no method"),
        pytest.param("loop.call_soon(other(fut.set_result))", id="what another function makes of it"),
        pytest.param("loop.call_soon(partial(print, fut.set_result))", id="a partial of something else"),
        pytest.param("loop.call_soon(lambda: fut.set_result)", id="a lambda that does not call it"),
        pytest.param("done = x\ndone = lambda: fut.set_result(1)\nloop.call_soon(done)", id="one of two"),
        pytest.param("asyncio.Queue().call_soon(fut.set_result)", id="known to be no loop"),
    ],
)
def test_no_setter_gets_there(see: See, text: str) -> None:
    assert list(scheduled_setters(see(f"{HEAD}{text}"))) == []


def test_each_setter_is_found_once(see: See) -> None:
    text = "later = partial(loop.call_soon, fut.set_result)\nloop.call_soon(loop.call_soon, fut.set_result)\n"
    assert len(list(scheduled_setters(see(f"{HEAD}{text}")))) == 2
