"""What keeps a block from running in a thread, each thing by itself."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.block_fitness import misfit
from aiomend.facts.view import Module

See = Callable[..., Module]
HEAD = "import asyncio, contextvars, json, logging, os, queue, sqlite3, subprocess, threading, traceback, aiohttp\n"


def _misfit(see: See, body: str, rest: str = "", before: str = "pass", parameters: str = "x, y") -> str | None:
    inside = textwrap.indent(f"{before}\nwith open('p') as handle:\n{textwrap.indent(body, '    ')}", "    ")
    module = see(f"{HEAD}{rest}\nasync def f({parameters}):\n{inside}\n")
    (function,) = (one for one in module.facts.functions if one.name == "f")
    (block,) = (one for one in ast.walk(function) if isinstance(one, ast.With) and "'p'" in ast.unparse(one.items[0]))
    return misfit(module, block)


@pytest.mark.parametrize(
    "body",
    [
        "z = handle.read()",
        "z = 1\nz += 2",
        "z = {}\nz['a'] = 1",
        "z = [1].copy()\nz.append(2)",
        "z = json.loads(handle.read())",
        "z = x.strip()",
        "z = x.items()",
        "logging.info(x)",
        "log.info(x)",
        "self._logger.error(x)",
        "os.remove('z')",
        "z = pure(x)",
        "z = Plain()",
        "raise Fails(x)",
        "try:\n    z = handle.read()\nexcept OSError:\n    raise",
        "try:\n    z = handle.read()\nexcept OSError:\n    traceback.print_exc()",
        "for line in handle: z = line.split()",
        "with open('q') as other: other.write(handle.read())",
        "z = sqlite3.connect('d')\nz.execute('s')",
        "z = sorted(handle, key=pure)",
        "twice(x)",
    ],
)
def test_it_is_fit(see: See, body: str) -> None:
    rest = (
        "def pure(z): return z\nclass Plain: pass\nclass Fails(Exception):\n    def __init__(self, z): pass\n"
        "def twice(z): twice(z)\n"
    )
    assert _misfit(see, body, rest) is None


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("global z\nz = 1", "`z`, which others see, is bound in it"),
        ("x.y = 1", "`x.y` is changed in it"),
        ("x[0] = 1", "`x[0]` is changed in it"),
        ("del x.y", "`x.y` is changed in it"),
        ("z = x\nz.y = 1", "`z.y` is changed in it"),
        ("with x: pass", "what entering `x` would do in a thread is not known"),
        ("raise", "its `raise` passes on an exception that was caught outside of it"),
        ("asyncio.ensure_future(x)", "`asyncio.ensure_future()` belongs into the thread of the event loop"),
        ("contextvars.copy_context()", "`contextvars.copy_context()` means something else in a thread"),
        ("threading.local()", "`threading.local()` means something else in a thread"),
        ("aiohttp.request(x)", "what `aiohttp.request()` would do in a thread is not known"),
        ("queue.Queue().get()", "`queue.Queue().get()` in it waits for something else than this block"),
        ("x()", "what `x()` would do in a thread is not known"),
        ("x.y()", "what `x.y()` would do in a thread is not known"),
        ("x.append(1)", "`x.append()` changes what other tasks may see"),
        ("setattr(x, 'y', 1)", "`setattr()` changes what other tasks may see"),
        ("delattr(x, 'y')", "`delattr()` changes what other tasks may see"),
        ("later()", "`later()` makes a coroutine"),
        ("bad(x)", "it calls `bad()` (main.py:2): `z.y` is changed in it"),
        ("z = Big()", "what `Big()` would do in a thread is not known"),
        ("z = Sub()", "what `Sub()` would do in a thread is not known"),
        ("z = sorted(handle, key=bad)", "what `bad()` would do in a thread is not known"),
        ("z = sorted(handle, key=TASK.z)", None),
        ("print(FUTURE)", "`FUTURE` belongs into the thread of the event loop"),
        ("print(*FUTURE)", "`FUTURE` belongs into the thread of the event loop"),
        ("print(z=FUTURE)", "`FUTURE` belongs into the thread of the event loop"),
    ],
)
def test_it_is_not(see: See, body: str, reason: str | None) -> None:
    rest = (
        "def bad(z): z.y = 1\nasync def later(): pass\nclass Big:\n    def __init__(self): pass\n"
        "class Sub(Big): pass\nFUTURE = asyncio.Future()\nTASK = 1\n"
    )
    found = _misfit(see, body, rest)
    assert (reason or "None") in str(found)


def test_an_exception_that_was_caught_outside_is_asked_for(see: See) -> None:
    text = f"{HEAD}async def f():\n    try: pass\n    except OSError:\n        with open('p') as h:\n            "
    for inside, is_fit in (("traceback.print_exc()", False), ("traceback.extract_stack()", True), ("h.read()", True)):
        module = see(f"{text}{inside}\n")
        (block,) = (one for one in ast.walk(module.tree) if isinstance(one, ast.With))
        assert (misfit(module, block) is None) is is_fit
    module = see(f"{HEAD}async def f():\n    with open('p') as h: traceback.print_exc()\n")
    (block,) = (one for one in ast.walk(module.tree) if isinstance(one, ast.With))
    assert misfit(module, block) is None


@pytest.mark.parametrize(
    ("before", "is_own"),
    [
        ("z = []", True),
        ("z = dict(x)", True),
        ("z = [x].copy()", True),
        ("z: list = []", True),
        ("z = x", False),
        ("z = x.y", False),
        ("z = x()", False),
        ("z = [] or x", False),
        ("z = [] if x else y", False),
        ("z = await x", False),
        ("z = []\nz = x", False),
        ("z = z", True),
        ("for z in [[]]: pass", True),
        ("for z in x: pass", False),
        ("z = 'a'.split()", True),
        ("z = x.split()", True),
        ("z = x.other()", False),
        ("try: pass\nexcept OSError as z: pass", True),
        ("z, w = [], {}", True),
        ("z, w = x, []", False),
        ("z, w = open(x)", True),
        ("for z in [x]: pass", False),
        ("for z in list(x): pass", False),
        ("for z in list([[]]): pass", True),
        ("for z in json.loads(x): pass", True),
        ("z = [x][0]", False),
        ("z = [[]][0]", True),
        ("w = {1: x}\nz = w[1]", False),
    ],
)
def test_what_was_made_here_may_change(see: See, before: str, is_own: bool) -> None:
    assert (_misfit(see, "z.y = 1", before=before) is None) is is_own


def test_a_name_of_another_function_is_not_its_own(see: See) -> None:
    assert _misfit(see, "z.y = 1", rest="z = []") is not None
    assert _misfit(see, "z.y = 1", parameters="z") is not None


@pytest.mark.parametrize(("calls", "is_fit"), [(3, True), (4, False)])
def test_a_few_calls_are_followed(see: See, calls: int, is_fit: bool) -> None:
    chain = "".join(f"def f{at}(z): {f'f{at - 1}(z)' if at else 'print(z)'}\n" for at in range(calls))
    assert (_misfit(see, f"f{calls - 1}(x)", chain) is None) is is_fit
