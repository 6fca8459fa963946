"""What callers hand on: through tables of classes, `*args`, `**kwargs` and `__new__`; and what overrides say."""

from __future__ import annotations

from collections.abc import Callable

import pytest

CONN = """
class Conn:
    async def send(self): pass
class Other:
    def send(self): pass
"""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "class Node:\n  def __init__(self, conn): probe(conn.send())\nKINDS = {'a': Node}\n"
            "def make(kind): return KINDS[kind](Other())\ndef more(): Node(Conn())",
            id="one of them passes something else",
        ),
        pytest.param(
            "class Node:\n  def __init__(self, conn): probe(conn.send())\n"
            "def make(**kwargs):\n  kwargs['conn'] = Other()\n  Node(**kwargs)\nmake(conn=Conn())",
            id="the function adds to what it hands on",
        ),
        pytest.param(
            "class Node:\n  def __init__(self, conn): probe(conn.send())\n"
            "def make(**kwargs): Node(**kwargs)\ndef more(**rest): make(**rest)",
            id="nobody calls the outermost one",
        ),
        pytest.param(
            "class Node:\n  def __init__(self, conn=None): probe(conn.send())\n"
            "def make(conn, **kwargs): Node(**kwargs)\nmake(conn=Conn())",
            id="the function takes it out by its name",
        ),
        pytest.param(
            "class Node:\n  def __init__(self, a, conn): probe(conn.send())\n"
            "def make(*args): Node(*args)\nmake(Conn(), Other())",
            id="it is the other argument",
        ),
        pytest.param(
            "class Node:\n  def __init__(self, conn): probe(conn.send())\n"
            "def make(settings): Node(**settings)\nmake({'conn': Conn()})",
            id="a dictionary, and no `**kwargs`",
        ),
        pytest.param(
            "class Node:\n  def __init__(self, conn): self.conn = conn\n  def copy(self): Node(self.conn)\n"
            "  def use(self): probe(self.conn.send())",
            id="only it hands the value on",
        ),
        pytest.param(
            "class Node:\n  def __init__(self, conn): self.conn = conn\n  def copy(self): Node(self.conn.inner)\n"
            "  def use(self): probe(self.conn.send())\nNode(Conn())",
            id="a part of it is handed on",
        ),
    ],
)
def test_it_is_not_known_what_reaches_a_parameter(text: str, is_known: Callable[..., bool]) -> None:
    assert not is_known(CONN + text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "class Node:\n  def __init__(self, conn): probe(conn.send())\nKINDS = {'a': Node}\n"
            "def make(kind): return KINDS[kind](Conn())",
            id="by a table of classes",
        ),
        pytest.param(
            "class Node:\n  def __init__(self, conn): probe(conn.send())\n"
            "def make(kind): return (Node if kind else Node)(Conn())",
            id="by a choice",
        ),
        pytest.param(
            "class Node:\n  def __init__(self, conn=None): self.conn = conn\n"
            "class Inner(Node):\n  def __init__(self, *args, **kwargs): super().__init__(*args, **kwargs)\n"
            "  def use(self): probe(self.conn.send())\ndef f(): Inner(conn=Conn())\ndef g(): Inner(Conn())",
            id="by `*args` and `**kwargs`",
        ),
        pytest.param(
            "class Node:\n  def __new__(cls, conn):\n    probe(conn.send())\n    return super().__new__(cls)\nNode(Conn())",
            id="by `__new__`",
        ),
        pytest.param(
            "class Node:\n  def __init__(self, conn): self.conn = conn\n  def copy(self): Node(self.conn)\n"
            "  def use(self): probe(self.conn.send())\nNode(Conn())",
            id="copies hand on what the first one got",
        ),
    ],
)
def test_it_is_known_what_reaches_a_parameter(text: str, is_known: Callable[..., bool]) -> None:
    assert is_known(CONN + text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "class Make:\n  def __new__(cls): return unknown()\nclass Make2(Make): pass\nprobe(Make2().send())",
            id="nobody knows what is made",
        ),
        pytest.param("class Make(Conn):\n  def __new__(cls): return Other()\nprobe(Make().send())", id="another class"),
    ],
)
def test_what_new_makes_is_not_known(text: str, is_known: Callable[..., bool]) -> None:
    assert not is_known(CONN + text)


