"""What type variables stand for: in the bases of a class, in an attribute, in one call."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Told = Callable[..., str]
HEAD = """
import asyncio
from typing import Any, Awaitable, Callable, Generic, Iterable, Optional, Protocol, Self, Sequence, Type, TypeVar, Union
T = TypeVar("T")
U = TypeVar("U")
class A: pass
class B: pass
"""


@pytest.mark.parametrize(
    ("definition", "made", "what"),
    [
        pytest.param("class C(Generic[T]):\n  x: T", "C", "unknown", id="nothing is said"),
        pytest.param("class C(Generic[T]):\n  x: T", "C[A]", "unknown", id="brackets of a call"),
        pytest.param("class D(Generic[T]):\n  x: T\nclass C(D): pass", "C", "unknown", id="a base without brackets"),
        pytest.param("class D(Generic[T]):\n  x: T\nclass C(D[A, B]): pass", "C", "unknown", id="too many of them"),
        pytest.param("class D(Generic[T]):\n  x: T\nclass C(D[Z]): pass", "C", "unknown", id="one that is not known"),
        pytest.param("class D(Generic[T]):\n  x: T\nclass C(D[*A]): pass", "C", "unknown", id="a star"),
        pytest.param("class D(Generic[T]):\n  x: T\nclass C(D[A]): pass", "C", "a A", id="its base says"),
        pytest.param("class D(Generic[T]):\n  x: 'T'\nclass C(D[A]): pass", "C", "a A", id="a text"),
        pytest.param("class D(Generic[T]):\n  x: B\nclass C(D[A]): pass", "C", "a B", id="no variable"),
        pytest.param("class D(Generic[T]):\n  x: list[T]\nclass C(D[A]): pass", "C", "[a A]", id="a list of them"),
        pytest.param("class D(Protocol[T]):\n  x: T\nclass C(D[A]): pass", "C", "a A", id="of a protocol"),
        pytest.param("class D(Generic[T, U]):\n  x: U\nclass C(D[A, B]): pass", "C", "a B", id="the second one"),
        pytest.param("class D(Generic[T, U]):\n  x: T\nclass C(D[A]): pass", "C", "a A", id="the second one left out"),
        pytest.param("class D(Generic[T]):\n  x: T\nclass E(D[T]): pass\nclass C(E[A]): pass", "C", "a A", id="through a base of the base"),
        pytest.param("class D(Generic[T]):\n  x: T\nclass E(D[U], Generic[T, U]): pass\nclass C(E[A, B]): pass", "C", "a B", id="the order of Generic"),
        pytest.param("class D(Generic[T]):\n  x: T\nclass E(Sequence[U], D[T]): pass\nclass C(E[A, B]): pass", "C", "a B", id="the order of the bases"),
        pytest.param("class D(Generic[T]):\n  x: T\nclass C(D[A]):\n  x: B", "C", "a B", id="said more closely"),
        pytest.param("class D(Generic[T]):\n  def __init__(self, x: T): self.x = x\nclass C(D[A]): pass", "C", "a A", id="set to a parameter"),
        pytest.param("class D(Generic[T]):\n  def __init__(self, x): self.x = x\nclass C(D[A]): pass", "C", "unknown", id="set to a parameter without an annotation"),
        pytest.param("class D(Generic[T]):\n  def __init__(self, x: T): self.x = x.y\nclass C(D[A]): pass", "C", "unknown", id="set to an attribute of one"),
        pytest.param("class D(Generic[T]):\n  def __init__(self, x: T): self.x, y = x\nclass C(D[A]): pass", "C", "unknown", id="set to a part of one"),
        pytest.param("class D(Generic[T]):\n  def __init__(self, x: T):\n    x = 1\n    self.x = x\nclass C(D[A]): pass", "C", "other | unknown", id="set to a parameter that is something else by then"),
        pytest.param("class D(Generic[T]):\n  def __init__(self, y: T):\n    self.y = y\n    self.x = self.y\nclass C(D[A]): pass", "C", "a A", id="computed from such an attribute"),
        pytest.param("class D(Generic[T]):\n  def f(self) -> T: pass\nclass C(D[A]): pass", "C", "a A", id="a method"),
        pytest.param("class D(Generic[T]):\n  def f(self) -> list[T]: pass\nclass C(D[A]): pass", "C", "[a A]", id="a method that gives a list"),
        pytest.param("class D(Generic[T]):\n  def f(self): pass\nclass C(D[A]): pass", "C", "None", id="a method that says nothing"),
        pytest.param("class D:\n  def f(self) -> Self: pass\nclass C(D): pass", "C", "a C", id="Self"),
        pytest.param("class D:\n  def f(self) -> 'Self': pass\nclass C(D): pass", "C", "a C", id="Self, as a text"),
        pytest.param("class D:\n  def f(self) -> 'D': pass\nclass C(D): pass", "C", "a D", id="the class by its name"),
        pytest.param("class D:\n  async def f(self) -> Self: pass\nclass C(D): pass", "C", "coroutine of f()", id="a coroutine"),
    ],
)  # fmt: skip
def test_what_a_class_says(told: Told, definition: str, made: str, what: str) -> None:
    use = "x" if "x" in definition else "f()"
    assert told(f"{HEAD}{definition}\nmark({made}().{use})") == what


@pytest.mark.parametrize(
    ("definition", "call", "what"),
    [
        pytest.param("def f(x: T) -> T: return y", "f(y)", "unknown", id="what is given is not known"),
        pytest.param("def f(x) -> T: return y", "f(A())", "unknown", id="a parameter without an annotation"),
        pytest.param("def f(x: U) -> T: return y", "f(A())", "unknown", id="another variable"),
        pytest.param("def f(x: T) -> T: return y", "f(*y)", "unknown", id="a star"),
        pytest.param("def f(w: B, x: T) -> T: return y", "f(*y, A())", "unknown", id="behind a star"),
        pytest.param("def f(x: T) -> T: return y", "f(z=A())", "unknown", id="another keyword"),
        pytest.param("def f(x: T) -> T: return y", "f(**y)", "unknown", id="two stars"),
        pytest.param("def f(x: T) -> B: return y", "f(A())", "a B", id="no variable in the result"),
        pytest.param("def f(x: T): pass", "f(A())", "None", id="no annotation of the result"),
        pytest.param("def f(x: T) -> T: return y", "f(A())", "a A", id="itself"),
        pytest.param("def f(x: T, /) -> T: return y", "f(A())", "a A", id="positional only"),
        pytest.param("def f(x: T) -> T: return y", "f(x=A())", "a A", id="by keyword"),
        pytest.param("def f(*, x: T) -> T: return y", "f(x=A())", "a A", id="keyword only"),
        pytest.param("def f(w: B, x: T) -> T: return y", "f(B(), A())", "a A", id="the second parameter"),
        pytest.param("def f(w: U, x: T) -> T: return y", "f(B(), A())", "a A", id="another variable besides"),
        pytest.param("def f(w: T, x: T) -> T: return y", "f(B(), A())", "a A | a B", id="two of them"),
        pytest.param("def f(w: T, x: T) -> T: return y", "f(B(), y)", "unknown", id="one of two is not known"),
        pytest.param("def f(x: T) -> list[T]: return y", "f(A())", "[a A]", id="a list of it"),
        pytest.param("def f(x: type[T]) -> T: return y", "f(A)", "a A", id="its class"),
        pytest.param("def f(x: Type[T]) -> T: return y", "f(A)", "a A", id="its class, as it was"),
        pytest.param("def f(x: Optional[T]) -> T: return y", "f(A())", "a A", id="optional"),
        pytest.param("def f(x: T | None) -> T: return y", "f(A())", "unknown", id="or None"),
        pytest.param("def f(x: Union[T, None]) -> T: return y", "f(A())", "unknown", id="a union with None"),
        pytest.param("def f(x: list[T]) -> T: return y", "f([A()])", "a A", id="an element"),
        pytest.param("def f(x: Iterable[T]) -> T: return y", "f([A()])", "a A", id="an element of anything"),
        pytest.param("def f(x: Callable[..., T]) -> T: return y", "f(A)", "a A", id="what it gives when called"),
        pytest.param("def f(x: Callable[[], T]) -> T: return y", "f(lambda: A())", "a A", id="a lambda"),
        pytest.param("def f(x: Callable[..., list[T]]) -> T: return y", "f(lambda: [A()])", "a A", id="within each other"),
        pytest.param("async def a(): return A()\ndef f(x: Awaitable[T]) -> T: return y", "f(a())", "a A", id="what awaiting it gives"),
        pytest.param("def f(x: Odd[T]) -> T: return y", "f(A())", "unknown", id="brackets of something else"),
        pytest.param("H = Callable[..., T]\ndef f(x: H[T]) -> T: return y", "f(A)", "a A", id="an alias"),
        pytest.param("H = Callable[..., T]\ndef f(x: H[T, U]) -> T: return y", "f(A)", "unknown", id="an alias with too many"),
        pytest.param("class C:\n  def f(self, x: T) -> T: return y", "C().f(A())", "a A", id="a method"),
        pytest.param("class C:\n  def f(self, x: T) -> T: return y", "C.f(B(), A())", "a A", id="a method by its class"),
        pytest.param("class C:\n  @staticmethod\n  def f(x: T) -> T: return y", "C.f(A())", "a A", id="a static method"),
        pytest.param("class C:\n  @classmethod\n  def f(cls, x: T) -> T: return y", "C.f(A())", "a A", id="a class method"),
    ],
)  # fmt: skip
def test_what_a_call_says(told: Told, definition: str, call: str, what: str) -> None:
    assert told(f"{HEAD}{definition}\nmark({call})") == what


def test_each_call_says_its_own(told: Told) -> None:
    assert told(f"{HEAD}def f(x: T) -> T: return y\nmark((f(A()), f(B()), f(A())))") == "(a A, a B, a A)"


@pytest.mark.parametrize(
    ("decorator", "what"),
    [
        pytest.param("def deco(g: Callable[..., T]):\n  def w() -> T: return y\n  return w", "a A", id="it says what the wrapper gives"),
        pytest.param("def deco(g):\n  def w() -> T: return y\n  return w", "unknown", id="its parameter says nothing"),
        pytest.param("def deco(g: Callable[..., T]):\n  def w(): return B()\n  return w", "a B", id="its wrapper says nothing"),
        pytest.param("def deco(g: Callable[..., T]):\n  def w() -> B: return y\n  return w", "a B", id="its wrapper gives something else"),
        pytest.param("def deco(g: Callable[..., U]):\n  def w() -> T: return y\n  return w", "unknown", id="another variable"),
        pytest.param("def deco(g: Callable[..., T]):\n  def w() -> list[T]: pass\n  return w", "[a A]", id="a list of it"),
    ],
)  # fmt: skip
def test_what_a_decorator_says(told: Told, decorator: str, what: str) -> None:
    assert told(f"{HEAD}{decorator}\n@deco\ndef f(): return A()\nmark(f())") == what
