"""Which coroutines begin child processes, and whether the project sees to who waits for them."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.child_processes import begun_by, is_cared_for
from aiomend.facts.thread_users import Site
from aiomend.facts.view import Module

See = Callable[..., Module]
Marked = Callable[[Module], ast.Call]
CHILD = "asyncio.create_subprocess_exec(x)"


@pytest.mark.parametrize(
    ("text", "given", "way"),
    [
        ("", "x", ""),
        ("", "asyncio.sleep(1)", ""),
        ("", "x.create_subprocess_exec(y)", ""),
        ("", "asyncio.create_subprocess_exec", ""),
        ("async def f(): pass", "f()", ""),
        (f"async def f(): lambda: {CHILD}", "f()", ""),
        (f"def f(): {CHILD}", "f()", ""),
        ("", CHILD, CHILD),
        ("", "asyncio.create_subprocess_shell(x)", "asyncio.create_subprocess_shell(x)"),
        ("", "asyncio.get_event_loop().subprocess_exec(x)", "asyncio.get_event_loop().subprocess_exec(x)"),
        (f"async def f(): await {CHILD}", "f()", f"f() {CHILD}"),
        (f"async def g(): await {CHILD}\nasync def f():\n  x()\n  await g()", "f()", f"f() g() {CHILD}"),
        (f"async def g(): await {CHILD}\nf = g if x else y", "f()", ""),
    ],
)
def test_the_way_to_a_child(see: See, marked: Marked, text: str, given: str, way: str) -> None:
    module = see(f"import asyncio\n{text}\nmark({given})")
    found = begun_by(module, marked(module).args[0])
    assert " ".join(ast.unparse(one.node) for one in found) == way


@pytest.mark.parametrize(("calls", "is_found"), [(4, True), (5, False)])
def test_a_long_way(see: See, marked: Marked, calls: int, is_found: bool) -> None:
    chain = "\n".join(f"async def f{n}(): await f{n - 1}()" for n in range(1, calls))
    module = see(f"import asyncio\nasync def f0(): await {CHILD}\n{chain}\nmark(f{calls - 1}())")
    assert bool(begun_by(module, marked(module).args[0])) is is_found


@pytest.mark.parametrize(
    ("more", "cared"),
    [
        ("", False),
        ("x = 1", False),
        ("asyncio.get_child_watcher()", True),
        ("asyncio.set_child_watcher(x)", True),
        ("watcher.attach_loop(x)", True),
        ("import uvloop", True),
        ("asyncio.ProactorEventLoop()", True),
        ("asyncio.create_subprocess_exec(y)", True),
        ("asyncio.create_subprocess_shell(y)", True),
    ],
)
def test_whether_anybody_sees_to_it(see: See, more: str, cared: bool) -> None:
    module = see(f"import asyncio\n{CHILD}\n{more}")
    assert is_cared_for(module, Site(module.facts, module.facts.calls[0])) is cared
    other = see(f"import asyncio\n{CHILD}", other=f"import asyncio\n{more}")
    assert is_cared_for(other, Site(other.facts, other.facts.calls[0])) is cared
