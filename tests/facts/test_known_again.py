"""What names are that are bound more than once: by themselves, for type checkers, by what sets a property."""

from __future__ import annotations

from collections.abc import Callable

import pytest

CONN = """
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar
import functools, inspect
class Conn:
    async def close(self): pass
    def copy(self) -> "Conn": return self
    def peer(self): return lib.peer(self)
    def other(self): return Other()
class Other:
    async def close(self): pass
    def other(self): return unknown
"""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("c = Conn()\nc = c.peer()\nprobe(c.close())", id="a step of which nothing is known"),
        pytest.param("c = Conn()\nc = c.other()\nprobe(c.close())", id="a step that is only known once"),
        pytest.param("c = make()\nc = c.copy()\nprobe(c.close())", id="a beginning of which nothing is known"),
        pytest.param("c = c.copy()\nprobe(c.close())", id="no beginning"),
        pytest.param("c = [Conn()]\nc = [c]\nprobe(c[0].close())", id="each step is larger"),
        pytest.param("a = Conn()\nb = a\na = b.peer()\nprobe(b.close())", id="in a circle of two"),
    ],
)
def test_what_comes_of_itself_may_become_anything(text: str, is_known: Callable[..., bool]) -> None:
    assert not is_known(CONN + text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("c = Conn()\nc = c.copy()\nprobe(c.close())", id="a step"),
        pytest.param("c = Conn()\nc = c.copy().copy()\nc = c.copy()\nprobe(c.close())", id="several steps"),
        pytest.param("a = Conn()\nb = a\na = b.copy()\nprobe(b.close())", id="in a circle of two"),
        pytest.param(
            "class Node:\n  def __init__(self): self.next = Node()\n  async def close(self): pass\n"
            "def walk(n: Node):\n  n = n.next\n  probe(n.close())",
            id="a chain of objects",
        ),
        pytest.param(
            "class A:\n  def f(self):\n    c = Conn()\n    for _ in r: c = c.copy()\n    probe(c.close())",
            id="in a loop",
        ),
    ],
)
def test_what_comes_of_itself_is_what_it_began_as(text: str, is_known: Callable[..., bool]) -> None:
    assert is_known(CONN + text)


def test_it_is_all_one_which_of_a_circle_is_asked_first(is_known: Callable[..., bool]) -> None:
    steps = "a = Conn()\nb = a.{step}()\na = b\n"
    for step, known in (("copy", True), ("peer", False)):
        for asked in ("a", "b"):
            assert is_known(f"{CONN}{steps.format(step=step)}probe({asked}.close())") is known


THROTTLE = """
class Limit:
    def __init__(self, slow): self.slow = slow
    def __call__(self, f):
        if inspect.iscoroutinefunction(f):
            async def nothing(): pass
        else:
            def nothing(): pass
        if self.slow is not None:
            f = Limit(self.slow)(f)
        def inner(*a):
            return nothing() if busy() else {given}
        return inner
"""


def test_a_decorator_that_applies_itself_and_runs_the_function(is_known: Callable[..., bool]) -> None:
    assert not is_known(f"{CONN}{THROTTLE.format(given='lib.run(f)')}@Limit(1)\nasync def job(): pass\nprobe(job())")


def test_a_decorator_that_applies_itself(is_known: Callable[..., bool]) -> None:
    text = CONN + THROTTLE.format(given="f(*a)")
    assert is_known(f"{text}@Limit(1)\nasync def job(): pass\nprobe(job())")
    assert not is_known(f"{text}@Limit(1)\ndef job(): pass\nprobe(job())")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "class A:\n  @property\n  def c(self): return self._c\n  @c.setter\n  def c(self, c: Conn): self._c = c\n"
            "  def f(self): probe(self.c.close())",
            id="the property gives what is not known, whatever may be set",
        ),
        pytest.param(
            "class A:\n  @property\n  def c(self): return Conn()\n  def c(self): return 1\n  def f(self): probe(self.c.close())",
            id="a method comes after it",
        ),
        pytest.param(
            "class A:\n  def c(self): return Conn()\n  @other.setter\n  def c(self, c): pass\n  def f(self): probe(self.c.close())",
            id="the setter of another property",
        ),
    ],
)
def test_what_sets_a_property_says_nothing_of_what_it_gives(text: str, is_known: Callable[..., bool]) -> None:
    assert not is_known(CONN + text.replace("self._c = c", "self._c = lib.c"))


def test_a_property_that_can_be_set_gives_what_it_gives(is_known: Callable[..., bool]) -> None:
    made = "class A:\n  @property\n  def c(self): return Conn()\n"
    both = "  @c.setter\n  def c(self, c): pass\n  @c.deleter\n  def c(self): pass\n"
    assert is_known(f"{CONN}{made}{both}  def f(self): probe(self.c.close())")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("if TYPE_CHECKING:\n  c: Any = 0\nelse:\n  c = Conn()\nprobe(c.close())", id="Any"),
        pytest.param(
            "if TYPE_CHECKING:\n  pass\nelse:\n  c = make()\nif x: c = Conn()\nprobe(c.close())", id="nothing"
        ),
        pytest.param(
            "if TYPE_CHECKING:\n  c = Conn()\nelse:\n  c = make()\nc = lib.c\nprobe(c.close())", id="another one"
        ),
        pytest.param("if not TYPE_CHECKING:\n  c = Conn()\nelse:\n  c = make()\nprobe(c.close())", id="the other way"),
    ],
)
def test_what_is_for_type_checkers_says_no_more_than_it_does(text: str, is_known: Callable[..., bool]) -> None:
    assert not is_known(CONN + text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("if TYPE_CHECKING:\n  c = Conn()\nelse:\n  c = make()\nprobe(c.close())", id="a name"),
        pytest.param(
            "T = TypeVar('T')\nclass Box(Generic[T]):\n  c: Conn\nif TYPE_CHECKING:\n  B = Box[int]\nelse:\n  B = Box\n"
            "def f(b: B): probe(b.c.close())",
            id="an alias with its argument",
        ),
    ],
)
def test_what_is_for_type_checkers_says_what_it_is(text: str, is_known: Callable[..., bool]) -> None:
    assert is_known(CONN + text)


