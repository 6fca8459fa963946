"""What hints that a statement of a coroutine drops something to await, where nothing certain is known of what it calls."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.hints import Hint, hint
from aiomend.facts.view import Module

See = Callable[..., Module]

LAMPS = """
import asyncio, functools
import async_timeout, lampkit
from lampkit import hold

class Lamp:
    async def switch_on(self): ...
    async def switch(self): ...
    async def set_result(self, result): ...
    async def sync_up(self): ...
    async def fade_out(self): ...
    async def begin_job(self): ...
    @hold
    async def blink_twice(self): ...
    @property
    async def is_warm(self): ...
    async def asyncDim(self): ...

class Shade:
    fade_out = None
    def switch_off(self): ...
    async def switch_off_later(self): ...
"""


def hints(see: See, text: str) -> list[Hint]:
    """The hints of the statements of a file."""
    module = see(LAMPS + textwrap.dedent(text))
    calls = [one for one in module.facts.calls if isinstance(module.facts.parents[one], ast.Expr)]
    return [found for call in calls if (found := hint(module.inference, module.facts, call)) is not None]


# ---- by its name ----


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("def f(it): it.switch_on()", id="a plain function cannot await"),
        pytest.param("async def f(it): it.switch()", id="one word, which many things have"),
        pytest.param("async def f(it): it.set_result(1)", id="futures have a plain one"),
        pytest.param("async def f(it): it.switch_off()", id="a plain method"),
        pytest.param("async def f(it): it.fade_out()", id="a class has something else of that name"),
        pytest.param("async def f(it): it.blink_twice()", id="only under a decorator of which nothing is known"),
        pytest.param("async def f(it): it.is_warm()", id="a property, whose value is called"),
        pytest.param("async def f(it): it.begin_job()", id="a name that says that it begins something"),
        pytest.param("async def f(it, switch_on): switch_on()", id="a name that is no attribute"),
        pytest.param("async def f(): lampkit.switch_on()", id="a package's own"),
        pytest.param("async def f(it: lampkit.Bulb): it.switch_on()", id="an object of a package"),
        pytest.param("async def f(it):\n  it.switch_on()\n  x = it.switch_on()", id="some place keeps what it gives"),
        pytest.param("async def f(it):\n  if it.switch_on(): it.switch_on()", id="some place takes it for an answer"),
        pytest.param("async def f(it): it.switch_on()\nIT.switch_on = print", id="something else is put in its place"),
        pytest.param("async def f(it): it.switch_on()\ndef switch_on(): ...", id="a plain function has the name too"),
        pytest.param("async def f(it): it.go_home()\nasync def go_home(): ...", id="the name of no method"),
        pytest.param("async def sync_up(it): it.sync_up()", id="it stands before a plain one of its name"),
        pytest.param(
            "class Other:\n  async def sync_up(self): ...\n  async def both(self): self.it.sync_up()",
            id="its class stands before one with plain methods",
        ),
        pytest.param("async def f(it): await it.switch_on()", id="it is awaited"),
    ],
)
def test_a_name_says_nothing_of(text: str, see: See) -> None:
    assert hints(see, text) == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("async def f(it): it.switch_on()", id="a parameter"),
        pytest.param("async def f(it): it.asyncDim()", id="two words in another spelling"),
        pytest.param("async def f(it): it.inner.switch_on()", id="an attribute of what is not known"),
        pytest.param("@asyncio.coroutine\ndef f(it): it.switch_on(); yield from it.x()", id="in an old coroutine"),
        pytest.param("async def f(it):\n  it.switch_on()\n  return it.switch_on()", id="some place hands it on"),
        pytest.param(
            "class Other(Lamp):\n  @hold\n  async def switch_on(self): ...\nasync def f(it): it.switch_on()",
            id="one of several is under a decorator of which nothing is known",
        ),
        pytest.param("async def asyncDim(it): it.asyncDim()", id="the name itself says it, whoever stands before whom"),
    ],
)
def test_a_name_of_coroutine_functions_alone_hints_at_one(text: str, see: See) -> None:
    (found,) = hints(see, text)

    assert "has the name of a coroutine function" in found.problem
    assert found.evidence.path == "main.py"


COOL = "class A:\n    async def cool_down(self): ..."
PLAIN = "class B:\n    def cool_down(self): ..."


def found_in(see: See, imports: str, **others: str) -> list[str]:
    """The files that hint at a coroutine behind a call of `it.cool_down()`."""
    module = see(f"{imports}\nasync def f(it): it.cool_down()", **others)
    return [one.evidence.path for call in module.facts.calls if (one := hint(module.inference, module.facts, call))]


@pytest.mark.parametrize(
    ("imports", "others"),
    [
        pytest.param("import one, other", {"one": COOL, "other": PLAIN}, id="a plain method in another file"),
        pytest.param("import one", {"one": COOL, "other": PLAIN}, id="a plain one in a file that nobody imports"),
        pytest.param("", {"one": COOL}, id="another part of the project, whose objects never come here"),
        pytest.param("import a", {"a": "import b", "b": "import c", "c": COOL}, id="three imports away"),
    ],
)
def test_names_in_other_files_say_nothing(imports: str, others: dict[str, str], see: See) -> None:
    assert found_in(see, imports, **others) == []


@pytest.mark.parametrize(
    ("imports", "others", "home"),
    [
        pytest.param("import one", {"one": COOL}, "one.py", id="imported"),
        pytest.param("from one import A", {"one": COOL}, "one.py", id="a name from there"),
        pytest.param("from one import *", {"one": COOL}, "one.py", id="all names from there"),
        pytest.param("import a", {"a": "import b", "b": COOL}, "b.py", id="two imports away"),
        pytest.param("import b, a", {"a": COOL, "b": "import c", "c": COOL}, "a.py", id="the nearest of two"),
    ],
)
def test_names_in_files_that_are_imported_hint_at_one(
    imports: str, others: dict[str, str], home: str, see: See
) -> None:
    assert found_in(see, imports, **others) == [home]


# ---- by what is known of some of what it may be ----


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("async def f(): (it.x if it else dim)()\ndef dim(): ...", id="a plain function, or unknown"),
        pytest.param(
            "async def f(): (it.x if it else dim if dim else off)()\ndef off(): ...\nasync def dim(): ...",
            id="a coroutine function, a plain one, or unknown",
        ),
        pytest.param("async def dim(): (it.x if it else dim)()", id="itself: to wait for that would never end"),
        pytest.param("async def f(): x = (it.x if it else dim)()\nasync def dim(): ...", id="its value is kept"),
    ],
)
def test_what_is_known_of_some_does_not_agree(text: str, see: See) -> None:
    assert hints(see, text) == []


def test_a_coroutine_or_something_unknown_is_worth_a_look(see: See) -> None:
    (found,) = hints(see, "async def f(): (it.x if it else dim)()\nasync def dim(): ...")

    assert "by all that is known of it" in found.problem
    assert "may be something else too" in found.doubt


# ---- by a time limit ----


@pytest.mark.parametrize(
    "block",
    [
        pytest.param("async with asyncio.timeout(1):\n    bulb.dim()\n    await bulb.off()", id="for what is awaited"),
        pytest.param(
            "async with asyncio.timeout(1):\n    bulb.dim(await bulb.state())", id="for what an argument waits for"
        ),
        pytest.param("async with asyncio.timeout(1):\n    bulb.dim()\n    async for x in bulb: ...", id="for a loop"),
        pytest.param("async with asyncio.timeout(1):\n    bulb.dim()\n    bulb.off()", id="for one of two, perhaps"),
        pytest.param(
            "async with asyncio.timeout(1):\n    x = bulb.state()\n    bulb.dim()", id="for what is kept, perhaps"
        ),
        pytest.param("async with asyncio.timeout(1):\n    bulb.dim()\n    Lamp().switch()", id="for a known coroutine"),
        pytest.param("async with asyncio.timeout(1):\n    def later(): bulb.dim()", id="not run in the block"),
        pytest.param("async with lampkit.timeout(1):\n    bulb.dim()", id="another kind of block"),
        pytest.param(
            "async with asyncio.timeout(1):\n    [x async for x in bulb]\n    bulb.dim()", id="for a comprehension"
        ),
        pytest.param("async with asyncio.timeout(1):\n    print(1)", id="what is known to be none"),
    ],
)
def test_a_time_limit_may_be_for_something_else(block: str, see: See) -> None:
    assert hints(see, f"async def f(bulb):\n{textwrap.indent(block, '    ')}") == []


@pytest.mark.parametrize(
    "block",
    [
        pytest.param("async with asyncio.timeout(1):\n    bulb.dim()", id="of asyncio"),
        pytest.param("async with async_timeout.timeout(1):\n    bulb.dim()", id="of the package before it"),
        pytest.param("with async_timeout.timeout(1):\n    bulb.dim()", id="of its older releases"),
        pytest.param("async with asyncio.timeout(1):\n    if 1: bulb.dim(bulb.state())", id="under a condition"),
        pytest.param("async with bulb, asyncio.timeout(1):\n    print(1)\n    bulb.dim()", id="beside what is known"),
    ],
)
def test_a_time_limit_around_nothing_else_is_meant_for_it(block: str, see: See) -> None:
    (found,) = hints(see, f"async def f(bulb):\n{textwrap.indent(block, '    ')}")

    assert "time limit" in found.problem
    assert found.evidence.line == len((LAMPS + "async def f(bulb):\n").splitlines()) + 1


# ---- by what becomes of it elsewhere ----


@pytest.mark.parametrize(
    "other",
    [
        pytest.param("tasks.append(bulb.dim())", id="it is kept in a list"),
        pytest.param("tasks.append(bulb.dim())\nprint(*tasks)", id="the list is given to something else"),
        pytest.param("all([bulb.dim()])", id="another function takes the list"),
        pytest.param("asyncio.gather(*[x for x in bulb.dim()])", id="its elements are gathered"),
        pytest.param("take(bulb.dim())", id="it is given to what says nothing of it"),
        pytest.param("take(bulb.dim(), what=1)", id="it is given beside what is annotated"),
        pytest.param("either(bulb.dim())", id="it is given to what takes plain values as well"),
    ],
)
def test_what_becomes_of_it_elsewhere_says_nothing(other: str, see: See) -> None:
    assert hints(see, _beside(other)) == []


@pytest.mark.parametrize(
    "other",
    [
        pytest.param("await asyncio.gather(bulb.dim(), bulb.off())", id="gathered"),
        pytest.param("await asyncio.gather(*[bulb.dim() for _ in x])", id="a comprehension is gathered"),
        pytest.param("await asyncio.gather(*(bulb.dim() for _ in x))", id="a generator expression is gathered"),
        pytest.param("await asyncio.gather(*[bulb.off(), bulb.dim()])", id="a list is gathered"),
        pytest.param("await asyncio.wait([bulb.dim()])", id="a list is waited for"),
        pytest.param("tasks = [bulb.dim()]\nawait asyncio.gather(*tasks)", id="a list with a name"),
        pytest.param("tasks = []\ntasks.append(bulb.dim())\nawait asyncio.wait(tasks)", id="put into such a list"),
        pytest.param("take(what=bulb.dim())", id="given by name to what takes something to await"),
        pytest.param("keep(1, bulb.dim())", id="given to what takes a coroutine"),
    ],
)
def test_what_is_seen_to_elsewhere_is_to_be_awaited(other: str, see: See) -> None:
    (found,) = hints(see, _beside(other))

    assert "awaited elsewhere" in found.problem


def _beside(other: str) -> str:
    """A coroutine that drops what `dim()` gives, and uses it otherwise too."""
    takers = """
        from typing import Any, Awaitable, Coroutine
        def take(first=None, *, what: Awaitable[int] = None): return [what]
        def keep(first, second: Coroutine[Any, Any, int]): return [second]
        def either(what: Awaitable[int] | int): return [what]
    """
    return f"{textwrap.dedent(takers)}async def f(bulb, x):\n    bulb.dim()\n{textwrap.indent(other, '    ')}"
