"""Which calls in coroutines surely block, and which rule they belong to."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable
from dataclasses import replace

import pytest

from aiomend.facts.blocking_calls import Owner, blocking_calls, limit_of, named, owner
from aiomend.facts.catalog import blocking
from aiomend.facts.catalog.blocking import last_names
from aiomend.facts.view import Module
from aiomend.settings import Settings

See = Callable[..., Module]
HEAD = "import asyncio, concurrent.futures, multiprocessing, queue, requests, threading, time\nNONE = 0\nSOME = 5\n"


def _calls(
    see: See,
    body: str,
    wanted: Owner,
    *,
    head: str = "async def f(x, q: queue.Queue, p: multiprocessing.Process):",
    **options: object,
) -> list[str]:
    module = see(f"{HEAD}def work(): pass\nasync def job(): pass\n{head}\n{textwrap.indent(body, '  ')}\n")
    module.settings = replace(Settings(), **options)  # type: ignore[arg-type]
    methods = last_names(module.settings.blocking_calls)
    return [ast.unparse(call) for call, _, _ in blocking_calls(module, methods, wanted)]


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("time.sleep", Owner.SLEEP),
        ("asyncio.run", Owner.LOOP),
        ("queue.Queue.get", Owner.WAIT),
        ("concurrent.futures.Future.result", Owner.WAIT),
        ("threading.Thread.join", Owner.WAIT),
        ("multiprocessing.Process.join", Owner.WAIT),
        ("requests.get", Owner.CALL),
        ("open", Owner.CALL),
        ("subprocess.run", Owner.CALL),
    ],
)
def test_the_rule_of_an_entry(name: str, rule: Owner) -> None:
    entry = named(blocking.extended(()), name)
    assert entry is not None
    assert owner(entry) is rule


@pytest.mark.parametrize("name", ["x.open", "nothing", "time.time"])
def test_a_name_that_is_no_entry(name: str) -> None:
    assert named(blocking.extended(()), name) is None


@pytest.mark.parametrize(
    ("body", "head"),
    [
        ("time.time()", "async def f():"),
        ("x.sleep(1)", "async def f():"),
        ("requests.get", "async def f():"),
        ("requests.get(x)", "def f(x):"),
        ("lambda: requests.get(x)", "async def f(x):"),
        ("def g(): requests.get(x)", "async def f(x):"),
        ("(requests.get(y) for y in x)", "async def f(x):"),
        ("open(x)", "async def f(x):"),
        ("if False: requests.get(x)", "async def f(x):"),
        ("[requests.get][0](x)", "async def f(x):"),
        ("requests.get(x)\ntime.sleep(1)", "def f(x):"),
        ("get = requests.get if x else y\nget(x)", "async def f(x):"),
    ],
)
def test_it_does_not_block(see: See, body: str, head: str) -> None:
    assert _calls(see, body, Owner.CALL, head=head) == []


@pytest.mark.parametrize(
    ("body", "rule", "calls"),
    [
        ("requests.get(x)", Owner.CALL, ["requests.get(x)"]),
        ("[requests.get(y) for y in x]", Owner.CALL, ["requests.get(y)"]),
        ("get = requests.get\nget(x)", Owner.CALL, ["get(x)"]),
        ("requests.get(x)\ntime.sleep(1)", Owner.CALL, ["requests.get(x)"]),
        ("requests.get(x)\ntime.sleep(1)", Owner.SLEEP, ["time.sleep(1)"]),
        ("asyncio.run(job())", Owner.LOOP, ["asyncio.run(job())"]),
        ("q.get()", Owner.WAIT, ["q.get()"]),
        ("p.join()", Owner.WAIT, ["p.join()"]),
        ("p.join(1)", Owner.WAIT, ["p.join(1)"]),
        ("p.join(x)", Owner.WAIT, ["p.join(x)"]),
        ("p.join(timeout=x)", Owner.WAIT, ["p.join(timeout=x)"]),
        ("p.join(SOME)", Owner.WAIT, ["p.join(SOME)"]),
        ("p.join(0)", Owner.WAIT, []),
        ("p.join(timeout=0)", Owner.WAIT, []),
        ("p.join(NONE)", Owner.WAIT, []),
        ("q.get(False)", Owner.WAIT, []),
        ("q.get_nowait()", Owner.WAIT, []),
    ],
)
def test_it_blocks(see: See, body: str, rule: Owner, calls: list[str]) -> None:
    assert _calls(see, body, rule) == calls


def test_a_parameter_that_is_nothing_unless_told_otherwise_may_be_nothing(see: See) -> None:
    head = "async def f(p: multiprocessing.Process, limit={}):"
    assert _calls(see, "p.join(limit)", Owner.WAIT, head=head.format("0")) == []
    assert _calls(see, "p.join(limit)", Owner.WAIT, head=head.format("1")) == ["p.join(limit)"]


def test_what_is_brief_counts_where_that_is_asked_for(see: See) -> None:
    assert _calls(see, "open(x)", Owner.CALL, brief_calls=True) == ["open(x)"]


@pytest.mark.parametrize(
    ("kind", "call", "calls"),
    [
        ("executor", "work()", ["work()"]),
        ("manual", "work()", ["work()"]),
        ("none", "work()", []),
        ("executor", "other()", []),
    ],
)
def test_what_the_configuration_names(see: See, kind: str, call: str, calls: list[str]) -> None:
    assert _calls(see, call, Owner.CALL, blocking_calls=(("main.work", kind),)) == calls


def test_a_coroutine_function_that_the_configuration_names_does_not_block(see: See) -> None:
    assert _calls(see, "job()", Owner.CALL, blocking_calls=(("main.job", "executor"),)) == []


@pytest.mark.parametrize(
    ("call", "limit"),
    [
        ("p.join()", None),
        ("p.join(1)", "1"),
        ("p.join(timeout=2)", "2"),
        ("p.join(other=2)", None),
        ("p.join(*x)", None),
        ("p.join(*x, timeout=2)", None),
    ],
)
def test_the_limit_of_a_wait(call: str, limit: str | None) -> None:
    entry = named(blocking.extended(()), "multiprocessing.Process.join")
    assert entry is not None
    node = ast.parse(call, mode="eval").body
    assert isinstance(node, ast.Call)
    found = limit_of(node, entry)
    assert (ast.unparse(found) if found is not None else None) == limit
