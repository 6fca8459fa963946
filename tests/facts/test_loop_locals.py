"""Local names that hold a loop for calls that do without."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.loop_locals import dead_without
from aiomend.facts.view import Module

See = Callable[[str], Module]
Marked = Callable[[Module], ast.Call]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("def f():\n    loop = asyncio.get_event_loop()\n    mark(loop)", 3, id="its only use"),
        pytest.param("loop = asyncio.get_event_loop()\nmark(loop)", None, id="a global, which others may import"),
        pytest.param("def f(loop):\n    mark(loop)", None, id="a parameter"),
        pytest.param("def f():\n    loop = make()\n    mark(loop)", None, id="something else"),
        pytest.param("def f():\n    loop = loops[0]\n    mark(loop)", None, id="an element"),
        pytest.param("def f(loop):\n    loop = loop or make()\n    mark(loop)", None, id="something else in case"),
        pytest.param("def f(loop):\n    loop = loop and a.loop\n    mark(loop)", None, id="another operator"),
        pytest.param("def f(loop):\n    loop = a.loop if g() else loop\n    mark(loop)", None, id="a test that acts"),
        pytest.param(
            "def f(loop):\n    if g():\n        loop = a.loop\n    mark(loop)", 4, id="below a test that acts"
        ),
        pytest.param(
            "def f(loop):\n    if loop == 1:\n        loop = a.loop\n    mark(loop)",
            None,
            id="below another test of it",
        ),
        pytest.param(
            "def f(loop):\n    if not loop:\n        loop = a.loop\n    else:\n        g()\n    mark(loop)",
            None,
            id="a test that decides more",
        ),
        pytest.param(
            "def f():\n    global loop\n    loop = a.loop\n    mark(loop)", None, id="a name that is global there"
        ),
        pytest.param("def f():\n    loop = a.loop\n    mark(loop)\n    return vars()", None, id="every name is read"),
        pytest.param("def f():\n    loop: object\n    mark(loop)", None, id="an annotation alone"),
        pytest.param("def f():\n    (loop := a.loop)\n    mark(loop)", None, id="a part of an expression"),
        pytest.param("def f():\n    loop = self.app.loop\n    mark(loop)", 3, id="an attribute"),
        pytest.param("def f(other):\n    loop = other\n    mark(loop)", 3, id="another name"),
        pytest.param("def f():\n    loop: object = a.loop\n    mark(loop)", 3, id="annotated"),
        pytest.param("def f(loop):\n    loop = loop or a.loop\n    mark(loop)", 3, id="in the place of a parameter"),
        pytest.param(
            "def f(loop):\n    loop = a.loop if loop is None else loop\n    mark(loop)",
            3,
            id="where a parameter is None",
        ),
        pytest.param(
            "def f(loop):\n    if loop is None:\n        loop = asyncio.get_event_loop()\n    mark(loop)",
            3,
            id="the `if`",
        ),
        pytest.param("def f(loop):\n    if not loop:\n        loop = a.loop\n    mark(loop)", 3, id="another `if`"),
        pytest.param("def f():\n    loop = a.loop\n    mark(loop)\nvars()", 3, id="names are read elsewhere"),
        pytest.param("def f():\n    a = loop = asyncio.get_event_loop()\n    mark(loop)", None, id="two names"),
        pytest.param(
            "def f():\n    loop = asyncio.get_event_loop()\n    mark(loop)\n    g(loop)", None, id="used twice"
        ),
        pytest.param("def f():\n    loop = asyncio.get_event_loop()\n    mark(loop)\n    del loop", None, id="deleted"),
        pytest.param(
            "def f():\n    loop = asyncio.get_event_loop()\n    mark(loop)\n    loop = asyncio.get_event_loop()",
            None,
            id="bound twice",
        ),
        pytest.param(
            "def f():\n    loop = asyncio.get_event_loop()\n    mark(loop)\ndef g(loop): pass",
            3,
            id="another function's of the same name",
        ),
    ],
)
def test_what_gets_a_loop_for_nobody_else(see: See, marked: Marked, text: str, line: int | None) -> None:
    module = see(f"import asyncio\n{text}")
    (use,) = marked(module).args
    assert isinstance(use, ast.Name)
    statement = dead_without(module, frozenset({use}), use)
    assert (statement and statement.lineno) == line


def test_a_use_that_stays_keeps_what_gets_the_loop(see: See, marked: Marked) -> None:
    module = see("import asyncio\ndef f():\n    loop = asyncio.get_event_loop()\n    mark(loop)")
    (use,) = marked(module).args
    assert isinstance(use, ast.Name)
    assert dead_without(module, frozenset(), use) is None
