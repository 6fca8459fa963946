"""Calls of which nothing is known but that the project awaits them at other places."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aiomend.facts.awaited_elsewhere import awaited_elsewhere
from aiomend.facts.view import Module

See = Callable[..., Module]


def _line(see: See, body: str, **others: str) -> int | None:
    """The line at which the function of the first call of `send()` is awaited."""
    module = see(f"import asyncio\nfrom lib import client, other\n{body}\n", **others)
    calls = [one for one in module.facts.calls if getattr(one.func, "attr", getattr(one.func, "id", "")) == "send"]
    found = awaited_elsewhere(module.inference, module.facts, calls[0])
    return found[1].lineno if found is not None else None


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("client.send()", id="nowhere else"),
        pytest.param("client.send()\nclient.send()", id="dropped again"),
        pytest.param("client.send()\nasync def f(): await other.send()", id="of another thing"),
        pytest.param("client.send()\nasync def f(): await client.x.send()", id="of a part of it"),
        pytest.param("client.send()\nasync def f(): await client.other()", id="another method"),
        pytest.param("client.send()\nasync def f(): await client.send", id="not called"),
        pytest.param("client.send()\nasync def f():\n  x = client.send()\n  await client.send()", id="kept elsewhere"),
        pytest.param("client.send()\nasync def f():\n  if client.send(): await client.send()", id="tested elsewhere"),
        pytest.param("client.send()\nasync def f():\n  client.send().result()\n  await client.send()", id="asked elsewhere"),
        pytest.param("def f(x): x.send()\nasync def g(x): await x.send()", id="parameters of two functions"),
        pytest.param("from os import client\nclient.send()\nasync def f(): await client.send()", id="of the standard library"),
        pytest.param("def send(): pass\nsend()\nasync def f(): await send()", id="a function of the project"),
        pytest.param("x = y()\nx = z()\nx.send()\nasync def f(): await x.send()", id="bound twice"),
        pytest.param("client.send()\ndef f(): yield from client.send()", id="in a plain generator"),
        pytest.param("client.send()\nx(client.send())", id="given to something not known"),
        pytest.param("client.send()\nasync def f(): asyncio.gather(x=client.send())", id="by keyword"),
        pytest.param("client.send()\nxs = [client.send()]", id="in a list that nobody gathers"),
        pytest.param("class A:\n  def f(self): self.c.send()\nclass B:\n  async def g(self): await self.c.send()", id="objects of two classes"),
    ],
)  # fmt: skip
def test_nobody_says_so(see: See, body: str) -> None:
    assert _line(see, body) is None


@pytest.mark.parametrize(
    ("body", "line"),
    [
        pytest.param("client.send()\nasync def f(): await client.send()", 4, id="awaited"),
        pytest.param("client.send()\nclient.send()\nasync def f():\n  await client.send()\n  await client.send()", 6, id="the first that is awaited"),
        pytest.param("client.send()\n@asyncio.coroutine\ndef f(): yield from client.send()", 5, id="in a coroutine of old"),
        pytest.param("client.send()\nasyncio.create_task(client.send())", 4, id="made a task"),
        pytest.param("client.send()\nloop.run_until_complete(client.send())", 4, id="run"),
        pytest.param("client.send()\nasync def f():\n  await asyncio.gather(client.send(), x)", 5, id="gathered"),
        pytest.param("client.send()\nasync def f():\n  await asyncio.gather(*[client.send() for x in y])", 5, id="gathered from a list"),
        pytest.param("client.send()\nasync def f():\n  await asyncio.wait([client.send()])", 5, id="waited for"),
        pytest.param("client.send()\nasync def f():\n  xs = [client.send()]\n  await asyncio.gather(*xs)", 5, id="gathered by a name"),
        pytest.param("client.send()\nasync def f():\n  xs = []\n  xs.append(client.send())\n  await asyncio.gather(*xs)", 6, id="gathered from what is filled"),
        pytest.param("x = y()\nx.send()\nasync def f(): await x.send()", 5, id="a name that is bound once"),
        pytest.param("def f(x):\n  x.send()\n  async def g(): await x.send()", 5, id="a parameter"),
        pytest.param("from typing import Awaitable\ndef see(x: Awaitable): pass\nclient.send()\nsee(client.send())", 6, id="given where something to await is wanted"),
        pytest.param("class A:\n  def f(self): self.c.send()\n  async def g(self): await self.c.send()", 5, id="of an object's attribute"),
        pytest.param("class B: pass\nclass A(B):\n  def f(self): self.c.send()\n  async def g(self): await self.c.send()", 6, id="of an attribute that nobody gives"),
        pytest.param("client.send()\nasync def f(): return client.send()\nasync def g(): await client.send()", 5, id="returned besides"),
    ],
)  # fmt: skip
def test_it_is_awaited_elsewhere(see: See, body: str, line: int) -> None:
    assert _line(see, body) == line


def test_an_override_may_be_of_something_else(see: See) -> None:
    text = "class A:\n  def f(self): self.c.send()\nclass B(A):\n  async def f(self): await self.c.send()"
    assert _line(see, text) is None


@pytest.mark.parametrize(
    ("other", "line"),
    [
        ("from lib import client\nasync def f(): await client.send()", 2),
        ("from lib import other\nasync def f(): await other.send()", None),
        ("async def f(client): await client.send()", None),
    ],
)
def test_in_another_file(see: See, other: str, line: int | None) -> None:
    assert _line(see, "client.send()", users=other) == line
