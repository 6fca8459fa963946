"""Which calls are known to give a coroutine, and which are not: what AIO601 rests on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

CLIENT = """
class Client:
    async def close(self): pass
    def name(self): return ""
"""
TYPES = """
from typing import Any, Callable, Optional, TypeVar, overload
import asyncio, functools, inspect
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
"""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "class A:\n  x: str\n  def f(self, x):\n    self.x = x\n    probe(self.x.close())", id="a plain type"
        ),
        pytest.param(
            "class A:\n  def f(self, x):\n    self.c: Client = Client()\n  def g(self): probe(self.c.name())",
            id="another method",
        ),
        pytest.param(
            "class A:\n  def __init__(self, c: Optional[Other]):\n    self.c: Optional[Other] = c\n    self.c = Client()\n"
            "    probe(self.c.close())",
            id="an annotation of which nothing is known",
        ),
        pytest.param(
            "class A:\n  def f(self, x):\n    self.c = Client()\n    self.c = x\n    probe(self.c.close())",
            id="no annotation says what the other value is",
        ),
    ],
)
def test_an_annotation_does_not_say_more_than_it_does(text: str, is_known: Callable[..., bool]) -> None:
    assert not is_known(TYPES + CLIENT + text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "class A:\n  def __init__(self, state):\n    self.c: Client = state.client\n    self.c = state.other\n"
            "  def f(self): probe(self.c.close())",
            id="an attribute",
        ),
        pytest.param(
            "class B:\n  c: Client\nclass A(B):\n  def f(self, x):\n    self.c = x\n    probe(self.c.close())",
            id="an attribute that a base class declares",
        ),
        pytest.param("c: Optional[Client] = None\nc = make()\nprobe(c.close())", id="a variable"),
        pytest.param(
            "def f(cs: Optional[list[Client]] = None):\n  for c in cs: probe(c.close())", id="elements of None"
        ),
        pytest.param(
            "class A:\n  def f(self, cs: list[Client]):\n    for self.c in cs: pass\n    probe(self.c.close())",
            id="an attribute as the target of a loop",
        ),
        pytest.param(
            "class M:\n  async def __aenter__(self): return Client()\nclass A:\n  async def f(self):\n"
            "    async with M() as self.c: probe(self.c.close())",
            id="an attribute as the target of async with",
        ),
    ],
)
def test_an_annotation_says_what_is_assigned(text: str, is_known: Callable[..., bool]) -> None:
    assert is_known(TYPES + CLIENT + text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "class A(Base):\n  def __getattr__(self, n):\n    async def call(): pass\n    return call",
            id="an unknown base",
        ),
        pytest.param("class A:\n  def __getattr__(self, n): return getattr(self.x, n)", id="it delegates"),
        pytest.param("class A:\n  def __getattr__(self, n): raise AttributeError(n)", id="it always raises"),
        pytest.param(
            "class A:\n  def send(self): pass\n  def __getattr__(self, n):\n    async def call(): pass\n    return call",
            id="the class has the attribute itself",
        ),
    ],
)
def test_getattr_may_give_anything(text: str, is_known: Callable[..., bool]) -> None:
    assert not is_known(f"{text}\nprobe(A().send())")


def test_getattr_gives_what_it_returns(is_known: Callable[..., bool]) -> None:
    assert is_known(
        "class A:\n  def __getattr__(self, n):\n    async def call(): pass\n    return call\nprobe(A().send())"
    )
    assert is_known(
        "import functools\nclass A:\n  async def command(self, n): pass\n"
        "  def __getattr__(self, n) -> functools.partial: return functools.partial(self.command, n)\nprobe(A().send())"
    )
    assert is_known(
        CLIENT + "class Missing:\n  def __getattr__(self, n): raise AttributeError(n)\n"
        "class A:\n  c: Client\n  def f(self):\n    self.c = Missing()\n    probe(self.c.close())"
    )


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("class A(B):\n  def close(self): probe(super().close())", id="the base is not known"),
        pytest.param(
            "class M:\n  def close(self): probe(super().close())\nclass A(M, Client): pass\n"
            "class S:\n  def close(self): pass\nclass B(M, S): pass",
            id="mixed into classes that do not agree",
        ),
        pytest.param("class M:\n  def close(self): probe(super().close())", id="mixed into nothing"),
    ],
)
def test_super_may_be_anything(text: str, is_known: Callable[..., bool]) -> None:
    assert not is_known(CLIENT + text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("class O: pass\nclass A(O, Client):\n  def f(self): probe(super().close())", id="the second base"),
        pytest.param("class A(Client):\n  def f(self): probe(super(A, self).close())", id="with arguments"),
        pytest.param(
            "class M:\n  async def close(self): probe(super().close())\nclass A(M, Client): pass", id="from a mixin"
        ),
    ],
)
def test_super_is_what_comes_after(text: str, is_known: Callable[..., bool]) -> None:
    assert is_known(CLIENT + text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("def deco(f):\n  return lib.wrap(f)", id="a library does it"),
        pytest.param(
            "def deco(f):\n  @functools.wraps(f)\n  def inner(*a): return lib.run(f(*a))\n  return inner",
            id="it is run",
        ),
        pytest.param("def deco(f: Callable) -> Callable:\n  return lib.wrap(f)", id="bare Callable"),
        pytest.param("def deco(f: Callable[..., Any]) -> Callable[..., Any]:\n  return lib.wrap(f)", id="Any result"),
        pytest.param("def deco(f: F) -> T:\n  return lib.wrap(f)", id="another type variable"),
        pytest.param(
            "def deco(f):\n  if inspect.iscoroutinefunction(f):\n    def inner(): return 1\n  else:\n    inner = f\n  return inner",
            id="the branch for coroutine functions is not asynchronous",
        ),
        pytest.param("class deco:\n  def __init__(self, f): pass", id="a class of which no call is known"),
    ],
)
def test_a_decorator_may_make_anything(text: str, is_known: Callable[..., bool]) -> None:
    assert not is_known(f"{TYPES}{text}\n@deco\nasync def job(): pass\nprobe(job())")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("def deco(f):\n  def inner(*a):\n    return f(*a)\n  return inner", id="a wrapper that calls it"),
        pytest.param("def deco(f): return lambda *a: f(*a)", id="a lambda that calls it"),
        pytest.param("def deco(f: F) -> F: return lib.wrap(f)", id="a type variable"),
        pytest.param("def deco(f: Callable[..., T]) -> Callable[..., T]: return lib.wrap(f)", id="a variable result"),
        pytest.param(
            "def deco(f):\n  if not inspect.iscoroutinefunction(f):\n    def inner(): return 1\n  else:\n"
            "    async def inner(): await f()\n  return inner",
            id="the branch for coroutine functions",
        ),
        pytest.param(
            "class Limit:\n  def __call__(self, f):\n    if asyncio.iscoroutinefunction(f):\n"
            "      async def nothing(): return None\n    else:\n      def nothing(): return None\n"
            "    def inner(*a):\n      if busy(): return nothing()\n      return f(*a)\n    return inner\ndeco = Limit()",
            id="an object that is called",
        ),
        pytest.param(
            "@overload\ndef deco(f: F) -> F: ...\n@overload\ndef deco(*, log: bool) -> Callable[[F], F]: ...\n"
            "def deco(f=None, **more): return lib.wrap(f)",
            id="overloads",
        ),
        pytest.param(
            "def again(f):\n  async def inner(): await f()\n  return inner\n"
            "def deco(f=None): return again(f) if f is not None else again",
            id="handed on to another decorator",
        ),
        pytest.param(
            "def deco(f):\n  def inner(*a): return f(*a)\n  return functools.wraps(f)(inner)", id="wraps by hand"
        ),
    ],
)
def test_a_decorator_is_evaluated_with_its_function(text: str, is_known: Callable[..., bool]) -> None:
    assert is_known(f"{TYPES}{text}\n@deco\nasync def job(): pass\nprobe(job())", by_callers=False)


def test_a_decorator_factory_that_promises_the_same_type(is_known: Callable[..., bool]) -> None:
    factory = "def retry(n: int) -> Callable[[F], F]: return lib.retry(n)\n@retry(3)\n"
    assert is_known(f"{TYPES}{factory}async def job(): pass\nprobe(job())")
    assert not is_known(f"{TYPES}{factory}def job(): pass\nprobe(job())")


def test_a_decorator_serves_each_function_for_itself(is_known: Callable[..., bool]) -> None:
    deco = "def deco(f):\n  def inner(*a): return f(*a)\n  return inner\n"
    both = "@deco\nasync def job(): pass\n@deco\ndef other(): return 1\n"
    assert is_known(f"{deco}{both}other()\nprobe(job())")
    assert not is_known(f"{deco}{both}job()\nprobe(other())")


def test_decorators_that_are_properties_by_name(is_known: Callable[..., bool]) -> None:
    made = "class A:\n  @lib.cached_slot_property('_c')\n  def c(self): return Client()\n  def f(self): probe(self.c.close())"
    assert is_known(CLIENT + made)
    assert not is_known(CLIENT + made.replace("cached_slot_property", "register"))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "class A:\n  def __init__(self, c): self.c = c\n  def f(self): probe(self.c.close())", id="no caller"
        ),
        pytest.param(
            "class A:\n  def __init__(self, c=None): self.c = c or Client()\n  def f(self): probe(self.c.close())",
            id="None is the default, and nobody calls",
        ),
        pytest.param("def f(n, c): probe(c.close())\nf(*x, Client())", id="after a starred argument"),
        pytest.param(
            "import asyncio\nclass S:\n  def __init__(self, f):\n    self.f = f\n"
            "    self.is_async = asyncio.iscoroutinefunction(f)\n  def run(self): probe(self.f())\n"
            "async def job(): pass\nS(job)",
            id="it is asked whether it is a coroutine function",
        ),
        pytest.param(
            "class B:\n  def __init__(self, c): self.c = c\n  def f(self): probe(self.c.close())\n"
            "class A(B):\n  def __init__(self, c): super().__init__(c)\nA(Client())\nclass O(B): pass\nO(1)",
            id="another subclass is begun with something else",
        ),
        pytest.param(
            "class A:\n  def __init__(self, c): self.c = c\n  def f(self): probe(self.c.close())\n"
            "class B(A): pass\nA(Client())\nB(unknown)",
            id="a subclass that inherits `__init__`",
        ),
    ],
)
def test_what_nobody_is_seen_to_pass_is_unknown(text: str, is_known: Callable[..., bool]) -> None:
    assert not is_known(CLIENT + text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "class A:\n  def __init__(self, c): self.c = c\n  def f(self): probe(self.c.close())\n"
            "class M:\n  made = A\n  def g(self): return self.made(Client())",
            id="a class under another name",
        ),
        pytest.param(
            "class A:\n  def __init__(self, c): self.c = c\n  def f(self): probe(self.c.close())\n"
            "def g(factory=A): return factory(Client())",
            id="a class that is the default",
        ),
        pytest.param(
            "class A:\n  def __init__(self, make=Client): self.c = make()\n  def f(self): probe(self.c.close())",
            id="the default, where nobody calls",
        ),
        pytest.param("def f(c, *rest): probe(c.close())\nf(Client(), *x)", id="before a starred argument"),
        pytest.param(
            "class B:\n  def __init__(self, c): self._c = c\n  @property\n  def c(self): return self._c\n"
            "class A(B):\n  def __init__(self, c): super().__init__(c)\n  def f(self): probe(self.c.close())\n"
            "class O(B):\n  def __init__(self, c): super().__init__(c)\nA(Client())\nO(1)",
            id="what other subclasses hand to the base class does not matter",
        ),
        pytest.param(
            "class B:\n  def __init__(self, c): self.c = c\n  def f(self): probe(self.c.close())\n"
            "class A(B):\n  def __init__(self): B.__init__(self, Client())",
            id="the base class's `__init__`, called by its name",
        ),
        pytest.param("class A(Client):\n  def f(self): probe(type(self)().close())", id="the type of self"),
        pytest.param("class A(Client):\n  def f(self): probe(self.__class__().close())", id="the class of self"),
        pytest.param("async def items(): yield 1\nprobe(items().aclose())", id="a step of an asynchronous generator"),
    ],
)
def test_what_all_callers_passis_known(text: str, is_known: Callable[..., bool]) -> None:
    assert is_known(CLIENT + text)
