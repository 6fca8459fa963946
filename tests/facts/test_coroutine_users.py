"""Who uses what a coroutine function makes in a way that a native coroutine does not allow."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.coroutine_users import Users, decorator_ends, users_of
from aiomend.facts.values import Function
from aiomend.facts.view import Module

See = Callable[..., Module]
HEAD = "import asyncio, types\n@asyncio.coroutine\ndef work(): yield\n"


def _users(see: See, text: str, name: str = "work", head: str = HEAD, **others: str) -> Users:
    module = see(f"{head}{text}\n", **others)
    function = next(one for one in module.facts.functions if one.name == name)
    return users_of(module, function)


def _lines(found: Users) -> str:
    words = [f"delegates {one.node.lineno}{'' if one.is_sure else '?'}" for one in found.delegates]
    for what in ("driven", "again", "asked"):
        words += [f"{what} {one.node.lineno}{'' if one.is_sure else '?'}" for one in getattr(found, what)]
    words += [f"lost {node.lineno}" for _, node in found.lost]
    return ", ".join(words)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nobody uses it"),
        pytest.param("work()", id="dropped"),
        pytest.param("async def f(): await work()", id="awaited"),
        pytest.param("@asyncio.coroutine\ndef f(): yield from work()", id="waited for by a coroutine of old"),
        pytest.param("def f(): return work()", id="returned, and nobody calls that"),
        pytest.param("work = 1", id="bound again"),
        pytest.param("def f(work): next(work())", id="something else of that name"),
        pytest.param("work.x", id="looked at"),
        pytest.param("work is x", id="compared"),
        pytest.param("assert work", id="asserted"),
        pytest.param("if work: pass", id="tested"),
        pytest.param("not work", id="turned round"),
        pytest.param("@work\ndef f(): pass", id="it decorates"),
        pytest.param("def f(x): x()\nf(work)", id="given to a function that calls it"),
        pytest.param("def f(x): x()\nf(x=work)", id="given by keyword"),
    ],
)
def test_nobody_minds(see: See, text: str) -> None:
    assert _lines(_users(see, text)) == ""


@pytest.mark.parametrize(
    ("text", "users"),
    [
        pytest.param("def f(): yield from work()", "delegates 4", id="a plain generator delegates"),
        pytest.param("def f():\n  x = work()\n  yield from x", "delegates 6", id="by a variable"),
        pytest.param("def f():\n  x = work()\n  x = y\n  yield from x", "delegates 7?", id="by a variable that may be something else"),
        pytest.param("def g(): return work()\ndef f(): yield from g()", "delegates 5", id="through a function that returns it"),
        pytest.param("def g(x): return x\ndef f(): yield from g(work())", "delegates 5?", id="through a function that returns its parameter"),
        pytest.param("def f(x): yield from x()\nf(work)", "delegates 4", id="it is given the function"),
        pytest.param("class A: pass\nA.run = work\ndef f(): yield from A.run()", "delegates 6, lost 5", id="through an attribute that keeps it"),
        pytest.param("next(work())", "driven 4", id="next"),
        pytest.param("for x in work(): pass", "driven 4", id="a loop"),
        pytest.param("list(work())", "driven 4", id="a list"),
        pytest.param("def f():\n  x = work()\n  yield from x\n  yield from x", "delegates 6, delegates 7, again 7", id="waited for twice"),
        pytest.param("hasattr(work(), '__next__')", "asked 4", id="asked for what it is"),
        pytest.param("x = [work]", "lost 4", id="the function in a list"),
        pytest.param("def f(): return work", "lost 4", id="the function returned"),
        pytest.param("y(work)", "lost 4", id="the function given to something not known"),
        pytest.param("y(z=work)", "lost 4", id="by keyword"),
        pytest.param("class A:\n  def __init__(self, x): self.x = x\nA(work)", "lost 5", id="to an object"),
        pytest.param("class A:\n  def add(self, x): self.y.append(x)\nA().add(work)", "lost 5", id="to a method that puts it into a list"),
        pytest.param("def f(x): y[1] = x\nf(work)", "lost 4", id="to a function that puts it under a key"),
        pytest.param("def f(x): return x\nnext(f(work)())", "driven 5", id="to a function that gives it back"),
        pytest.param("class A:\n  def __init__(self, x): self.x = x\n  async def run(self):\n    y = self.x()\n    await y\n    await y\nA(work)", "again 9?, lost 5", id="an object calls it, and waits twice"),
        pytest.param("y = {1: work}\nfor x in y.values():\n  z = x()\n  next(z)", "driven 7, lost 4", id="stepped out of a table"),
        pytest.param("y = {1: work}\nfor x in y.values():\n  z = x()\n  next(z)\nfor x in y: pass", "driven 7?, lost 4", id="by a name for other things too"),
        pytest.param("y = {1: work}\nfor x in y.values():\n  for _ in x(): next(z)", "driven 6, lost 4", id="gone through out of a table"),
    ],
)  # fmt: skip
def test_somebody_does(see: See, text: str, users: str) -> None:
    assert _lines(_users(see, text)) == users


METHOD = "import asyncio\nclass A:\n  @asyncio.coroutine\n  def work(self): yield\n"


@pytest.mark.parametrize(
    ("text", "users"),
    [
        pytest.param("def f(): yield from A().work()", "delegates 5", id="its object"),
        pytest.param("class B(A): pass\ndef f(): yield from B().work()", "delegates 6", id="of a subclass"),
        pytest.param("class B(A):\n  def work(self): yield\ndef f(): yield from B().work()", "delegates 7", id="of a subclass that overrides it"),
        pytest.param("class B:\n  def work(self): yield\ndef f(): yield from B().work()", "", id="of another class"),
        pytest.param("def f(x): yield from x.work()", "delegates 5?", id="of an object that is not known"),
        pytest.param("next(x.work())", "driven 5?", id="of one that is not known, by hand"),
        pytest.param("y = [x.work]", "", id="of one that is not known, handed on"),
    ],
)  # fmt: skip
def test_a_method(see: See, text: str, users: str) -> None:
    assert _lines(_users(see, text, head=METHOD)) == users


def test_a_property_is_used_by_reading_it(see: See) -> None:
    head = "import asyncio\nclass A:\n  @property\n  @asyncio.coroutine\n  def work(self): yield\n"
    assert _lines(_users(see, "def f(): yield from A().work", head=head)) == "delegates 6"


def test_whoever_has_an_object_may_call_it(see: See) -> None:
    head = "import asyncio\nclass A:\n  @asyncio.coroutine\n  def __call__(self): yield\n"
    assert _lines(_users(see, "", "__call__", head)) == "lost 4"


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("", False),
        ("x = 'work'", False),
        ("getattr(x, 'other')", False),
        ("getattr(x, 'wo' + y)", True),
        ("getattr(x, 'other' + y)", False),
        ("getattr(x, 'work')", True),
        ("globals()['work']", True),
        ("x == 'work'", False),
        ("getattr(x, y)\nz = ['work']", True),
        ("getattr(x, 'ab' + y)\nz == 'work'\n'work'", False),
    ],
)
def test_a_file_that_gets_it_by_a_text(see: See, text: str, lost: bool) -> None:
    steps = "def step(x): yield from x"
    found = _users(see, f"{steps}\n{text}")
    assert bool(found.lost) is lost


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        pytest.param("def deco(f):\n  return f", "", id="gives it back"),
        pytest.param("def deco(f):\n  f.is_command = True\n  return f", "", id="marks it"),
        pytest.param("def deco(f):\n  def w(): return f()\n  return w", "RETURNED", id="wraps it"),
        pytest.param("deco = lambda f: f", "", id="a lambda gives it back"),
        pytest.param("deco = lambda f: x.append(f)", "LOST", id="a lambda keeps it"),
        pytest.param("def deco(f):\n  x[f.__name__] = f\n  return f", "LOST", id="under a key"),
        pytest.param("def deco(f):\n  x.append(f)\n  return f", "LOST", id="in a list"),
        pytest.param("def deco(f):\n  x.y = f\n  return f", "LOST", id="on an attribute"),
        pytest.param("def keep(f): x.append(f)\ndef deco(f):\n  keep(f)\n  return f", "LOST", id="by another function"),
        pytest.param("def deco(f):\n  def w(): return f()\n  x.append(w)\n  return w", "RETURNED LOST", id="its wrapper"),
        pytest.param("def deco(f):\n  x = {}\n  def w():\n    if 1 not in x: x[1] = f()\n    return x[1]\n  return w", "AGAIN LOST RETURNED", id="what it makes"),
        pytest.param("def deco(f):\n  x = None\n  def w():\n    nonlocal x\n    if not x: x = f()\n    return x\n  return w", "AGAIN RETURNED", id="what it makes, by a name"),
    ],
)  # fmt: skip
def test_what_a_decorator_keeps(see: See, text: str, kinds: str) -> None:
    module = see(text)
    (deco,) = module.facts.scope.bindings["deco"]
    node = deco.node if deco.value is None else deco.value
    assert isinstance(node, (ast.FunctionDef, ast.Lambda))
    found = decorator_ends(module, Function(module.facts, node))
    assert {one.kind.name for one in found} == set(kinds.split())


def test_a_decorator_that_is_a_method(see: See) -> None:
    module = see("class A:\n  def deco(self, f): self.x.append(f)")
    (deco,) = module.facts.functions
    assert [one.kind.name for one in decorator_ends(module, Function(module.facts, deco), 1)] == ["LOST"]


def test_whoever_gets_all_that_an_object_has(see: See) -> None:
    steps = "import inspect\ndef step(x): yield from x\ninspect.getmembers(x)"
    assert _lines(_users(see, steps)) == ""
    assert _lines(_users(see, steps, head=METHOD)) == "lost 7"


@pytest.mark.parametrize(
    ("text", "is_lost"),
    [
        ("vars(x)", True),
        ("vars(self)", False),
        ("vars", False),
        ("type(x).__dict__[y]", True),
        ("cls.__dict__.items()", True),
        ("self.__dict__[y]", False),
        ("x.__dict__.update(y)", False),
        ("x.__dict__[y] = 1", False),
        ("class M(type): pass", True),
        ("class M(x.type): pass", False),
    ],
)
def test_whoever_gets_what_a_class_has(see: See, text: str, is_lost: bool) -> None:
    assert bool(_users(see, f"def step(x): yield from x\n{text}", head=METHOD).lost) is is_lost


def test_a_decorator_of_the_project(see: See) -> None:
    module = see("def deco(f):\n  def w(): return next(f())\n  return w\ndef none(): pass\nf = lambda: 1")
    deco, none = (next(one for one in module.facts.functions if one.name == name) for name in ("deco", "none"))
    assert [one.kind.name for one in decorator_ends(module, Function(module.facts, deco))] == ["STEPPED"]
    assert decorator_ends(module, Function(module.facts, none)) == []
    (made,) = (one for one in ast.walk(module.tree) if isinstance(one, ast.Lambda))
    assert decorator_ends(module, Function(module.facts, made)) == []
