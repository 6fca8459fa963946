"""What one file says by itself: its scopes, its blocks, its calls in order, and where something may suspend."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.module import own_nodes, suspends
from aiomend.facts.view import Module

See = Callable[..., Module]
Marked = Callable[[Module], ast.Call]


@pytest.mark.parametrize(
    ("text", "indent"),
    [
        ("x = 1", "    "),
        ("if x: y", "    "),
        ("f = lambda: 1", "    "),
        ("if x: y\nif x:\n  y", "  "),
        ("if x:\n\ty", "\t"),
        ("if x:\n   y\nif z:\n  y", "   "),
        ("class A:\n  def f(self):\n     pass", "  "),
        ("if x: pass\nelse:\n  pass", "    "),
        ("try:\n   x\nexcept E:\n  y", "   "),
        ("def f(): return (\n  1)\nif x:\n   y", "   "),
        ("if x: y; z\nfor a in b:\n      c", "      "),
    ],
)
def test_one_step_of_indentation(see: See, text: str, indent: str) -> None:
    assert see(text).facts.indent == indent


@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("mark()", None),
        ("class A: mark()", None),
        ("def f():\n  class A: mark()", None),
        ("def f(x=mark()): pass", None),
        ("@mark()\ndef f(): pass", None),
        ("def f(): mark()", "f"),
        ("def f(): [mark() for x in y]", "f"),
        ("def f():\n  def g(): mark()", "g"),
        ("def f(): lambda: mark()", "lambda"),
        ("class A:\n  def f(self): mark()", "f"),
    ],
)
def test_the_function_that_evaluates_it(see: See, marked: Marked, text: str, function: str | None) -> None:
    module = see(text)
    found = module.facts.function_at(marked(module))
    assert (getattr(found, "name", "lambda") if found is not None else None) == function


@pytest.mark.parametrize(
    ("text", "cls"),
    [
        ("def f(): pass", None),
        ("class A:\n  def f(self): pass", "A"),
        ("class A:\n  def g(self):\n    def f(): pass", None),
        ("class A:\n  class B:\n    def f(self): pass", "B"),
    ],
)
def test_the_class_that_defines_it(see: See, text: str, cls: str | None) -> None:
    facts = see(text).facts
    function = next(one for one in facts.functions if one.name == "f")
    assert getattr(facts.class_of(function), "name", None) == cls
    assert (function in facts.methods.get("f", [])) is (cls is not None)


@pytest.mark.parametrize(
    ("body", "yields", "returns"),
    [
        ("pass", 0, 0),
        ("yield", 1, 0),
        ("yield 1\n  yield from x", 2, 0),
        ("return", 0, 1),
        ("def g():\n    yield\n    return", 0, 0),
        ("lambda: (yield)", 0, 0),
        ("class A: x = y", 0, 0),
        ("x = yield\n  return x", 1, 1),
    ],
)
def test_what_a_function_yields_and_returns(see: See, body: str, yields: int, returns: int) -> None:
    facts = see(f"def f():\n  {body}").facts
    function = next(one for one in facts.functions if one.name == "f")
    assert (len(facts.yields(function)), len(facts.returns(function))) == (yields, returns)
    assert facts.is_generator(function) is bool(yields)


@pytest.mark.parametrize(
    ("body", "members"),
    [
        ("pass", ""),
        ("self.a", "a"),
        ("self.b; self.a", "b a"),
        ("other.a", ""),
        ("self.a.b", "a"),
        ("self().a", ""),
        ("x = [self.b for y in z]; self.a", "b a"),
        ("lambda: self.a", "a"),
        ("def g(): self.a\n    self.b", "a b"),
    ],
)
def test_the_members_in_a_method(see: See, body: str, members: str) -> None:
    facts = see(f"class A:\n  def f(self):\n    {body}\n  def h(self): self.z").facts
    found = facts.members(facts.methods["f"][0], "self")
    assert [one.attr for one in found] == members.split()


def test_calls_come_in_the_order_of_the_file(see: See) -> None:
    facts = see("a(b(), *c()).d()\ne()").facts
    assert [ast.unparse(one.func).rpartition(".")[2] for one in facts.calls] == ["d", "a", "b", "c", "e"]


def test_nodes_of_a_kind_come_in_the_order_of_the_file(see: See) -> None:
    facts = see("def b(): a = 1\nb = 2; c = 3\nwhile x: d = 4").facts
    assert [ast.unparse(one) for one in facts.nodes(ast.Assign)] == ["a = 1", "b = 2", "c = 3", "d = 4"]
    assert facts.nodes(ast.Await) == []


@pytest.mark.parametrize(
    ("text", "roots"),
    [
        ("x = 1", ""),
        ("import a", "a"),
        ("import a.b, c as d", "a c"),
        ("from a.b import c", "a"),
        ("from a.b import *", "a"),
        ("def f(): import a", "a"),
        ("import a\na = 1", "a"),
        ("from . import a", ""),
    ],
)
def test_what_is_imported(see: See, text: str, roots: str) -> None:
    assert see(text).facts.imported_roots - {""} == frozenset(roots.split())


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("x = 1", []),
        ("x = 'a'", ["a"]),
        ("'a' 'b'", ["ab"]),
        ("f(g('a'), b'b')", ["a"]),
        ("class A:\n  __slots__ = 'a', 'b'\n  x = 'c'", ["c"]),
        ("__slots__ = x = 'a'", ["a"]),
        ("x.__slots__ = 'a'", ["a"]),
        ("x: 'a' = 1", ["a"]),
    ],
)
def test_texts_in_a_file(see: See, text: str, texts: list[str]) -> None:
    assert sorted(see(text).facts.texts) == texts


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("mark()\nx", 2),
        ("if x: mark()\nelse: y; z", 1),
        ("if x: y; z\nelse: mark()", 1),
        ("try: x\nexcept E: mark(); y", 2),
        ("try: x\nfinally:\n  y; z; mark()", 3),
        ("def f(): mark()", 1),
    ],
)
def test_the_statements_beside_one(see: See, marked: Marked, text: str, size: int) -> None:
    module = see(text)
    statement = module.facts.statement(marked(module))
    assert module.facts.statement(statement) is statement
    block = module.facts.block(statement)
    assert (len(block), statement in block) == (size, True)


@pytest.mark.parametrize(
    ("text", "qualname"),
    [
        ("mark()", ""),
        ("def f(): mark()", "f"),
        ("class A:\n  def f(self): mark()", "A.f"),
        ("def f():\n  def g(): mark()", "f.g"),
        ("class A: f = lambda: mark()", "A.<lambda>"),
        ("def f(x=mark()): pass", ""),
    ],
)
def test_the_path_of_a_place(see: See, marked: Marked, text: str, qualname: str) -> None:
    module = see(text)
    assert module.facts.qualname(marked(module)) == qualname


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a\nb", "a b"),
        ("if a: b", "a b"),
        ("def f(x=a): b", "a"),
        ("@a\ndef f() -> b: c", "a b"),
        ("@a\nclass A(b): c", "a b"),
        ("lambda x=a: b", "a"),
        ("[a for x in b]", "a x b"),
    ],
)
def test_the_nodes_of_a_body(text: str, names: str) -> None:
    assert [one.id for one in own_nodes(ast.parse(text)) if isinstance(one, ast.Name)] == names.split()


def test_the_body_of_a_lambda_is_its_own() -> None:
    function = ast.parse("lambda x=a: b(c)", mode="eval").body
    assert [one.id for one in own_nodes(function) if isinstance(one, ast.Name)] == ["b", "c"]


@pytest.mark.parametrize(
    ("body", "may"),
    [
        ("x()", False),
        ("for x in y: pass", False),
        ("with x: pass", False),
        ("[x for x in y]", False),
        ("def g(): yield", False),
        ("async def g(): await x", False),
        ("lambda: (yield)", False),
        ("await x", True),
        ("yield", True),
        ("x = yield from y", True),
        ("async for x in y: pass", True),
        ("async with x: pass", True),
        ("[x async for x in y]", True),
        ("if x: f(await y)", True),
        ("def g(x=await y): pass", True),
        ("lambda x=(yield): 1", True),
        ("@(await x)\n  def g(): pass", True),
        ("class A(await x): pass", True),
    ],
)
def test_whether_running_it_may_suspend(body: str, may: bool) -> None:
    definition = ast.parse(f"async def f():\n  {body}").body[0]
    assert isinstance(definition, ast.AsyncFunctionDef)
    assert any(suspends(one) for one in definition.body) is may


@pytest.mark.parametrize(
    ("text", "star"),
    [("from a.b import *", ["a.b"]), ("from a import b", []), ("from a import b as c, d", []), ("import a", [])],
)
def test_stars(see: See, text: str, star: list[str]) -> None:
    assert see(text).facts.stars == star


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        pytest.param("x = 1\ndef f():\n  x = 2", 1, id="a local of the same name"),
        pytest.param("x = 1\ndef f():\n  global x\n  x = 2", 2, id="global"),
        pytest.param("x = 1\ndef f():\n  x = 2\n  global_x = 3", 1, id="a name that begins like it"),
        pytest.param("x = 1\nclass A:\n  global x\n  x = 2", 2, id="global in a class"),
        pytest.param("x = 1\ndef f():\n  def g():\n    global x\n    x = 3\n  x = 2", 2, id="global in an inner function alone"),
        pytest.param("x = 1\ndef f():\n  if y:\n    x = 2\n    global x", 2, id="global behind it"),
        pytest.param("x = 1\ndef f():\n  x = 0\n  def g():\n    nonlocal x\n    x = 2", 1, id="nonlocal"),
        pytest.param("def h(): global y\nx = 1\ndef f(): x = 2", 1, id="global of another function"),
    ],
)  # fmt: skip
def test_what_is_bound_at_the_top(see: See, text: str, bound: int) -> None:
    assert len(see(text).facts.scope.bindings["x"]) == bound
