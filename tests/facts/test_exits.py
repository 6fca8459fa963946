"""How control leaves a block and where it goes on, statement by statement."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.exits import Course, Exit, exits, goes_on
from aiomend.facts.view import Module

See = Callable[[str], Module]
Marked = Callable[[Module], ast.Call]


@pytest.mark.parametrize(
    ("block", "ways"),
    [
        pytest.param("x()", "FALL", id="nothing"),
        pytest.param("return", "RETURN", id="return"),
        pytest.param("raise x", "RAISE", id="raise"),
        pytest.param("sys.exit()", "RAISE", id="the program ends"),
        pytest.param("os._exit(1)", "RAISE", id="it ends at once"),
        pytest.param("x.exit", "FALL", id="a name that is not called"),
        pytest.param("y = exit()", "FALL", id="a call whose result is kept"),
        pytest.param("return\nraise x", "RETURN", id="what follows is never reached"),
        pytest.param("if x: return", "FALL RETURN", id="on one way"),
        pytest.param("if x: return\nelse: raise y", "RAISE RETURN", id="on either way"),
        pytest.param("if x: return\nraise y", "RAISE RETURN", id="one behind the other"),
        pytest.param("with x: return", "RETURN", id="in a context"),
        pytest.param("async with x: return", "RETURN", id="in an asynchronous context"),
        pytest.param("match x:\n    case 1: return", "FALL RETURN", id="in a case"),
        pytest.param("for _ in x: return", "FALL RETURN", id="in a loop"),
        pytest.param("for _ in x: break", "FALL", id="a loop that is left"),
        pytest.param("for _ in x: continue", "FALL", id="a loop that goes on"),
        pytest.param("async for _ in x: raise y", "FALL RAISE", id="in an asynchronous loop"),
        pytest.param("while x: return", "FALL RETURN", id="in a loop with a test"),
        pytest.param("while True: x()", "", id="an endless loop"),
        pytest.param("while 1: x()", "", id="an endless loop of old"),
        pytest.param("while 0: x()", "FALL", id="a loop that never runs"),
        pytest.param("while True:\n    if x: break", "FALL", id="an endless loop that is left"),
        pytest.param("while True:\n    if x: return", "RETURN", id="one that is left by return"),
        pytest.param("for _ in x: pass\nelse: return", "RETURN", id="behind all turns"),
        pytest.param("for _ in x: break\nelse: return", "FALL RETURN", id="behind all turns, or out of one"),
        pytest.param("try: return\nexcept OSError: pass", "FALL RETURN", id="or a handler"),
        pytest.param("try: x()\nexcept OSError: return", "FALL RETURN", id="in a handler"),
        pytest.param("try: x()\nexcept OSError: raise\nelse: return", "RAISE RETURN", id="where nothing is raised"),
        pytest.param("try: return\nexcept OSError: return\nelse: x()", "RETURN", id="before that"),
        pytest.param("try: return\nfinally: x()", "RETURN", id="with something at the end"),
        pytest.param("try: x()\nfinally: return", "RETURN", id="at the end"),
        pytest.param("try: raise x\nfinally:\n    if y: return", "RAISE RETURN", id="perhaps at the end"),
        pytest.param("def f(): return", "FALL", id="of another function"),
    ],
)
def test_the_ways_out_of_a_block(block: str, ways: str) -> None:
    body = ast.parse(block).body
    assert " ".join(sorted(one.name for one in exits(body))) == ways


@pytest.mark.parametrize(("loop", "ways"), [("for _ in x:", {Exit.CONTINUE}), ("while x:", {Exit.BREAK})])
def test_what_a_part_of_a_loop_does(loop: str, ways: set[Exit]) -> None:
    (statement,) = ast.parse(f"{loop}\n    {next(iter(ways)).value}").body
    assert isinstance(statement, (ast.For, ast.While))
    assert exits(statement.body) == ways


@pytest.mark.parametrize(
    ("body", "course", "at"),
    [
        pytest.param("mark()", Course.END, None, id="nothing follows"),
        pytest.param("await x\nmark()", Course.END, None, id="a wait before it"),
        pytest.param("mark()\nx()", Course.END, None, id="no wait follows"),
        pytest.param("mark()\nx()\nawait y", Course.ON, "await y", id="a wait follows"),
        pytest.param("mark()\nawait x\nawait y", Course.ON, "await x", id="the first wait"),
        pytest.param("mark()\ndef g():\n    yield x", Course.END, None, id="another function's wait"),
        pytest.param("if x:\n    mark()\nelse: await y", Course.END, None, id="the other branch waits"),
        pytest.param("if x:\n    mark()\nawait y", Course.ON, "await y", id="behind the branch"),
        pytest.param("if x:\n    mark()\n    return\nawait y", Course.END, None, id="a branch that leaves"),
        pytest.param("for _ in x:\n    mark()", Course.END, None, id="a loop that never waits"),
        pytest.param("for _ in x:\n    mark()\n    await y", Course.LOOP, None, id="the next turn waits"),
        pytest.param("while x:\n    await y\n    mark()", Course.LOOP, None, id="each turn waits"),
        pytest.param("while x:\n    await y\n    mark()\n    break", Course.END, None, id="the loop is left"),
        pytest.param("while x:\n    await y\n    mark()\n    continue", Course.LOOP, None, id="the next turn"),
        pytest.param(
            "for _ in x:\n    mark()\n    break\nawait y", Course.ON, "await y", id="behind a loop that is left"
        ),
        pytest.param("for _ in x: pass\nelse:\n    mark()\nawait y", Course.ON, "await y", id="behind all turns"),
        pytest.param("try:\n    mark()\nexcept OSError: await x", Course.END, None, id="a handler waits"),
        pytest.param("try:\n    mark()\nexcept OSError: pass\nelse: await x", Course.ON, "await x", id="else waits"),
        pytest.param("try: pass\nexcept OSError:\n    mark()\nelse: await x", Course.END, None, id="behind a handler"),
        pytest.param("try:\n    mark()\nfinally: x()\nawait y", Course.ON, "await y", id="behind the end"),
    ],
)
def test_where_control_goes_on(see: See, marked: Marked, body: str, course: Course, at: str | None) -> None:
    module = see(f"async def f():\n{textwrap.indent(body, '    ')}\n")
    goes = goes_on(module.facts, module.facts.statement(marked(module)), {Exit.FALL})
    assert goes.course is course
    if course is Course.LOOP:
        assert isinstance(goes.at, (ast.For, ast.While))
    else:
        assert (ast.unparse(goes.at) if goes.at else None) == at


def test_what_may_run_on_the_way(see: See, marked: Marked) -> None:
    module = see(
        "async def f():\n    if x:\n        mark()\n        a()\n    else: b()\n    c()\n    if y: return\n    d()\n"
    )
    goes = goes_on(module.facts, module.facts.statement(marked(module)), {Exit.FALL})
    assert [ast.unparse(one).partition("\n")[0] for one in goes.behind] == ["a()", "c()", "if y:", "d()"]


@pytest.mark.parametrize("way", [Exit.RETURN, Exit.RAISE])
def test_who_returns_goes_nowhere(see: See, marked: Marked, way: Exit) -> None:
    module = see("async def f():\n    mark()\n    await x\n")
    goes = goes_on(module.facts, module.facts.statement(marked(module)), {way})
    assert (goes.course, goes.behind) == (Course.END, ())
