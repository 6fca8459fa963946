"""Which attributes are code of the project."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.properties import is_descriptor, runs_code
from aiomend.facts.view import Module

See = Callable[..., Module]
Marked = Callable[[Module], ast.Call]


def _attribute(module: Module, marked: Marked) -> ast.Attribute:
    (given,) = marked(module).args
    assert isinstance(given, ast.Attribute)
    return given


@pytest.mark.parametrize(
    ("body", "runs"),
    [
        pytest.param("x = 1", False, id="a value"),
        pytest.param("def x(self): return f()", False, id="a method"),
        pytest.param("@other\n    def x(self): return f()", False, id="another decorator"),
        pytest.param("@property\n    def x(self): return self._x", False, id="it only returns"),
        pytest.param("@property\n    def x(self):\n        'text'\n        return self._x", False, id="with a text"),
        pytest.param("@property\n    def x(self):\n        f()\n        return self._x", True, id="it does more"),
        pytest.param("@property\n    def x(self): return f()", True, id="it calls"),
        pytest.param("@property\n    def x(self): return self._x + 1", True, id="it computes"),
        pytest.param("@property\n    def x(self): return", True, id="it returns nothing"),
        pytest.param("@property\n    def x(self): raise X", True, id="it raises"),
        pytest.param(
            "@property\n    def x(self): return self.y\n    @property\n    def y(self): return f()",
            True,
            id="it returns what another one computes",
        ),
        pytest.param(
            "@property\n    def x(self): return self.y\n    @property\n    def y(self): return self._y",
            False,
            id="it returns what another one has",
        ),
        pytest.param("x = property(lambda self: self._x)", False, id="a lambda that only returns"),
        pytest.param("x = property(lambda self: f())", True, id="a lambda that calls"),
        pytest.param("x = property(f)", True, id="a function of which nothing is seen"),
        pytest.param("x = Told()", False, id="an object"),
        pytest.param("x = Asked()", True, id="a descriptor"),
        pytest.param("def __getattr__(self, name): return f()", True, id="made up"),
        pytest.param("x = 1\n    def __getattr__(self, name): return f()", False, id="not made up"),
        pytest.param("x = 1\n    def __getattribute__(self, name): return f()", True, id="asked each time"),
        pytest.param(
            "@property\n    def x(self):\n        if self._x is None:\n            self._x = asyncio.get_event_loop()\n        return self._x",
            False,
            id="it looks for the loop once",
        ),
        pytest.param(
            "@property\n    def x(self):\n        if self._x is None:\n            self._x = connect()\n        return self._x",
            True,
            id="it makes something once",
        ),
        pytest.param(
            "@property\n    def x(self):\n        if self._x is None:\n            self._x = asyncio.get_event_loop()\n"
            "        return self._x\n    def y(self): return self._x",
            True,
            id="others read what it found",
        ),
    ],
)
def test_whether_reading_runs_code(see: See, marked: Marked, body: str, runs: bool) -> None:
    head = "import asyncio\nclass Told: pass\nclass Asked:\n    def __get__(self, owner, kind): return f()\n"
    module = see(f"{head}class A:\n    {body}\nmark(A().x)\n")
    assert runs_code(module, _attribute(module, marked)) is runs
    module = see(f"{head}class A:\n    {body}\na = A()\nmark(a.x.z)\n")
    assert runs_code(module, _attribute(module, marked)) is runs


def test_subclasses_and_what_is_mixed_in_count(see: See, marked: Marked) -> None:
    computes = "    @property\n    def x(self): return f()\n"
    for classes in (
        f"class A: pass\nclass B(A):\n{computes}",
        f"class M:\n{computes}class A: pass\nclass B(M, A): pass\n",
        f"class B:\n{computes}class A(B): pass\n",
    ):
        module = see(f"{classes}def f(a: A): mark(a.x)\n")
        assert runs_code(module, _attribute(module, marked))
    module = see(f"class A: pass\nclass B:\n{computes}def f(a: A): mark(a.x)\n")
    assert not runs_code(module, _attribute(module, marked))


@pytest.mark.parametrize(("properties", "runs"), [(4, False), (5, True)])
def test_a_few_properties_are_followed(see: See, marked: Marked, properties: int, runs: bool) -> None:
    body = "".join(
        f"    @property\n    def x{at}(self): return self.{f'x{at - 1}' if at else '_x'}\n" for at in range(properties)
    )
    module = see(f"class A:\n{body}mark(A().x{properties - 1})\n")
    assert runs_code(module, _attribute(module, marked)) is runs


@pytest.mark.parametrize(
    ("body", "is_one"),
    [
        ("pass", False),
        ("x = 1", False),
        ("x: int", False),
        ("x = Field()", True),
        ("x: int = Field()", True),
        ("def x(self): pass", True),
        ("@property\n    def x(self): return 1", True),
    ],
)
def test_whether_an_assignment_may_run_code(see: See, marked: Marked, body: str, is_one: bool) -> None:
    head = "import asyncio\nclass Told: pass\nclass Asked:\n    def __get__(self, owner, kind): return f()\n"
    module = see(f"{head}class A:\n    {body}\nmark(A().x)\n")
    assert is_descriptor(module, _attribute(module, marked)) is is_one
