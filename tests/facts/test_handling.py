"""Which handlers may take an error of a connection."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.handling import connection_errors_are_caught, may_catch_connection_errors
from aiomend.facts.view import Module

See = Callable[..., Module]


@pytest.mark.parametrize(
    ("types", "may"),
    [
        ("ValueError", False),
        ("KeyError, ValueError", False),
        ("asyncio.CancelledError", False),
        ("asyncio.TimeoutError", False),
        ("asyncio.QueueFull, asyncio.IncompleteReadError", False),
        ("StopIteration", False),
        ("Exception", True),
        ("BaseException", True),
        ("OSError", True),
        ("IOError", True),
        ("ConnectionError", True),
        ("ConnectionResetError", True),
        ("BrokenPipeError", True),
        ("ConnectionRefusedError", True),
        ("ValueError, OSError", True),
        ("Mine", True),
        ("x.Error", True),
        ("len", True),
    ],
)
@pytest.mark.parametrize("form", ["try: x()\nexcept ({},): y", "with contextlib.suppress({}): x()"])
def test_which_may(see: See, form: str, types: str, may: bool) -> None:
    module = see(f"import asyncio, contextlib\n{form.format(types)}")
    assert may_catch_connection_errors(module, module.tree.body) is may


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("x()", False),
        ("with x(OSError): y()", False),
        ("with x: y()", False),
        ("with suppress(): y()", False),
        ("def f():\n  try: x()\n  except OSError: y()", False),
        ("try: x()\nfinally: y()", False),
        ("try: x()\nexcept: y()", True),
        ("try: x()\nexcept OSError: y()", True),
        ("try: x()\nexcept ValueError: y()\nexcept OSError: z()", True),
        ("if x:\n  with a, suppress(OSError): y()", True),
    ],
)
def test_where_they_are(see: See, text: str, may: bool) -> None:
    module = see(text)
    assert may_catch_connection_errors(module, module.tree.body) is may


@pytest.mark.parametrize(
    ("text", "are"),
    [
        ("mark()", False),
        ("try: pass\nexcept OSError: mark()", False),
        ("try: mark()\nexcept ValueError: pass", False),
        ("try: mark()\nexcept (ValueError, OSError): pass", True),
        ("try: mark()\nexcept: pass", True),
        ("try:\n  try: mark()\n  finally: pass\nexcept ConnectionError: pass", True),
        ("with contextlib.suppress(KeyError, OSError): mark()", True),
        ("with contextlib.closing(OSError): mark()", False),
        ("try:\n  def f(): mark()\nexcept OSError: pass", False),
    ],
)
def test_what_is_around_a_call(see: See, marked: Callable[[Module], ast.Call], text: str, are: bool) -> None:
    module = see(f"import asyncio, contextlib\n{text}\n")
    assert connection_errors_are_caught(module, marked(module)) is are
