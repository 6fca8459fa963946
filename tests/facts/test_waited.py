"""Which calls of `asyncio.wait()` are given coroutines, what has to become a task there, and who makes them."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.view import Module
from aiomend.facts.waited import Waiting, told_apart, waitings

See = Callable[..., Module]
HEAD = """
import asyncio
async def job(): pass
task = asyncio.ensure_future(job())
"""


def _waiting(see: See, body: str, *, head: str = "async def f(x):") -> tuple[Module, Waiting | None]:
    module = see(f"{HEAD}{head}\n  {body}\n")
    found = list(waitings(module))
    assert len(found) < 2
    return module, found[0] if found else None


@pytest.mark.parametrize(
    "body",
    [
        "await asyncio.wait()",
        "await asyncio.wait(timeout=1)",
        "await asyncio.wait(*x)",
        "await asyncio.wait([])",
        "await asyncio.wait(x)",
        "await asyncio.wait([task])",
        "await asyncio.wait([x])",
        "await asyncio.wait([job() if x else task])",
        "await asyncio.wait([None])",
        "await asyncio.wait([asyncio.ensure_future(job())])",
        "await asyncio.wait([y.create_task(job())])",
        "await asyncio.wait([y.run_in_executor(job())])",
        "await asyncio.wait([y.gather(job())])",
        "await asyncio.wait([y.shield(job())])",
        "await asyncio.wait([y.create_future(job())])",
        "await asyncio.wait([*x, y])",
        "await asyncio.wait([*x])",
        "c = job()\n  await asyncio.wait([c, c])",
        "ys = [job()]\n  await asyncio.wait([job()] + ys)",
        "ys = [job()]\n  await asyncio.wait(ys + [job()])",
        "ys = [job()]\n  await asyncio.wait([job()] + [job()] + ys)",
        "await asyncio.wait(job() for y in x)",
        "ys = [task]\n  await asyncio.wait(ys)",
        "ys = [job()]\n  ys = [task]\n  await asyncio.wait(ys)",
        "await asyncio.wait(map(len, x))",
        "await asyncio.wait(map(job))",
        "await asyncio.wait(list(x))",
        "await asyncio.gather(job())",
        "await other.wait([job()])",
    ],
)
def test_nothing_to_do(see: See, body: str) -> None:
    assert _waiting(see, body)[1] is None


@pytest.mark.parametrize(
    ("given", "items"),
    [
        ("[job()]", "job()"),
        ("(job(), job())", "job() job()"),
        ("{job(), task}", "job()"),
        ("[job(), x]", "job() x?"),
        ("[job(), asyncio.ensure_future(x)]", "job()"),
        ("[job()] + [job()]", "job() job()"),
        ("{job()} | {task}", "job()"),
        ("[job()] + ys", "job()"),
        ("[job() for y in x]", "job()"),
        ("{job() for y in x}", "job()"),
        ("list([job()])", "job()"),
        ("set((job(), task))", "job()"),
        ("[job(), job()]", "job() job()"),
        ("[job() if x else None]", "job() if x else None"),
    ],
)
def test_what_is_to_become_a_task(see: See, given: str, items: str) -> None:
    for call in (f"asyncio.wait({given})", f"asyncio.wait(fs={given})"):
        _, found = _waiting(see, f"ys = [task]\n  await {call}")
        assert found is not None
        assert found.whole is None
        words = [f"{ast.unparse(one.node)}{'' if one.is_coroutine else '?'}" for one in found.items]
        assert " ".join(words) == items


@pytest.mark.parametrize("given", ["ys", "list(ys)", "map(job, x)", "list(map(job, x))", "set(map(job, x, x))"])
def test_a_collection_that_is_built_elsewhere(see: See, given: str) -> None:
    _, found = _waiting(see, f"ys = [job()]\n  await asyncio.wait({given})")
    assert found is not None
    assert found.whole is not None
    assert (ast.unparse(found.whole), found.items) == (given, ())


@pytest.mark.parametrize(
    "other", ["asyncio.wait()", "asyncio.wait(*x)", "asyncio.wait([*x])", "asyncio.wait([job()] + x)"]
)
def test_a_call_of_which_nothing_can_be_seen_hides_no_other(see: See, other: str) -> None:
    _, found = _waiting(see, f"x = [job()]\n  await {other}\n  await asyncio.wait([job()])")
    assert found is not None
    assert ast.unparse(found.call) == "asyncio.wait([job()])"


def test_a_parameter_that_some_callers_fill_with_coroutines(see: See) -> None:
    module = see(f"{HEAD}async def f(ys): await asyncio.wait(ys)\nf([job()])\nf([task])\n")
    (found,) = waitings(module)
    assert found.whole is not None


@pytest.mark.parametrize(
    ("head", "body", "maker", "is_immediate"),
    [
        ("async def f(x):", "await asyncio.wait([job()])", "", True),
        ("async def f(x):", "y = asyncio.wait([job()])", "", False),
        ("@asyncio.coroutine\ndef f(x):", "yield from asyncio.wait([job()])", "", True),
        ("def f(x):", "yield from asyncio.wait([job()])", None, True),
        ("def f(x):", "return asyncio.wait([job()])", None, False),
        ("def f(x):", "x.run_until_complete(asyncio.wait([job()]))", "x", True),
        ("def f(x):", "x.y.run_until_complete(asyncio.wait([job()]))", "x.y", True),
        ("def f(x):", "asyncio.get_event_loop().run_until_complete(asyncio.wait([job()]))", "current", True),
        ("def f(x):", "asyncio.new_event_loop().run_until_complete(asyncio.wait([job()]))", None, True),
        ("def f(x):", "x[y()].run_until_complete(asyncio.wait([job()]))", None, True),
        ("def f(x):", "x.other(asyncio.wait([job()]))", None, False),
        ("def f(x):", "x.run_until_complete(asyncio.wait([job()]), 1)", None, False),
    ],
)
def test_who_makes_the_tasks(see: See, head: str, body: str, maker: str | None, is_immediate: bool) -> None:
    _, found = _waiting(see, body, head=head)
    assert found is not None
    assert (found.maker, found.is_immediate) == (maker, is_immediate)


@pytest.mark.parametrize(
    ("body", "test"),
    [
        ("done, _ = await asyncio.wait([c])", None),
        ("done, _ = await asyncio.wait([c])\n  if x in done: pass", None),
        ("done, _ = await asyncio.wait([c])\n  if x == y: pass", None),
        ("done, _ = await asyncio.wait([c])\n  if c in done: pass", "c in done"),
        ("done, _ = await asyncio.wait([c])\n  if c not in done: pass", "c not in done"),
        ("done, _ = await asyncio.wait([c])\n  if c is x: pass", "c is x"),
        ("done, _ = await asyncio.wait([c])\n  if x is c: pass", "x is c"),
        ("done, _ = await asyncio.wait([c])\n  if c < 1: pass", None),
        ("cs = [c]\n  done, _ = await asyncio.wait(cs)\n  for d in cs:\n    if d in done: pass", "d in done"),
        ("cs = [c]\n  done, _ = await asyncio.wait(cs)\n  [d for d in cs if d in done]", "d in done"),
        ("cs = [c]\n  done, _ = await asyncio.wait(cs)\n  for d in done:\n    if d in done: pass", None),
        ("cs = [c]\n  done, _ = await asyncio.wait(list(cs))\n  for d in cs:\n    if d in done: pass", None),
    ],
)
def test_code_that_looks_for_a_coroutine_among_the_done(see: See, body: str, test: str | None) -> None:
    module, found = _waiting(see, f"c = job()\n  {body}")
    assert found is not None
    asked = told_apart(module, found)
    assert (ast.unparse(asked) if asked is not None else None) == test
