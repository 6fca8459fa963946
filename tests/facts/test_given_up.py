"""Which waits of tests may be given up."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.given_up import may_be_given_up
from aiomend.facts.view import Module

See = Callable[..., Module]
Marked = Callable[[Module], ast.Call]


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("mark()", False),
        ("def test_it(): mark()", False),
        ("def test_it():\n  wait_for(x)\n  mark()", False),
        ("def test_it():\n  x()\n  mark()\ndef test_other(): y.cancel()", False),
        ("def help(): mark()\ndef test_other(): y.cancel()", False),
        ("def help():\n  timeout\n  mark()", False),
        ("def test_it():\n  cancel()\n  mark()", False),
        ("def test_it():\n  y.cancel()\n  mark()", True),
        ("def test_it():\n  raises(CancelledError)\n  mark()", True),
        ("def test_it():\n  raises(asyncio.TimeoutError)\n  mark()", True),
        ("def test_it():\n  def g(): mark()\n  y.cancel()", True),
        ("class TestIt:\n  def test_it(self): mark()\n  def test_other(self): y.cancel()", False),
        ("class TestIt:\n  def help(self): mark()\n  def test_other(self): y.cancel()", True),
        ("class TestIt:\n  def help(self): mark()\n  def other(self): wait_for(x)", True),
        ("def help():\n  asyncio.wait_for(x)\n  mark()", True),
        ("def help():\n  asyncio.timeout(1)\n  mark()", True),
        ("def help():\n  move_on_after(1)\n  mark()", True),
        ("mark()\ny.cancel()", True),
        ("def test_outer():\n  def test_it(): mark()\n  y.cancel()", True),
    ],
)
def test_whether_it_may(see: See, marked: Marked, text: str, may: bool) -> None:
    module = see(text)
    assert may_be_given_up(module, marked(module)) is may
