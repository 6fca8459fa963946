"""What tests and awaiting tell of a value, and what they leave unknown."""

from __future__ import annotations

from collections.abc import Callable

import pytest

CONN = """
from contextvars import ContextVar
from typing import Any, Awaitable, Generator
class Conn:
    async def send(self): pass
class Fast(Conn):
    async def send(self): pass
class Other:
    def send(self): pass
"""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("def f(x):\n  if isinstance(x, Conn): pass\n  probe(x.send())", id="after the branch"),
        pytest.param("def f(x):\n  if isinstance(x, Conn): pass\n  else: probe(x.send())", id="the other branch"),
        pytest.param("def f(x):\n  if not isinstance(x, Conn): probe(x.send())", id="turned around"),
        pytest.param("def f(x, y):\n  if isinstance(y, Conn): probe(x.send())", id="another name"),
        pytest.param(
            "def f(x, y):\n  if isinstance(x, Conn):\n    x = y\n    probe(x.send())", id="bound again in between"
        ),
        pytest.param("def f(x):\n  if isinstance(x, (Conn, Other)): probe(x.send())", id="one of them is no coroutine"),
        pytest.param("def f(x):\n  if isinstance(x, (Conn, Unknown)): probe(x.send())", id="one of them is not known"),
        pytest.param("def f(x):\n  if isinstance(x, Conn) or x: probe(x.send())", id="`or` leads there too"),
        pytest.param("def f(x):\n  if isinstance(x, Awaitable): probe(x.send())", id="a class that tells nothing"),
        pytest.param("def f(x):\n  if isinstance(x, Conn): g = lambda x: probe(x.send())", id="a parameter like it"),
    ],
)
def test_a_test_does_not_say_more_than_it_does(text: str, is_known: Callable[..., bool]) -> None:
    assert not is_known(CONN + text, by_callers=False)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("def f(x):\n  if isinstance(x, Conn): probe(x.send())", id="a branch"),
        pytest.param("def f(x):\n  if not isinstance(x, Conn): return\n  probe(x.send())", id="an early return"),
        pytest.param("def f(x):\n  assert isinstance(x, (Conn, Fast))\n  probe(x.send())", id="assert, with several"),
        pytest.param("def f(x):\n  isinstance(x, Conn) and probe(x.send())", id="`and`"),
        pytest.param(
            "class A:\n  def f(self, x):\n    self.x = x\n    if isinstance(self.x, Fast): probe(self.x.send())",
            id="an attribute",
        ),
        pytest.param(
            "def f(c):\n  x = Conn() if c else Other()\n  if isinstance(x, Conn): probe(x.send())", id="one of two"
        ),
        pytest.param(
            "KINDS = (Conn, Fast)\ndef f(x):\n  if isinstance(x, KINDS): probe(x.send())", id="a tuple by name"
        ),
    ],
)
def test_a_test_tells_what_a_value_is(text: str, is_known: Callable[..., bool]) -> None:
    assert is_known(CONN + text, by_callers=False)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("class A: pass\nasync def f(): probe((await A()).send())", id="no `__await__`"),
        pytest.param(
            "class A:\n  def __await__(self): return self.x.__await__()\nasync def f(): probe((await A()).send())",
            id="nobody knows through what it goes",
        ),
        pytest.param(
            "class A:\n  def __await__(self):\n    yield\n    return Other()\nasync def f(): probe((await A()).send())",
            id="it gives something else",
        ),
    ],
)
def test_it_is_not_known_what_awaiting_an_object_gives(text: str, is_known: Callable[..., bool]) -> None:
    assert not is_known(CONN + text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "class A(Conn):\n  def __await__(self):\n    yield\n    return self\nasync def f(): probe((await A()).send())",
            id="a generator",
        ),
        pytest.param(
            "class A:\n  async def start(self): return Conn()\n  def __await__(self): return self.start().__await__()\n"
            "async def f(): probe((await A()).send())",
            id="through a coroutine",
        ),
        pytest.param(
            "class A:\n  def __await__(self) -> Generator[Any, None, Conn]: return (yield from self.x)\n"
            "async def f(): probe((await A()).send())",
            id="what is promised",
        ),
    ],
)
def test_what_awaiting_an_object_gives(text: str, is_known: Callable[..., bool]) -> None:
    assert is_known(CONN + text)


def test_a_context_variable_gives_what_its_annotation_promises(is_known: Callable[..., bool]) -> None:
    assert is_known(CONN + "current: ContextVar[Conn] = ContextVar('current')\ndef f(): probe(current.get().send())")
    assert not is_known(CONN + "current: ContextVar[Any] = ContextVar('current')\ndef f(): probe(current.get().send())")
    assert not is_known(CONN + "current = ContextVar('current')\ndef f(): probe(current.get().send())")
