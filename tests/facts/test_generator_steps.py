"""Where the project goes through what it is given as one goes through a generator."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aiomend.facts.generator_steps import generator_steps
from aiomend.facts.view import Module

See = Callable[..., Module]
HEAD = "import asyncio\n@asyncio.coroutine\ndef work(): yield\n@asyncio.coroutine\ndef other(): yield\ndef gen(): yield 1\n"


@pytest.mark.parametrize(
    ("text", "delegates"),
    [
        ("work()", []),
        ("@asyncio.coroutine\ndef f(): yield from work()", []),
        ("async def f(): await work()", []),
        ("def f(): return work()", []),
        ("def f(): yield work()", []),
        ("def f(): yield from gen()", []),
        ("def f(): yield from asyncio.sleep(1)", []),
        ("def f(): yield from work()", [(True, False, False)]),
        ("def f(): x = yield from work()", [(True, False, False)]),
        ("def f():\n  x = work() if y else None\n  yield from x", [(True, False, False)]),
        ("def f():\n  x = work() if y else z\n  yield from x", [(False, False, False)]),
        ("def f():\n  x = work() if y else other()\n  yield from x", [(True, True, False)]),
        ("class A:\n  def __await__(self): yield from work()", [(True, False, True)]),
        ("class A:\n  def __iter__(self): yield from work()", [(True, False, True)]),
        ("class A:\n  def f(self): yield from work()", [(True, False, False)]),
        ("def __await__(self): yield from work()", [(True, False, False)]),
        ("def f():\n  yield from work()\n  yield from work()", [(True, False, False)] * 2),
    ],
)
def test_who_delegates(see: See, text: str, delegates: list[tuple[bool, bool, bool]]) -> None:
    module = see(HEAD + text)
    work = next(one for one in module.facts.functions if one.name == "work")
    found = generator_steps(module).delegating_to(work)
    assert [(one.is_sure, one.is_shared, one.is_protocol) for one in found] == delegates


@pytest.mark.parametrize(
    "text",
    [
        "def f(x): yield from gen()",
        "def f(x): yield from [1]",
        "@asyncio.coroutine\ndef f(x): yield from x",
        "def f(x):\n  yield 1\n  yield from x",
        "class A:\n  def run(self): pass\ndef f(x): yield from x.run()",
        "x.__next__ = 1",
        "gen().__next__()",
        "next(x)",
        "next(gen())",
        "def f(x):\n  try: next(x)\n  except OSError: pass",
        "def f(x):\n  try: next(x, None)\n  except StopIteration: pass",
        "def f(x):\n  try: next(x())\n  except StopIteration: pass",
        "def next(x): pass\nx = map(next, y)",
        "def __next__(self):\n  def g(): next(x)",
        "hasattr(x, 'y')",
        "isinstance(x, y)",
    ],
)
def test_nothing_is_gone_through_that_is_not_known(see: See, text: str) -> None:
    steps = generator_steps(see(HEAD + text))
    assert (steps.first(), steps.files) == (None, [])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("def f(x): yield from x", "main.py:7: `yield from x` in a plain generator takes no native coroutine"),
        ("def f(x):\n  yield\n  yield from x", "main.py:9: `yield from x` in a plain generator takes no native coroutine"),
        ("def f(x): yield from x.run()", "main.py:7: `yield from x.run()` in a plain generator takes no native coroutine"),
        ("x.__next__()", "main.py:7: `x.__next__` knows no native coroutine"),
        ("x = map(next, y)", "main.py:7: `map(next, y)` knows no native coroutine"),
        ("def f(x):\n  try: next(x)\n  except StopIteration: pass", "main.py:8: `next(x)` knows no native coroutine"),
        ("class A:\n  def __next__(self): return next(self.x)", "main.py:8: `next(self.x)` knows no native coroutine"),
        ("class A:\n  def send(self): return next(self.x[0])", "main.py:8: `next(self.x[0])` knows no native coroutine"),
        ("hasattr(x, '__next__')", "main.py:7: `hasattr(x, '__next__')` knows no native coroutine"),
    ],
)  # fmt: skip
def test_something_is_gone_through(see: See, text: str, says: str) -> None:
    module = see(HEAD + text)
    steps = generator_steps(module)
    assert (steps.first(), steps.files) == (says, [module.facts])
    assert generator_steps(module) is steps


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("def f(x): yield from x", "main.py:1: `yield from x` in a plain generator takes no native coroutine"),
        ("x.__next__()", "main.py:1: `x.__next__` knows no native coroutine"),
        ("for f in x:\n  for _ in f(): pass", "main.py:2: `f()` knows no native coroutine"),
        ("for _ in x[1](): pass", "main.py:1: `x[1]()` knows no native coroutine"),
        ("f = x.get(1)\ng = f()\nnext(g)", "main.py:3: `g` knows no native coroutine"),
        ("t, f = x.pop()\nfor _ in f(): pass", "main.py:2: `f()` knows no native coroutine"),
        ("def g(self, x):\n  self.x = x\n  for _ in self.x(): pass", "main.py:3: `self.x()` knows no native coroutine"),
        ("for _ in x(): pass", None),
        ("for _ in self.x(): pass", None),
        ("next(x)", None),
        ("hasattr(x, '__iter__')", None),
        ("def f(x):\n  yield 1\n  yield from x", None),
    ],
)
def test_a_file_that_keeps_functions_drives_them(see: See, text: str, says: str | None) -> None:
    module = see(text)
    steps = generator_steps(module)
    assert (steps.driving(module.facts), steps.first()) == (says, None)


@pytest.mark.parametrize(
    ("text", "is_noted"),
    [
        ("def f(x): yield from x", False),
        ("def f(x): y = yield from x", True),
        ("def f(x):\n  yield from x\n  return 1", True),
        ("def f(x):\n  yield from x\n  return", False),
        ("x.__next__()", False),
    ],
)
def test_a_file_without_asyncio_waits_where_it_wants_a_result(see: See, text: str, is_noted: bool) -> None:
    assert (generator_steps(see(text)).first() is not None) is is_noted
