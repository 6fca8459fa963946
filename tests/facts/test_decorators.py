"""What a decorated definition is: left alone, wrapped, replaced, or not known."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Told = Callable[..., str]
HEAD = """
import abc, asyncio, contextlib, enum, functools, inspect, types
from typing import Any, Callable, TypeVar, overload
F = TypeVar("F", bound=Callable)
class A: pass
class B: pass
class W:
  def __init__(self, f): pass
  def __call__(self): return A()
"""
WRAP = "def deco(f):\n  def w(): return A()\n  return w\n"


@pytest.mark.parametrize(
    "decorator", ["@x", "@x.y", "@x()", "@asyncio.timeout", "@functools.partial", "@A", "@1", "@job"]
)
def test_a_decorator_of_which_nothing_is_known(told: Told, decorator: str) -> None:
    assert told(f"{HEAD}async def job(f): pass\n{decorator}\ndef f(): return B()\nmark(f)") == "unknown"


@pytest.mark.parametrize(
    "decorator",
    [
        "@abc.abstractmethod",
        "@functools.wraps(x)",
        "@functools.lru_cache",
        "@functools.lru_cache(maxsize=1)",
        "@functools.cache",
        "@x.callback",
        "@x.reify",
        "@property",
        "@functools.cached_property",
        "@x.overload",
        "@x.final",
        "@x.override",
        "@x.no_type_check",
        "@staticmethod",
        "@classmethod",
        "@asyncio.coroutine",
        "@types.coroutine",
    ],
)
def test_a_decorator_that_leaves_it(told: Told, decorator: str) -> None:
    assert told(f"{HEAD}{decorator}\ndef f(): return B()\nmark(f)") == "f()"


@pytest.mark.parametrize(
    ("deco", "what"),
    [
        pytest.param("def deco(f): return f", "f()", id="itself"),
        pytest.param("def deco(f, /): return f", "f()", id="itself, positional only"),
        pytest.param("def deco(f):\n  x(f)\n  return f", "f()", id="itself, noted down"),
        pytest.param(WRAP, "w()", id="a wrapper"),
        pytest.param("def deco(f): return lambda: A()", "lambda()", id="a lambda"),
        pytest.param("def deco(f): return W(f)", "a W", id="an object"),
        pytest.param("def deco(f): return x(f)", "unknown", id="something not known"),
        pytest.param("def deco(f): return 1", "unknown", id="a number"),
        pytest.param("def deco(f): return", "unknown", id="nothing"),
        pytest.param("def deco(f): pass", "unknown", id="no return"),
        pytest.param("def deco(): return A", "unknown", id="no parameter"),
        pytest.param("def deco(*f): return A", "unknown", id="stars"),
        pytest.param("def deco(f):\n  if x: return f\n  return x", "unknown", id="itself or something not known"),
        pytest.param("def deco(f):\n  def w(): pass\n  return f if x else w", "f() | w()", id="itself or a wrapper"),
        pytest.param("def deco(f):\n  def w():\n    return x\n  return f", "f()", id="what an inner function returns"),
        pytest.param("def deco(f: F) -> F: return x(f)", "f()", id="one type variable for both"),
        pytest.param("def deco(f: F) -> Any: return x(f)", "unknown", id="two annotations"),
        pytest.param("def deco(f: Callable) -> Callable[..., A]: return x(f)", "-> a A", id="what it gives is said"),
        pytest.param("def deco(f: Callable) -> Callable[..., Z]: return x(f)", "unknown", id="what it gives is not known"),
        pytest.param("def deco(f: Callable) -> Callable: return x(f)", "unknown", id="that it gives a function is said"),
        pytest.param("class deco:\n  def __init__(self, f): pass", "unknown", id="a class"),
        pytest.param("class D:\n  def __call__(self, f): return f\ndeco = D()", "f()", id="an object that gives itself"),
        pytest.param("class D:\n  def __call__(self, f):\n    def w(): pass\n    return w\ndeco = D()", "w()", id="an object that wraps"),
        pytest.param("class D:\n  def __call__(self): return A\ndeco = D()", "unknown", id="an object that takes nothing"),
        pytest.param("class D:\n  __call__ = x\ndeco = D()", "unknown", id="an object with something not known"),
        pytest.param("def deco(f):\n  if inspect.iscoroutinefunction(f):\n    return A\n  return f", "f()", id="a test of its colour"),
        pytest.param("def deco(f):\n  if asyncio.iscoroutinefunction(f): return W(f)\n  else: return f", "f()", id="a test of its colour by asyncio"),
        pytest.param("def deco(f):\n  if not inspect.iscoroutinefunction(f): return f\n  return W(f)", "a W | f()", id="what follows a branch is reached"),
        pytest.param("def deco(f):\n  if not inspect.iscoroutinefunction(f): return f\n  else: return W(f)", "f()", id="a test turned round"),
        pytest.param("def deco(f):\n  if f is None: return W(f)\n  else: return f", "f()", id="a test for None"),
        pytest.param("def deco(f):\n  if f is not None: return f\n  else: return W(f)", "f()", id="a test for anything but None"),
        pytest.param("def deco(f):\n  if f is x: return f\n  else: return W(f)", "a W | f()", id="a test for something else"),
        pytest.param("def deco(f):\n  if f is 0: return f\n  else: return W(f)", "a W | f()", id="a test for a number"),
        pytest.param("def deco(f):\n  if f == None: return f\n  else: return W(f)", "a W | f()", id="equality"),
        pytest.param("def deco(f):\n  if f: return f\n  else: return W(f)", "f()", id="a test for truth"),
        pytest.param("def deco(f):\n  if not f: return W(f)\n  else: return f", "f()", id="a test for untruth"),
        pytest.param("def deco(f):\n  if not x: return W(f)\n  else: return f", "a W | f()", id="untruth of something else"),
        pytest.param("def deco(f):\n  if callable(f): return f\n  else: return W(f)", "f()", id="a test whether it can be called"),
        pytest.param("def deco(f):\n  if callable(x): return f\n  else: return W(f)", "a W | f()", id="whether something else can"),
        pytest.param("def deco(f):\n  if inspect.isclass(f): return W(f)\n  else: return f", "a W | f()", id="another test"),
        pytest.param("def deco(f):\n  if x:\n    if f is None: return W(f)\n  return f", "f()", id="a test within another"),
        pytest.param("def deco(f):\n  if inspect.iscoroutinefunction(f):\n    async def w(): pass\n  else:\n    def w(): return A()\n  return w", "w()", id="two wrappers of one name"),
    ],
)  # fmt: skip
def test_a_decorator_of_the_project(told: Told, deco: str, what: str) -> None:
    assert told(f"{HEAD}{deco}\n@deco\ndef f(): return B()\nmark(f)") == what


@pytest.mark.parametrize(
    ("deco", "what"),
    [
        pytest.param("def deco(x):\n  def d(f): return f\n  return d", "f()", id="a decorator that is made"),
        pytest.param("def deco(x):\n  def d(f):\n    def w(): pass\n    return w\n  return d", "w()", id="one that wraps"),
        pytest.param("def deco(x): return y", "unknown", id="one that is not known"),
        pytest.param("class deco:\n  def __init__(self, x): pass\n  def __call__(self, f): return f", "f()", id="an object"),
    ],
)  # fmt: skip
def test_a_decorator_with_arguments(told: Told, deco: str, what: str) -> None:
    assert told(f"{HEAD}{deco}\n@deco(1)\ndef f(): return B()\nmark(f)") == what


def test_the_colour_of_a_coroutine_function_chooses_the_wrapper(told: Told) -> None:
    deco = "def deco(f):\n  if inspect.iscoroutinefunction(f): return W(f)\n  else: return f\n"
    assert told(f"{HEAD}{deco}@deco\nasync def f(): pass\nmark(f)") == "a W"


@pytest.mark.parametrize(
    ("decorators", "what"),
    [
        ("@deco\n@x", "unknown"),
        ("@x\n@deco", "unknown"),
        ("@keep\n@deco", "w()"),
        ("@deco\n@keep", "w()"),
        ("@keep\n@keep", "f()"),
    ],
)
def test_several_of_them(told: Told, decorators: str, what: str) -> None:
    assert told(f"{HEAD}{WRAP}def keep(f): return f\n{decorators}\ndef f(): return B()\nmark(f)") == what


@pytest.mark.parametrize(
    ("decorator", "function", "what"),
    [
        ("@contextlib.contextmanager", "def f(): yield A()", "-> with a A"),
        ("@contextlib.asynccontextmanager", "async def f(): yield A()", "-> with a A"),
        ("@contextlib.contextmanager", "def f(): return x", "-> with unknown"),
    ],
)
def test_context_managers(told: Told, decorator: str, function: str, what: str) -> None:
    assert told(f"{HEAD}{decorator}\n{function}\nmark(f)") == what


@pytest.mark.parametrize(
    ("text", "what"),
    [
        pytest.param("@overload\ndef f() -> A: ...\n@overload\ndef f(x) -> B: ...\ndef f(x=1): return y", "a A | a B", id="overloads describe the function"),
        pytest.param("@overload\ndef f(): ...\ndef f(x=1): return B()", "None | a B", id="overloads that say nothing"),
        pytest.param("@overload\ndef f() -> A: ...\ndef f(x=1): return B()\ndef f(y): return B()", "a A | a B", id="more than one function"),
        pytest.param("def f() -> A: ...\ndef f(x=1): return B()", "a A | a B", id="two functions"),
    ],
)  # fmt: skip
def test_overloads(told: Told, text: str, what: str) -> None:
    assert told(f"{HEAD}{text}\nmark(f())") == what


@pytest.mark.parametrize(
    ("text", "what"),
    [
        pytest.param("@property\n  def x(self): return A()\n  @x.setter\n  def x(self, y): return B()", "a A", id="a setter"),
        pytest.param("@property\n  def x(self): return A()\n  @x.deleter\n  def x(self): return B()", "a A", id="a deleter"),
        pytest.param("@property\n  def x(self): return A()\n  @y.setter\n  def x(self, y): return B()", "a A | x()", id="another one's setter"),
        pytest.param("@y.setter\n  def x(self): return A()", "x()", id="a setter alone"),
    ],
)  # fmt: skip
def test_what_sets_a_property_is_not_what_it_gives(told: Told, text: str, what: str) -> None:
    assert told(f"{HEAD}class C:\n  {text}\nmark(C().x)") == what
