"""Whether it matters that finished tasks are among those that `all_tasks()` gives."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.task_sets import Matter, finished_matter
from aiomend.facts.view import Module

See = Callable[..., Module]
Marked = Callable[[Module], ast.Call]
NOT, UNKNOWN, INSPECTED = Matter.NOT, Matter.UNKNOWN, Matter.INSPECTED


@pytest.mark.parametrize(
    ("body", "matter"),
    [
        ("mark()", NOT),
        ("x(mark())", UNKNOWN),
        ("return mark()", UNKNOWN),
        ("len(mark())", INSPECTED),
        ("x.len(mark())", UNKNOWN),
        ("len(x, mark())", UNKNOWN),
        ("len(list(mark()))", INSPECTED),
        ("sorted(mark())", NOT),
        ("other(mark())", UNKNOWN),
        ("list(mark(), x)", UNKNOWN),
        ("mark() - x", NOT),
        ("len(mark() - {x})", INSPECTED),
        ("len(x - mark())", UNKNOWN),
        ("len(mark() | x)", UNKNOWN),
        ("mark().discard(x)", NOT),
        ("mark().remove", NOT),
        ("mark().pop()", UNKNOWN),
        # loops
        ("for t in mark(): pass", NOT),
        ("for t in mark(): continue", NOT),
        ("for t in mark(): t.cancel()", NOT),
        ("for t in list(mark()): t.cancel()", NOT),
        ("for t in mark(): u.cancel()", UNKNOWN),
        ("for t in mark(): t.other()", UNKNOWN),
        ("for t in mark(): x = t.cancel()", UNKNOWN),
        ("for t in mark(): t.result()", INSPECTED),
        ("for t in mark(): print(t.exception())", INSPECTED),
        ("for t in mark(): u.result()", UNKNOWN),
        ("for t in mark(): print(t.done())", INSPECTED),
        ("for t in mark(): print(t.cancelled())", INSPECTED),
        ("for t in mark():\n  t.cancel()\n  print(t)", UNKNOWN),
        ("for t in mark():\n  print(t)\n  print(t.done())", INSPECTED),
        ("for t in mark(): t.cancel()\nelse: pass", UNKNOWN),
        ("for t, u in mark(): pass", UNKNOWN),
        ("async for t in mark(): pass", UNKNOWN),
        ("for t in mark():\n  if t.done(): continue\n  t.cancel()", NOT),
        ("for t in mark():\n  if t.done(): print(t)\n  t.cancel()", INSPECTED),
        ("for t in mark():\n  if u.done(): continue", UNKNOWN),
        ("for t in mark():\n  if not t.done(): print(t)", NOT),
        ("for t in mark():\n  if not t.done(): print(t)\n  else: print(t)", INSPECTED),
        ("for t in mark():\n  if not u.done(): print(t)", UNKNOWN),
        ("for t in mark():\n  if x and not t.done(): print(t)", NOT),
        ("for t in mark():\n  if x or not t.done(): print(t)", INSPECTED),
        ("for t in mark():\n  if -t.done(): print(t)", INSPECTED),
        ("for t in mark():\n  if t is not me: t.cancel()", NOT),
        ("for t in mark():\n  if t == me: continue\n  t.cancel()", NOT),
        ("for t in mark():\n  if me != t: t.cancel()\n  else: pass", NOT),
        ("for t in mark():\n  if t is x(): t.cancel()", NOT),
        ("for t in mark():\n  if t.x is y(): t.cancel()", UNKNOWN),
        ("for t in mark():\n  if t.x is y: t.cancel()", NOT),
        ("for t in mark():\n  if t.result() is y: t.cancel()", UNKNOWN),
        ("for t in mark():\n  if t < me: t.cancel()", UNKNOWN),
        ("for t in mark():\n  if t.done() < me: t.cancel()", INSPECTED),
        ("for t in mark():\n  if t is me: print(t)", UNKNOWN),
        ("for t in mark():\n  if t is me: pass\n  else: print(t.done())", INSPECTED),
        # names
        ("ts = mark()", NOT),
        ("ts = mark()\nfor t in ts: t.cancel()", NOT),
        ("ts = mark()\nfor t in ts: t.cancel()\nprint(ts)", UNKNOWN),
        ("ts = mark()\nus = ts\nlen(us)", INSPECTED),
        ("ts = mark()\nts = x", UNKNOWN),
        ("ts, us = mark()", UNKNOWN),
        ("ts = us = mark()", UNKNOWN),
        ("ts = [mark()]", UNKNOWN),
        ("global ts\nts = mark()", UNKNOWN),
        ("ts = mark()\ndef g(ts): len(ts)", NOT),
        ("ts = mark()\ndel ts", NOT),
    ],
)
def test_what_becomes_of_them(see: See, marked: Marked, body: str, matter: Matter) -> None:
    module = see(f"async def f():\n{textwrap.indent(body, '  ')}")
    assert finished_matter(module, marked(module)) is matter


def test_a_name_of_the_module_may_be_used_by_others(see: See, marked: Marked) -> None:
    module = see("ts = mark()")
    assert finished_matter(module, marked(module)) is UNKNOWN


@pytest.mark.parametrize(
    ("body", "matter"),
    [
        ("await asyncio.gather(*mark(), return_exceptions=True)", NOT),
        ("await asyncio.gather(*mark())", UNKNOWN),
        ("await asyncio.gather(*mark(), return_exceptions=False)", UNKNOWN),
        ("await asyncio.gather(*mark(), return_exceptions=1)", UNKNOWN),
        ("await asyncio.gather(*mark(), other=True)", UNKNOWN),
        ("x = await asyncio.gather(*mark(), return_exceptions=True)", UNKNOWN),
        ("asyncio.gather(*mark(), return_exceptions=True)", UNKNOWN),
        ("await asyncio.wait(*mark(), return_exceptions=True)", UNKNOWN),
        ("await asyncio.gather(*[t for t in mark()], return_exceptions=True)", NOT),
        ("[*mark()]", UNKNOWN),
    ],
)
def test_gathered(see: See, marked: Marked, body: str, matter: Matter) -> None:
    module = see(f"import asyncio\nasync def f():\n  {body}")
    assert finished_matter(module, marked(module)) is matter


def test_gathered_outside_of_a_coroutine(see: See, marked: Marked) -> None:
    module = see("import asyncio\ndef f(): (yield from asyncio.gather(*mark(), return_exceptions=True))")
    assert finished_matter(module, marked(module)) is UNKNOWN
