"""Where a new suspension point may be put, and what stands in the way."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace

import pytest

from aiomend.facts.module import Colour
from aiomend.facts.suspension import (
    is_awaited,
    is_entered,
    is_test_code,
    may_be_awaited,
    misplaced,
    obstacle,
    part_of_definition,
)
from aiomend.facts.view import Module
from aiomend.settings import Settings, TargetRange

See = Callable[..., Module]
Marked = Callable[[Module], ast.Call]
HEAD = "import asyncio, contextlib, threading\nlock = threading.Lock()\n"


def _in(body: str) -> str:
    return f"{HEAD}async def f(x):\n  {body}\n"


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        (_in("mark()"), None),
        (_in("with x: mark()"), None),
        (_in("with lock: pass\n  mark()"), None),
        (_in("with lock: mark()"), "`lock` is held here"),
        (_in("try: mark()\n  except KeyboardInterrupt: pass"), "KeyboardInterrupt is caught here"),
        (_in("try: mark()\n  except (OSError, KeyboardInterrupt): pass"), "KeyboardInterrupt is caught here"),
        (_in("try: mark()\n  except OSError: pass\n  except KeyboardInterrupt: pass"), "KeyboardInterrupt is caught"),
        (_in("try: mark()\n  except OSError: pass"), None),
        (_in("try: mark()\n  except: pass"), None),
        (_in("try: pass\n  except KeyboardInterrupt: mark()"), None),
        (_in("with contextlib.suppress(KeyboardInterrupt): mark()"), "KeyboardInterrupt is caught here"),
        (_in("with contextlib.suppress(OSError, KeyboardInterrupt): mark()"), "KeyboardInterrupt is caught here"),
        (_in("with contextlib.suppress(OSError): mark()"), None),
        (_in("with x.suppress(KeyboardInterrupt): mark()"), "KeyboardInterrupt is caught here"),
        (f"import anyio\n{_in('mark()')}", None),
        ("import anyio\nasync def f(): mark()", "the file is written for anyio"),
        (_in("def g(x=mark()): pass"), "it is a default value of a definition"),
        (_in("lambda x=mark(): 1"), None),
        (_in("@mark()\n  def g(): pass"), "it is a decorator of a definition"),
        (_in("@mark()\n  class A: pass"), "it is a decorator of a definition"),
        (_in("class A(mark()): pass"), None),
        (_in("f'{mark()=}'"), "the f-string prints its own expression"),
        (_in("f'{mark() = }'"), "the f-string prints its own expression"),
        (_in("f'a={mark()}'"), None),
        (_in("f'{x}={mark()}'"), None),
        (_in("f'{mark()!r}'"), None),
    ],
)
def test_what_stands_in_the_way(see: See, marked: Marked, text: str, starts: str | None) -> None:
    module = see(text)
    why = obstacle(module, marked(module), Colour.AWAIT)
    assert (why is None) if starts is None else (why or "").startswith(starts)


@pytest.mark.parametrize(
    ("body", "target", "colour", "is_free"),
    [
        ("f'{mark()}'", "3.6-3.13", Colour.AWAIT, False),
        ("f'{g(mark())}'", "3.6-3.13", Colour.AWAIT, False),
        ("f'{mark()}'", "3.7-3.13", Colour.AWAIT, True),
        ("f'{mark()}'", "3.6-3.13", Colour.YIELD_FROM, True),
        ("f'{(lambda: mark())}'", "3.6-3.13", Colour.AWAIT, True),
        ("[mark() for x in y]", "3.10-3.13", Colour.AWAIT, True),
        ("[[mark() for x in y] for z in w]", "3.10-3.13", Colour.AWAIT, False),
        ("[{mark() for x in y} for z in w]", "3.11-3.13", Colour.AWAIT, True),
        ("[[mark() for x in y] for z in w]", "3.10-3.13", Colour.YIELD_FROM, True),
        ("[lambda: [mark() for x in y] for z in w]", "3.10-3.13", Colour.AWAIT, True),
    ],
)
def test_what_depends_on_the_version(
    see: See, marked: Marked, body: str, target: str, colour: Colour, is_free: bool
) -> None:
    module = see(_in(body))
    module.settings = replace(Settings(), target=TargetRange.parse(target))
    assert (obstacle(module, marked(module), colour) is None) is is_free


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("mark()", None),
        ("x = mark()", None),
        ("def f(): mark()", None),
        ("class A: mark()", None),
        ("class A(mark()): pass", None),
        ("def f(x=mark()): pass", "a default value"),
        ("async def f(*, x=y(mark())): pass", "a default value"),
        ("lambda x=mark(): 1", None),
        ("@x(mark())\ndef f(): pass", "a decorator"),
        ("@mark()\nasync def f(): pass", "a decorator"),
        ("@mark()\nclass A: pass", "a decorator"),
        ("@x\nclass A: mark()", None),
    ],
)
def test_parts_of_definitions(see: See, marked: Marked, text: str, part: str | None) -> None:
    module = see(text)
    assert part_of_definition(module, marked(module)) == part


@pytest.mark.parametrize(
    ("body", "awaited", "entered"),
    [
        ("mark()", False, False),
        ("await mark()", True, False),
        ("await x(mark())", False, False),
        ("async for y in mark(): pass", True, False),
        ("for y in mark(): pass", False, False),
        ("async for mark().y in x: pass", False, False),
        ("[y async for y in mark()]", True, False),
        ("[y for y in mark()]", False, False),
        ("[y async for y in x if mark()]", False, False),
        ("async with mark(): pass", True, True),
        ("async with x as y, mark() as z: pass", True, True),
        ("with mark(): pass", False, True),
        ("with x(mark()): pass", False, False),
    ],
)
def test_whether_it_is_awaited_or_entered(see: See, marked: Marked, body: str, awaited: bool, entered: bool) -> None:
    module = see(_in(body))
    call = marked(module)
    assert (is_awaited(module, call), is_entered(module, call)) == (awaited, entered)


def test_yield_from_waits_too(see: See, marked: Marked) -> None:
    module = see("def f(): yield from mark()")
    assert is_awaited(module, marked(module))


@pytest.mark.parametrize(
    ("body", "may"),
    [
        ("mark()", False),
        ("y = mark()", False),
        ("y = mark()\n  await y", False),
        ("y, z = mark()\n  if asyncio.iscoroutine(y): await y", False),
        ("x.y = mark()\n  if asyncio.iscoroutine(y): await y", False),
        ("y = mark()\n  if asyncio.iscoroutine(y): await y", True),
        ("y: int = mark()\n  if asyncio.iscoroutine(y): await y", True),
        ("(y := mark())\n  if asyncio.iscoroutine(y): await y", True),
        ("maybe_await(mark())", False),
        ("await maybe_await(mark())", True),
        ("await x.ensure_async(mark())", True),
        ("await ensure_future(mark())", True),
        ("await await_if_needed(mark())", True),
        ("await maybe(mark())", False),
        ("await ensure(mark())", False),
        ("await maybe_await(x=mark())", False),
        ("await asks(mark())", True),
        ("await asks_not(mark())", False),
        ("asks(mark())", False),
    ],
)
def test_whether_the_code_takes_an_awaitable_as_well(see: See, marked: Marked, body: str, may: bool) -> None:
    helpers = "async def asks(y):\n  if asyncio.iscoroutine(y): await y\nasync def asks_not(y): await y\n"
    module = see(helpers + _in(body))
    assert may_be_awaited(module, marked(module)) is may


@pytest.mark.parametrize(
    ("body", "taker"),
    [
        ("mark()", None),
        ("x(mark())", None),
        ("mark()()", None),
        ("asyncio.sleep(mark())", None),
        ("asyncio.wait_for(x, mark())", None),
        ("asyncio.wait_for(x, timeout=mark())", None),
        ("asyncio.wait_for(x + mark())", None),
        ("asyncio.wait_for({1: mark()})", None),
        ("asyncio.wait_for(mark(), 1)", "asyncio.wait_for"),
        ("asyncio.create_task(mark())", "asyncio.create_task"),
        ("x.create_task(mark())", "x.create_task"),
        ("x.ensure_future(mark())", "x.ensure_future"),
        ("x.create_task(y, mark())", None),
        ("x.other(mark())", None),
        ("asyncio.wait([mark()])", "asyncio.wait"),
        ("asyncio.wait([mark() for x in y])", "asyncio.wait"),
        ("asyncio.gather(x, mark())", "asyncio.gather"),
        ("asyncio.gather(*[mark() for x in y])", "asyncio.gather"),
        ("asyncio.gather(x, return_exceptions=mark())", "asyncio.gather"),
        ("loop.call_soon(mark())", "loop.call_soon"),
        ("loop.call_later(1, mark())", "loop.call_later"),
        ("x.add_done_callback(mark())", "x.add_done_callback"),
        ("call_soon(mark())", None),
        ("threading.Thread(target=mark())", "threading.Thread"),
        ("threading.Thread(name=mark())", None),
    ],
)
def test_a_call_that_should_have_been_a_function(see: See, marked: Marked, body: str, taker: str | None) -> None:
    module = see(_in(body))
    assert misplaced(module, marked(module)) == taker


@pytest.mark.parametrize(
    ("text", "is_it"),
    [("import x", False), ("import pytest", True), ("from unittest import mock", True), ("import asynctest", True)],
)
def test_what_serves_tests(see: See, text: str, is_it: bool) -> None:
    assert is_test_code(see(text)) is is_it
