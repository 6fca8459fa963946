"""Which calls of tests put a mock behind what a `yield from` waits for."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.mocks import Mocking, mocked_wait
from aiomend.facts.view import Module

See = Callable[..., Module]
MAIN = """
import asyncio
class Client:
  @asyncio.coroutine
  def send(self): yield
  def __len__(self): return 1
class Other:
  def send(self): return 1
@asyncio.coroutine
def work(): yield
client = Client()
@asyncio.coroutine
def f(): yield from {}
"""
HEAD = "from unittest import mock\nfrom unittest.mock import MagicMock, Mock, patch\nimport main\n"


def _mocked(see: See, test: str, wait: str = "work()") -> list[Mocking]:
    return _behind(see(MAIN.format(wait), test_main=HEAD + test))


def _behind(module: Module) -> list[Mocking]:
    return list(mocked_wait(module, module.facts.nodes(ast.YieldFrom)[0].value))


@pytest.mark.parametrize(
    "test",
    [
        pytest.param("", id="nothing is mocked"),
        pytest.param("patch('main.other')", id="something else"),
        pytest.param("patch('main.work', x)", id="it says by what"),
        pytest.param("patch('main.work', new=x)", id="it says by what, by keyword"),
        pytest.param("patch('main.work', new_callable=x)", id="it says how that is made"),
        pytest.param("patch('main.work', autospec=True)", id="it looks like what it replaces"),
        pytest.param("patch.object(main, 'work', new=x)", id="of an object, and it says by what"),
        pytest.param("patch.object(main, name)", id="a name that is not known"),
        pytest.param("other.object(main, 'work')", id="another tool"),
        pytest.param("MagicMock(main.work)", id="a mock of its own"),
        pytest.param("work = MagicMock()", id="a mock with a name"),
        pytest.param("y = MagicMock()\nx.other = y\nprint(y, x.work)", id="a mock with a name, in the place of something else"),
        pytest.param("y = Mock()\nx.work = y", id="a mock with a name that cannot be gone through"),
        pytest.param("def f():\n  y = MagicMock()\n  y.return_value = asyncio.Future()\n  x.work = y\nimport asyncio", id="a mock with a name gives what can be awaited"),
        pytest.param("x = main.work", id="not replaced"),
        pytest.param("main.work = x", id="replaced by something else"),
        pytest.param("main.work = AsyncMock()", id="a mock that can be awaited"),
        pytest.param("def f():\n  with patch('main.work') as work: work.return_value = asyncio.Future()\nimport asyncio", id="it gives what can be awaited"),
        pytest.param("x.work.return_value = asyncio.Future()\nimport asyncio  # mock", id="something unknown gives what can be awaited"),
        pytest.param("def f(y): x.work.return_value = y", id="something unknown gives what nobody knows"),
        pytest.param("def f(work): work.return_value = ()", id="a mock with a name gives a tuple"),
        pytest.param("print(x.work.return_value)", id="what it gives is read"),
        pytest.param("def g(): return [], 1\ndef f(): x.work.side_effect = g()", id="what is called is what a function gives"),
        pytest.param("def g(): return 1\nx.work.side_effect = g", id="it calls what gives a number"),
        pytest.param("def g(): yield 1\nx.work.side_effect = g", id="it calls a generator of values"),
        pytest.param("import asyncio\n@asyncio.coroutine\ndef g(): return ()\nx.work.side_effect = g", id="it calls a coroutine function"),
        pytest.param("x.work.side_effect = ValueError", id="it raises"),
        pytest.param("patch('main.work', return_value=asyncio.Future())\nimport asyncio", id="patched, and gives what can be awaited"),
        pytest.param("async def g(): pass\npatch('main.work', side_effect=g)", id="patched, and calls a coroutine function"),
        pytest.param("async def g(): pass\npatch('main.work', wraps=g)", id="patched, and stands before a coroutine function"),
        pytest.param("patch('main.work', side_effect=[asyncio.Future()])\nimport asyncio", id="patched, and gives one after the other"),
        pytest.param("main.work = MagicMock(return_value=asyncio.Future())\nimport asyncio", id="a mock that gives what can be awaited"),
        pytest.param("async def g(): pass\ndef f():\n  with patch('main.work') as work: work.side_effect = g", id="it calls a coroutine function later"),
    ],
)  # fmt: skip
def test_it_is_no_mock(see: See, test: str) -> None:
    assert _mocked(see, test) == []


@pytest.mark.parametrize(
    ("test", "is_plain", "is_patch"),
    [
        pytest.param("patch('main.work')", True, True, id="patched"),
        pytest.param("@patch('main.work')\ndef f(x): pass", True, True, id="patched by a decorator"),
        pytest.param("mock.patch('main.work')", True, True, id="by the module"),
        pytest.param("from unittest.mock import patch as put\nput('main.work')", True, True, id="by another name"),
        pytest.param("from unittest.mock import MagicMock as Fake\nmain.work = Fake()", True, False, id="a mock by another name"),
        pytest.param("patch('main.work', create=True)", True, True, id="with an option"),
        pytest.param("patch('elsewhere.work')", False, True, id="of a module that is not the project's"),
        pytest.param("import mylib\nmylib.patch('main.work')", False, True, id="by another tool"),
        pytest.param("patch.object(main, 'work')", True, True, id="of an object"),
        pytest.param("patch.object(x, 'work')", False, True, id="of an object that is not known"),
        pytest.param("main.work = MagicMock()", True, False, id="a mock in its place"),
        pytest.param("main.work = Mock()", False, False, id="a mock that cannot be gone through"),
        pytest.param("x.work = MagicMock()", False, False, id="in something that is not known"),
        pytest.param("y = MagicMock()\nx.work = y", False, False, id="by a variable"),
        pytest.param("def f():\n  y = MagicMock()\n  z.return_value = asyncio.Future()\n  x.work = y\nimport asyncio", False, False, id="by a variable, and another one gives what can be awaited"),
        pytest.param("x.work.return_value = ()", False, False, id="it gives an empty tuple"),
        pytest.param("x.work.return_value = y = [1]", False, False, id="it gives a list"),
        pytest.param("def g(): return ()\nx.work.side_effect = g", False, False, id="it calls what gives a tuple"),
        pytest.param("def g(): yield\nx.work.side_effect = g", False, False, id="it calls a generator function"),
        pytest.param("x.work.side_effect = lambda: []", False, False, id="it calls what gives a list"),
        pytest.param("patch('main.work', return_value=[])", False, True, id="patched, and gives a list"),
        pytest.param("patch('main.work', return_value=iter([]))", False, True, id="patched, and gives an iterator"),
        pytest.param("def f(x): patch('main.work', return_value=x)", False, True, id="patched, and gives what nobody knows"),
        pytest.param("def g(): yield\npatch('main.work', side_effect=g)", False, True, id="patched, and calls a generator function"),
        pytest.param("def g(): yield\npatch('main.work', wraps=g)", False, True, id="patched, and stands before a generator function"),
        pytest.param("patch('main.work', side_effect=[[], ()])", False, True, id="patched, and gives lists one after the other"),
        pytest.param("patch('main.work', side_effect=ValueError)", True, True, id="patched, and raises"),
        pytest.param("main.work = MagicMock(return_value=())", False, False, id="a mock that gives a tuple"),
        pytest.param("def g(): yield\n@patch('main.work')\ndef f(m): m.side_effect = g", False, True, id="a parameter is told to call a generator function"),
        pytest.param("@patch('main.work')\ndef f(m): m.return_value = ()", False, True, id="a parameter is told to give a tuple"),
        pytest.param("@patch('main.work')\ndef f(m): x.return_value = ()", True, True, id="something else is told so"),
        pytest.param("def f():\n  with patch('main.work') as m: m.return_value = ()", False, True, id="by the name of the block"),
        pytest.param("def f(mocker):\n  m = mocker.patch('main.work')\n  m.return_value = ()", False, True, id="by a variable of the patch"),
        pytest.param("def f():\n  with patch('main.work') as work: work.return_value = 1", True, True, id="it gives a number"),
        pytest.param("def f():\n  with patch('main.work') as work: pass\ndef g(): work.return_value = asyncio.Future()\nimport asyncio", True, True, id="another test says what it gives"),
        pytest.param("def f():\n  with patch('main.work') as work: other.return_value = asyncio.Future()\nimport asyncio", True, True, id="another mock gives what can be awaited"),
    ],
)  # fmt: skip
def test_it_is_a_mock(see: See, test: str, is_plain: bool, is_patch: bool) -> None:
    (found,) = _mocked(see, test)
    assert (found.is_plain, found.is_patch) == (is_plain, is_patch)
    assert found.place.startswith("test_main.py:")


@pytest.mark.parametrize(
    ("test", "wait", "count"),
    [
        ("patch('main.Client')", "Client().send()", 1),
        ("patch('main.Client')", "client.send()", 1),
        ("patch('main.client')", "client.send()", 1),
        ("patch('main.client.send')", "client.send()", 1),
        ("patch('main.Other')", "x.send()", 1),
        ("patch('main.Client')", "x.send()", 1),
        ("patch('main.Client')", "x.other()", 0),
        ("patch('main.Client')", "x.__len__()", 0),
        ("patch('main.Client')", "work", 0),
        ("patch('main.work')\npatch('main.work')", "work()", 2),
    ],
)
def test_through_what_it_is_reached(see: See, test: str, wait: str, count: int) -> None:
    assert len(_mocked(see, test, wait)) == count


def test_a_plain_function_gives_what_another_one_gives_that_it_returns(see: See) -> None:
    plain = "\ndef plain(x): return plain(x) or x.drain()\ndef other(x): return plain(x)\ndef third(x): other(x)\n"
    told = f"{HEAD}x.drain.return_value = ()"
    for wait, count in {"plain(1)": 0, "other(1)": 0, "third(1)": 0}.items():
        assert len(list(_behind(see(MAIN.format(wait) + plain, test_main=told)))) == count
    simple = plain.replace("plain(x) or ", "")
    for wait, count in {"plain(1)": 1, "other(1)": 1, "third(1)": 0}.items():
        assert len(list(_behind(see(MAIN.format(wait) + simple, test_main=told)))) == count
