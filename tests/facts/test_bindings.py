"""What a name stands for: by each kind of binding, through imports and stars, and as a parameter."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.values import (
    OTHER,
    UNKNOWN,
    Coroutine,
    External,
    Function,
    Instance,
    ProjectClass,
    ProjectInstance,
    ProjectModule,
)
from aiomend.facts.view import Module

See = Callable[..., Module]
SHOP = "class Client:\n  async def close(self): pass\nclass Other: pass\ndef make(): return Client()\n"


def _told(see: See, text: str, **others: str) -> list[str]:
    """What the argument of the call of `mark` may be, in words, sorted."""
    module = see(text, shop=SHOP, **others)
    (call,) = (one for one in module.facts.calls if isinstance(one.func, ast.Name) and one.func.id == "mark")
    return sorted(_word(value) for value in module.values(call.args[0]))


def _word(value: object) -> str:
    match value:
        case External(name=name) | Instance(cls=name):
            return name
        case ProjectModule(facts=facts):
            return f"module {facts.name}"
        case ProjectClass(node=node):
            return f"class {node.name}"
        case ProjectInstance(cls=ProjectClass(node=node)):
            return f"a {node.name}"
        case Function(node=ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name)):
            return f"{name}()"
        case Coroutine():
            return "coroutine"
        case _ if value in UNKNOWN:
            return "unknown"
        case _ if value in OTHER:
            return "other"
        case _:
            return type(value).__name__


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("mark(x)", ["unknown"]),
        ("mark(print)", ["print"]),
        ("import os\nmark(os)", ["os"]),
        ("import os.path\nmark(os)", ["os"]),
        ("import os.path as p\nmark(p)", ["os.path"]),
        ("import shop\nmark(shop)", ["module shop"]),
        ("import shop as s\nmark(s.make())", ["a Client"]),
        ("from os import path\nmark(path)", ["os.path"]),
        ("from shop import Client as C\nmark(C)", ["class Client"]),
        ("from shop import nothing\nmark(nothing)", ["unknown"]),
        ("def f(): pass\nmark(f)", ["f()"]),
        ("class A: pass\nmark(A)", ["class A"]),
        ("class A: pass\nx = A()\nmark(x)", ["a A"]),
        ("class A: pass\nx: A\nmark(x)", ["a A"]),
        ("class A: pass\nclass B(A): pass\nx: A = B()\nmark(x)", ["a A"]),
        ("class A: pass\nx, y = A(), 1\nmark(x)", ["a A"]),
        ("class A: pass\nx, y = A(), 1\nmark(y)", ["other"]),
        ("class A: pass\n(x, _), y = (1, A()), 1\nmark(_)", ["a A"]),
        ("class A: pass\nfor x in [A()]: mark(x)", ["a A"]),
        ("class A: pass\nfor x, y in [(A(), 1)]: mark(x)", ["a A"]),
        ("class A:\n  def __enter__(self): return self\nwith A() as x: mark(x)", ["a A"]),
        ("class A:\n  def __enter__(self): return 1\nwith A() as x: mark(x)", ["other"]),
        ("class A:\n  def __enter__(self): return 1\nasync def f():\n  async with A() as x: mark(x)", ["unknown"]),
        (
            "class A:\n  async def __aenter__(self): return self\nasync def f():\n  async with A() as x: mark(x)",
            ["a A"],
        ),
        ("class A: pass\nif (x := A()): mark(x)", ["a A"]),
        ("try: pass\nexcept OSError as x: mark(x)", ["unknown"]),
        ("x += 1\nmark(x)", ["unknown"]),
        ("class A: pass\nx = A()\nx = 1\nmark(x)", ["a A", "other"]),
        ("class A: pass\nx = A()\nx = y()\nmark(x)", ["a A", "unknown"]),
        ("class A: pass\nx: A\nx = y()\nmark(x)", ["a A"]),
        ("import os\ndef f(os): mark(os)", ["unknown"]),
        ("class A: pass\nx = A()\ndef f(): mark(x)", ["a A"]),
        ("class A: pass\nclass B:\n  x = A()\n  def f(self): mark(x)", ["unknown"]),
        ("class A: pass\nx = []\nx.append(A())\nmark(x[0])", ["a A"]),
        ("class A: pass\nx = []\ndef f():\n  x = []\n  x.append(1)\nx.append(A())\nmark(x[0])", ["a A"]),
        ("class A: pass\nx: list = []\nx.append(A())\nmark(x[0])", ["a A"]),
    ],
)
def test_what_a_binding_gives(see: See, text: str, told: list[str]) -> None:
    assert _told(see, f"{text}\n") == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("from shop import *\nmark(Client)", ["class Client"], id="it has the name"),
        pytest.param("from shop import *\nmark(nothing)", ["unknown"], id="it has none of that name"),
        pytest.param("from shop import *\nmark(print)", ["print"], id="the name is a builtin"),
        pytest.param("from elsewhere import *\nmark(Client)", ["unknown"], id="nobody knows what it has"),
        pytest.param("from elsewhere import *\nmark(print)", ["unknown"], id="it may have a name of its own for a builtin"),
        pytest.param("from elsewhere import *\nfrom shop import *\nmark(Client)", ["unknown"], id="the one behind a star of which nothing is known"),
        pytest.param("from shop import *\nfrom elsewhere import *\nmark(Client)", ["class Client"], id="the one before a star of which nothing is known"),
        pytest.param("from asyncio import *\nmark(ensure_future)", ["asyncio.ensure_future"], id="a function of asyncio"),
        pytest.param("from asyncio import *\nmark(sleep)", ["asyncio.sleep"], id="a coroutine of asyncio"),
        pytest.param("from asyncio import *\nmark(print)", ["print"], id="a builtin, which asyncio has not"),
        pytest.param("from asyncio import *\nfrom shop import *\nmark(Client)", ["class Client"], id="behind asyncio's star"),
        pytest.param("from asyncio_extras import *\nmark(Future)", ["unknown"], id="a package whose name begins like asyncio's"),
        pytest.param("from asyncio import *\nFuture = 1\nmark(Future)", ["other"], id="bound in the file"),
        pytest.param("from stars import *\nmark(Client)", ["class Client"], id="through another star"),
        pytest.param("from stars import Client\nmark(Client)", ["class Client"], id="a name through a star"),
        pytest.param("import stars\nmark(stars.Client)", ["class Client"], id="an attribute through a star"),
        pytest.param("import stars\nmark(stars.nothing)", ["unknown"], id="an attribute that it has not"),
    ],
)  # fmt: skip
def test_what_a_star_brings(see: See, text: str, told: list[str]) -> None:
    assert _told(see, f"{text}\n", stars="from shop import *\n") == told


def test_modules_that_import_each_other_end(see: See) -> None:
    ring = {"one": "from two import *\n", "two": "from one import *\n"}
    assert _told(see, "from one import nothing\nmark(nothing)\n", **ring) == ["unknown"]
    named = {"one": "from two import x\n", "two": "from one import x\n"}
    assert _told(see, "from one import x\nmark(x)\n", **named) == ["unknown"]


def test_a_module_of_a_package_comes_behind_a_name_of_it(see: See) -> None:
    files = {"box/__init__": "class lid: pass\n", "box/lid": "", "box/side": ""}
    assert _told(see, "from box import lid\nmark(lid)\n", **files) == ["class lid"]
    assert _told(see, "from box import side\nmark(side)\n", **files) == ["module box.side"]
    assert _told(see, "import box\nmark(box.side)\n", **files) == ["module box.side"]
    assert _told(see, "from box import top\nmark(top)\n", **files) == ["unknown"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("class A:\n  def f(self): mark(self)", ["a A"]),
        ("class A:\n  def f(me, /): mark(me)", ["a A"]),
        ("class A:\n  def f(self, x): mark(x)", ["unknown"]),
        ("class A:\n  @classmethod\n  def f(cls): mark(cls)", ["class A"]),
        ("class A:\n  @staticmethod\n  def f(x): mark(x)", ["unknown"]),
        ("class A:\n  def __new__(cls): mark(cls)", ["class A"]),
        ("class A:\n  def __init_subclass__(cls): mark(cls)", ["class A"]),
        ("class A:\n  def f(*self): mark(self)", ["unknown"]),
        ("class A:\n  def f(self):\n    def g(self): mark(self)", ["unknown"]),
        ("class A: pass\ndef f(x: A): mark(x)", ["a A"]),
        ("class A: pass\ndef f(x: 'A'): mark(x)", ["a A"]),
        ("class A: pass\ndef f(x: Missing): mark(x)", ["unknown"]),
        ("f = lambda x: mark(x)", ["unknown"]),
        ("class A: pass\ndef f(x: A = None): mark(x)", ["a A"]),
    ],
)
def test_what_a_parameter_is_by_its_function(see: See, text: str, told: list[str]) -> None:
    assert _told(see, f"{text}\n") == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("def f(x: Callable): mark(x())\nf(job)", ["coroutine"], id="what callers pass tells more"),
        pytest.param("def f(x: Callable[..., int]): mark(x())\nf(job)", ["other"], id="it tells what calling it gives"),
        pytest.param("def f(x: Callable): mark(x())\nf(job)\nf(y)", ["unknown"], id="one caller passes what is not known"),
        pytest.param("def f(x: A): mark(x)\nf(job)", ["a A"], id="an annotation is believed"),
        pytest.param("def f(x): mark(x)\nf(A())\nf(job())", ["a A", "coroutine"], id="callers pass two things"),
        pytest.param("def f(x): mark(x)\nf(A())\nf(y)", ["unknown"], id="one is not known"),
        pytest.param("def f(x):\n  mark(x)\n  f(x)\nf(A())", ["a A"], id="it hands itself on"),
        pytest.param("def f(x):\n  mark(x)\n  g(x)\ndef g(y): f(y)\nf(A())", ["a A"], id="it comes back through another"),
        pytest.param("def f(x): f(x); mark(x)", ["unknown"], id="nobody else calls it"),
    ],
)  # fmt: skip
def test_what_a_parameter_is_by_its_callers(see: See, text: str, told: list[str]) -> None:
    head = "from typing import Callable\nasync def job(): pass\nclass A: pass\n"
    module = see(f"{head}{text}\n")
    (call,) = (one for one in module.facts.calls if isinstance(one.func, ast.Name) and one.func.id == "mark")
    values = module.inference.values_from_callers(module.facts, call.args[0])
    assert sorted(map(_word, values)) == told


@pytest.mark.parametrize("first", ["one", "self.made", "self.made.get", "self.made.get(key)"])
def test_what_a_table_gives_that_it_holds_is_the_same_whoever_asks_first(see: See, first: str) -> None:
    module = see("""
class A: pass
class Maker:
    def __init__(self): self.made = {}
    def make(self, key):
        one = self.made.get(key)
        if one is None:
            one = A()
            self.made[key] = one
        mark(one)
""")
    places = [node for node in ast.walk(module.facts.tree) if isinstance(node, ast.expr) and module.text(node) == first]
    module.values(places[0])
    (call,) = (one for one in module.facts.calls if isinstance(one.func, ast.Name) and one.func.id == "mark")
    assert [*map(_word, module.values(call.args[0]))] == ["a A"]


@pytest.mark.parametrize(
    "text",
    [
        "b = c\nc = b or (f() or a)\ndef f(): return b\nmark(c)\nmark(b)",
        "a = b\na = b\nb = a\nmark(c)\nmark(a)\nmark(b)",
    ],
)
def test_what_rests_on_a_question_that_is_still_open_is_not_known(see: See, text: str) -> None:
    module = see(text)
    calls = [one for one in module.facts.calls if isinstance(one.func, ast.Name) and one.func.id == "mark"]
    assert all(module.values(one.args[0]) >= UNKNOWN for one in calls)
