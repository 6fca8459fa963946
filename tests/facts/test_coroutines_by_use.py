"""Which plain generators are coroutines by what is done with them, in how large a company, and what says so."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable, Iterable

import pytest

from aiomend.facts.coroutines_by_use import Group, Sign, coroutines_by_use, waited_for
from aiomend.facts.generator_bodies import is_plain_generator
from aiomend.facts.view import Module
from aiomend.model import Evidence

See = Callable[..., Module]
HEAD = "import asyncio\n"
STEP = "def step(): yield from asyncio.sleep(1)\n"
BARE = "def step(): yield from x\n"


def _group(module: Module, name: str = "step") -> Group:
    return coroutines_by_use(module).group(module, _function(module, name))


def _function(module: Module, name: str) -> ast.FunctionDef:
    """The first plain generator of that name."""
    named = (one for one in module.facts.functions if one.name == name and is_plain_generator(module, one))
    return next(one for one in named if isinstance(one, ast.FunctionDef))


def _is_coroutine(see: See, text: str, **others: str) -> bool:
    return _group(see(f"{HEAD}{textwrap.dedent(text)}", **others)).is_coroutine


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(BARE, id="nobody does anything with it"),
        pytest.param(f"{BARE}step()\n", id="it is dropped"),
        pytest.param(f"{BARE}for y in step(): pass\n", id="a loop goes through it"),
        pytest.param(f"{STEP}list(step())\n", id="a list is made of it, though it waits"),
        pytest.param(f"{STEP}asyncio.run(step())\nnext(step())\n", id="it is run, and stepped"),
        pytest.param("def step():\n    yield 1\n    yield from asyncio.sleep(1)\n", id="it gives a value"),
        pytest.param("def step(): yield from [1, 2]\n", id="it goes through a list"),
        pytest.param(f"{STEP}def other():\n    yield 1\n    yield from step()\n", id="one that goes through it gives values"),
        pytest.param("def step(): yield from other()\ndef other(): yield 1\nasyncio.run(step())\n", id="it goes through one that gives values"),
        pytest.param(f"{BARE}def other(): yield from step()\nlist(other())\n", id="a loop goes through what goes through it"),
        pytest.param(f"@unknown\n{STEP}", id="nobody knows what its decorator does"),
        pytest.param(f"@unknown\n{STEP}asyncio.run(step())\n", id="nobody knows, though it is run"),
        pytest.param("class A:\n    def __iter__(self): yield from asyncio.sleep(1)\n    def step(self): yield from self.__iter__()\n", id="it goes through what the language calls"),
        pytest.param(f"{BARE}def back(): return step()\nlist(back())\n", id="who gets it from another steps it"),
        pytest.param(f"{BARE}class A:\n    def __iter__(self): return step()\n", id="the language goes through it"),
        pytest.param(f"{BARE}def more():\n    yield 1\n    return step()\n", id="a generator hands it back"),
        pytest.param("class A:\n    def step(self): yield from x\nclass B(A):\n    def step(self): yield 1\nasyncio.run(A().step())\n", id="the one that overrides it gives values"),
        pytest.param("class A:\n    def step(self): yield from x\nclass B(A):\n    async def step(self): yield 1\n", id="one that overrides it is an asynchronous generator"),
        pytest.param("class A:\n    def step(self): yield from x\nclass B:\n    async def step(self): pass\n", id="a class that is no relative"),
    ],
)  # fmt: skip
def test_a_generator_it_is_or_may_be(see: See, text: str) -> None:
    assert not _is_coroutine(see, text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(STEP, id="it waits for a coroutine"),
        pytest.param(f"{BARE}asyncio.run(step())\n", id="it is run"),
        pytest.param(f"{BARE}def other(): yield from step()\nasyncio.run(other())\n", id="what goes through it is run"),
        pytest.param("def step(): yield from other()\ndef other(): yield from asyncio.sleep(1)\n", id="it goes through one that waits"),
        pytest.param(f"{BARE}def back(): return step()\nasyncio.run(back())\n", id="who gets it from another runs it"),
        pytest.param(f"{BARE}def back(): return step()\ndef farther(): return back()\nasyncio.run(farther())\n", id="handed back twice"),
        pytest.param("class A:\n    def step(self): yield from x\nclass B(A):\n    async def step(self): pass\n", id="the one that overrides it is a coroutine"),
        pytest.param("class A:\n    async def step(self): pass\nclass B(A):\n    def step(self): yield from x\n", id="the one that it overrides is one"),
        pytest.param("class A:\n    @asyncio.coroutine\n    def step(self): yield from x\nclass B(A):\n    def step(self): yield from x\n", id="the one that overrides it is one by its decorator"),
        pytest.param("class A:\n    def step(self): yield from x\nclass B(A):\n    def step(self): yield from asyncio.sleep(1)\n", id="the one that overrides it waits"),
    ],
)  # fmt: skip
def test_a_coroutine_it_is(see: See, text: str) -> None:
    assert _is_coroutine(see, text)


NAMED = "class A:\n    def step(self): yield from x\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{NAMED}def f(a): list(a.step())\n", id="stepped"),
        pytest.param(f"{NAMED}async def f(a): await a.step()\n", id="awaited: something else of that name"),
        pytest.param(f"{NAMED}def f(a): a.b(a.step())\n", id="nobody knows"),
        pytest.param(f"{NAMED}def f(a): asyncio.ensure_future(a.step())\ndef g(a): list(a.step())\n", id="run here and stepped there"),
        pytest.param(f"{NAMED}class B:\n    async def step(self): pass\ndef f(a): asyncio.ensure_future(a.step())\n", id="a method of that name is a coroutine"),
        pytest.param(f"{NAMED}def f(a): yield from a.step()\n", id="gone through by one of which nothing is known"),
        pytest.param("class A:\n    def step(self): yield from x.other()\nclass B:\n    def other(self): yield 1\n", id="it goes through what is a generator elsewhere"),
        pytest.param("class A:\n    def step(self): yield from x.other()\nclass B:\n    def other(self): yield from asyncio.sleep(1)\nclass C:\n    def other(self): yield 1\n", id="it goes through what is a coroutine in one class only"),
        pytest.param("class A:\n    def step(self): yield from x.other()\nclass B:\n    async def other(self): pass\n", id="what it goes through is only awaited"),
        pytest.param("class A:\n    def step(self): yield from x.other()\n", id="it goes through what nobody has"),
    ],
)  # fmt: skip
def test_a_name_on_an_unknown_object_does_not_make_it_one(see: See, text: str) -> None:
    assert not _is_coroutine(see, text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{NAMED}def f(a): asyncio.ensure_future(a.step())\n", id="run"),
        pytest.param(f"{NAMED}def f(a):\n    yield from a.step()\n    yield from asyncio.sleep(1)\n", id="gone through by a coroutine"),
        pytest.param("class A:\n    def step(self): yield from x.other()\nclass B:\n    def other(self): yield from asyncio.sleep(1)\n", id="it goes through what is a coroutine wherever it is"),
        pytest.param("class A:\n    def step(self): yield from x.other()\nclass B:\n    @asyncio.coroutine\n    def other(self): yield from y\n", id="it goes through what is one by its decorator"),
    ],
)  # fmt: skip
def test_a_name_on_an_unknown_object_makes_it_one_where_nothing_is_certain(see: See, text: str) -> None:
    assert _is_coroutine(see, text)


def _chain(hands: int, end: str) -> str:
    """A generator that is handed back by so many functions, one after the other."""
    backs = "".join(f"def back{n}(): return {f'back{n - 1}' if n else 'step'}()\n" for n in range(hands))
    return f"{BARE}{backs}{end}(back{hands - 1}())\n"


@pytest.mark.parametrize(("hands", "is_one"), [(1, True), (4, True), (5, False)])
def test_four_hands_are_followed(see: See, hands: int, is_one: bool) -> None:
    assert _is_coroutine(see, _chain(hands, "asyncio.run")) is is_one


@pytest.mark.parametrize(("others", "is_one"), [(199, True), (200, False)])
def test_a_company_of_two_hundred_is_looked_at(see: See, others: int, is_one: bool) -> None:
    links = "".join(f"def link{n}(): yield from {f'link{n - 1}' if n else 'step'}()\n" for n in range(others))
    group = _group(see(f"{HEAD}{STEP}{links}"))
    assert (len(group.members), group.is_coroutine) == (200, is_one)
    assert [one.evidence.note for one in group.against] == (
        [] if is_one else ["`step()` is tied to more than 200 other generators"]
    )


# ---- what is shown ---


def _why(module: Module, name: str = "step") -> Iterable[tuple[int, str]]:
    return [(one.line, one.note) for one in _group(module, name).why(_function(module, name))]


def test_its_own_places_say_why_at_most_three_of_them(see: See) -> None:
    module = see(f"{HEAD}{BARE}def other(): yield from step()\nasyncio.run(other())\n" + "asyncio.run(step())\n" * 4)
    assert [line for line, _ in _why(module)] == [5, 6, 7]


def test_a_place_is_shown_once(see: See) -> None:
    module = see(f"{HEAD}{BARE}asyncio.run(step()); asyncio.run(step())\n")
    assert [line for line, _ in _why(module)] == [3]


def test_the_way_to_another_that_is_one_is_shown(see: See) -> None:
    text = f"{HEAD}{BARE}def one(): yield from step()\ndef two(): yield from one()\nasyncio.run(two())\n"
    assert [line for line, _ in _why(see(text))] == [3, 4, 5]
    assert [line for line, _ in _why(see(text), "one")] == [4, 5]
    assert [line for line, _ in _why(see(text), "two")] == [5]


def test_what_is_tied_to_none_that_is_one_shows_the_first_places_of_all(see: See) -> None:
    signs = [Sign(ast.Pass(), Evidence("main.py", line, "run")) for line in (7, 8, 9, 10)]
    assert [one.line for one in Group(signs=signs).why(ast.Pass())] == [7, 8, 9]


# ---- what is decorated, and what is waited for ---


@pytest.mark.parametrize(
    ("decorator", "is_one"),
    [
        pytest.param("def keep(function): return function\n", True, id="it gives back what it is given"),
        pytest.param("def keep(function):\n    def inner(*a): return list(function(*a))\n    return inner\n", False, id="a wrapper that steps it"),
        pytest.param("def keep(function):\n    def inner(*a): asyncio.run(function(*a))\n    return inner\n", True, id="a wrapper that runs it"),
    ],
)  # fmt: skip
def test_a_decorator_of_the_project_is_followed(see: See, decorator: str, is_one: bool) -> None:
    end = "" if "asyncio.run" in decorator else "asyncio.run(step())\n"
    assert _is_coroutine(see, f"{decorator}@keep\n{BARE}{end}") is is_one


def test_who_hands_on_a_parameter_may_wait_for_each_that_it_is_given(see: See) -> None:
    text = f"{HEAD}def each(f): yield from f()\ndef step(): yield from x\ndef go(): yield from each(step)\n"
    module = see(text)
    (wait,) = module.facts.yields(_function(module, "each"))
    assert isinstance(wait, ast.YieldFrom)
    assert [one.function.name for one in waited_for(module, wait)] == ["step"]


def test_who_waits_for_what_is_known_waits_for_nothing_else(see: See) -> None:
    module = see(f"{HEAD}{STEP}")
    (wait,) = module.facts.yields(_function(module, "step"))
    assert isinstance(wait, ast.YieldFrom)
    assert waited_for(module, wait) == []


def test_other_files_are_asked_too(see: See) -> None:
    user = "import asyncio, main\nasyncio.run(main.step())\n"
    other = "def step(): yield 1\nlist(step())\n"
    assert _is_coroutine(see, BARE, user=user, other=other)
    assert not _is_coroutine(see, BARE, other=other)
