"""Whether a test that asks for the thread decides if control gets to a place."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.thread_tests import knows_its_thread
from aiomend.facts.view import Module


@pytest.mark.parametrize(
    ("body", "knows"),
    [
        pytest.param("if get_ident() == x: mark()", True, id="by its number"),
        pytest.param("if threading.current_thread() is not x: pass\nelse: mark()", True, id="in the other branch"),
        pytest.param("if x and threading.main_thread() is y: mark()", True, id="among other tests"),
        pytest.param("y = mark() if asyncio._get_running_loop() is x else None", True, id="by the loop that runs"),
        pytest.param("if get_ident() != x:\n    return\nmark()", True, id="it would have left"),
        pytest.param("if get_ident() == x: pass\nelse: return\nmark()", True, id="or left in the other branch"),
        pytest.param("for _ in x:\n    if get_ident() == x: continue\n    mark()", True, id="in a loop"),
        pytest.param("if x: mark()", False, id="another test"),
        pytest.param("if get_ident() == x: print()\nmark()", False, id="both get there"),
        pytest.param("y = get_ident()\nmark()", False, id="no test"),
        pytest.param("if mark() == get_ident(): pass", False, id="in the test itself"),
        pytest.param("if get_ident() == x:\n    def inner(): mark()", False, id="a function that is called elsewhere"),
    ],
)
def test_it_knows_its_thread(
    see: Callable[..., Module], marked: Callable[[Module], ast.Call], body: str, knows: bool
) -> None:
    module = see(f"def f(x, y):\n{textwrap.indent(body, '    ')}\n")
    assert knows_its_thread(module.facts, marked(module)) is knows