def test_a_subclass_says_more_closely_what_an_attribute_is(is_known: Callable[..., bool]) -> None:
    base = "class Base:\n  c: Any = None\n"
    assert is_known(f"{CONN}{base}class A(Base):\n  def f(self, c):\n    self.c: Conn = c\n    probe(self.c.close())")
    assert not is_known(f"{CONN}{base}class A(Base):\n  def f(self, c):\n    self.c = c\n    probe(self.c.close())")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("d = {}\nd.update(other)\nd['a'] = Conn()\nprobe(d['a'].close())", id="no annotation"),
        pytest.param("d: dict[str, Any] = {}\nd['a'] = Conn()\nprobe(d['a'].close())", id="of anything"),
        pytest.param(
            "class A:\n  def __init__(self): self.d = {'a': Conn()}\n  def f(self, more): self.d.update(more)\n"
            "  def g(self): probe(self.d['a'].close())",
            id="an attribute without annotation",
        ),
    ],
)
def test_what_is_put_into_a_container_may_be_anything(text: str, is_known: Callable[..., bool]) -> None:
    assert not is_known(CONN + text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("d: dict[str, Conn] = {}\nd.update(other)\nprobe(d['a'].close())", id="put in"),
        pytest.param("d: list[Conn] = []\nd = [lib.step(c) for c in d]\nprobe(d[0].close())", id="bound again"),
        pytest.param(
            "class A:\n  def __init__(self): self.d: dict[str, Conn] = {}\n"
            "  def f(self): self.d = {k: c for k, c in self.d.items() if lib.keeps(c)}\n"
            "  def g(self): probe(self.d.get('a').close())",
            id="an attribute that is computed from itself",
        ),
    ],
)
def test_an_annotation_says_what_a_container_holds(text: str, is_known: Callable[..., bool]) -> None:
    assert is_known(CONN + text)


BOX = """
from collections.abc import Coroutine
T = TypeVar("T")
class Call(Generic[T]):
    def __init__(self, coro: Coroutine[Any, Any, T]): self._coro = coro
    async def run(self): self._result = await self._coro
"""


@pytest.mark.parametrize(
    ("base", "known"),
    [
        pytest.param("Call[Conn]", True, id="what its base's type variable stands for"),
        pytest.param("Call[Any]", False, id="anything"),
        pytest.param("Call", False, id="not said"),
    ],
)
def test_an_attribute_that_is_computed_from_others(base: str, known: bool, is_known: Callable[..., bool]) -> None:
    text = f"class Dial({base}):\n  def f(self): probe(self._result.close())"
    assert is_known(CONN + BOX + text) is known


def test_an_attribute_that_a_function_in_a_method_sets(is_known: Callable[..., bool]) -> None:
    late = "class Late(Generic[T]):\n  def run(self):\n    def later(): self.c = lib.c\n    later()\n"
    assert not is_known(f"{CONN}T = TypeVar('T')\n{late}class Dial(Late[Conn]):\n  def f(self): probe(self.c.close())")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("r = weakref.ref(lib.conn)\nprobe(r().close())", id="a reference to what is not known"),
        pytest.param("r = weakref.WeakMethod(Conn().close)\nprobe(r().close())", id="another kind of reference"),
        pytest.param("s = contextlib.AsyncExitStack()\nprobe(s.pop_all())", id="no coroutine function"),
        pytest.param("s = contextlib.AsyncExitStack()\nprobe(s.enter_context(Conn()).peer())", id="of what is entered"),
        pytest.param("s = contextlib.ExitStack()\nprobe(s.close())", id="a plain stack"),
    ],
)
def test_the_standard_library_gives_something_else(text: str, is_known: Callable[..., bool]) -> None:
    assert not is_known(f"import contextlib, weakref\n{CONN}{text}")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("r = weakref.ref(Conn())\nprobe(r().close())", id="what a weak reference leads to"),
        pytest.param("s = contextlib.AsyncExitStack()\nprobe(s.aclose())", id="closing a stack"),
        pytest.param("async def f():\n  async with contextlib.AsyncExitStack() as s: probe(s.aclose())", id="entered"),
        pytest.param(
            "class M:\n  async def __aenter__(self): return Conn()\nasync def f(s: contextlib.AsyncExitStack):\n"
            "  c = await s.enter_async_context(M())\n  probe(c.close())",
            id="what is entered through a stack",
        ),
        pytest.param(
            "class M:\n  def __enter__(self): return Conn()\ndef f(s: contextlib.ExitStack):\n"
            "  probe(s.enter_context(M()).close())",
            id="what is entered at once",
        ),
    ],
)
def test_the_standard_library_gives_what_it_was_given(text: str, is_known: Callable[..., bool]) -> None:
    assert is_known(f"import contextlib, weakref\n{CONN}{text}")
