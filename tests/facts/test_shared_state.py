"""What other tasks can change between a read before a place and a write behind it."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.shared_state import is_shared, is_written, read_then_written, split_update
from aiomend.facts.view import Module

See = Callable[..., Module]
Marked = Callable[[Module], ast.Call]
HEAD = "import asyncio\nlock = asyncio.Lock()\nother = 0\n"


def _race(see: See, marked: Marked, body: str) -> tuple[str, str] | None:
    module = see(f"{HEAD}async def f(self, x):\n{textwrap.indent(body, '  ')}")
    found = read_then_written(module, marked(module))
    return (ast.unparse(found.read), ast.unparse(found.written)) if found is not None else None


@pytest.mark.parametrize(
    "body",
    [
        "mark()",
        "self.a\nmark()",
        "mark()\nself.a = 1",
        "self.a\nmark()\nself.b = 1",
        "self.a = 1\nmark()\nself.a = 2",
        "mark()\nself.a\nself.a = 1",
        "self.a\nself.a = 1\nmark()",
        "y = 1\ny\nmark()\ny = 2",
        "x\nmark()\nx = 2",
        "print(x)\nmark()",
        "self.a.set()\nmark()\nself.a = 1",
        "if x: self.a\nelse:\n  mark()\n  self.a = 1",
        "if x: mark()\nelse:\n  self.a\n  self.a = 1",
        "match x:\n  case 1: self.a\n  case 2:\n    mark()\n    self.a = 1",
        "async with lock:\n  self.a\n  mark()\n  self.a = 1",
        "async with self.my_lock:\n  self.a\n  mark()\n  self.a = 1",
        "self.a = mark(self.b)",
        "[y for y in x]\nmark()\n[y for y in x]",
        "def g():\n  self.a\n  mark()\nself.a = 1",
    ],
)
def test_nothing_of_that_kind(see: See, marked: Marked, body: str) -> None:
    assert _race(see, marked, body) is None


@pytest.mark.parametrize(
    ("body", "race"),
    [
        ("self.a\nmark()\nself.a = 1", ("self.a", "self.a")),
        ("if self.a:\n  mark()\n  self.a = 1", ("self.a", "self.a")),
        ("self.a\nmark()\nself.a[1] = 2", ("self.a", "self.a")),
        ("self.a\nmark()\nself.a[1][2] = 3", ("self.a", "self.a")),
        ("self.a\nmark()\ndel self.a", ("self.a", "self.a")),
        ("self.a\nmark()\ndel self.a[1]", ("self.a", "self.a")),
        ("self.a\nmark()\nself.a.append(1)", ("self.a", "self.a")),
        ("self.a\nmark()\nself.a[1].update(2)", ("self.a", "self.a")),
        ("self.a\nmark()\nself.a += 1", ("self.a", "self.a")),
        ("global other\nother\nmark()\nother = 1", ("other", "other")),
        ("self.a = self.a + mark()", ("self.a", "self.a")),
        ("self.a += mark()", ("self.a", "self.a")),
        ("self.a[1] += mark()", ("self.a", "self.a")),
        ("y = self.a.get()\nmark()\nself.a = 1", ("self.a", "self.a")),
        ("self.a.b\nmark()\nself.a.b = 1", ("self.a.b", "self.a.b")),
        ("if x: self.a\nmark()\nself.a = 1", ("self.a", "self.a")),
        ("if x:\n  self.a\n  mark()\n  self.a = 1", ("self.a", "self.a")),
        ("with lock:\n  self.a\n  mark()\n  self.a = 1", ("self.a", "self.a")),
        ("async with x:\n  self.a\n  mark()\n  self.a = 1", ("self.a", "self.a")),
        ("self.a\nasync with lock:\n  mark()\n  self.a = 1", ("self.a", "self.a")),
        ("self.a, self.b = self.b, mark()", ("self.b", "self.b")),
    ],
)
def test_a_race(see: See, marked: Marked, body: str, race: tuple[str, str]) -> None:
    assert _race(see, marked, body) == race


def test_a_place_at_the_top_level_has_none(see: See, marked: Marked) -> None:
    module = see("a.b\nmark()\na.b = 1")
    assert read_then_written(module, marked(module)) is None


@pytest.mark.parametrize(
    ("body", "is_split"),
    [
        ("self.a\n  mark()\n  self.a = 1", False),
        ("self.a = mark()", False),
        ("self.a = self.b + mark()", False),
        ("y += mark()", False),
        ("async with lock: self.a += mark()", False),
        ("self.a += mark()", True),
        ("self.a = self.a + mark()", True),
        ("self.a[self.b] = self.a[1] + mark()", True),
    ],
)
def test_an_update_that_is_split(see: See, marked: Marked, body: str, is_split: bool) -> None:
    module = see(f"{HEAD}async def f(self):\n  {body}")
    assert (split_update(module, marked(module)) is not None) is is_split


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("x", False),
        ("x[1]", False),
        ("x.append", False),
        ("f(x.append)", False),
        ("x.get(1)", False),
        ("y[x] = 1", False),
        ("y(x)[1] = 1", False),
        ("x = 1", True),
        ("del x", True),
        ("x[1] = 2", True),
        ("x[1][2] = 3", True),
        ("del x[1]", True),
        ("x.add(1)", True),
        ("x[1].pop()", True),
        ("x[1][2].clear()", True),
    ],
)
def test_whether_a_place_changes_it(see: See, text: str, written: bool) -> None:
    facts = see(text).facts
    (name,) = facts.names["x"]
    assert is_written(facts, name) is written


@pytest.mark.parametrize(
    ("text", "shared"),
    [
        ("def f(): x", False),
        ("def f(x): x", False),
        ("def f():\n  x = 1\n  [x for y in z]", False),
        ("def f(): [x for x in z]", False),
        ("def f(): [[x for y in z] for x in z]", False),
        ("x = 1\ndef f(): x", True),
        ("x = 1\ndef f(): [x for y in z]", True),
        ("def f():\n  x = 1\n  def g(): x", True),
        ("def f():\n  x = 1\n  def g(): [[x for y in z] for w in z]", True),
    ],
)
def test_which_names_are_shared(see: See, text: str, shared: bool) -> None:
    facts = see(text).facts
    uses = [one for one in facts.names["x"] if isinstance(one.ctx, ast.Load)]
    assert [is_shared(facts, one) for one in uses] == [shared]
    assert not is_shared(facts, ast.Constant(1))
