"""What the methods of a class assign to `self`, and how."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.self_attributes import self_attributes
from aiomend.facts.view import Module

See = Callable[..., Module]


@pytest.mark.parametrize(
    ("body", "how"),
    [
        ("x = 1", []),
        ("self.x", []),
        ("self.x.y = 1", []),
        ("self.x[0] = 1", []),
        ("other.x = 1", []),
        ("del self.x", []),
        ("self.x += 1", []),
        ("self.x = 1", ["ASSIGN ()"]),
        ("self.x = self.y = 1", ["ASSIGN ()"]),
        ("self.x = 1\n    self.x = 2", ["ASSIGN ()", "ASSIGN ()"]),
        ("self.x, y = z", ["ASSIGN (0,)"]),
        ("[y, self.x] = z", ["ASSIGN (1,)"]),
        ("y, (w, self.x) = z", ["ASSIGN (1, 1)"]),
        ("y, *self.x = z", ["OTHER (1,)"]),
        ("self.x, *y = z", ["OTHER (0,)"]),
        ("self.x, self.x = z", ["ASSIGN (0,)", "ASSIGN (1,)"]),
        ("self.x: int", ["ANNOTATION ()"]),
        ("self.x: int = 1", ["ANNOTATION ()"]),
        ("for self.x in y: pass", ["ITERATION ()"]),
        ("for y, self.x in z: pass", ["ITERATION (1,)"]),
        ("with y as self.x: pass", ["CONTEXT ()"]),
        ("with z, y as (w, self.x): pass", ["CONTEXT (1,)"]),
        ("async def g():\n      async for self.x in y: pass", ["ITERATION () async"]),
        ("async def g():\n      async with y as self.x: pass", ["CONTEXT () async"]),
        ("async def g():\n      async for z, self.x in y: pass", ["ITERATION (1,) async"]),
        ("def g(): self.x = 1", ["ASSIGN ()"]),
        ("if y: self.x = 1", ["ASSIGN ()"]),
    ],
)
def test_what_is_assigned(see: See, body: str, how: list[str]) -> None:
    facts = see(f"class A:\n  def f(self):\n    {body}").facts
    found = self_attributes(facts, facts.classes[0]).assigned.get("x", [])
    assert [f"{one.how.name} {one.path}{' async' if one.is_async else ''}" for one in found] == how


@pytest.mark.parametrize(
    ("method", "uses"),
    [
        ("def f(): self.x", 0),
        ("def f(me): self.x", 0),
        ("def f(*self): self.x", 0),
        ("x = lambda self: self.x", 0),
        ("def f(me): me.x", 1),
        ("def f(me, /): me.x", 1),
        ("def f(self): self.x; self.x = 1", 2),
        ("async def f(self): self.x", 1),
    ],
)
def test_where_it_is_used(see: See, method: str, uses: int) -> None:
    facts = see(f"class A:\n  {method}").facts
    assert isinstance(facts.classes[0], ast.ClassDef)
    assert len(self_attributes(facts, facts.classes[0]).uses.get("x", [])) == uses
