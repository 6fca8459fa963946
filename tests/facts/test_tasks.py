"""Which calls make tasks, what each runs, and what becomes of it."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.tasks import Fate, held_until_done, made_tasks
from aiomend.facts.view import Module

See = Callable[..., Module]
HEAD = """
import asyncio, tasklib
from asyncio import create_task, ensure_future as spawn
from tasklib import create_task as other
async def job(): pass
"""


def _made(see: See, text: str) -> list[tuple[str, str, Fate, str]]:
    module = see(HEAD + text)
    return [
        (ast.unparse(one.call), ast.unparse(one.coroutine) if one.coroutine is not None else "", one.fate, one.name)
        for one in made_tasks(module)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "job()",
        "create_task",
        "x.create_task(job())",
        "tasklib.create_task(job())",
        "other(job())",
        "asyncio.sleep(1)",
        "asyncio.create_task()",
        "create_task(*x)",
        "create_task(name='x')",
        "asyncio.ensure_future(asyncio.Future())",
        "asyncio.ensure_future(loop.run_in_executor(None, f))",
        "def g(create_task): create_task(job())",
        "create_task = tasklib.create_task\ncreate_task(job())",
        "import tasklib as asyncio\nasyncio.Task(job())",
        "spawn = asyncio.sleep\nspawn(job())",
        "asyncio.gather()",
        "asyncio.gather(asyncio.Future())",
        "asyncio.gather(x)",
        "asyncio.gather(*x)",
        "asyncio.gather(job(), *x)",
        "asyncio.gather(job(), x)",
        "asyncio.gather(*[])",
        "asyncio.gather(job(), *[])",
    ],
)
def test_no_task(see: See, text: str) -> None:
    assert _made(see, text) == []


@pytest.mark.parametrize(
    "call",
    [
        "create_task(job())",
        "spawn(job())",
        "asyncio.create_task(job())",
        "asyncio.ensure_future(job())",
        "asyncio.Task(job())",
        "asyncio.tasks.Task(job())",
        "loop.create_task(job())",
        "asyncio.get_event_loop().create_task(job())",
        "asyncio.ensure_future(coro_or_future=job())",
        "asyncio.create_task(coro=job(), name='x')",
        "asyncio.ensure_future(job(), loop=loop)",
        "asyncio.get_event_loop().create_task(coroutine=job())",
    ],
)
def test_a_task(see: See, call: str) -> None:
    assert _made(see, call) == [(call, "job()", Fate.NOTHING, "")]


def test_a_gather_of_new_tasks_has_no_coroutine(see: See) -> None:
    assert _made(see, "asyncio.gather(job(), job())") == [("asyncio.gather(job(), job())", "", Fate.NOTHING, "")]
    assert [one[1:] for one in _made(see, "asyncio.gather(*[job() for x in y])")] == [("", Fate.NOTHING, "")]


def test_another_spelling_in_a_fallback(see: See) -> None:
    text = "try: make = asyncio.ensure_future\nexcept AttributeError: make = getattr(asyncio, 'async')\nmake(job())"
    assert [one[0] for one in _made(see, text)] == ["make(job())"]


def test_a_name_that_a_star_may_bring(see: See) -> None:
    module = see("from asyncio import *\nasync def job(): pass\ncreate_task(job())")
    assert [one.fate for one in made_tasks(module)] == [Fate.NOTHING]


@pytest.mark.parametrize(
    ("text", "fate", "name"),
    [
        ("{}", Fate.NOTHING, ""),
        ("{} if x else None", Fate.NOTHING, ""),
        ("x if {} else None", Fate.HELD, ""),
        ("x and {}", Fate.NOTHING, ""),
        ("[{}]", Fate.NOTHING, ""),
        ("({}, 1)", Fate.NOTHING, ""),
        ("{{{}}}", Fate.NOTHING, ""),
        ("[{} for x in y]", Fate.NOTHING, ""),
        ("{{{} for x in y}}", Fate.NOTHING, ""),
        ("[x for x in {}]", Fate.HELD, ""),
        ("({} for x in y)", Fate.HELD, ""),
        ("{{1: {}}}", Fate.HELD, ""),
        ("f({})", Fate.HELD, ""),
        ("{}.cancel()", Fate.HELD, ""),
        ("await {}", Fate.HELD, ""),
        ("return {}", Fate.HELD, ""),
        ("x.y = {}", Fate.HELD, ""),
        ("x[0] = {}", Fate.HELD, ""),
        ("x = [{}]", Fate.HELD, ""),
        ("x = [{} for y in z]", Fate.HELD, ""),
        ("x: list = [{}]", Fate.HELD, ""),
        ("x, y = {}", Fate.HELD, ""),
        ("x = y = {}", Fate.HELD, ""),
        ("x = {}\nawait x", Fate.HELD, ""),
        ("x = {}\ndef g(): return x", Fate.HELD, ""),
        ("x = {}\nlocals()", Fate.HELD, ""),
        ("x = {}\neval(y)", Fate.HELD, ""),
        ("global x\nx = {}", Fate.HELD, "x"),
        ("class A: x = {}", Fate.HELD, "x"),
        ("global x\nx = {}\nprint(x)", Fate.HELD, ""),
        ("x = {}\ndel x", Fate.HELD, ""),
        ("x = {}", Fate.UNREAD, "x"),
        ("x: object = {}", Fate.UNREAD, "x"),
        ("x = {}\nx = 1", Fate.UNREAD, "x"),
        ("x = {}\ndef g(x): return x", Fate.UNREAD, "x"),
        ("x = {}\ny.locals()", Fate.UNREAD, "x"),
        ("_ = {}", Fate.UNDERSCORE, "_"),
        ("_ = {}\nawait _", Fate.HELD, ""),
        ("f(lambda: {})", Fate.HELD, ""),
        ("x = lambda: {}", Fate.HELD, ""),
        ("loop.call_soon(lambda: {})", Fate.NOTHING, ""),
        ("loop.call_later(1, lambda: {})", Fate.NOTHING, ""),
        ("loop.add_signal_handler(1, lambda: {})", Fate.NOTHING, ""),
        ("loop.call_soon(lambda: [{}])", Fate.HELD, ""),
        ("loop.call_soon(lambda x={}: 1)", Fate.HELD, ""),
        ("loop.call_soon(x=lambda: {})", Fate.HELD, ""),
        ("loop.other(lambda: {})", Fate.HELD, ""),
        ("call_soon(lambda: {})", Fate.HELD, ""),
    ],
)
def test_what_becomes_of_it(see: See, text: str, fate: Fate, name: str) -> None:
    body = textwrap.indent(text.format("create_task(job())"), "  ")
    assert [one[2:] for one in _made(see, f"async def f():\n{body}")] == [(fate, name)]
    assert fate.dangles is (fate is not Fate.HELD)


@pytest.mark.parametrize(("given", "runs"), [("job()", "job"), ("x", None)])
def test_the_coroutine_that_it_runs(see: See, given: str, runs: str | None) -> None:
    module = see(f"{HEAD}create_task({given})")
    (made,) = made_tasks(module)
    found = made.callee(module)
    function = found.function if found is not None else None
    assert getattr(function.node if function is not None else None, "name", None) == runs


@pytest.mark.parametrize(
    ("body", "held"),
    [
        ("pass", {}),
        ("xs.add(t)", {}),
        ("t.add_done_callback(xs.discard)", {}),
        ("xs.add(t)\nt.add_done_callback(f)", {}),
        ("xs.add(t)\nt.add_done_callback(xs.add)", {}),
        ("xs.add(t)\nu.add_done_callback(xs.discard)", {}),
        ("xs.add(t, 1)\nt.add_done_callback(xs.discard)", {}),
        ("xs.put(t)\nt.add_done_callback(xs.discard)", {}),
        ("xs.add(t)\nt.add_done_callback(xs.discard)", {"t": "xs"}),
        ("self.xs.append(t)\nt.add_done_callback(self.xs.remove)", {"t": "xs"}),
        ("xs.add(t)\nys.add(u)\nu.add_done_callback(ys.discard)", {"u": "ys"}),
        ("xs.add(t)\ndef g(): t.add_done_callback(xs.discard)", {}),
    ],
)
def test_what_a_collection_holds_until_it_is_done(body: str, held: dict[str, str]) -> None:
    tree = ast.parse(f"def f():\n{textwrap.indent(body, '  ')}")
    assert held_until_done(tree.body[0]) == held
