"""Objects of the project's own that are given for an event loop or a future."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.futures import Certainty, certainty
from aiomend.facts.view import Module

See = Callable[..., Module]
HEAD = "import asyncio\n"
CLOCK = "class Clock:\n  def call_soon(self, f): f()\n  def create_future(self): return Cell()\n"
CELL = "class Cell:\n  def set_result(self, v): self.v = v\n"
LATE = "class Late(asyncio.Future):\n  def set_result(self, v): pass\n"


def _receiver(module: Module) -> ast.expr:
    (node,) = (one for one in module.facts.attributes["set_result"] if isinstance(one.value, (ast.Name, ast.Attribute)))
    return node.value


@pytest.mark.parametrize(
    ("text", "is_loop"),
    [
        (f"{CLOCK}def f(loop): loop.stop()\nf(Clock())", False),
        (f"{CLOCK}def f(loop: asyncio.AbstractEventLoop): loop.stop()\nf(Clock())", False),
        (f"{CLOCK}def f(loop): loop.stop()\nf(asyncio.new_event_loop())", True),
        (f"{CLOCK}def f(loop): loop.stop()", True),
        (
            f"{CLOCK}class Own(asyncio.SelectorEventLoop):\n  def call_soon(self, f): f()\ndef f(loop): loop.stop()\nf(Own())",
            True,
        ),
        ("class Any: pass\ndef f(loop): loop.stop()\nf(Any())", True),
    ],
)
def test_what_is_given_for_a_loop(see: See, text: str, is_loop: bool) -> None:
    module = see(HEAD + text)
    (stop,) = module.facts.attributes["stop"]
    assert module.is_loop(stop.value) is is_loop


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        (f"{LATE}def make() -> asyncio.Future: return Late()\nx = make()\nx.set_result(1)", None),
        (f"{LATE}x: asyncio.Future = Late()\nx.set_result(1)", None),
        (f"{LATE}def f(x: asyncio.Future): x.set_result(1)\nf(Late())", None),
        (f"{LATE}def f(x: asyncio.Future): x.set_result(1)", Certainty.KNOWN),
        (f"{LATE}x: asyncio.Future = asyncio.Future()\nx.set_result(1)", Certainty.KNOWN),
        (f"{LATE}def make() -> asyncio.Future: return asyncio.Future()\nx = make()\nx.set_result(1)", Certainty.KNOWN),
        (f"{CELL}{CLOCK}def f(loop):\n  x = loop.create_future()\n  x.set_result(1)\nf(Clock())", None),
        (f"{CELL}def f(loop):\n  x = loop.create_future()\n  x.set_result(1)", Certainty.KNOWN),
    ],
)
def test_what_is_given_for_a_future(see: See, text: str, sure: Certainty | None) -> None:
    module = see(HEAD + text)
    assert certainty(module, _receiver(module)) is sure
