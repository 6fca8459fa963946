"""Which scope a name belongs to, what binds it there, and what is evaluated outside."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.scopes import absolute, called_name, last_name, outer_parts
from aiomend.facts.view import Module

See = Callable[..., Module]


@pytest.mark.parametrize(
    ("text", "home"),
    [
        ("mark(x)", None),
        ("def f(): mark(x)", None),
        ("def g(): x = 1\ndef f(): mark(x)", None),
        ("class A:\n  x = 1\n  def f(self): mark(x)", None),
        ("class A:\n  x = 1\n  [mark(x) for y in z]", "A"),
        ("class A:\n  x = 1\n  mark(x)", "A"),
        ("class A:\n  x = 1\n  class B: mark(x)", None),
        ("x = 1\nclass A:\n  x = 1\n  def f(self): mark(x)", ""),
        ("class A:\n  def f(self):\n    x = 1\n    def g(): mark(x)", "A.f"),
        ("x = 1\nmark(x)", ""),
        ("x = 1\ndef f(): mark(x)", ""),
        ("x = 1\ndef f():\n  x = 2\n  mark(x)", "f"),
        ("x = 1\ndef f():\n  global x\n  x = 2\n  mark(x)", ""),
        ("def f():\n  global x\n  mark(x)", None),
        ("def f():\n  x = 1\n  def g():\n    nonlocal x\n    mark(x)", "f"),
        ("def f():\n  x = 1\n  def h():\n    def g():\n      nonlocal x\n      mark(x)", "f"),
        ("def f():\n  x = 1\n  class A:\n    x = 2\n    def g():\n      nonlocal x\n      mark(x)", "f"),
        ("x = 1\ndef f():\n  global y; x = 2; mark(x)", "f"),
        ("def f(x=1): mark(x)", "f"),
        ("def f(y=mark(x)): x = 1", None),
        ("lambda x: mark(x)", "<lambda>"),
        ("lambda y=mark(x): 1", None),
        ("[mark(x) for x in y]", "<comprehension>"),
        ("[1 for x in mark(x)]", None),
        ("[1 for x in y for z in mark(x)]", "<comprehension>"),
        ("[(x := 1) for y in z]\nmark(x)", ""),
        ("def f():\n  [[(x := 1) for y in z] for w in z]\n  mark(x)", "f"),
        ("@mark(x)\ndef f(): x = 1", None),
        ("@mark(x)\nclass A: x = 1", None),
        ("class A(mark(x)): x = 1", None),
        ("class A(y=mark(x)): x = 1", None),
        ("def f(y: mark(x)): x = 1", None),
        ("def f(*y: mark(x)): x = 1", None),
        ("def f(**y: mark(x)): x = 1", None),
        ("def f(*, y=mark(x)): x = 1", None),
        ("def f() -> mark(x): x = 1", None),
    ],
)
def test_where_a_name_belongs(see: See, marked: Callable[[Module], ast.Call], text: str, home: str | None) -> None:
    module = see(text)
    call = marked(module)
    found = module.facts.scope_at(call.args[0]).find("x")
    assert (found[0].qualname if found is not None else None) == home


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("mark()", None),
        ("class A: mark()", None),
        ("lambda: mark()", None),
        ("def f(): mark()", "f"),
        ("async def f(): mark()", "f"),
        ("def f(): lambda: [mark() for x in y for z in w]", "f"),
        ("def f():\n  class A: mark()", "f"),
        ("def f():\n  def g(): mark()", "g"),
    ],
)
def test_the_function_around(see: See, marked: Callable[[Module], ast.Call], text: str, name: str | None) -> None:
    module = see(text)
    found = module.facts.scope_at(marked(module)).function
    assert getattr(found.node if found is not None else None, "name", None) == name


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("x.y = 1", ""),
        ("x[0] = 1", ""),
        ("with y: pass", ""),
        ("x = 1", "ASSIGN ()"),
        ("x = y = 1", "ASSIGN ()"),
        ("x, y = z", "ASSIGN (0,)"),
        ("[y, x] = z", "ASSIGN (1,)"),
        ("y, (w, x) = z", "ASSIGN (1, 1)"),
        ("y, *x = z", "OTHER ()"),
        ("x, *y = z", "OTHER (0,)"),
        ("x: int", "ANNOTATION ()"),
        ("x += 1", "OTHER ()"),
        ("(x := 1)", "ASSIGN ()"),
        ("for x in y: pass", "ITERATION ()"),
        ("for x, z in y: pass", "ITERATION (0,)"),
        ("async def f():\n  global x\n  async for x in y: pass", "ITERATION () async"),
        ("async def f():\n  global x\n  async for x, z in y: pass", "ITERATION (0,) async"),
        ("with y as x: pass", "CONTEXT ()"),
        ("with z, y as x: pass", "CONTEXT ()"),
        ("async def f():\n  global x\n  async with y as x: pass", "CONTEXT () async"),
        ("try: pass\nexcept E as x: pass", "OTHER ()"),
        ("match y:\n  case x: pass", "OTHER ()"),
        ("match y:\n  case [*x]: pass", "OTHER ()"),
        ("match y:\n  case {**x}: pass", "OTHER ()"),
        ("match y:\n  case _: pass", ""),
        ("import x", "IMPORT () x"),
        ("import x.y", "IMPORT () x"),
        ("import y.z as x", "IMPORT () y.z"),
        ("from y import x", "FROM () y"),
        ("from y import z as x", "FROM () y"),
        ("from . import x", "FROM () "),
        ("def x(): pass", "DEF ()"),
        ("class x: pass", "CLASS ()"),
    ],
)
def test_what_binds_it(see: See, text: str, how: str) -> None:
    bindings = see(text).facts.scope.bindings.get("x", [])
    words = [
        " ".join(filter(None, [f"{one.how.name} {one.path}", one.target, "async" if one.is_async else ""]))
        for one in bindings
    ]
    assert words == ([how.rstrip()] if how else [])


@pytest.mark.parametrize(
    ("parameters", "default"),
    [
        ("x", None),
        ("x, y=1", None),
        ("y, x=1", "1"),
        ("x=1, y=2", "1"),
        ("y, /, x=2", "2"),
        ("*, x", None),
        ("*, x=3", "3"),
        ("*, y=1, x", None),
        ("*x", None),
        ("**x", None),
    ],
)
@pytest.mark.parametrize("form", ["def f({}): pass", "f = lambda {}: 0"])
def test_a_parameter_has_its_default(see: See, form: str, parameters: str, default: str | None) -> None:
    (scope,) = (one for one in see(form.format(parameters)).facts.scopes.values() if one.parent is not None)
    (binding,) = scope.bindings["x"]
    assert binding.how.name == ("OTHER" if "*x" in parameters else "PARAMETER")
    assert (ast.unparse(binding.value) if binding.value is not None else None) == default


@pytest.mark.parametrize(
    ("module", "level", "package", "name"),
    [
        ("a.b", 0, "p", "a.b"),
        ("a", 1, "p.q", "p.q.a"),
        ("", 1, "p.q", "p.q"),
        ("a", 2, "p.q", "p.a"),
        ("", 2, "p.q", "p"),
        ("a", 3, "p.q", "a"),
        ("a", 4, "p.q", "a"),
        ("a", 3, "p", "a"),
        ("a", 3, "p.q.r", "p.a"),
        ("a", 1, "", "a"),
        ("", 1, "", ""),
    ],
)
def test_the_full_name_of_an_import(module: str, level: int, package: str, name: str) -> None:
    assert absolute(module, level, package) == name


@pytest.mark.parametrize(
    ("text", "last", "called"),
    [("a", "a", "a"), ("a.b.c", "c", "c"), ("a.b()", "", "b"), ("a()()", "", ""), ("a[0]", "", ""), ("1", "", "")],
)
def test_last_names(text: str, last: str, called: str) -> None:
    node = ast.parse(text, mode="eval").body
    assert (last_name(node), called_name(node)) == (last, called)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("x = 1", []),
        ("@a\n@b\ndef f(c: d = e, /, g: h = i, *j: k, l: m = n, o=p, q, **r: s) -> t: u", [*"abeinpdhmks", "t"]),
        ("@a\nasync def f() -> t: u", ["a", "t"]),
        ("@a\nclass A(b, c=d): e", ["a", "b", "d"]),
    ],
)
def test_what_a_definition_evaluates_outside(text: str, parts: list[str]) -> None:
    found = [getattr(one, "value", one) for one in outer_parts(ast.parse(text).body[0])]
    assert [ast.unparse(one) for one in found] == parts
