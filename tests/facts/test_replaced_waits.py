"""What is put in the place of what a coroutine waits for, and nothing awaits."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.replaced_waits import replaced_wait
from aiomend.facts.view import Module

See = Callable[..., Module]
MAIN = """
import asyncio
class Client:
  @asyncio.coroutine
  def send(self, x=1): yield
class Below(Client): pass
class Other:
  def send(self): return 1
@asyncio.coroutine
def work(): yield
client = Client()
def plain(): return client.send()
class Store:
  def __init__(self): self.client = Client()
  @asyncio.coroutine
  def f(self, given):
    made = self.client.send()
    yield from {}
"""
HEAD = """
import asyncio, main
from unittest.mock import AsyncMock, MagicMock, Mock, patch
def fake(*a): yield
def going(*a): yield from asyncio.sleep(0)
def values(*a): yield 1
async def native(*a): pass
@asyncio.coroutine
def marked(*a): yield
class Fake:
  def send(self): yield
  def other(self): yield
class Fine:
  async def send(self): pass
"""


def _is_replaced(see: See, test: str, wait: str = "self.client.send()", *, is_returned: bool = False) -> bool:
    module = see(MAIN.format(wait), test_main=HEAD + test)
    (node,) = module.facts.nodes(ast.YieldFrom)
    return replaced_wait(module, node.value, is_returned=is_returned) is not None


@pytest.mark.parametrize(
    "test",
    [
        pytest.param("", id="nothing"),
        pytest.param("main.client.send = native", id="a coroutine function"),
        pytest.param("main.client.send = marked", id="one under the decorator"),
        pytest.param("main.client.send = asyncio.coroutine(lambda *a: 1)", id="one that is made"),
        pytest.param("main.client.send = lambda *a: asyncio.Future()", id="what gives a future"),
        pytest.param("main.client.send = lambda *a: 1", id="what nothing ever went through"),
        pytest.param("main.client.send = values", id="a generator of values"),
        pytest.param("def f(x): main.client.send = x", id="what nobody knows"),
        pytest.param("main.Other.send = fake", id="of another class"),
        pytest.param("main.Other().send = fake", id="of another object"),
        pytest.param("main.send = fake", id="of a module"),
        pytest.param("patch('main.Other.send', fake)", id="of another class, by a text"),
        pytest.param("main.client.put = fake", id="another method"),
        pytest.param("main.Store.client = Fine()", id="an object with a coroutine function"),
        pytest.param("patch('main.Client', Fine)", id="a class with one"),
        pytest.param("patch.object(main.Client, 'send', AsyncMock())", id="a mock that can be awaited"),
        pytest.param("patch.object(main.Client, 'send', MagicMock(return_value=asyncio.Future()))", id="a mock that gives a future"),
        pytest.param("patch.object(main.Client, 'send', Mock(side_effect=native))", id="a mock that calls a coroutine function"),
        pytest.param("patch.object(main.Client, 'send', Mock())", id="a mock that nothing goes through"),
        pytest.param("def f():\n  m = MagicMock()\n  m.return_value = asyncio.Future()\n  patch.object(main.Client, 'send', m)", id="a mock that is told later"),
    ],
)  # fmt: skip
def test_what_is_put_there_can_be_awaited_or_is_no_matter(see: See, test: str) -> None:
    assert not _is_replaced(see, test)


@pytest.mark.parametrize(
    "test",
    [
        pytest.param("main.client.send = fake", id="a plain generator"),
        pytest.param("main.client.send = going", id="one that waits"),
        pytest.param("main.Below.send = fake", id="of a class below"),
        pytest.param("def f(x): x.send = fake", id="of nobody knows what"),
        pytest.param("main.client.send = lambda *a: []", id="what gives a list"),
        pytest.param("main.client.send = lambda *a: iter(())", id="what gives an iterator"),
        pytest.param("main.client.send = lambda *a: (yield)", id="a generator as a lambda"),
        pytest.param("def empty(*a): return ()\nmain.client.send = empty", id="a function that gives a tuple"),
        pytest.param("def making():\n  def inner(*a): yield\n  return inner\nmain.client.send = making()", id="what a function makes"),
        pytest.param("patch('main.Client.send', new_callable=lambda: fake)", id="what is made for it"),
        pytest.param("patch('main.Client', Fake)", id="another class"),
        pytest.param("patch.object(main, 'Client', Fake)", id="another class, in the module"),
        pytest.param("main.Store().client = Fake()", id="another object"),
        pytest.param("patch.object(main.Client, 'send', MagicMock())", id="a mock"),
        pytest.param("patch.object(main.Client, 'send', Mock(return_value=[]))", id="a mock that gives a list"),
        pytest.param("patch.object(main.Client, 'send', Mock(side_effect=fake))", id="a mock that calls a generator function"),
        pytest.param("def f():\n  m = Mock()\n  m.return_value = ()\n  patch.object(main.Client, 'send', m)", id="a mock that is told later"),
    ],
)  # fmt: skip
def test_nothing_awaits_what_is_put_there(see: See, test: str) -> None:
    assert _is_replaced(see, test)


@pytest.mark.parametrize(
    ("test", "wait", "is_replaced"),
    [
        ("main.client.send = fake", "made", True),
        ("main.client.send = fake", "given or self.client.send()", True),
        ("main.client.send = fake", "given if given else self.client.send()", True),
        ("main.client.send = fake", "plain()", True),
        ("main.client.send = fake", "given", False),
        ("main.client.send = fake", "given.send()", True),
        ("main.client.send = fake", "send()", False),
        ("main.work = fake", "work()", True),
        ("patch('main.work', fake)", "work()", True),
        ("main.work = native", "work()", False),
        ("main.Other.work = fake", "work()", False),
        ("patch('asyncio.sleep', fake)", "asyncio.sleep(1)", True),
        ("asyncio.sleep = fake", "asyncio.sleep(1)", True),
        ("main.Other.sleep = fake", "asyncio.sleep(1)", False),
    ],
)
def test_by_which_way_it_is_waited_for(see: See, test: str, wait: str, is_replaced: bool) -> None:
    assert _is_replaced(see, test, wait) is is_replaced


@pytest.mark.parametrize(
    ("test", "is_replaced"),
    [
        ("main.client.send = lambda *a: 1", True),
        ("main.client.send = lambda *a: None", True),
        ("main.client.send = fake", True),
        ("main.client.send = native", False),
        ("main.client.send = lambda *a: asyncio.Future()", False),
    ],
)
def test_what_is_only_returned_may_be_anything_else_too(see: See, test: str, is_replaced: bool) -> None:
    assert _is_replaced(see, test, is_returned=True) is is_replaced
