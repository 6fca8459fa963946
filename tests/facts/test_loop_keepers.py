"""The names of a scope whose objects got its loop."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aiomend.facts.loops import loops
from aiomend.facts.view import Module

See = Callable[..., Module]
HEAD = """
import asyncio, logging, other
log = logging.getLogger()
async def work(loop): pass
def number(loop): return 1
class Box:
    def __init__(self, loop): pass
loop = asyncio.new_event_loop()
loop.run_until_complete(work(loop))
"""


def _keepers(see: See, text: str) -> list[str]:
    (loop,) = loops(see(f"{HEAD}{text}\n"))
    return sorted(loop.keepers)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x = Box(1)", id="not given"),
        pytest.param("x = loop.run_until_complete(work(loop))", id="what a run gives"),
        pytest.param("x = loop.create_task(work(loop))", id="the loop's own"),
        pytest.param("x = asyncio.Queue(loop=loop)", id="asyncio's"),
        pytest.param("x = str(loop)", id="text"),
        pytest.param("x = loop is None", id="a test"),
        pytest.param("x = f'{loop}'", id="text with it"),
        pytest.param("x = number(loop)", id="known to be data"),
        pytest.param("x = work(loop)", id="a coroutine"),
        pytest.param("log.info(Box(loop))", id="a line in a log"),
        pytest.param("other.boxes.append(Box(loop))", id="another file's"),
        pytest.param("def f():\n    x = Box(loop)", id="another scope's"),
    ],
)
def test_nobody_keeps_it(see: See, text: str) -> None:
    assert _keepers(see, text) == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("x = Box(loop)", "x"),
        ("x: Box = Box(loop)", "x"),
        ("(x := other.box(loop=loop))", "x"),
        ("x = Box(loop).start()", "x"),
        ("x = Box(loop) if other else None", "x"),
        ("y = x\nx = Box(loop)", "xy"),
        ("x = [Box(loop)]\nfor y in x: pass", "xy"),
        ("x = []\nx.append(Box(loop))", "x"),
        ("x = {}\nx[1] = Box(loop)", "x"),
        ("x = other.X()\nx.y = Box(loop)", "x"),
        ("x, *y = other.boxes(loop)", "xy"),
        ("x = Box(loop)\ny = x.part", "xy"),
        ("with Box(loop) as x: pass", "x"),
        ("x = Box(loop)\ny = Box(x)", "xy"),
    ],
)
def test_who_keeps_it(see: See, text: str, names: str) -> None:
    assert _keepers(see, text) == list(names)
