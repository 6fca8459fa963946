"""Which protocols keep their transport and leave it open, and which close it or hand it on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aiomend.facts.protocols import closes_itself, left_open
from aiomend.facts.view import Module

See = Callable[..., Module]
HEAD = "import asyncio\n"
MADE = "  def connection_made(self, transport):\n    self.transport = transport\n"
CLASS = f"class A(asyncio.Protocol):\n{MADE}"
OPENED = "async def f(loop):\n  await loop.create_connection(A, 'h', 1)\n"


def _left(see: See, text: str, **others: str) -> list[tuple[str, str, int]]:
    return [(one.cls.node.name, one.attribute, len(one.calls)) for one in left_open(see(HEAD + text, **others))]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(CLASS, id="nobody opens it"),
        pytest.param(f"class A:\n{MADE}{OPENED}", id="no protocol"),
        pytest.param(f"class A(x):\n{MADE}{OPENED}", id="a base that is not known"),
        pytest.param(f"class A(asyncio.Queue):\n{MADE}{OPENED}", id="another class of asyncio"),
        pytest.param(f"class A(x.Protocol):\n{MADE}{OPENED}", id="another Protocol"),
        pytest.param(f"class A(asyncio.Protocol): pass\n{OPENED}", id="it does not keep it"),
        pytest.param(f"class A(asyncio.Protocol):\n  def connection_made(self): self.transport = transport\n{OPENED}", id="not told of it"),
        pytest.param(f"class A(asyncio.Protocol):\n  def connection_lost(self, transport): self.transport = transport\n{OPENED}", id="another method"),
        pytest.param(f"class A(asyncio.Protocol):\n  def connection_made(self, transport): self.transport = x\n{OPENED}", id="it keeps something else"),
        pytest.param(f"class A(asyncio.Protocol):\n  def connection_made(self, transport): x.transport = transport\n{OPENED}", id="something else keeps it"),
        pytest.param(f"{CLASS}    self.other = transport\n{OPENED}", id="it keeps it twice"),
        pytest.param(f"{CLASS}    x(transport)\n{OPENED}", id="it hands it on"),
        pytest.param(f"{CLASS}  def g(self): self.transport.close()\n{OPENED}", id="it closes it"),
        pytest.param(f"{CLASS}  def g(self): self.transport.abort()\n{OPENED}", id="it aborts it"),
        pytest.param(f"{CLASS}  def g(self, transport): transport.close()\n{OPENED}", id="it closes one that it is given"),
        pytest.param(f"{CLASS}  def g(self): x.my_transport.close()\n{OPENED}", id="it closes one by its name"),
        pytest.param(f"{CLASS}class B(A):\n  def g(self): self.transport.close()\n{OPENED}", id="a subclass closes it"),
        pytest.param(f"class B:\n  def g(self): self.transport.close()\nclass A(B, asyncio.Protocol):\n{MADE}{OPENED}", id="a base closes it"),
        pytest.param(f"{CLASS}  def g(self): return self.transport\n{OPENED}", id="it gives it away later"),
        pytest.param(f"{CLASS}  def g(self): x(self.transport)\n{OPENED}", id="it hands it on later"),
        pytest.param(f"{CLASS}  def g(self): x = self.transport.get_extra_info\n{OPENED}", id="it gives a method of it away"),
        pytest.param(f"{CLASS}{OPENED}def g(a): a.transport.write(b'')\n", id="others use it"),
        pytest.param(f"{CLASS}async def f(loop):\n  await loop.create_server(A, 'h', 1)\n", id="a server: its peers close it"),
        pytest.param(f"{CLASS}async def f(loop):\n  return await loop.create_connection(A, 'h', 1)\n", id="whoever opens it has it"),
        pytest.param(f"{CLASS}async def f(loop):\n  t, p = await loop.create_connection(A, 'h', 1)\n  t.close()\n", id="whoever opens it closes it"),
        pytest.param(f"{CLASS}async def f(loop):\n  x = await loop.create_connection(A, 'h', 1)\n", id="whoever opens it has both"),
        pytest.param(f"{CLASS}{OPENED}async def g(loop):\n  return await loop.create_connection(A, 'h', 1)\n", id="one of two keeps it"),
        pytest.param(f"{CLASS}class B(asyncio.Protocol): pass\nasync def f(loop):\n  await loop.create_connection(B, A, 1)\n", id="another protocol is opened"),
        pytest.param(f"{CLASS}async def f(loop):\n  await loop.other(A, 'h', 1)\n", id="nothing is opened"),
    ],
)  # fmt: skip
def test_it_is_left_alone(see: See, text: str) -> None:
    assert _left(see, text) == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{CLASS}{OPENED}", id="nobody closes it"),
        pytest.param(f"{CLASS}    transport.write(b'')\n{OPENED}", id="it writes at once"),
        pytest.param(f"{CLASS}  def g(self): self.transport.write(b'')\n{OPENED}", id="it writes later"),
        pytest.param(f"{CLASS}  def g(self):\n    if self.transport: pass\n{OPENED}", id="it asks whether it is there"),
        pytest.param(f"{CLASS}  def g(self):\n    if self.transport is None: pass\n{OPENED}", id="it compares it"),
        pytest.param(f"{CLASS}  def g(self):\n    assert not self.transport\n{OPENED}", id="it asserts something of it"),
        pytest.param(f"{CLASS}  def g(self):\n    while self.transport: pass\n{OPENED}", id="it loops while it is there"),
        pytest.param(f"{CLASS}  def g(self): f'{{self.transport}}'\n{OPENED}", id="it shows it"),
        pytest.param(f"{CLASS}  def g(self): x.close()\n{OPENED}", id="it closes something else"),
        pytest.param(f"{CLASS}  def g(self, transport): transport.write(b'')\n{OPENED}", id="another method has one"),
        pytest.param(f"{CLASS}class B:\n  def g(self): self.transport.close()\n{OPENED}", id="another class closes its own"),
        pytest.param(f"{CLASS}class B:\n  def g(self): return self.transport\n{OPENED}", id="another class gives its own away"),
        pytest.param(f"{CLASS}async def f(loop):\n  t, p = await loop.create_connection(A, 'h', 1)\n", id="whoever opens it does not look at it"),
        pytest.param(f"{CLASS}async def f(loop):\n  await loop.create_connection(lambda: A(), 'h', 1)\n", id="a factory"),
        pytest.param(f"{CLASS}async def f(loop):\n  await loop.create_connection(protocol_factory=A)\n", id="by keyword"),
    ],
)  # fmt: skip
def test_it_is_left_open(see: See, text: str) -> None:
    assert _left(see, text) == [("A", "transport", 1)]


def test_every_call_that_opens_it_counts(see: See) -> None:
    other = f"import asyncio\nfrom main import A\n{OPENED}"
    assert _left(see, CLASS + OPENED, other=other) == [("A", "transport", 2)]


@pytest.mark.parametrize(
    ("factory", "closes"),
    [
        ("x", True),
        ("lambda: x", True),
        ("asyncio.Protocol", False),
        ("x.Protocol", True),
        ("Keeps", False),
        ("Closes", True),
        ("Below", True),
        ("lambda: Keeps() if x else Closes()", True),
    ],
)
def test_whether_a_protocol_may_close_its_transport(see: See, factory: str, closes: bool) -> None:
    text = (
        f"class Keeps(asyncio.Protocol):\n{MADE}class Closes(asyncio.Protocol):\n{MADE}"
        "  def g(self): self.transport.close()\nclass Above(asyncio.Protocol):\n"
        "  def g(self, transport): transport.abort()\nclass Below(Above): pass\n"
    )
    module = see(f"{HEAD}{text}loop.create_connection({factory}, 'h', 1)")
    ((call, _),) = module.method_calls("create_connection")
    assert closes_itself(module, call) is closes
