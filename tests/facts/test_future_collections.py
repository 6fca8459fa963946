"""Futures in a collection on an attribute: what each use of it puts in, takes out, and where they may get lost."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.future_collections import Slot, futures_at, put_into, slot_of
from aiomend.facts.view import Module

See = Callable[..., Module]
HEAD = "import collections\n"


def _in_method(body: str) -> str:
    return f"{HEAD}class A:\n  def f(self, x):\n    {body}\n"


def _last(module: Module, name: str) -> ast.Name:
    return module.facts.names[name][-1]


@pytest.mark.parametrize(
    ("body", "slot"),
    [
        pytest.param("fut.set()", None, id="bound nowhere"),
        pytest.param("fut = self.waiting\n    fut.set()", None, id="the collection itself"),
        pytest.param("fut = waiting[0]\n    fut.set()", None, id="a collection that is no attribute"),
        pytest.param("fut = self.waiting.first()\n    fut.set()", None, id="another method"),
        pytest.param("fut = self.waiting.values()\n    fut.set()", None, id="all of them"),
        pytest.param("fut = list(self.waiting)\n    fut.set()", None, id="a copy of all of them"),
        pytest.param("for fut in self.waiting.pop():\n      fut.set()", None, id="what was taken out has parts"),
        pytest.param("for fut in sorted(self.waiting):\n      fut.set()", None, id="another function"),
        pytest.param("for fut in self.waiting.values(1):\n      fut.set()", None, id="a method with an argument"),
        pytest.param("async def g():\n      async for fut in self.waiting: fut.set()", None, id="an asynchronous loop"),
        pytest.param("fut = self.waiting[0]\n    fut = x\n    fut.set()", None, id="bound again"),
        pytest.param("(fut, _), _ = self.waiting[0]\n    fut.set()", None, id="a part of a part"),
        pytest.param("with self.waiting[0] as fut:\n      fut.set()", None, id="what entering it gives"),
        pytest.param("fut = self.waiting[0]\n    fut.set()", Slot("waiting"), id="by its place"),
        pytest.param("fut = self.waiting.get(1)\n    fut.set()", Slot("waiting"), id="by its key"),
        pytest.param("fut = self.waiting.pop()\n    fut.set()", Slot("waiting"), id="taken out"),
        pytest.param("fut = self.waiting.popleft()\n    fut.set()", Slot("waiting"), id="taken out at the front"),
        pytest.param("_, fut = self.waiting.pop()\n    fut.set()", Slot("waiting", 1), id="a part of an entry"),
        pytest.param("for fut in self.waiting:\n      fut.set()", Slot("waiting"), id="each"),
        pytest.param("for fut, _ in self.waiting:\n      fut.set()", Slot("waiting", 0), id="a part of each"),
        pytest.param("for fut in self.waiting.values():\n      fut.set()", Slot("waiting"), id="each of a dictionary"),
        pytest.param("for fut in self.waiting.copy():\n      fut.set()", Slot("waiting"), id="each of a copy"),
        pytest.param("for fut in list(self.waiting):\n      fut.set()", Slot("waiting"), id="each of a list of them"),
        pytest.param("for fut in reversed(self.waiting):\n      fut.set()", Slot("waiting"), id="each, from the end"),
    ],
)
def test_where_a_future_was_taken_out(see: See, body: str, slot: Slot | None) -> None:
    module = see(_in_method(body))
    assert slot_of(module, _last(module, "fut")) == slot


@pytest.mark.parametrize(
    ("body", "slot"),
    [
        pytest.param("x(fut)", None, id="given to a function"),
        pytest.param("return fut", None, id="given back"),
        pytest.param("self.waiting.append(x(fut))", None, id="given to a function first"),
        pytest.param("self.waiting.insert(0, fut)", None, id="two arguments"),
        pytest.param("self.waiting.extend(fut)", None, id="another method"),
        pytest.param("waiting.append(fut)", None, id="a collection that is no attribute"),
        pytest.param("y = self.waiting.append(fut)", None, id="what that gives is kept"),
        pytest.param("self.waiting[fut] = x", None, id="as the key"),
        pytest.param("waiting[x] = fut", None, id="under a key of what is no attribute"),
        pytest.param("y = self.waiting[x] = fut", None, id="bound to a name, too"),
        pytest.param("self.waiting.append(((1, fut), 2))", None, id="a part of a part"),
        pytest.param("self.waiting.append(fut)", Slot("waiting"), id="appended"),
        pytest.param("self.waiting.add(fut)", Slot("waiting"), id="added"),
        pytest.param("self.waiting.appendleft(fut)", Slot("waiting"), id="appended at the front"),
        pytest.param("self.waiting.append((1, fut))", Slot("waiting", 1), id="as a part"),
        pytest.param("self.waiting[x] = fut", Slot("waiting"), id="under a key"),
        pytest.param("self.waiting[x] = fut, 1", Slot("waiting", 0), id="as a part under a key"),
    ],
)
def test_where_a_future_is_put(see: See, body: str, slot: Slot | None) -> None:
    module = see(_in_method(body))
    assert put_into(module.facts, _last(module, "fut")) == slot


ALONE, FIRST = Slot("waiting"), Slot("waiting", 0)


@pytest.mark.parametrize(
    ("body", "slot"),
    [
        pytest.param("self.waiting = x", ALONE, id="something else becomes the collection"),
        pytest.param("self.waiting = [x]", ALONE, id="a list that is not empty"),
        pytest.param("self.waiting = list(x)", ALONE, id="a copy of something"),
        pytest.param("x = self.waiting", ALONE, id="it gets another name"),
        pytest.param("x(self.waiting)", ALONE, id="it is given away"),
        pytest.param("return self.waiting", ALONE, id="it is given back"),
        pytest.param("self.waiting.append", ALONE, id="a method that is not called"),
        pytest.param("x(self.waiting.append)", ALONE, id="a method that is given away"),
        pytest.param("self.waiting.sort()", ALONE, id="another method"),
        pytest.param("self.waiting.append(x())", ALONE, id="what comes in has no name"),
        pytest.param("self.waiting.append(x)", FIRST, id="what comes in has no parts"),
        pytest.param("self.waiting.append((*x, 1))", FIRST, id="parts that are not listed"),
        pytest.param("self.waiting.append(())", FIRST, id="no parts"),
        pytest.param("self.waiting.append((x(), 1))", FIRST, id="a part without a name"),
        pytest.param("self.waiting.append(x, 1)", ALONE, id="two arguments"),
        pytest.param("self.waiting[0] += x", ALONE, id="an entry that is added to"),
        pytest.param("self.waiting[0] = x()", ALONE, id="an entry that has no name"),
        pytest.param("self.waiting.get(0, x)", ALONE, id="or something else"),
        pytest.param("x(self.waiting[0])", FIRST, id="an entry that is given away whole"),
        pytest.param("x = self.waiting[0]", FIRST, id="an entry that gets a name whole"),
        pytest.param("for y in sorted(self.waiting): pass", ALONE, id="another function goes through them"),
        pytest.param("for y in x(self.waiting.values()): pass", ALONE, id="something gets all of them"),
        pytest.param("for y.z in self.waiting: pass", ALONE, id="each becomes an attribute"),
        pytest.param("[y for y in self.waiting]", ALONE, id="a comprehension"),
        pytest.param("self.waiting < x", ALONE, id="compared"),
        pytest.param("-self.waiting", ALONE, id="computed with"),
        pytest.param("if x(self.waiting): pass", ALONE, id="a test that gets it"),
    ],
)
def test_futures_may_go_anywhere(see: See, body: str, slot: Slot) -> None:
    assert _futures(see, body, slot) is None


@pytest.mark.parametrize(
    "body",
    [
        "self.waiting = []",
        "self.waiting = {}",
        "self.waiting = list()",
        "self.waiting = collections.deque()",
        "self.waiting: list = []",
        "del self.waiting[0]",
        "len(self.waiting)",
        "if self.waiting: pass",
        "while self.waiting: pass",
        "assert self.waiting",
        "not self.waiting",
        "x in self.waiting",
        "x not in self.waiting",
        "self.waiting.clear()",
        "self.waiting.remove(x)",
        "self.waiting.keys()",
        "self.waiting.pop()",
        "self.waiting[0]",
    ],
)
def test_uses_without_a_future(see: See, body: str) -> None:
    for slot in (ALONE, FIRST):
        assert _futures(see, body, slot) == []


@pytest.mark.parametrize(
    ("body", "slot", "futures"),
    [
        ("self.waiting.append(x)", ALONE, ["x"]),
        ("self.waiting.append((x, 1))", FIRST, ["x"]),
        ("self.waiting[0] = x", ALONE, ["x"]),
        ("self.waiting[0] = x, 1", FIRST, ["x"]),
        ("y = self.waiting[0]", ALONE, ["self.waiting[0]"]),
        ("y(self.waiting[0])", ALONE, ["self.waiting[0]"]),
        ("y, _ = self.waiting[0]", FIRST, ["y"]),
        ("y, _ = self.waiting.pop(0)", FIRST, ["y"]),
        ("y = self.waiting.get(0, None)", ALONE, ["self.waiting.get(0, None)"]),
        ("for y in self.waiting: pass", ALONE, ["y"]),
        ("for y, _ in self.waiting: pass", FIRST, ["y"]),
        ("for y in list(self.waiting): pass", ALONE, ["y"]),
        ("for y in tuple(reversed(self.waiting)): pass", ALONE, ["y"]),
        ("for y in self.waiting.values(): pass", ALONE, ["y"]),
        ("for y, _ in list(self.waiting.values()): pass", FIRST, ["y"]),
    ],
)
def test_the_futures_of_a_use(see: See, body: str, slot: Slot, futures: list[str]) -> None:
    assert _futures(see, body, slot) == futures


def _futures(see: See, body: str, slot: Slot) -> list[str] | None:
    module = see(_in_method(body))
    (use,) = module.facts.attributes["waiting"]
    found = futures_at(module, module.facts, use, slot)
    return None if found is None else [module.text(one) for one in found]
