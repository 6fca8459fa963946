"""What may need the loop that is current in front of a run, and what does not."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import replace

import pytest

from aiomend.facts.loop_ties import ties
from aiomend.facts.loops import loops
from aiomend.facts.view import Module
from aiomend.settings import Settings, TargetRange

See = Callable[..., Module]


def _ties(see: See, before: str, *, top: str = "", target: str = "3.7-3.9", **others: str) -> bool:
    body = f"loop = asyncio.get_event_loop()\n{before}\nloop.run_until_complete(main())\nloop.close()"
    text = f"import asyncio\n{top}\nasync def main(): pass\ndef f(x):\n{textwrap.indent(body, '  ')}\n"
    module = see(text, **others)
    module.settings = replace(Settings(), target=TargetRange.parse(target))
    (loop,) = loops(module)
    return ties(module, loop)


@pytest.mark.parametrize(
    ("before", "top"),
    [
        pytest.param("pass", "", id="nothing"),
        pytest.param("print(x)", "", id="a builtin"),
        pytest.param("asyncio.set_event_loop(loop)", "", id="it sets its own loop"),
        pytest.param("asyncio.set_event_loop(None)", "", id="it sets none"),
        pytest.param("y = main()", "", id="a coroutine"),
        pytest.param("g()", "def g(): pass", id="a function"),
        pytest.param("g()", "def g(): g()", id="a function that calls itself"),
        pytest.param("pass", "async def g(): asyncio.Queue()", id="made in a coroutine"),
        pytest.param("pass", "async def g(): asyncio.get_event_loop()", id="asked for in a coroutine"),
        pytest.param("pass", "@asyncio.coroutine\ndef g():\n  asyncio.get_event_loop()\n  yield", id="in a coroutine of old"),
        pytest.param("pass", "def g(): asyncio.Queue()", id="made by a function that nobody calls"),
        pytest.param("A()", "class A: pass", id="an object"),
        pytest.param("A()", "class A:\n  def g(self): asyncio.Queue()", id="an object with a method that makes one"),
        pytest.param("x = requests.get(1)", "import requests", id="a library that blocks"),
        pytest.param("y = requests.get(1)\nprint(y)", "import requests", id="of a library that blocks, handed on"),
        pytest.param("x = lib.Client()", "import lib", id="of another package, not used by a coroutine"),
        pytest.param("lib.Client()", "import lib", id="of another package, dropped"),
        pytest.param("uvloop.install()", "import uvloop", id="a policy"),
        pytest.param("asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())", "import uvloop", id="another policy"),
        pytest.param("x.Queue()", "", id="of which nothing is known"),
        pytest.param("pass", "async def g():\n  try: pass\n  except OSError: pass", id="a coroutine that catches something else"),
    ],
)  # fmt: skip
def test_nothing_needs_it(see: See, before: str, top: str) -> None:
    assert not _ties(see, before, top=top)


@pytest.mark.parametrize(
    ("before", "top"),
    [
        pytest.param("asyncio.get_event_loop()", "", id="asked for again"),
        pytest.param("pass", "asyncio.get_event_loop()", id="asked for above"),
        pytest.param("pass", "def g(): asyncio.get_event_loop()", id="asked for in another function"),
        pytest.param("asyncio.set_event_loop(x)", "", id="it sets another one"),
        pytest.param("y = asyncio.Future()", "", id="a future"),
        pytest.param("asyncio.ensure_future(main())", "", id="a task"),
        pytest.param("asyncio.gather(main())", "", id="a gather"),
        pytest.param("asyncio.Queue()", "", id="a queue"),
        pytest.param("asyncio.PriorityQueue()", "", id="a queue of another kind"),
        pytest.param("asyncio.Lock()", "", id="a lock"),
        pytest.param("asyncio.BoundedSemaphore()", "", id="a semaphore"),
        pytest.param("pass", "q = asyncio.Queue()", id="a queue above"),
        pytest.param("pass", "class A:\n  q = asyncio.Queue()", id="a queue of a class"),
        pytest.param("x(asyncio.Queue)", "", id="whoever gets the class makes one"),
        pytest.param("x(y=asyncio.Queue)", "", id="by keyword"),
        pytest.param("g()", "def g(): asyncio.Queue()", id="a function makes one"),
        pytest.param("g()", "def g(): h()\ndef h(): asyncio.Queue()", id="through another one"),
        pytest.param("A()", "class A:\n  def __init__(self): asyncio.Queue()", id="an object makes one"),
        pytest.param("A()", "class A:\n  def __new__(cls): asyncio.Queue()", id="when it comes to be"),
        pytest.param("A()", "class A:\n  def __post_init__(self): asyncio.Queue()", id="behind a generated maker"),
        pytest.param("A()", "class B:\n  def __init__(self): asyncio.Queue()\nclass A(B): pass", id="a base makes one"),
        pytest.param("A()", "class A(asyncio.Queue): pass", id="a queue by its base"),
        pytest.param("A()", "class A(y): pass", id="a base that is not known"),
        pytest.param("y = aiolib.Client()", "import aiolib", id="a package whose name says it"),
        pytest.param("y = lib.AsyncClient()", "import lib", id="a class whose name says it"),
        pytest.param("A()", "import aiolib\nclass A(aiolib.Client): pass", id="a base whose name says it"),
        pytest.param("y = lib.Client()\nprint(y)", "import lib", id="of another package, handed on"),
        pytest.param("y = lib.Client()\nprint(*y)", "import lib", id="of another package, handed on with a star"),
        pytest.param("y = lib.Client()\nprint(z=y)", "import lib", id="of another package, by keyword"),
        pytest.param("x.y = lib.Client()", "import lib", id="of another package, kept in an object"),
        pytest.param("return lib.Client()", "import lib", id="of another package, returned"),
        pytest.param("pass", "import lib\ny = lib.Client()\nasync def g(): y", id="of another package, for a coroutine"),
        pytest.param("y = lib.Client()\nloop.run_until_complete(y.run())", "import lib", id="of another package, run"),
        pytest.param("loop.run_until_complete(lib.run())", "import lib", id="of another package, run at once"),
        pytest.param("a()", "def a(): b()\ndef b(): c()\ndef c(): d()\ndef d(): e()\ndef e(): pass", id="too far to say"),
        pytest.param("pass", "async def g():\n  try: pass\n  except KeyboardInterrupt: pass", id="a coroutine that catches the interrupt"),
        pytest.param("pass", "async def g():\n  try: pass\n  except (OSError, KeyboardInterrupt): pass", id="among others"),
    ],
)  # fmt: skip
def test_something_needs_it(see: See, before: str, top: str) -> None:
    assert _ties(see, before, top=top, target="3.7-3.13")


@pytest.mark.parametrize(
    ("before", "top", "target", "needs"),
    [
        ("asyncio.Queue()", "", "3.10-3.13", False),
        ("asyncio.Queue()", "", "3.9-3.13", True),
        ("x(asyncio.Queue)", "", "3.10-3.13", False),
        ("asyncio.Future()", "", "3.10-3.13", True),
        ("pass", "async def g():\n  try: pass\n  except KeyboardInterrupt: pass", "3.7-3.10", False),
        ("pass", "async def g():\n  try: pass\n  except KeyboardInterrupt: pass", "3.7-3.11", True),
        ("pass", "def g():\n  try: pass\n  except KeyboardInterrupt: pass", "3.7-3.11", False),
        ("a()", "def a(): b()\ndef b(): c()\ndef c(): d()\ndef d(): pass", "3.7", False),
    ],
)
def test_what_depends_on_the_version(see: See, before: str, top: str, target: str, needs: bool) -> None:
    assert _ties(see, before, top=top, target=target) is needs


@pytest.mark.parametrize(
    ("top", "other", "needs"),
    [
        ("", "import asyncio\nasyncio.Queue()", False),
        ("import other", "", False),
        ("import other", "import asyncio\ndef g(): asyncio.Queue()", False),
        ("import other", "import asyncio\nif __name__ == '__main__': asyncio.Queue()", False),
        ("import other", "import asyncio\nasyncio.Queue()", True),
        ("from other import x", "import asyncio\nasyncio.Queue()", True),
        ("from other import *", "import asyncio\nasyncio.Queue()", True),
        ("def g(): import other", "import asyncio\nasyncio.Queue()", True),
        ("import other", "import asyncio\nclass A: q = asyncio.Queue()", True),
        ("import other", "import asyncio\ndef g(): asyncio.get_event_loop()", True),
        ("import other", "import lib\nx = lib.Client()", True),
        ("import third", "import asyncio\nasyncio.Queue()", True),
    ],
)
def test_imported_files(see: See, top: str, other: str, needs: bool) -> None:
    assert _ties(see, "pass", top=top, other=other, third="import other") is needs


@pytest.mark.parametrize(("count", "needs"), [(60, False), (61, True)])
def test_too_many_imported_files_cannot_be_looked_at(see: See, count: int, needs: bool) -> None:
    names = [f"m{n}" for n in range(count - 1)]
    assert _ties(see, "pass", top=f"import {', '.join(names)}", **dict.fromkeys(names, "")) is needs
