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
        pytest.param("class A:\n  def __init__(self, x): self.x = x\nA(work)", "lost 6", id="to an object"),
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


def test_a_decorator_of_the_project(see: See) -> None:
    module = see("def deco(f):\n  def w(): return next(f())\n  return w\ndef none(): pass\nf = lambda: 1")
    deco, none = (next(one for one in module.facts.functions if one.name == name) for name in ("deco", "none"))
    assert [one.kind.name for one in decorator_ends(module, Function(module.facts, deco))] == ["STEPPED"]
    assert decorator_ends(module, Function(module.facts, none)) == []
    (made,) = (one for one in ast.walk(module.tree) if isinstance(one, ast.Lambda))
    assert decorator_ends(module, Function(module.facts, made)) == []
