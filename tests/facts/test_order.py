"""Tasks that were meant to run one after the other: what makes a group, and what says that an order was meant."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.order import Chain, chained_calls, chains
from aiomend.facts.view import Module
from aiomend.settings import Settings

See = Callable[..., Module]
HEAD = """
import asyncio, threading
lock = threading.Lock()
box = {}
async def one(): x = 1
async def two(): y = 2
async def fill():
    await asyncio.sleep(1)
    box["a"] = 1
async def empty(): return box["a"]
async def both(): box["a"] = box["a"] + 1
async def create(): x = 1
async def write(): x = 1
async def close_all(): x = 1
async def again():
    for x in (1, 2): await asyncio.sleep(1)
async def ever():
    while True: await asyncio.sleep(1)
async def who_knows(): await box.get("a")
"""
START = "asyncio.ensure_future({}())"


def _tasks(*names: str) -> str:
    return "\n".join(START.format(name) for name in names)


def _program(body: str, end: str = "") -> str:
    return f"{HEAD}async def main(loop):\n{textwrap.indent(body, '    ')}\n{end}\n"


RUN = "asyncio.run(main(0))"


@pytest.mark.parametrize(
    ("body", "end"),
    [
        pytest.param("pass", RUN, id="no tasks"),
        pytest.param(_tasks("one", "two"), "", id="nothing says that an order was meant"),
        pytest.param(_tasks("one"), RUN, id="one task"),
        pytest.param(_tasks("one", "one"), RUN, id="workers side by side"),
        pytest.param(_tasks("one", "two", "one"), RUN, id="workers among others"),
        pytest.param(_tasks("one", "ever"), RUN, id="background work"),
        pytest.param(_tasks("one", "again"), RUN, id="work again and again"),
        pytest.param(f"{START.format('x')}\n{_tasks('fill', 'empty', 'ever')}", RUN, id="one that is not known, and background work"),
        pytest.param(f"{_tasks('one')}\nawait x\n{_tasks('two')}", RUN, id="a wait between them"),
        pytest.param(f"{_tasks('one', 'two')}\nawait x", RUN, id="a wait behind them"),
        pytest.param(f"{_tasks('one', 'two')}\nasync with x: pass", RUN, id="a context behind them that waits"),
        pytest.param(f"{_tasks('one', 'two')}\nasync for y in x: pass", RUN, id="a loop behind them that waits"),
        pytest.param(f"{_tasks('one', 'two')}\n[y async for y in x]", RUN, id="a comprehension behind them that waits"),
        pytest.param(f"{_tasks('one', 'two')}\nawait asyncio.sleep(9999)", RUN, id="a long sleep behind them"),
        pytest.param(f"{_tasks('one', 'two')}\nwhile box: await asyncio.sleep(1)", RUN, id="a loop that polls"),
        pytest.param(f"for y in x:\n    {START.format('one')}\n    {START.format('two')}", RUN, id="in a loop"),
        pytest.param(f"x = {START.format('one')}\ny = {START.format('two')}\nreturn x, y", RUN, id="somebody gets them"),
        pytest.param(f"x({START.format('one')})\n{START.format('two')}", RUN, id="somebody gets one"),
        pytest.param(f"if x: {START.format('one')}\n{START.format('two')}", RUN, id="in different blocks"),
        pytest.param(_tasks("one", "two"), f"{RUN}\nasyncio.run(one())", id="the program runs something else afterwards"),
        pytest.param(_tasks("one", "two"), "asyncio.run(two())", id="another one is run"),
        pytest.param(_tasks("one", "two"), "asyncio.ensure_future(main(0))", id="a task is made of it"),
        pytest.param(f"loop.stop()\n{_tasks('one', 'two')}", "", id="the loop is stopped before"),
        pytest.param(f"{_tasks('one', 'two')}\nbox.stop()", "", id="something else is stopped"),
        pytest.param(_tasks("empty", "fill"), "", id="the reader comes first"),
        pytest.param(_tasks("fill", "both"), "", id="both write"),
        pytest.param(_tasks("fill", "two"), "", id="nobody reads it"),
        pytest.param(_tasks("close_all", "create"), "", id="names in another order"),
        pytest.param(_tasks("create", "one"), "", id="one name of a life cycle"),
        pytest.param(_tasks("create", "close_all", "write"), "", id="names that come back"),
    ],
)  # fmt: skip
def test_no_order_was_meant(see: See, body: str, end: str) -> None:
    module = see(_program(body, end))
    assert chains(module) == []
    assert chained_calls(module) == frozenset()


def _chain(see: See, body: str, end: str = "") -> Chain:
    (found,) = chains(see(_program(body, end)))
    return found


@pytest.mark.parametrize(
    ("body", "end", "sign"),
    [
        pytest.param(_tasks("one", "two"), RUN, "the program ends when `main()` returns", id="the program ends"),
        pytest.param(f"{_tasks('one', 'two')}\nawait asyncio.sleep(1)", RUN, "the program ends when `main()` returns", id="a short sleep is no wait for them"),
        pytest.param(f"{_tasks('one')}\nawait asyncio.sleep(1)\n{_tasks('two')}", RUN, "the program ends when `main()` returns", id="a short sleep between them"),
        pytest.param(_tasks("one", "two"), "loop = asyncio.get_event_loop()\nloop.run_until_complete(main(loop))", "the program ends when `main()` returns", id="a loop runs it"),
        pytest.param(_tasks("one", "two"), f"asyncio.run(one())\n{RUN}", "the program ends when `main()` returns", id="it is run last"),
        pytest.param(f"{_tasks('one', 'two')}\nloop.stop()", "", "`main()` stops the loop without waiting for them", id="it stops the loop"),
        pytest.param(_tasks("fill", "empty"), "", "`empty()` reads `box`, which `fill()` writes", id="one reads what the other writes"),
        pytest.param(f"{_tasks('fill', 'two')}\nprint(box['a'])", "", "later code reads `box`, which `fill()` writes", id="later code reads it"),
        pytest.param(_tasks("create", "write"), "", "`create()`, `write()` are the steps of a life cycle", id="names of a life cycle"),
        pytest.param(_tasks("create", "one", "close_all"), "", "`create()`, `close_all()` are the steps of a life cycle", id="with another between"),
        pytest.param(_tasks("create", "write"), RUN, "the program ends when `main()` returns, and `create()`, `write()` are the steps of a life cycle", id="two signs"),
    ],
)  # fmt: skip
def test_a_sign_of_order(see: See, body: str, end: str, sign: str) -> None:
    found = _chain(see, body, end)
    assert (found.sign, found.doubt) == (sign, "")
    assert len(found.tasks) == body.count("ensure_future")


@pytest.mark.parametrize(
    ("body", "end", "doubt"),
    [
        pytest.param(_tasks("one", "who_knows"), RUN, "`who_knows()` may never end: it waits for `box.get(\"a\")`", id="one may never end"),
        pytest.param(_tasks("who_knows", "one"), RUN, "`who_knows()` may never end: it waits for `box.get(\"a\")`", id="the first may never end"),
        pytest.param("asyncio.ensure_future(x())\n" + _tasks("create", "write"), "", "nothing is known of `x()`", id="of one nothing is known"),
        pytest.param(f"{_tasks('fill')}\nprint(box['a'])", "", "one task alone may be meant to run beside the rest", id="one task alone"),
        pytest.param(f"x: asyncio.Future = {START.format('create')}\n{_tasks('write')}", "", "a name is annotated as that of a task, and would hold a result", id="a name is that of a task"),
        pytest.param(f"with lock:\n    {START.format('create')}\n    {START.format('write')}", "", "`lock` is held, and a second taker would block the loop", id="a lock is held"),
    ],
)  # fmt: skip
def test_a_person_has_to_say(see: See, body: str, end: str, doubt: str) -> None:
    assert _chain(see, body, end).doubt == doubt


def test_two_groups_are_two_chains(see: See) -> None:
    body = f"{_tasks('create', 'write')}\nawait x\n{_tasks('fill', 'empty')}"
    module = see(_program(body))
    assert [len(one.tasks) for one in chains(module)] == [2, 2]
    assert len(chained_calls(module)) == 4


def test_the_places_of_a_sign_are_shown(see: See) -> None:
    shown = [(one.line, one.note) for one in _chain(see, _tasks("fill", "empty")).evidence]
    assert shown == [(9, "`fill()` writes `box` here"), (10, "`empty()` reads it here")]
    shown = [(one.line, one.note) for one in _chain(see, f"{_tasks('fill', 'two')}\nprint(box['a'])").evidence]
    assert shown == [(9, "`fill()` writes `box` here"), (23, "it is read here")]
    shown = [(one.line, one.note) for one in _chain(see, _tasks("create", "write")).evidence]
    assert shown == [(21, "the first step is started here, and nobody waits for it")]
    shown = [(one.line, one.note) for one in _chain(see, _tasks("one", "two"), RUN).evidence]
    assert shown == [(23, "the program runs `main()` and nothing after it")]


@pytest.mark.parametrize(("names", "is_one"), [("one two", True), ("one", False), ("one who_knows", False)])
def test_the_configuration_may_want_an_order(see: See, names: str, is_one: bool) -> None:
    module = see(_program(_tasks(*names.split())))
    assert chains(module) == []
    module.settings = Settings(chain_without_evidence=True)
    assert len(chains(module)) == is_one
