"""What attributes and calls give."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Told = Callable[..., str]
HEAD = """
import asyncio, collections, contextlib, functools, types
from typing import Awaitable, Callable
class A: pass
class B: pass
"""


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("mark(x.y)", "unknown"),
        ("mark((1).y)", "unknown"),
        ("mark(asyncio.y)", "asyncio.y"),
        ("mark(asyncio.Queue().get)", "asyncio.Queue.get"),
        ("mark(asyncio.PriorityQueue().get)", "asyncio.Queue.get"),
        ("mark(asyncio.Queue().y)", "asyncio.Queue.y"),
        ("mark(A().__class__)", "class A"),
        ("mark(asyncio.sleep(1).__await__)", "-> coroutine of unknown"),
        ("mark(asyncio.sleep(1).y)", "unknown"),
        ("import other\nmark(other.A)", "class A"),
        ("import other\nmark(other.y)", "unknown"),
        ("mark(type(A()))", "class A"),
        ("mark(type(asyncio.Lock()))", "asyncio.Lock"),
        ("mark(type(x))", "unknown"),
        ("x = None\nx = asyncio\nmark(x.y)", "asyncio.y"),
        ("x = None\nx = z\nmark(x.y)", "unknown"),
    ],
)
def test_attributes(told: Told, text: str, what: str) -> None:
    assert told(HEAD + text, other="class A: pass\n") == what


@pytest.mark.parametrize(
    ("text", "what"),
    [
        pytest.param("x = A()\nx = z\nmark(x.y)", "unknown", id="the other one is not known"),
        pytest.param("mark(A().y)", "unknown", id="it alone"),
        pytest.param("x = C()\nx = A()\nmark(x.y)", "y()", id="it and another one that has it"),
    ],
)
def test_an_attribute_that_an_object_lacks_is_asked_of_the_others(told: Told, text: str, what: str) -> None:
    assert told(f"{HEAD}class C:\n  def y(self): pass\n{text}") == what


@pytest.mark.parametrize(
    ("call", "what"),
    [
        ("pop()", "a B"),
        ("popleft()", "a B"),
        ("get(1)", "a B"),
        ("setdefault(1)", "a B | other"),
        ("get_nowait()", "a B"),
        ("copy()", "[a B]"),
        ("values()", "[a B]"),
        ("union(x)", "[a B]"),
        ("difference(x)", "[a B]"),
        ("items()", "[(unknown, a B)]"),
        ("__anext__()", "coroutine of a B"),
        ("asend(1)", "coroutine of a B"),
        ("athrow(1)", "coroutine of a B"),
        ("aclose()", "coroutine of a B"),
        ("index(x)", "unknown"),
    ],
)
def test_methods_of_containers(told: Told, call: str, what: str) -> None:
    assert told(f"{HEAD}xs = [B()]\nmark(xs.{call})") == what


def test_an_element_of_an_empty_list_is_not_known(told: Told) -> None:
    assert told(f"{HEAD}xs = []\nmark(xs.pop())") == "unknown"


@pytest.mark.parametrize(
    ("definition", "what"),
    [
        ("def f(): pass", "None"),
        ("def f(): return", "None"),
        ("def f(): return A()", "a A"),
        ("def f():\n  if x: return A()", "None | a A"),
        ("def f():\n  if x: return A()\n  return B()", "a A | a B"),
        ("def f():\n  if x: return A()\n  raise E", "a A"),
        ("def f(): return f()", "unknown"),
        ("def f():\n  def g(): return A()", "None"),
        ("def f() -> A: return x", "a A"),
        ("def f() -> A: return B()", "a A"),
        ("def f() -> Z: return B()", "a B"),
        ("def f() -> Z: raise E", "unknown"),
        ("def f() -> Z: pass", "None"),
        ("def f() -> 'None': raise E", "None"),
        ("def f(): raise E", "unknown"),
        ("def f(): return x", "unknown"),
        ("def f() -> Awaitable[A]: return x", "Eventual"),
        ("def f() -> Awaitable[A]: raise E", "Eventual"),
        ("def f() -> Awaitable[A]: return B()", "a B"),
        ("def f() -> Awaitable[A]: pass", "Eventual"),
        ("def f() -> Callable[[], A]: return x", "-> a A"),
        ("def f() -> Callable[[], A]: return B()", "-> a A"),
        ("def f() -> Callable: return B", "class B"),
        ("def f() -> Z:\n  if x: return B()\n  return None", "None | a B"),
        ("f = lambda: A()", "a A"),
        ("f = lambda: x", "unknown"),
        ("async def f(): return A()", "coroutine of f()"),
        ("async def f(): yield A()", "[a A]"),
        ("async def f():\n  yield A()\n  yield B()", "[a A | a B]"),
        ("async def f(): yield", "[unknown]"),
        ("def f(): yield A()", "[a A]"),
        ("def f(): yield from x", "[unknown]"),
        ("def f(): yield", "[unknown]"),
        ("@asyncio.coroutine\ndef f(): yield", "coroutine of f()"),
        ("@types.coroutine\ndef f(): yield", "coroutine of f()"),
        ("@asyncio.coroutine\ndef f(): return A()", "coroutine of f()"),
        ("f = A", "a A"),
        ("f = None", "unknown"),
        ("f = None\nf = A", "a A"),
        ("f = x", "unknown"),
        ("f = 1", "unknown"),
    ],
)
def test_what_a_call_gives(told: Told, definition: str, what: str) -> None:
    assert told(f"{HEAD}{definition}\nmark(f())") == what


@pytest.mark.parametrize(
    ("definition", "what"),
    [
        ("pass", "unknown"),
        ("def __call__(self): return A()", "a A"),
        ("async def __call__(self): pass", "coroutine of __call__()"),
    ],
)
def test_calling_an_object(told: Told, definition: str, what: str) -> None:
    assert told(f"{HEAD}class C:\n  {definition}\nc = C()\nmark(c())") == what


def test_an_object_that_is_its_own_call_ends(told: Told) -> None:
    assert told(f"{HEAD}class C:\n  pass\nC.__call__ = C()\nmark(C()())") == "unknown"


@pytest.mark.parametrize(
    ("call", "what"),
    [
        ("len(x)", "other"),
        ("dict()", "[nothing]"),
        ("collections.OrderedDict()", "[nothing]"),
        ("asyncio.Lock()", "a asyncio.Lock"),
        ("asyncio.all_tasks()", "[a asyncio.Task]"),
        ("asyncio.current_task()", "a asyncio.Task"),
        ("asyncio.sleep(1)", "coroutine of unknown"),
        ("asyncio.open_connection()", "coroutine of (a asyncio.StreamReader, a asyncio.StreamWriter)"),
        ("asyncio.create_subprocess_exec(x)", "coroutine of a asyncio.subprocess.Process"),
        ("nobody.knows()", "unknown"),
        ("open(x)", "a io.TextIOWrapper"),
    ],
)
def test_calls_of_what_is_listed(told: Told, call: str, what: str) -> None:
    assert told(f"{HEAD}mark({call})") == what


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("class C(A):\n  def f(self): mark(super())", "a A"),
        ("class C(A):\n  def f(self): mark(super(C, self))", "a A"),
        ("class D(B): pass\nclass C(D):\n  def f(self): mark(super(D, self))", "a B"),
        ("class C:\n  def f(self): mark(super())", "unknown"),
        ("class C(A):\n  def f(self): [mark(super(C, x)) for x in y]", "a A"),
        ("class C(A):\n  def f(self): (lambda: mark(super()))()", "a A"),
        ("class C(A):\n  def f(self): mark(super(x, self))", "unknown"),
        ("def f(): mark(super())", "unknown"),
        ("mark(super())", "unknown"),
        ("class C(A):\n  def f(self):\n    def g(): mark(super())", "unknown"),
    ],
)
def test_what_super_gives(told: Told, text: str, what: str) -> None:
    assert told(HEAD + text) == what


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("class C:\n  def __await__(self): return A()", "unknown"),
        ("class C:\n  def __await__(self): return f().__await__()", "a A"),
        ("class C:\n  def __await__(self):\n    yield\n    return A()", "a A"),
        ("class C:\n  def __await__(self): yield", "None"),
        ("class C:\n  def __await__(self):\n    yield\n    return", "None"),
        ("class C:\n  def __await__(self):\n    if x: return A()\n    yield", "None | a A"),
        ("class C:\n  def __await__(self): return (yield from f().__await__())", "a A"),
        ("class C:\n  def __await__(self) -> Generator[x, y, A]: return z", "a A"),
        ("class C:\n  def __await__(self) -> Generator[x, y, Z]: return f().__await__()", "a A"),
        ("class C:\n  def __await__(self) -> Generator[x, A]: return z", "unknown"),
        ("class C:\n  def __await__(self) -> Generator: return z", "unknown"),
        ("class C:\n  async def __await__(self): return A()", "unknown"),
        ("class C:\n  __await__ = z", "unknown"),
        ("class C:\n  def __await__(self): return (yield from C())", "unknown"),
        ("class C: pass", "unknown"),
    ],
)
def test_what_awaiting_an_object_gives(told: Told, text: str, what: str) -> None:
    head = f"{HEAD}async def f(): return A()\n"
    assert told(f"{head}{text}\nasync def g(): mark(await C())") == what


@pytest.mark.parametrize(
    ("enter", "what"),
    [
        ("with x as y", "unknown"),
        ("with None as y", "unknown"),
        ("with asyncio.Lock() as y", "a asyncio.Lock"),
        ("with A() as y", "unknown"),
        ("with C() as y", "a B"),
        ("async with C() as y", "a A"),
        ("async with D() as y", "unknown"),
        ("with made() as y", "a A"),
        ("with asyncio.sleep(1) as y", "unknown"),
    ],
)
def test_what_entering_gives(told: Told, enter: str, what: str) -> None:
    head = (
        f"{HEAD}class C:\n  def __enter__(self): return B()\n  async def __aenter__(self): return A()\n"
        "class D:\n  def __enter__(self): return B()\n"
        "@contextlib.contextmanager\ndef made(): yield A()\n"
    )
    assert told(f"{head}async def f():\n  {enter}: mark(y)") == what


@pytest.mark.parametrize(
    ("text", "what"),
    [
        pytest.param("def deco(g): return other(g)", "unknown", id="one that is not known"),
        pytest.param("def deco(g): return other(g, 1)", "unknown", id="two arguments"),
        pytest.param("def deco(g): return inner(g, 1)", "a A", id="a decorator with two arguments"),
        pytest.param("def deco(g): return inner(g, x=1)", "a A", id="a decorator with a keyword"),
        pytest.param("def deco(g): return inner(g)", "a A", id="another decorator of the project"),
        pytest.param("def deco(g): return deco(g)", "a B", id="itself"),
        pytest.param("def deco(g):\n  @functools.wraps(g)\n  def w(): return A()\n  return w", "a A", id="wraps"),
        pytest.param("def deco(g):\n  def w(): return g()\n  return functools.wraps(g)(w)", "a B", id="wraps, called"),
        pytest.param("def deco(g): return D()(g)", "a A", id="an object that decorates"),
    ],
)
def test_a_decorator_that_hands_its_function_on(told: Told, text: str, what: str) -> None:
    head = (
        f"{HEAD}def inner(g):\n  def w(): return A()\n  return w\n"
        "class D:\n  def __call__(self, g):\n    def w(): return A()\n    return w\n"
    )
    assert told(f"{head}{text}\n@deco\ndef f(): return B()\nmark(f())") == what
