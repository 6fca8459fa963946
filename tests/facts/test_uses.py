"""Uses of attributes, calls of methods that only their class calls, and names as imports write them."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.uses import attribute_uses, own_calls, self_name
from aiomend.facts.view import Module
from aiomend.facts.written_names import written_name

See = Callable[..., Module]
Marked = Callable[[Module], ast.Call]


@pytest.mark.parametrize(
    ("text", "others", "count"),
    [
        ("x = 1", {}, 0),
        ("y", {}, 0),
        ("x.y", {}, 1),
        ("x.y; x.y.y", {}, 3),
        ("x.y", {"other": "z.y"}, 2),
        ("getattr(x, 'y')", {}, None),
        ("x.y", {"other": "getattr(x, 'y')"}, None),
        ("x.y", {"broken": "x.y ("}, None),
        ("x.y", {"other": "'other'"}, 1),
        ("x.y; getattr(x, z)", {}, None),
        ("x.y; getattr(x, f'{z}y')", {}, None),
        ("x.y; getattr(x, f'a{z}')", {}, 1),
        ("x.y; getattr(x, z + 'y')", {}, None),
        ("x.y; getattr(x, 'a' + z)", {}, 1),
        ("x.y; getattr(x, '%s' % z)", {}, None),
        ("x.y; getattr(x, '_%s' % z)", {}, 1),
        ("x.y; map(getattr, z)", {}, None),
        ("x.y; vars(x).values()", {}, None),
        ("x.y; vars(x)['a']", {}, 1),
        ("x.y; self.__dict__[z]", {}, None),
        ("x.y; self.__dict__.get('a'); self.__dict__.update(z)", {}, 1),
        ("match x:\n  case A(y=z): x.y", {}, None),
        ("match x:\n  case A(z=y): x.y", {}, 1),
    ],
)
def test_uses_of_an_attribute(see: See, text: str, others: dict[str, str], count: int | None) -> None:
    found = attribute_uses(see(text, **others), "y")
    assert (len(found) if found is not None else None) == count


@pytest.mark.parametrize(
    ("text", "others", "count"),
    [
        pytest.param("class A:\n  def m(self): pass", {}, 0, id="nobody calls it"),
        pytest.param("class A:\n  def m(self): pass\n  def g(self): self.m()", {}, 1, id="its class calls it"),
        pytest.param("class A:\n  def m(self): pass\n  async def g(self): self.m(); self.m()", {}, 2, id="twice"),
        pytest.param("class A:\n  def m(self): self.m()", {}, 1, id="it calls itself"),
        pytest.param("def m(self): pass\ndef g(self): self.m()", {}, 0, id="no method"),
        pytest.param("class A:\n  @x\n  def m(self): pass\n  def g(self): self.m()", {}, 0, id="a decorator"),
        pytest.param("class A:\n  def m(): pass\n  def g(self): self.m()", {}, 0, id="it takes nothing"),
        pytest.param("class A:\n  def m(self): pass\n  n = m\n  def g(self): self.m()", {}, 0, id="another name"),
        pytest.param("class A:\n  def m(self): pass\n  def g(self): self.m", {}, 0, id="handed on"),
        pytest.param("class A:\n  def m(self): pass\n  def g(self): self.m(); x(self.m)", {}, 0, id="called and handed on"),
        pytest.param("class A:\n  def m(self): pass\n  def g(self): lambda: self.m()", {}, 0, id="called later"),
        pytest.param("class A:\n  def m(self): pass\n  def g(self):\n    def h(): self.m()", {}, 0, id="called in an inner function"),
        pytest.param("class A:\n  def m(self): pass\n  def g(self): other.m()", {}, 0, id="of another object"),
        pytest.param("class A:\n  def m(self): pass\n  def g(self): x().m()", {}, 0, id="of what a call gives"),
        pytest.param("class A:\n  def m(self): pass\n  def g(me): me.m()", {}, 0, id="the object has another name"),
        pytest.param("class A:\n  def m(self): pass\n  def g(me, self): self.m()", {}, 0, id="another parameter"),
        pytest.param("class A:\n  def m(self): pass\nclass B:\n  def g(self): self.m()", {}, 0, id="of another class"),
        pytest.param("class A:\n  def m(self): pass\n  def g(self): self.m()\na.m()", {}, 0, id="called from outside"),
        pytest.param("class A:\n  def m(self): pass\n  def g(self): self.m()", {"other": "a.m()"}, 0, id="called from another file"),
        pytest.param("class A:\n  def m(self): pass\n  def g(self): self.m()\nm = 1\nprint(m)", {}, 1, id="something else of that name"),
    ],
)  # fmt: skip
def test_calls_by_its_own_class(see: See, text: str, others: dict[str, str], count: int) -> None:
    module = see(text, **others)
    method = next(one for one in module.facts.functions if one.name == "m")
    assert isinstance(method, ast.FunctionDef)
    assert len(own_calls(module, method)) == count


@pytest.mark.parametrize(
    ("head", "name"),
    [("()", None), ("(*a)", None), ("(*, a)", None), ("(a)", "a"), ("(a, b)", "a"), ("(a, /, b)", "a"), ("(a=1)", "a")],
)
def test_the_first_parameter(head: str, name: str | None) -> None:
    (function,) = ast.parse(f"def f{head}: pass").body
    assert isinstance(function, ast.FunctionDef)
    assert self_name(function) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("mark(x)", None),
        ("mark(1)", None),
        ("mark(x().y)", None),
        ("x = 1\nmark(x)", None),
        ("import other\nmark(other.x)", None),
        ("from . import x\nmark(x)", None),
        ("import a\nimport b as a\nmark(a.x)", None),
        ("import a\nmark(a)", "a"),
        ("import a.b\nmark(a.b.c)", "a.b.c"),
        ("import a.b as c\nmark(c.d)", "a.b.d"),
        ("from a import b\nmark(b)", "a.b"),
        ("from a.b import c as d\nmark(d.e)", "a.b.c.e"),
        ("import a\nimport a\nmark(a.x)", "a.x"),
        ("import asyncio.futures\nmark(asyncio.futures.CancelledError)", "asyncio.futures.CancelledError"),
        ("import asyncio\nmark(asyncio.async)", "asyncio.async"),
        ("from asyncio import async as go\nmark(go)", "asyncio.async"),
    ],
)
def test_a_name_as_imports_write_it(see: See, marked: Marked, text: str, name: str | None) -> None:
    module = see(text, other="x = 1")
    assert written_name(module, marked(module).args[0]) == name