def test_what_new_makes_in_place_of_an_instance(is_known: Callable[..., bool]) -> None:
    assert is_known(CONN + "class Make:\n  def __new__(cls): return Conn()\nprobe(Make().send())")


TWO = """
class Sends:
    async def send(self): pass
class Quiet:
    def name(self): pass
"""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("class Open:\n  def __getattr__(self, name): return print\nOTHER = Open()", id="`__getattr__`"),
        pytest.param("class Open(Base): pass\nOTHER = Open()", id="a base that is not read"),
        pytest.param("OTHER = Quiet()\nOTHER.send = print", id="set from outside"),
        pytest.param("class Open(Quiet):\n  def send(self): pass\nOTHER = Quiet()", id="a subclass has it"),
        pytest.param(
            "class Open:\n  def __init__(self):\n    for n in 'a': setattr(self, n, 1)\nOTHER = Open()",
            id="by its name",
        ),
        pytest.param("@decorate\nclass Open: pass\nOTHER = Open()", id="a decorated class"),
    ],
)
def test_a_class_may_have_more_than_is_written(text: str, is_known: Callable[..., bool]) -> None:
    assert not is_known(f"{TWO}{text}\ndef f(x):\n  one = Sends() if x else OTHER\n  probe(one.send())")


def test_what_lacks_a_method_is_not_what_calls_it(is_known: Callable[..., bool]) -> None:
    assert is_known(f"{TWO}\ndef f(x):\n  one = Sends() if x else Quiet()\n  probe(one.send())")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "if asyncio.iscoroutinefunction(one.send): await one.send()\n  else: probe(one.send())",
            id="the other branch",
        ),
        pytest.param(
            "if asyncio.iscoroutinefunction(one.send):\n    await one.send()\n    return\n  probe(one.send())",
            id="after it",
        ),
    ],
)
def test_code_that_asks_for_a_colour_expects_both(text: str, is_known: Callable[..., bool]) -> None:
    assert not is_known(f"import asyncio\n{TWO}\nasync def f():\n  one = Sends()\n  {text}")


def test_a_colour_that_was_asked_is_known(is_known: Callable[..., bool]) -> None:
    text = "if asyncio.iscoroutinefunction(one.send): probe(one.send())"
    assert is_known(f"import asyncio\n{TWO}\nasync def f():\n  one = Sends()\n  {text}")


BASE = """
from elsewhere import unknown
class Base:
    async def close(self): pass
    def name(self): return ""
"""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("  @unknown\n  def name(self): pass\ndef f(b: Base): probe(b.name())", id="no coroutine above"),
        pytest.param("  def close(self): pass\ndef f(b: Base): probe(b.close())", id="a function that is no coroutine"),
        pytest.param("  close = unknown()\ndef f(b: Base): probe(b.close())", id="an attribute"),
        pytest.param("  @unknown\n  def close(self): pass\ndef f(a: A): probe(a.close())", id="the override itself"),
    ],
)
def test_an_override_may_have_another_colour(text: str, is_known: Callable[..., bool]) -> None:
    assert not is_known(BASE + "class A(Base):\n" + text)


def test_an_override_of_which_nothing_is_known_keeps_the_colour(is_known: Callable[..., bool]) -> None:
    assert is_known(
        BASE + "class A(Base):\n  @unknown\n  async def close(self): pass\ndef f(b: Base): probe(b.close())"
    )


def test_many_overrides_are_as_good_as_one(is_known: Callable[..., bool]) -> None:
    many = "".join(f"class A{number}(Base):\n  async def close(self): pass\n" for number in range(40))
    assert is_known(BASE + many + "def f(b: Base): probe(b.close())")
    assert not is_known(BASE + many + "class B(Base):\n  def close(self): pass\ndef f(b: Base): probe(b.close())")
