"""What becomes of a coroutine, each way by itself."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.coroutine_ends import Ends
from aiomend.facts.end import Kind
from aiomend.facts.view import Module

See = Callable[..., Module]
Marked = Callable[[Module], ast.Call]
NATIVE = "async def f():\n    "
PLAIN = "def f():\n    "


def _kinds(module: Module, call: ast.Call) -> list[str]:
    return sorted({end.kind.name for end in Ends(module.inference).of(module.facts, call)})


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{NATIVE}await mark()", id="awaited"),
        pytest.param(f"{NATIVE}mark()", id="thrown away"),
        pytest.param(f"{NATIVE}if mark(): pass", id="tested"),
        pytest.param(f"{NATIVE}while mark(): pass", id="tested in a loop"),
        pytest.param(f"{NATIVE}assert mark()", id="asserted"),
        pytest.param(f"{NATIVE}not mark()", id="negated"),
        pytest.param(f"{NATIVE}mark() == 1", id="compared"),
        pytest.param(f"{NATIVE}with mark(): pass", id="entered"),
        pytest.param(f"{NATIVE}f'{{mark()}}'", id="formatted"),
        pytest.param(f"{NATIVE}asyncio.ensure_future(mark())", id="a task"),
        pytest.param(f"{NATIVE}asyncio.wait_for(fut=mark())", id="by keyword"),
        pytest.param("x.run_until_complete(mark())", id="what only loops have"),
        pytest.param("print(mark())", id="what only looks at it"),
        pytest.param(f"{NATIVE}x = mark()\n    await x", id="by a variable"),
        pytest.param(f"{NATIVE}await (x := mark())", id="by an expression that binds"),
        pytest.param(f"{NATIVE}await (mark() if x else other())", id="one of two"),
        pytest.param(f"{NATIVE}await (x or mark())", id="where another is missing"),
        pytest.param(f"{NATIVE}await asyncio.wait([mark()])", id="in a list that is run"),
        pytest.param(f"{NATIVE}await asyncio.gather(*[mark() for _ in x])", id="in a list that is unpacked and run"),
        pytest.param(f"{NATIVE}all = [mark()]\n    await asyncio.wait(all)", id="in a list with a name"),
        pytest.param("@asyncio.coroutine\ndef f():\n    yield from mark()", id="a decorated one delegates"),
        pytest.param("@asyncio.coroutine\ndef f():\n    return mark()", id="its decorator waits for it"),
        pytest.param(f"{NATIVE}mark().close()", id="closed"),
        pytest.param(f"{NATIVE}mark().throw(x)", id="thrown into"),
        pytest.param("async def g(x): await x\nasync def f(): g(mark())", id="a function awaits it"),
        pytest.param("async def g(x, *, y): await y\nasync def f(): g(1, y=mark())", id="one awaits its keyword"),
        pytest.param(
            "class A:\n    async def g(self, x): await x\n    async def f(self): self.g(mark())",
            id="a method awaits it",
        ),
        pytest.param("async def g(x, y):\n    list(x)\n    await y\nasync def f(): g(1, mark())", id="its own place"),
    ],
)
def test_a_native_coroutine_does_as_well(see: See, marked: Marked, text: str) -> None:
    module = see(f"import asyncio\n{text}")
    assert _kinds(module, marked(module)) == []


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        pytest.param(f"{PLAIN}yield from mark()", "DELEGATED", id="a plain generator delegates"),
        pytest.param("x = lambda: (yield from mark())", "STEPPED", id="a lambda delegates"),
        pytest.param(f"{PLAIN}return mark()", "RETURNED", id="a plain function returns it"),
        pytest.param(f"{PLAIN}yield\n    return mark()", "LOST", id="a generator returns it"),
        pytest.param(f"{NATIVE}return mark()", "LOST", id="a coroutine returns it"),
        pytest.param(
            "@asyncio.coroutine\ndef f():\n    yield\n    return mark()", "LOST", id="a decorated generator returns it"
        ),
        pytest.param("class A:\n    def __await__(self): return mark()", "STEPPED", id="the language goes through it"),
        pytest.param("class A:\n    def __iter__(self): return mark()", "STEPPED", id="as an iterator"),
        pytest.param("class A:\n    def other(self): return mark()", "RETURNED", id="a method returns it"),
        pytest.param("def __iter__(): return mark()", "RETURNED", id="no method"),
        pytest.param(f"{PLAIN}for _ in mark(): pass", "STEPPED", id="a loop"),
        pytest.param(f"{PLAIN}[x for x in mark()]", "STEPPED", id="a comprehension"),
        pytest.param(f"{PLAIN}[*mark()]", "STEPPED", id="unpacked in a list"),
        pytest.param(f"{PLAIN}a, b = mark()", "STEPPED", id="unpacked"),
        pytest.param(f"{PLAIN}[a, b] = mark()", "STEPPED", id="unpacked to a list"),
        pytest.param(f"{PLAIN}mark().send(None)", "STEPPED", id="stepped by hand"),
        pytest.param(f"{PLAIN}mark().__next__()", "STEPPED", id="its next step"),
        pytest.param(f"{PLAIN}mark().gi_frame", "STEPPED", id="its frame"),
        pytest.param(f"{PLAIN}list(mark())", "STEPPED", id="a list is made of it"),
        pytest.param(f"{PLAIN}next(mark())", "STEPPED", id="next"),
        pytest.param(f"{PLAIN}hasattr(mark(), '__next__')", "ASKED", id="asked for a step"),
        pytest.param(f"{PLAIN}hasattr(mark(), '__iter__')", "ASKED", id="asked for its iterator"),
        pytest.param(
            "from typing import Iterator\ndef f(): isinstance(mark(), Iterator)", "ASKED LOST", id="asked for its kind"
        ),
        pytest.param(
            "from collections.abc import Iterable\ndef f(): isinstance(mark(), (int, Iterable))",
            "ASKED LOST",
            id="asked for its kinds",
        ),
        pytest.param("isinstance(mark(), int)", "LOST", id="asked for another kind"),
        pytest.param("isinstance(mark(), (int, str))", "LOST", id="asked for other kinds"),
        pytest.param(f"{NATIVE}unknown(mark())", "LOST", id="given to nobody knows whom"),
        pytest.param(f"{NATIVE}unknown(x=mark())", "LOST", id="given by keyword"),
        pytest.param(f"{NATIVE}[mark()]", "LOST", id="in a list"),
        pytest.param(f"{NATIVE}(mark(), 1)", "LOST", id="in a tuple"),
        pytest.param(f"{NATIVE}x = [mark()]", "LOST", id="in a list that nobody runs"),
        pytest.param(f"{NATIVE}x = [mark()]\n    await asyncio.wait(x)\n    x.pop()", "LOST", id="somebody else too"),
        pytest.param(f"{NATIVE}unknown(*[mark()])", "LOST", id="in a list that is unpacked"),
        pytest.param(f"{NATIVE}x[0] = mark()", "LOST", id="stored in an item"),
        pytest.param(f"{NATIVE}x[mark()]", "LOST", id="an index"),
        pytest.param(f"{NATIVE}mark() + 1", "LOST", id="an operand"),
        pytest.param(f"{NATIVE}lambda: mark()", "LOST", id="a lambda makes it"),
        pytest.param(f"{NATIVE}self.x = mark()", "LOST", id="stored in an attribute"),
        pytest.param(
            "class A:\n    def f(self): self.x = mark()\n    async def g(self): await self.x",
            "AGAIN LOST",
            id="an attribute that is awaited",
        ),
        pytest.param(
            "class A:\n    def f(self): self.x = mark()\n    def g(self): list(self.x)",
            "LOST STEPPED",
            id="an attribute that is gone through",
        ),
        pytest.param("def g(x): list(x)\ndef f(): g(mark())", "STEPPED", id="a function goes through it"),
        pytest.param("def g(x, y): list(y)\ndef f(): g(1, y=mark())", "STEPPED", id="through its keyword"),
        pytest.param("def g(*x): list(x)\ndef f(): g(mark())", "LOST", id="a function of many"),
        pytest.param("def g(x, y): pass\ndef f(): g(*z, mark())", "LOST", id="behind what nobody counts"),
        pytest.param(
            "class A:\n    def __init__(self, x): list(x)\ndef f(): A(mark())",
            "STEPPED",
            id="an object goes through it",
        ),
        pytest.param(
            "class A:\n    def g(self, x, y): list(x)\n    def f(self): self.g(mark(), 1)",
            "STEPPED",
            id="a method goes through it",
        ),
        pytest.param(f"{NATIVE}x = mark()\n    await x\n    await x", "AGAIN", id="awaited twice"),
        pytest.param(
            f"{NATIVE}x = mark()\n    if y:\n        await x\n    else:\n        await x\n        await x",
            "AGAIN",
            id="awaited twice in one of two branches",
        ),
        pytest.param(f"{NATIVE}x = mark()\n    for _ in y: await x", "AGAIN", id="awaited in each turn"),
        pytest.param(f"{NATIVE}x = mark()\n    while y: await x", "AGAIN", id="awaited as long as"),
        pytest.param(
            f"{NATIVE}x = mark()\n    if y:\n        await x\n    await x", "AGAIN", id="awaited in a branch and behind"
        ),
        pytest.param(
            f"{NATIVE}x = mark()\n    for _ in y:\n        try:\n            await x\n            return\n"
            "        except OSError: pass",
            "AGAIN",
            id="awaited again after an error",
        ),
        pytest.param(
            "def g():\n    x = None\n    async def f():\n        nonlocal x\n        if not x: x = mark()\n        await x\n"
            "    return f",
            "AGAIN",
            id="what is around the function keeps it",
        ),
        pytest.param(
            f"{NATIVE}x = [mark()]\n    for y in z:\n        for c in x: await c", "AGAIN LOST", id="a list twice"
        ),
        pytest.param(
            f"{NATIVE}x = [mark()]\n    for c in x: await c\n    await asyncio.wait(x)", "AGAIN LOST", id="then run"
        ),
        pytest.param(
            "async def g(x):\n    for y in z:\n        for c in list(x): await c\nasync def f(): g([mark()])",
            "AGAIN LOST",
            id="a list that a function is given",
        ),
        pytest.param(
            "class A:\n    def f(self): self.x.append(mark())\n    async def g(self):\n        for c in self.x: await c",
            "AGAIN LOST",
            id="a list of an object",
        ),
        pytest.param(
            "class A:\n    def f(self):\n        if not self.x: self.x = mark()\n        return self.x",
            "AGAIN LOST RETURNED",
            id="an attribute that is returned",
        ),
        pytest.param(
            "class A:\n    def f(self):\n        c = self.x.get(1)\n        if not c: c = self.x[1] = mark()\n        return c",
            "AGAIN LOST RETURNED",
            id="a table of an object",
        ),
        pytest.param(
            "class A:\n    def __iter__(self): return mark().__iter__()", "STEPPED", id="the iterator of an iterator"
        ),
        pytest.param(
            "class A:\n    def __next__(self): return mark().__next__()", "STEPPED", id="the step of an iterator"
        ),
    ],
)
def test_only_a_generator_does(see: See, marked: Marked, text: str, kinds: str) -> None:
    module = see(f"import asyncio\n{text}")
    assert " ".join(_kinds(module, marked(module))) == kinds


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("x = mark()\n    if y:\n        await x\n    else:\n        await x", id="in either branch"),
        pytest.param("x = mark()\n    if y:\n        pass\n    else:\n        await x", id="in one branch"),
        pytest.param("x = mark()\n    (await x) if y else (await x)", id="in either arm"),
        pytest.param(
            "x = mark()\n    if y:\n        await x\n        return\n    await x", id="behind a branch that leaves"
        ),
        pytest.param("x = mark()\n    await x\n    x = other()\n    await x", id="another one by then"),
        pytest.param("x = mark()\n    for _ in y:\n        await x\n        break", id="a loop that is left at once"),
        pytest.param("for _ in y:\n        x = mark()\n        await x", id="a new one each turn"),
        pytest.param("x = mark()\n    for _ in await x: pass", id="what a loop goes through is awaited once"),
        pytest.param("x = mark()\n    for _ in y: pass\n    else: await x", id="behind a loop"),
        pytest.param("x = mark()\n    await asyncio.gather(x, x)", id="gathered twice"),
    ],
)
def test_it_is_waited_for_once(see: See, marked: Marked, body: str) -> None:
    module = see(f"import asyncio\n{NATIVE}{body}")
    assert _kinds(module, marked(module)) == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{NATIVE}x = []\n    x.append(mark())\n    for c in x: await c", id="each of a list"),
        pytest.param(f"{NATIVE}x = {{1: mark()}}\n    for k, c in x.items(): await c", id="each of a table"),
        pytest.param(f"{NATIVE}for c in [mark()]: await c", id="each of a list without a name"),
        pytest.param(
            "class A:\n    def f(self): self.x.append(mark())\n    async def g(self):\n        await asyncio.wait(self.x)\n"
            "        self.x = []",
            id="a list of which there is another then",
        ),
        pytest.param(
            "class A:\n    def f(self): self.x.append(mark())\n    async def g(self):\n        for c in self.x: await c\n"
            "        self.x.clear()",
            id="a list that is emptied then",
        ),
        pytest.param(
            "class A:\n    def f(self): self.x[1] = mark()\n    async def g(self): await self.x.pop(1)", id="taken out"
        ),
        pytest.param(
            "class A:\n    def f(self): self.x = mark()\n    async def g(self):\n        c = self.x\n        self.x = None\n"
            "        await c",
            id="an attribute that is emptied",
        ),
        pytest.param(
            "class A:\n    def f(self):\n        self.x[1] = mark()\n        return self.x[1]",
            id="returned as it is put there",
        ),
        pytest.param(
            "async def f():\n    x = mark()\n    async def g(): await x\n    await g()",
            id="in a function that is called once",
        ),
        pytest.param(
            "def f(loop):\n    x = mark()\n    def g(): asyncio.ensure_future(x)\n    loop.call_soon(g)",
            id="called soon",
        ),
    ],
)
def test_what_is_kept_is_waited_for_once(see: See, marked: Marked, text: str) -> None:
    module = see(f"import asyncio\n{text}")
    assert set(_kinds(module, marked(module))) <= {"LOST", "RETURNED"}


def test_an_iterator_beside_what_is_awaited_may_not_be_asked_for(see: See, marked: Marked) -> None:
    module = see(
        "class A:\n    def f(self): self.x = mark()\n    def __iter__(self): return self.x.__iter__()\n"
        "    def __await__(self): return self.x.__await__()"
    )
    ends = {end.kind: end for end in Ends(module.inference).of(module.facts, marked(module))}
    assert not ends[Kind.STEPPED].is_sure


def test_an_attribute_is_shared_and_waiting_for_it_again_is_not_sure(see: See, marked: Marked) -> None:
    module = see(
        "class A:\n    def f(self): self.x = mark()\n    async def g(self): await self.x\n    def h(self): list(self.x)"
    )
    ends = {end.kind: end for end in Ends(module.inference).of(module.facts, marked(module))}
    assert {kind: (end.is_sure, end.is_shared) for kind, end in ends.items()} == {
        Kind.LOST: (True, False),
        Kind.AGAIN: (False, False),
        Kind.STEPPED: (True, True),
    }


def test_what_a_function_makes_of_its_parameter(see: See) -> None:
    module = see("def f(make, other):\n    for _ in make(): pass\n    list(other())\n    def g(make): return make()")
    (function,) = module.tree.body
    assert isinstance(function, ast.FunctionDef)
    ends = Ends(module.inference)
    assert [end.kind for end in ends.of_calls(module.facts, function, "make")] == [Kind.STEPPED]
    assert [end.node.lineno for end in ends.of_calls(module.facts, function, "other")] == [3]


@pytest.mark.parametrize(("hands", "expected"), [(4, ["STEPPED"]), (5, ["LOST"])])
def test_a_few_hands_are_followed(see: See, marked: Marked, hands: int, expected: list[str]) -> None:
    chain = "".join(f"def f{at}(x): {f'f{at - 1}' if at else 'list'}(x)\n" for at in range(hands))
    module = see(f"{chain}f{hands - 1}(mark())")
    assert _kinds(module, marked(module)) == expected
