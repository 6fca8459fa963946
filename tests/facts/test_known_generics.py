"""Type variables: what they stand for in the bases of a class, in brackets, and in one call."""

from __future__ import annotations

from collections.abc import Callable

import pytest

PROGRAM = """
import asyncio
from typing import Any, Callable, Generic, Optional, Self, TypeVar
class Client:
    async def close(self): pass
class Plain:
    def close(self): pass
class Better(Client):
    async def improve(self): pass
class Lamp:
    async def shine(self): pass
T = TypeVar("T")
C = TypeVar("C", bound=Client)
class Entity(Generic[C]):
    client: C
    def __init__(self, parent: C):
        self.parent = parent
    def chosen(self) -> C: return pick()
    def same(self) -> Self: return pick()
    @property
    def shown(self) -> C: return pick()
    async def found(self) -> Optional[C]: return pick()
class Middle(Entity[C]): pass
class Pair(Generic[T, C]):
    first: T
    second: C
def make(kind: type[T]) -> T: return pick()
def last(all: list[T]) -> T: return pick()
async def run(work: Callable[..., T]) -> T: return pick()
def either(one: T, other: T) -> T: return pick()
"""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("class A(Entity[Client]):\n  def f(self): probe(self.client.shine())", id="another argument"),
        pytest.param("class A(Entity):\n  def f(self): probe(self.client.shine())", id="no argument: the bound"),
        pytest.param("class A(Entity[Any]):\n  def f(self): probe(self.client.shine())", id="Any: the bound"),
        pytest.param("class A(Pair[Client, Lamp]):\n  def f(self): probe(self.first.shine())", id="the other variable"),
        pytest.param("class A(Pair[Unknown, Client]):\n  def f(self): probe(self.first.close())", id="what is not known"),
        pytest.param("def f(p: Pair[Plain, Client]): probe(p.first.close())", id="an argument without coroutines"),
        pytest.param("probe(make(Plain).close())", id="a class without coroutines"),
        pytest.param("probe(make(unknown).close())", id="an argument that is not known"),
        pytest.param("probe(either(Client(), Plain()).close())", id="two arguments that differ"),
        pytest.param("probe(either(Client(), unknown()).close())", id="two arguments, one of them not known"),
        pytest.param("probe(make(*kinds).close())", id="a star"),
        pytest.param("def f(t: asyncio.Task): probe(t.result().close())", id="a task of which nothing is said"),
        pytest.param("async def f(q: asyncio.Queue[Plain]): probe((await q.get()).close())", id="a queue of others"),
        pytest.param("async def g() -> Plain: return Plain()\nasync def f(): probe((await asyncio.create_task(g())).close())", id="a task for others"),
        pytest.param("async def f(q: asyncio.Queue[Client]): probe(q.get_nowait())", id="what a queue holds is no coroutine"),
    ],
)  # fmt: skip
def test_a_type_variable_says_nothing_of_anything_else(text: str, is_known: Callable[..., bool]) -> None:
    assert not is_known(PROGRAM + text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("class A(Entity[Better]):\n  def f(self): probe(self.client.improve())", id="an attribute that is declared"),
        pytest.param("class A(Entity['Better']):\n  def f(self): probe(self.client.improve())", id="a string"),
        pytest.param("class A(Entity[Better]):\n  def f(self): probe(self.parent.improve())", id="an attribute set to a parameter"),
        pytest.param("class A(Middle[Better]):\n  def f(self): probe(self.parent.improve())", id="handed on by the class between"),
        pytest.param("class A(Entity[Better]):\n  def f(self): probe(self.chosen().improve())", id="a method"),
        pytest.param("class A(Entity[Better]):\n  def f(self): probe(self.shown.improve())", id="a property"),
        pytest.param("class A(Entity[Better]):\n  async def f(self): probe((await self.found()).improve())", id="a coroutine"),
        pytest.param("class A(Entity[Client]):\n  async def more(self): pass\nprobe(A(1).same().more())", id="Self"),
        pytest.param("class A(Pair[Client, Better]):\n  def f(self): probe(self.second.improve())", id="the second variable"),
        pytest.param("def f(e: Entity[Better]): probe(e.chosen().improve())", id="brackets of an annotation"),
        pytest.param("def f(e: 'Optional[Middle[Better]]'): probe(e.client.improve())", id="brackets, through a base"),
        pytest.param("probe(make(Client).close())", id="a class"),
        pytest.param("probe(make(kind=Client).close())", id="a class by its parameter's name"),
        pytest.param("probe(last([Client()]).close())", id="an element"),
        pytest.param("async def f(): probe((await run(Client)).close())", id="a function's result"),
        pytest.param("async def f(): probe((await run(lambda: Client())).close())", id="a lambda's result"),
        pytest.param("async def f(t: asyncio.Task[Client]): probe((await t).close())", id="a task"),
        pytest.param("def f(t: 'asyncio.Future[Client]'): probe(t.result().close())", id="a future that is done"),
        pytest.param("async def f(q: asyncio.Queue[Client]): probe((await q.get()).close())", id="a queue"),
        pytest.param("async def f(q: asyncio.Queue[Client]): probe(q.get())", id="getting from a queue"),
        pytest.param("async def g(): return Client()\nasync def f(): probe((await asyncio.wait_for(g(), 1)).close())", id="wait_for"),
        pytest.param("async def g(): return Client()\nasync def f(): probe((await asyncio.create_task(g())).close())", id="a new task"),
        pytest.param("async def f(): probe((await asyncio.to_thread(Client)).close())", id="a thread"),
    ],
)  # fmt: skip
def test_a_type_variable_is_what_it_is_given(text: str, is_known: Callable[..., bool]) -> None:
    assert is_known(PROGRAM + text)


WRAPPED = """
from typing import Any, Awaitable, Callable, Generator, Generic, TypeVar
import functools
class File:
    async def close(self): pass
class Text(File):
    async def read(self): pass
class Plain:
    def close(self): pass
T = TypeVar("T", bound=File)
class Opened(Generic[T]):
    def __init__(self, coro: Awaitable[T]):
        self._coro = coro
    def __await__(self) -> Generator[Any, None, T]:
        return self._coro.__await__()
Opener = Callable[..., Awaitable[T]]
def opener(function: Opener[T]) -> Callable[..., Opened[T]]:
    @functools.wraps(function)
    def opening(*args, **kwargs) -> Opened[T]:
        return Opened(function(*args, **kwargs))
    return opening
class Folder:
    @opener
    async def open(self, name) -> Text: ...
    @opener
    async def other(self, name) -> Plain: ...
"""


def test_a_wrapper_of_a_function_that_gives_something_else(is_known: Callable[..., bool]) -> None:
    assert not is_known(f"{WRAPPED}\nasync def f(folder: Folder): probe((await folder.other('a')).close())")


def test_a_wrapper_gives_what_the_function_under_it_says(is_known: Callable[..., bool]) -> None:
    assert is_known(f"{WRAPPED}\nasync def f(folder: Folder): probe((await folder.open('a')).read())")
