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


MORE = f"""{PROGRAM}
from typing import Awaitable, Coroutine, Iterable, Optional, Protocol, Sequence
class Store(Protocol[T, C]):
    def one(self) -> T: return pick()
    def other(self) -> C: return pick()
    def itself(self) -> "Self": return pick()
    def perhaps(self) -> Optional["Self"]: return pick()
class Both(Generic[C, T], Store[T, C]): pass
class Left(Entity[C]): pass
class Right(Entity[C]): pass
class Whole(Left[Better], Right[Better]): pass
class Own(Generic[C]):
    def __init__(self, *, kept: C, others: list[C], name: str):
        self.kept, self.first = kept, others
        self.kept_too = kept
        self.name = name
        self.others = others
        self.made: "Optional[C]" = None
Handler = Callable[..., Awaitable[T]]
Reversed = Callable[[C], T]
def of_optional(one: Optional[T]) -> T: return pick()
async def of_task(one: asyncio.Task[T]) -> T: return pick()
def of_sequence(one: Sequence[T], two: int = 0, *, three: type[T] = object) -> T: return pick()
def of_handler(one: Handler[T]) -> T: return pick()
def of_two(one: Reversed[C, T]) -> T: return pick()
def listed(one: type[T]) -> list[T]: return pick()
def of_tuple(one: tuple[int, T]) -> T: return pick()
def of_mapping(one: dict[str, T]) -> T: return pick()
def plain(one: str) -> Client: return pick()
async def fetch() -> Client: return pick()
class Tool:
    def make(self, kind: type[T], /, *rest: int) -> T: return pick()
    @staticmethod
    def build(kind: type[T]) -> T: return pick()
"""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("def f(b: Store[Lamp, Client]): probe(b.other().shine())", id="the other of a protocol's"),
        pytest.param("def f(b: Both[Better, Plain]): probe(b.one().close())", id="the order of Generic, not that of the other base"),
        pytest.param("def f(b: Store[Client, Better, Lamp]): probe(b.one().close())", id="more arguments than variables"),
        pytest.param("def f(b: Store[*Kinds]): probe(b.one().close())", id="a star in the brackets"),
        pytest.param("def f(o: Own[Better]): probe(o.name.improve())", id="an attribute set to another parameter"),
        pytest.param("def f(o: Own[Better]): probe(o.others.improve())", id="a list of them"),
        pytest.param("probe(of_mapping({'a': Plain()}).close())", id="a dictionary of others"),
        pytest.param("probe(of_sequence(*[Client()]).close())", id="a star in the place of an argument"),
        pytest.param("probe(of_sequence(one=[Plain()]).close())", id="an argument without coroutines, by its name"),
        pytest.param("probe(of_sequence([Client()], three=Plain).close())", id="two that differ, one by its name"),
        pytest.param("probe(listed(Client).close())", id="a list of what it is given"),
        pytest.param("probe(Tool().make(Plain).close())", id="a method"),
        pytest.param("probe(Tool().make(*kinds, Client).close())", id="what stands behind a star"),
        pytest.param("class A(Store[Client, Better]): pass\ndef f(a: A): probe(a.itself().close())", id="Self has no such method"),
    ],
)  # fmt: skip
def test_what_stands_elsewhere_says_nothing(text: str, is_known: Callable[..., bool]) -> None:
    assert not is_known(f"{MORE}\n{text}")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("def f(b: Store[Client, Better]): probe(b.one().close())", id="a protocol"),
        pytest.param("def f(b: Store[Client, Better]): probe(b.other().improve())", id="its second"),
        pytest.param("def f(b: Both[Better, Lamp]): probe(b.one().shine())", id="in the order of Generic"),
        pytest.param("def f(w: Whole): probe(w.client.improve())", id="through two bases"),
        pytest.param("def f(o: Own[Better]): probe(o.kept_too.improve())", id="an attribute set to a parameter behind a star"),
        pytest.param("def f(o: Own[Better]): probe(o.others[0].improve())", id="an element of such an attribute"),
        pytest.param("probe(of_optional(Client()).close())", id="perhaps None"),
        pytest.param("async def f(): probe((await of_task(asyncio.create_task(fetch()))).close())", id="a task's result"),
        pytest.param("probe(of_sequence([Client()]).close())", id="an element of a sequence"),
        pytest.param("probe(of_sequence((Client(), Client())).close())", id="an element of a tuple"),
        pytest.param("probe(of_sequence([Client()], three=Client).close())", id="two that agree"),
        pytest.param("probe(of_handler(fetch).close())", id="what a coroutine function gives, by an alias"),
        pytest.param("probe(of_two(lambda x: Client()).close())", id="the second variable of an alias"),
        pytest.param("probe(listed(Client)[0].close())", id="an element of what is given back"),
        pytest.param("probe(plain('a').close())", id="a function without variables"),
        pytest.param("probe(Tool().make(Client).close())", id="a method"),
        pytest.param("probe(Tool().make(Client, 1, 2).close())", id="a method with more arguments"),
        pytest.param("probe(Tool.make(Tool(), Client).close())", id="a method by its class"),
        pytest.param("probe(Tool.build(Client).close())", id="a static method"),
        pytest.param("class A(Store[Client, Better]):\n  async def more(self): pass\ndef f(a: A): probe(a.itself().more())", id="Self in a text"),
        pytest.param("class A(Store[Client, Better]):\n  async def more(self): pass\ndef f(a: A): probe(a.perhaps().more())", id="Self in a text in brackets"),
    ],
)  # fmt: skip
def test_what_a_variable_stands_for_comes_from_its_place(text: str, is_known: Callable[..., bool]) -> None:
    assert is_known(f"{MORE}\n{text}")


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
