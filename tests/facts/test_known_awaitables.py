"""Where an annotation only says that something can be awaited: a callback that a coroutine drops, and nothing else."""

from __future__ import annotations

import ast

import pytest

from aiomend.api import MemorySources
from aiomend.facts.forgotten import waits
from aiomend.facts.inference import Inference
from aiomend.facts.project import ProjectFacts

HEAD = """
import asyncio
from collections.abc import Awaitable, Callable
from typing import Optional, Union
Send = Callable[[str], Awaitable[None]]
"""


def _waits(text: str) -> bool:
    """Does the one call of something by the name of `send` wait to be awaited?"""
    inference = Inference(ProjectFacts(MemorySources({"main.py": (HEAD + text).encode()})))
    facts = inference.project.facts("main.py")
    assert facts is not None
    call = next(one for one in facts.calls if "send" in ast.unparse(one.func))
    return waits(inference, facts, call, inference.values_from_callers)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("def f(send: Send):\n  send('a')", id="a plain function could not await it"),
        pytest.param("async def f(send: Send):\n  return lambda: send('a')", id="a lambda could not either"),
        pytest.param("async def f(send: Callable[[str], object]):\n  send('a')", id="another result"),
        pytest.param("async def f(send: Callable[[str], Optional[Awaitable[None]]]):\n  send('a')", id="perhaps None"),
        pytest.param(
            "async def f(send: Callable[[str], asyncio.Future[None]]):\n  send('a')", id="a future runs by itself"
        ),
        pytest.param(
            "async def f(send: Union[Send, Callable[[str], None]]):\n  send('a')", id="perhaps a plain callback"
        ),
        pytest.param(
            "class C:\n  def send(self) -> Awaitable[None]: return lib.start()\nasync def f(c: C):\n  c.send()",
            id="a method may give a future",
        ),
        pytest.param(
            "def send() -> Awaitable[None]: return asyncio.ensure_future(job())\nasync def f():\n  send()",
            id="a function that gives a task",
        ),
        pytest.param(
            "async def f(send: Callable):\n  send('a')\ndef g(a: str) -> int: return 1\nasync def h(): await f(g)",
            id="a plain function is passed",
        ),
    ],
)
def test_nothing_is_lost_where_nobody_awaits(text: str) -> None:
    assert not _waits(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("async def f(send: Send):\n  send('a')", id="a parameter"),
        pytest.param(
            "async def f(send: Optional[Send] = None):\n  if send: send('a')", id="a parameter that may be None"
        ),
        pytest.param("async def f(send: Callable[..., Awaitable]):\n  send('a')", id="of whatever"),
        pytest.param(
            "class C:\n  def __init__(self, send: Send): self._send = send\n  async def f(self): self._send('a')",
            id="an attribute",
        ),
        pytest.param("class C:\n  send: Send\nasync def f(c: C):\n  c.send('a')", id="a field"),
        pytest.param(
            "async def other(a): pass\nasync def f(c, given: Send):\n  send = given if c else other\n  send('a')",
            id="or a coroutine function",
        ),
        pytest.param(
            "def send() -> Awaitable[None]: return job()\nasync def job(): pass\nasync def f():\n  send()",
            id="a function whose result is known more closely",
        ),
        pytest.param(
            "async def f(send: Callable):\n  send('a')\nasync def g(a): pass\nasync def h(): await f(g)",
            id="all callers pass a coroutine function for some callable",
        ),
    ],
)
def test_a_callback_that_a_coroutine_drops(text: str) -> None:
    assert _waits(text)
