"""Event loops that a function or a module gets and runs: which ones, who closes them, and what still needs them."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.loops import Loop, loops, other_runner, scope_of, touches
from aiomend.facts.quiet import is_logger, is_quiet
from aiomend.facts.view import Module

See = Callable[..., Module]
HEAD = "import asyncio, logging, os, other\n"
GET = "asyncio.get_event_loop()"
RUN = "loop.run_until_complete(x())"


def _loops(see: See, text: str) -> list[Loop]:
    return list(loops(see(f"{HEAD}{text}\n")))


def _in(body: str) -> str:
    return f"def f(x):\n{textwrap.indent(body, '    ')}"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"loop = {GET}", id="it is not run"),
        pytest.param(RUN, id="bound nowhere"),
        pytest.param(f"def f(loop): {RUN}", id="a parameter"),
        pytest.param(f"from x import loop\n{RUN}", id="an import"),
        pytest.param(f"loop = y()\n{RUN}", id="nobody knows what"),
        pytest.param(f"loop = {GET}\nloop = y()\n{RUN}", id="now one and now nobody knows what"),
        pytest.param(f"loop, y = {GET}, 1\n{RUN}", id="one of two"),
        pytest.param(f"loop = y = {GET}\n{RUN}", id="it has another name"),
        pytest.param(f"loop = self.loop = {GET}\n{RUN}", id="an object keeps it"),
        pytest.param(f"loop = {GET} if y else z\n{RUN}", id="perhaps something else"),
        pytest.param(f"for loop in [{GET}]: {RUN}", id="one of many"),
        pytest.param(f"with {GET} as loop: {RUN}", id="what entering it gives"),
        pytest.param(f"loop = {GET}\n{RUN}\ndel loop", id="taken apart by hand"),
        pytest.param(_in(f"global loop\nloop = {GET}\n{RUN}"), id="others reach it"),
        pytest.param(f"loop = {GET}\n{_in(RUN)}", id="another scope's"),
        pytest.param(f"loop = None\ndef g():\n    global loop\n    loop = {GET}\n{RUN}", id="a function binds it"),
        pytest.param(f"async def f():\n    loop = {GET}\n    {RUN}", id="in a coroutine"),
        pytest.param(f"def f():\n    loop = {GET}\n    {RUN}\n    yield", id="in a generator"),
        pytest.param(f"@asyncio.coroutine\ndef f():\n    loop = {GET}\n    {RUN}", id="in a coroutine of old"),
        pytest.param(f"class A:\n    loop = {GET}\n    {RUN}", id="in a class"),
        pytest.param(f"f = lambda: {GET}.run_forever()", id="in a lambda"),
        pytest.param(f"self.loop = {GET}\nself.{RUN}", id="an attribute"),
        pytest.param("y().run_forever()", id="of which nothing is known"),
        pytest.param("loop: asyncio.AbstractEventLoop\nloop.run_forever()", id="an annotation alone"),
        pytest.param("loop = None\nloop.run_forever()", id="None"),
    ],
)
def test_no_loop_of_its_own(see: See, text: str) -> None:
    assert _loops(see, text) == []


@pytest.mark.parametrize(
    ("text", "origins", "getters", "runs"),
    [
        pytest.param(f"loop = {GET}\n{RUN}", "CURRENT", 1, 1, id="the current one"),
        pytest.param(f"loop = asyncio.new_event_loop()\n{RUN}", "MADE", 1, 1, id="a new one"),
        pytest.param(_in(f"loop = {GET}\n{RUN}\nloop.run_forever()"), "CURRENT", 1, 2, id="run twice"),
        pytest.param(f"loop: object = {GET}\n{RUN}", "CURRENT", 1, 1, id="annotated"),
        pytest.param(f"loop: object\nloop = {GET}\n{RUN}", "CURRENT", 1, 1, id="annotated before"),
        pytest.param(f"loop = None\nloop = {GET}\n{RUN}", "CURRENT", 1, 1, id="empty before"),
        pytest.param(f"loop: object = None\nloop = {GET}\n{RUN}", "CURRENT", 1, 1, id="annotated and empty before"),
        pytest.param(f"if y: loop = {GET}\nelse: loop = asyncio.new_event_loop()\n{RUN}", "CURRENT MADE", 2, 1, id="one or the other"),
        pytest.param(f"loop = {GET} if y else asyncio.new_event_loop()\n{RUN}", "CURRENT MADE", 2, 1, id="one or the other, in a choice"),
        pytest.param(f"{GET}.run_forever()", "CURRENT", 1, 1, id="without a name"),
        pytest.param(f"{GET}.run_forever()\n{GET}.{RUN[5:]}", "CURRENT", 2, 2, id="without a name, twice"),
        pytest.param(f"loop = {GET}\n[{RUN} for y in x]", "CURRENT", 1, 1, id="run in a list"),
        pytest.param(f"loop = {GET}\nasync def g(): loop.stop()\n{RUN}", "CURRENT", 1, 1, id="used by a function in it"),
    ],
)  # fmt: skip
def test_a_loop_of_its_own(see: See, text: str, origins: str, getters: int, runs: int) -> None:
    (loop,) = _loops(see, text)
    assert " ".join(sorted(one.name for one in loop.origins)) == origins
    assert (len(loop.getters), len(loop.runs)) == (getters, runs)
    assert (loop.function is not None) is text.startswith("def f")


def test_each_scope_has_its_own(see: See) -> None:
    found = _loops(see, f"{_in(f'loop = {GET}' + chr(10) + RUN)}\nloop = asyncio.new_event_loop()\n{RUN}\n{RUN}")
    assert [(one.function is None, len(one.uses), len(one.inner)) for one in found] == [(False, 1, 0), (True, 2, 0)]


@pytest.mark.parametrize(
    ("body", "closes"),
    [
        ("", []),
        ("y.close()", []),
        ("loop.close", []),
        ("def g(): loop.close()", []),
        ("loop.close()", ["loop.close()"]),
        ("if not loop.is_closed(): loop.close()", ["if not loop.is_closed(): loop.close()"]),
        ("if loop: loop.close()", ["if loop: loop.close()"]),
        ("if y: loop.close()", ["loop.close()"]),
        ("if loop and y: loop.close()", ["loop.close()"]),
        ("if 1: loop.close()", ["loop.close()"]),
        ("if loop:\n    loop.close()\n    x()", ["loop.close()"]),
        ("if loop: loop.close()\nelse: x()", ["loop.close()"]),
        (f"{GET}.close()", [f"{GET}.close()"]),
        (f"loop.close()\n{GET}.close()", ["loop.close()", f"{GET}.close()"]),
        (f"def g(): {GET}.close()", []),
        ("asyncio.new_event_loop().close()", []),
    ],
)
def test_what_closes_it(see: See, body: str, closes: list[str]) -> None:
    module = see(f"{HEAD}{_in(f'loop = {GET}{chr(10)}{RUN}{chr(10)}{body}')}\n")
    (loop,) = loops(module)
    assert [module.text(one) for one in loop.closes] == closes


def test_a_loop_that_was_made_is_not_the_current_one(see: See) -> None:
    (loop,) = _loops(see, _in(f"loop = asyncio.new_event_loop()\n{RUN}\n{GET}.close()"))
    assert loop.closes == ()


# ---- what still needs it ---


@pytest.mark.parametrize(
    ("body", "needs"),
    [
        ("print(1)", False),
        ("x.loop", False),
        ("lambda: loop.time()", False),
        ("def g(): loop.time()", False),
        ("y.close", False),
        ("os.close(1)", False),
        ("y.open()", False),
        ("later()", False),
        ("(lambda loop: loop)", False),
        ("loop.time()", True),
        ("print(loop)", True),
        ("y.close()", True),
        ("y.set_result(1)", True),
        ("y.z.cancel()", True),
        ("y.run_forever()", True),
        (GET, True),
        ("near()", True),
        ("[near() for y in x]", True),
        ("apart()", False),
        ("other.client.close()", True),
        ("asyncio.ensure_future(y).cancel()", True),
        ("os.kill(1, 2)", False),
        ("asyncio.new_event_loop().stop()", False),
    ],
)
def test_what_needs_it_open(see: See, body: str, needs: bool) -> None:
    rest = f"def near(): {GET}\ndef apart(): y.close()\nasync def later(): {GET}\n"
    text = f"{HEAD}def f(x):\n    loop = {GET}\n    {RUN}\n    {body}\n{rest}"
    module = see(text)
    (loop,) = loops(module)
    function = loop.function
    assert function is not None
    assert touches(module, module.facts, function.body[-1], loop) is needs


@pytest.mark.parametrize(
    ("statement", "is_so"),
    [
        ("x = 1", True),
        ("print(x)", True),
        ("os.getpid()", True),
        ("import os", True),
        ("from os import path", True),
        ("'a'.join(x)", True),
        ("f'{x}'.join(x)", True),
        ("log.info(x)", True),
        ("logging.getLogger(x).info(x)", True),
        ("asyncio.set_event_loop(x)", True),
        ("def g(): mine()", True),
        ("import x", False),
        ("import os, x", False),
        ("from x import y", False),
        ("from . import os", False),
        ("from .os import path", False),
        ("x()", False),
        ("x.y()", False),
        ("mine()", False),
        ("print(mine)", False),
        ("lambda: 1", False),
        ("eval(x)", False),
        ("asyncio.run(x)", False),
        ("import asyncio.events", False),
        ("import threading", False),
    ],
)
def test_a_statement_that_runs_no_code_of_others(see: See, statement: str, is_so: bool) -> None:
    module = see(f"{HEAD}log = logging.getLogger()\ndef mine(): pass\n{statement}\n")
    assert is_quiet(module, module.tree.body[-1]) is is_so


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("log = logging.getLogger()\nlog", True),
        ("log: logging.Logger = logging.getLogger()\nlog", True),
        ("logging.getLogger()", True),
        ("log = logging.getLogger()\nlog = x\nlog", False),
        ("log = logging\nlog", False),
        ("log", False),
        ("x.log", False),
        ("x()", False),
        ("def log(): pass\nlog", False),
    ],
)
def test_a_logger(see: See, text: str, is_one: bool) -> None:
    module = see(f"{HEAD}{text}\n")
    (last,) = module.tree.body[-1:]
    assert isinstance(last, ast.Expr)
    assert is_logger(module, last.value) is is_one


@pytest.mark.parametrize(
    ("rest", "runner"),
    [
        ("def g(): pass", None),
        (f"def g(): {GET}", None),
        ("def g(): asyncio.new_event_loop().run_forever()", None),
        (f"async def g(): {GET}.run_forever()", None),
        (f"def g():\n    asyncio.set_event_loop(x)\n    {GET}.run_forever()", None),
        (f"def g(): {GET}.run_forever()", "g()"),
        (f"def g():\n    loop = {GET}\n    {RUN}", "g()"),
        (f"{GET}.run_forever()", "the module's own level"),
    ],
)
def test_another_function_runs_the_current_loop(see: See, rest: str, runner: str | None) -> None:
    module = see(f"{HEAD}{_in(f'loop = {GET}{chr(10)}{RUN}')}\n{rest}\n")
    loop = next(one for one in loops(module) if one.function is not None and one.function.name == "f")
    assert other_runner(module, loop) == runner


def test_where_a_comprehension_runs(see: See) -> None:
    module = see("def f(x): [a for y in x]; (b for y in x)\n")
    (function,) = module.facts.functions
    homes = [scope_of(module.facts, module.facts.names[name][0]).node for name in "ab"]
    assert homes[0] is function
    assert isinstance(homes[1], ast.GeneratorExp)
