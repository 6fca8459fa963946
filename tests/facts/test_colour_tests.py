"""Where code asks of what colour something is."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.view import Module

See = Callable[..., Module]
Marked = Callable[[Module], ast.Call]


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("def f(x): x()", False),
        ("def f(x): iscoroutine(y)", False),
        ("def f(x): iscoroutine(x.y)", False),
        ("def f(x): other(x)", False),
        ("def f(x): iscoroutine", False),
        ("def g(x): iscoroutine(x)\ndef f(x): x()", False),
        ("def f(x): iscoroutine(x)", True),
        ("def f(x): inspect.isawaitable(x)", True),
        ("def f(x): asyncio.iscoroutinefunction(x)", True),
        ("def f(x):\n  def g(): iscoroutine(x)", True),
    ],
)
def test_whether_a_function_asks(see: See, text: str, asks: bool) -> None:
    module = see(text)
    function = next(one for one in module.facts.functions if one.name == "f")
    assert module.inference.colour_tests.asks(module.facts, function, "x") is asks


@pytest.mark.parametrize(
    ("body", "is_open"),
    [
        ("mark()", False),
        ("iscoroutine(x)\n  mark()", False),
        ("if iscoroutinefunction(mark): mark()", False),
        ("if iscoroutinefunction(mark): x(mark())", False),
        ("mark() if iscoroutinefunction(mark) else y", False),
        ("iscoroutinefunction(mark) and mark()", False),
        ("iscoroutinefunction(mark)\n  mark()", True),
        ("if iscoroutinefunction(mark): pass\n  else: mark()", True),
        ("if iscoroutinefunction(mark): pass\n  mark()", True),
        ("if not iscoroutinefunction(mark): mark()", True),
        ("y if iscoroutinefunction(mark) else mark()", True),
        ("iscoroutinefunction(mark) or mark()", True),
        ("x and iscoroutinefunction(mark) and mark()", True),
    ],
)
def test_whether_a_call_is_left_open(see: See, marked: Marked, body: str, is_open: bool) -> None:
    module = see(f"def f(mark, x):\n  {body}")
    assert module.inference.colour_tests.leave_open(module.facts, marked(module)) is is_open


def test_a_module_asks_nothing(see: See, marked: Marked) -> None:
    module = see("iscoroutinefunction(mark)\nmark()")
    assert not module.inference.colour_tests.leave_open(module.facts, marked(module))
