"""Which handlers may take an error of a connection."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aiomend.facts.handling import may_catch_connection_errors
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
