"""How sure it is that something is a future, which functions make one, and which places mean the same one."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.futures import certainty, makes_future, origin_of, other_setters, spellings
from aiomend.facts.view import Module

See = Callable[..., Module]
HEAD = "import asyncio\n"


def _setters(module: Module) -> list[ast.Attribute]:
    """The setters of a file, in order."""
    found = [one for name in ("set_result", "set_exception") for one in module.facts.attributes.get(name, ())]
    return sorted(found, key=lambda one: (one.lineno, one.col_offset))


def _certainty(see: See, text: str, **others: str) -> str | None:
    module = see(text, **others)
    found = certainty(module, _setters(module)[0].value)
    return found.name if found is not None else None


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        pytest.param("asyncio.Future().set_result(1)", "KNOWN", id="made on the spot"),
        pytest.param("def f(x: asyncio.Future): x.set_result(1)", "KNOWN", id="by its annotation"),
        pytest.param("def f(x: 'asyncio.Future | None'): x.set_result(1)", "KNOWN", id="None has no setter"),
        pytest.param("def f(x: 'asyncio.Future | int'): x.set_result(1)", "KNOWN", id="a number has none"),
        pytest.param("def f(x: 'asyncio.Future | asyncio.Task'): x.set_result(1)", "KNOWN", id="a task has one that raises"),
        pytest.param("x = asyncio.Future() if y else z()\nx.set_result(1)", "PARTLY", id="or nobody knows what"),
        pytest.param("x = asyncio.Future() if y else asyncio.Event()\nx.set_result(1)", None, id="or something else"),
        pytest.param("x = y() if y else asyncio.Event()\nx.set_result(1)", None, id="something else, or nobody knows what"),
        pytest.param("def f(x: asyncio.Task): x.set_result(1)", None, id="a task"),
        pytest.param("x = 1\nx.set_result(1)", None, id="a number"),
        pytest.param("class A(asyncio.Future): pass\nA().set_result(1)", "KNOWN", id="a subclass"),
        pytest.param("class A(asyncio.Future):\n  def set_result(self, x): pass\nA().set_result(1)", None, id="a subclass with a setter of its own"),
        pytest.param("class A: pass\nA().set_result(1)", None, id="another class"),
        pytest.param("class A(asyncio.Future):\n  def f(self): self.set_result(1)", None, id="the future itself"),
        pytest.param("class A(asyncio.Future):\n  def f(self): super().set_result(1)", None, id="its base"),
        pytest.param("class A:\n  @staticmethod\n  def f(fut): fut.set_result(1)", "NAMED", id="a static method's first"),
        pytest.param("class A:\n  def f(self, fut): fut.set_result(1)", "NAMED", id="a method's second"),
        pytest.param("(lambda x=asyncio.Future(): x.set_result(1))()", "KNOWN", id="what a lambda binds early"),
        pytest.param("def f(x): x.set_result(1)\nf(asyncio.Future())", "PASSED", id="what its callers pass"),
        pytest.param("def f(x): x.set_result(1)\nf(asyncio.Future())\nf(asyncio.Event())", None, id="one caller passes something else"),
        pytest.param("def f(x): x.set_result(1)\nf(asyncio.Future())\nf(y)", "PASSED", id="one caller passes nobody knows what"),
        pytest.param("def f(x): x.set_result(1)\nf(x=asyncio.Future())", "PASSED", id="by its name"),
        pytest.param("def f(y, x): x.set_result(1)\nf(asyncio.Future(), z)", None, id="the other parameter"),
        pytest.param("def f(x): x.set_result(1)\nf(*z, asyncio.Future())", None, id="behind a star"),
        pytest.param("class A:\n  def f(self, x): x.set_result(1)\nA().f(asyncio.Future())", "PASSED", id="to a method"),
        pytest.param("class A:\n  def f(self, x): x.set_result(1)\nA.f(y, asyncio.Future())", None, id="to a method, of its class"),
        pytest.param("def f(x): x.set_result(1)\nloop.call_soon(f, asyncio.Future())", "PASSED", id="to a callback"),
        pytest.param("def f(x, y): x.set_result(1)\nloop.call_soon(f, y, asyncio.Future())", None, id="to a callback, as another"),
        pytest.param("def f(x: int): x.set_result(1)\nf(asyncio.Future())", None, id="its annotation says something else"),
        pytest.param("def f(x):\n  x = y()\n  x.set_result(1)\nf(asyncio.Future())", None, id="bound again"),
        pytest.param("def f(x): x.set_result(1)", None, id="nothing says anything"),
        pytest.param("def f(fut): fut.set_result(1)", "NAMED", id="its name"),
        pytest.param("def f(self): self.waiter.set_result(1)", "NAMED", id="the name of an attribute"),
        pytest.param("def f(self): self._waiters.pop().set_result(1)", "NAMED", id="the name of what it is taken from"),
        pytest.param("def f(self): self._waiters[0].set_result(1)", "NAMED", id="the name of what holds it"),
        pytest.param("def f(self): self._waiters.first().set_result(1)", None, id="another method of that"),
        pytest.param("def f(self): self.things[0].set_result(1)", None, id="of no such name"),
        pytest.param("def f(self): futures().set_result(1)", None, id="a function of such a name"),
    ],
)  # fmt: skip
def test_how_sure_it_is(see: See, text: str, sure: str | None) -> None:
    assert _certainty(see, f"{HEAD}{text}\n") == sure


@pytest.mark.parametrize(
    ("head", "speaks"),
    [
        pytest.param("", False, id="nothing of asyncio"),
        pytest.param("import asyncio_helpers\n", False, id="a package of a longer name"),
        pytest.param("import trio\nasync def g(): pass\n", False, id="another framework"),
        pytest.param("import asyncio\nfrom concurrent.futures import Future\n", False, id="futures of threads"),
        pytest.param(
            "import asyncio, concurrent.futures\nx: concurrent.futures.Future\n",
            False,
            id="futures of threads, by their module",
        ),
        pytest.param(
            "import asyncio\nclass Mine:\n  def set_result(self, x): pass\n",
            False,
            id="a class with a setter of its own",
        ),
        pytest.param("import asyncio\n", True, id="asyncio"),
        pytest.param("import asyncio.futures\n", True, id="a part of asyncio"),
        pytest.param("import uvloop\n", True, id="another loop for it"),
        pytest.param("async def g(): pass\n", True, id="a coroutine"),
        pytest.param("x = y.create_future()\n", True, id="a future that is made"),
        pytest.param("import asyncio\nfrom asyncio import Future\n", True, id="asyncio's future"),
    ],
)
def test_a_name_says_something_where_the_file_has_to_do_with_asyncio(see: See, head: str, speaks: bool) -> None:
    assert _certainty(see, f"{head}def f(fut): fut.set_result(1)\n") == ("NAMED" if speaks else None)


@pytest.mark.parametrize(
    ("text", "makes"),
    [
        ("mark(asyncio.Future())", True),
        ("mark(asyncio.get_event_loop().create_future())", True),
        ("def make(): return asyncio.Future()\nmark(make())", True),
        (
            "def make():\n  if x: return asyncio.Future()\n  return asyncio.get_event_loop().create_future()\nmark(make())",
            True,
        ),
        ("def make():\n  if x: return y()\n  return asyncio.Future()\nmark(make())", False),
        ("def make():\n  if x: return\n  return asyncio.Future()\nmark(make())", False),
        ("def make(): pass\nmark(make())", False),
        ("async def make(): return asyncio.Future()\nmark(make())", False),
        ("x = asyncio.Future()\nmark(x)", False),
        ("mark(asyncio.Event())", False),
        ("mark(y())", False),
    ],
)
def test_a_call_that_makes_a_future(see: See, text: str, makes: bool) -> None:
    module = see(f"{HEAD}{text}\n")
    (call,) = (one for one in module.facts.calls if isinstance(one.func, ast.Name) and one.func.id == "mark")
    assert makes_future(module, module.facts, call.args[0]) is makes


@pytest.mark.parametrize(
    ("body", "origin"),
    [
        ("y = x\n    mark(y)", "x"),
        ("y = self.x\n    mark(y)", "self.x"),
        ("y = x[0]\n    mark(y)", "x[0]"),
        ("y, z = x, 1\n    mark(y)", "x"),
        ("z, y = 1, self.x\n    mark(y)", "self.x"),
        ("y, z = x\n    mark(y)", None),
        ("(y, a), z = (x, 1), 2\n    mark(y)", "x"),
        ("y = x()\n    mark(y)", None),
        ("y = x().z\n    mark(y)", None),
        ("y = x\n    y = z\n    mark(y)", None),
        ("for y in x: mark(y)", None),
        ("y += x\n    mark(y)", None),
        ("mark(self.x)", None),
        ("mark(y)", None),
    ],
)
def test_what_a_name_stands_for(see: See, body: str, origin: str | None) -> None:
    module = see(f"def f(self):\n    {body}\n")
    (call,) = (one for one in module.facts.calls if isinstance(one.func, ast.Name) and one.func.id == "mark")
    found = origin_of(module, call.args[0])
    assert (ast.unparse(found) if found is not None else None) == origin
    assert len(spellings(module, call.args[0])) == (1 if origin is None else 2)


def _others(see: See, body: str, rest: str = "") -> list[int]:
    """The lines of the other setters of the future that the first setter of `f` sets."""
    text = f"async def f(self, fut, x):\n{textwrap.indent(body, '    ')}\n{rest}"
    module = see(text)
    mine = _setters(module)[0]
    return [one.lineno - 1 for one in other_setters(module, mine.value, {mine})]


SET = "fut.set_result(1)"


@pytest.mark.parametrize(
    ("body", "rest"),
    [
        pytest.param(SET, "", id="none"),
        pytest.param(f"{SET}\nx.set_result(1)", "", id="another future's"),
        pytest.param(f"{SET}\nself.fut.set_result(1)", "", id="an attribute of that name"),
        pytest.param(f"{SET}\ndef g(fut): {SET}", "", id="another function's"),
        pytest.param(f"if x: {SET}\nelse: {SET}", "", id="the other branch"),
        pytest.param(f"if x: {SET}\nelif self: {SET}", "", id="the branch of another test"),
        pytest.param(f"y = {SET} if x else {SET}", "", id="the other branch of an expression"),
        pytest.param(f"try: {SET}\nexcept OSError: {SET}", "", id="the handler"),
        pytest.param(f"try: x()\nexcept A: {SET}\nexcept B: {SET}", "", id="another handler"),
        pytest.param(f"match x:\n    case 1: {SET}\n    case 2: {SET}", "", id="another case"),
        pytest.param(f"if x:\n    {SET}\n    return\n{SET}", "", id="the first one leaves"),
        pytest.param(f"if x:\n    {SET}\n    raise x\n{SET}", "", id="the first one raises"),
        pytest.param(f"for y in x:\n    if y:\n        {SET}\n        continue\n    {SET}", "", id="the first one goes on"),
        pytest.param("x[0].set_result(1)\nx[0].set_result(1)", "", id="what a container gives"),
        pytest.param("x().set_result(1)\nx().set_result(1)", "", id="what a call gives"),
        pytest.param(f"fut = x\n{SET}\nfut = self\n{SET}", "", id="a name that is bound twice"),
        pytest.param("self.fut.set_result(1)", "class A:\n    def g(self): self.fut.set_result(1)\n", id="another class's attribute"),
        pytest.param(SET, f"def g(fut): {SET}\n", id="a parameter of another function"),
    ],
)  # fmt: skip
def test_no_other_place_sets_it(see: See, body: str, rest: str) -> None:
    assert _others(see, body, rest) == []


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        pytest.param(f"{SET}\n{SET}", [2], id="the next line"),
        pytest.param(f"{SET}\nfut.set_exception(x)\n{SET}", [2, 3], id="in order"),
        pytest.param(f"if x: {SET}\n{SET}", [2], id="behind a branch"),
        pytest.param(f"if {SET}: {SET}", [1], id="in the test"),
        pytest.param(f"if x:\n    {SET}\n    self()\n{SET}", [4], id="behind a branch that does not leave"),
        pytest.param(f"try: {SET}\nfinally: {SET}", [2], id="at the end"),
        pytest.param(f"try: {SET}\nexcept A: x()\nelse: {SET}", [], id="in the else of a try"),
        pytest.param(f"for y in x:\n    if y:\n        {SET}\n        break\n{SET}", [5], id="behind a loop that the first one leaves"),
        pytest.param("x.fut.set_result(1)\nx.fut.set_result(1)", [2], id="an attribute of the same object"),
        pytest.param(f"{SET}\nx.call_soon(lambda: {SET})", [2], id="a function in it"),
    ],
)  # fmt: skip
def test_other_places_set_it_too(see: See, body: str, lines: list[int]) -> None:
    assert _others(see, body) == lines


def test_another_method_sets_the_same_attribute(see: See) -> None:
    text = "class A:\n  def f(self): self.fut.set_result(1)\n  def g(me): me.fut.set_result(1)\n  def h(self): self.fut.set_result(1)\n"
    module = see(text)
    mine = _setters(module)[0]
    assert [one.lineno for one in other_setters(module, mine.value, {mine})] == [4]


@pytest.mark.parametrize(
    ("body", "is_same"),
    [
        pytest.param(f"while True:\n    fut = x()\n    {SET}\n{SET}", False, id="only a new one comes behind the loop"),
        pytest.param(
            f"while True:\n    fut = x()\n    {SET}\n    if x: break\n{SET}", True, id="the loop is left below it"
        ),
        pytest.param(
            f"while True:\n    fut = x()\n    if x: break\n    {SET}\n{SET}", False, id="the loop is left above it"
        ),
        pytest.param(f"while x:\n    fut = x()\n    {SET}\n{SET}", True, id="a loop that ends"),
        pytest.param(f"while 0:\n    fut = x()\n    {SET}\n{SET}", True, id="a loop that does not run"),
        pytest.param(f"while True:\n    fut = x()\n    {SET}\n    {SET}", True, id="both in the loop"),
        pytest.param(f"while True:\n    if x:\n        fut = x()\n    {SET}\n{SET}", True, id="bound on some turns"),
        pytest.param(
            f"while True:\n    fut = x()\n    self.do(lambda: {SET})\n{SET}", True, id="a function runs at any time"
        ),
        pytest.param(f"for y in x:\n    fut = x()\n    {SET}\n{SET}", True, id="another loop"),
    ],
)
def test_a_future_of_an_endless_loop_is_another_one_each_time(see: See, body: str, is_same: bool) -> None:
    text = f"def f(self, x):\n{textwrap.indent(body, '    ')}\n"
    module = see(text)
    first, last = _setters(module)[0], _setters(module)[-1]
    assert (last in other_setters(module, first.value, {first})) is is_same
