"""What attributes of the project's classes and objects may be: their own, inherited, overridden, set later, or lacking."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.values import ProjectClass, ProjectInstance, Values
from aiomend.facts.view import Module

Told = Callable[..., str]
See = Callable[..., Module]
InWords = Callable[[Values], str]
HEAD = "import asyncio, functools\nclass A: pass\nclass B: pass\n"


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("pass", "a C"),
        ("def __new__(cls): return A()", "a A"),
        ("def __new__(cls): return C()", "a C"),
        ("def __new__(cls): return x", "a C"),
        ("def __new__(cls): return A() if x else C()", "a C"),
        ("def __new__(cls): return A() if x else B()", "a A | a B"),
        ("def __new__(cls): return A() if x else None", "a C"),
        ("__new__ = x", "a C"),
    ],
)
def test_what_calling_a_class_gives(told: Told, body: str, what: str) -> None:
    assert told(f"{HEAD}class C:\n  {body}\nmark(C())") == what


def test_what_an_inherited_new_makes(told: Told) -> None:
    assert told(f"{HEAD}class D:\n  def __new__(cls): return A()\nclass C(D): pass\nmark(C())") == "a A"
    assert told(f"{HEAD}class D:\n  def __new__(cls): return D()\nclass C(D): pass\nmark(C())") == "a C"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        pytest.param("class C: pass", "unknown", id="nobody has it"),
        pytest.param("class C:\n  x = x", "unknown", id="itself"),
        pytest.param("class C:\n  def f(self): self.x = self.x", "unknown", id="set to itself"),
        pytest.param("class C(y): pass", "unknown", id="a base that is not known"),
        pytest.param("class C:\n  x = A()", "a A", id="in its body"),
        pytest.param("class C:\n  x = A()\n  x = B()", "a A | a B", id="twice in its body"),
        pytest.param("class C:\n  x: A", "a A", id="an annotation"),
        pytest.param("class C:\n  x: 'A'", "a A", id="an annotation as a text"),
        pytest.param("class C:\n  x: A = y", "a A", id="an annotation and something not known"),
        pytest.param("class C:\n  def x(self): pass", "x()", id="a method"),
        pytest.param("class C:\n  x = asyncio.sleep", "asyncio.sleep", id="a function from elsewhere"),
        pytest.param("class C:\n  def f(self): self.x = A()", "a A", id="in a method"),
        pytest.param("class C:\n  def f(self):\n    self.x = None\n    self.x = A()", "None | a A", id="or None"),
        pytest.param("class C:\n  def f(self): self.x: A = y", "a A", id="annotated in a method"),
        pytest.param("class C:\n  x = B()\n  def f(self): self.x = A()", "a A | a B", id="in its body and in a method"),
        pytest.param("class D:\n  x = A()\nclass C(D): pass", "a A", id="inherited"),
        pytest.param("class D:\n  x = A()\nclass C(D):\n  x = B()", "a B", id="its own hides what it inherits"),
        pytest.param("class D:\n  x = A()\nclass C(D):\n  def f(self): self.x = B()", "a A | a B", id="set besides what it inherits"),
        pytest.param("class D:\n  x = A()\nclass C(D):\n  def f(self): self.x: B = y", "a B", id="annotated more closely than what it inherits"),
        pytest.param("class D:\n  def f(self): self.x = A()\nclass C(D): pass", "a A", id="set by a method that it inherits"),
        pytest.param("class D:\n  x = A()\nclass E(D): pass\nclass C(E): pass", "a A", id="inherited twice"),
        pytest.param("class D:\n  x = A()\nclass E:\n  x = B()\nclass C(D, E): pass", "a A", id="the first base has it"),
        pytest.param("class C:\n  x = A()\nclass D(C):\n  x = B()", "a A | a B", id="a subclass has another one"),
        pytest.param("class C:\n  x = A()\nclass D(C): pass", "a A", id="a subclass has it from here"),
        pytest.param("class C: pass\nclass D:\n  x = A()\nclass E(C, D): pass", "a A", id="a mixin has it from what it is mixed into"),
        pytest.param("class C:\n  x = B()\nclass D:\n  x = A()\nclass E(C, D): pass", "a B", id="a mixin has its own"),
        pytest.param("class C:\n  x = None\nclass D:\n  x = A()\nclass E(C, D): pass", "None", id="a mixin says None"),
        pytest.param("class C: pass\nC.x = A()", "a A | unknown", id="set on the class"),
        pytest.param("class D: pass\nclass C(D): pass\nD.x = A()", "a A | unknown", id="set on its base"),
        pytest.param("class C: pass\nB.x = A()", "unknown", id="set on another class"),
        pytest.param("class C: pass\nC.x, y = A(), 1", "unknown", id="set with something else"),
        pytest.param("class C: pass\nz = C.x = A()", "unknown", id="set by a chain"),
        pytest.param("class C:\n  x = A()\nC.x = B()", "a A", id="set where it has one"),
        pytest.param("class C:\n  def __getattr__(self, name): return A()", "a A", id="made up"),
        pytest.param("class D:\n  def __getattr__(self, name): return A()\nclass C(D): pass", "a A", id="made up by its base"),
        pytest.param("class C(y):\n  def __getattr__(self, name): return A()", "unknown", id="made up, or a base that is not known has it"),
        pytest.param("class C:\n  @property\n  def x(self): return A()", "a A", id="a property"),
        pytest.param("class C:\n  @functools.cached_property\n  def x(self): return A()", "a A", id="a cached property"),
        pytest.param("class C:\n  @property\n  def x(self):\n    'It.'\n    return self.y\n  def f(self): self.y = A()", "a A", id="a property that only returns an attribute"),
        pytest.param("class C:\n  @property\n  def x(self) -> B:\n    return self.y\n  def f(self): self.y = A()", "a B", id="and says what it is"),
        pytest.param("class C:\n  @property\n  def x(self):\n    z = 1\n    return self.y\n  def f(self): self.y = A()", "a A", id="a property that does more"),
        pytest.param("class C:\n  @property\n  def x(me): return y.z", "unknown", id="a property that returns an attribute of something else"),
        pytest.param("class C:\n  def f(self):\n    self.x = []\n    self.x.append(A())", "[a A]", id="a list with what is added"),
        pytest.param("class C:\n  x = []\n  def f(self): self.x.append(A())", "[a A]", id="a list of the class with what is added"),
        pytest.param("class C:\n  def f(self):\n    self.x: list[A] = []\n    self.x.append(B())", "[a A | a B] | [a A]", id="a list that an annotation tells of"),
        pytest.param("class C:\n  def f(self): self.x = [B()]", "[a B]", id="a list to which nothing is added"),
    ],
)  # fmt: skip
def test_an_attribute_of_an_object(told: Told, text: str, what: str) -> None:
    assert told(f"{HEAD}{text}\nmark(C().x)") == what


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("class C: pass\nclass D:\n  x = A()\nclass E(C, D): pass", "unknown"),
        ("class C:\n  x = A()\nclass D(C):\n  x = B()", "a A"),
        ("class C:\n  @property\n  def x(self): return A()", "x()"),
        ("class C:\n  def __getattr__(self, name): return A()", "unknown"),
        ("class C:\n  x = A()", "a A"),
        ("class D:\n  x = A()\nclass C(D): pass", "a A"),
        ("class C:\n  def x(self): pass", "x()"),
        ("class C: pass\nC.x = A()", "a A | unknown"),
    ],
)
def test_an_attribute_of_a_class(told: Told, text: str, what: str) -> None:
    assert told(f"{HEAD}{text}\nmark(C.x)") == what


@pytest.mark.parametrize(
    ("base", "attr", "what"),
    [
        ("asyncio.Queue", "get", "asyncio.Queue.get"),
        ("asyncio.Queue", "odd", "asyncio.Queue.odd"),
        ("D", "get", "asyncio.Queue.get"),
        ("asyncio.Queue, asyncio.Lock", "get", "unknown"),
        ("asyncio.Queue, y", "get", "unknown"),
        ("object", "get", "unknown"),
    ],
)
def test_what_a_base_from_outside_has(told: Told, base: str, attr: str, what: str) -> None:
    assert told(f"{HEAD}class D(asyncio.Queue): pass\nclass C({base}): pass\nmark(C().{attr})") == what


@pytest.mark.parametrize(
    ("passed", "what"),
    [
        pytest.param("C(A())", "a A", id="what it is given"),
        pytest.param("C(A())\nD(B())", "a A", id="what another subclass is given"),
        pytest.param("C(A())\nC(B())", "a A | a B", id="two of them"),
    ],
)
def test_what_instances_of_a_subclass_are_given(
    see: See, marked: Callable[[Module], ast.Call], in_words: InWords, passed: str, what: str
) -> None:
    head = f"{HEAD}class P:\n  def __init__(self, x): self.x = x\nclass C(P): pass\nclass D(P): pass\n"
    module = see(f"{head}{passed}\nc = C.__new__(C)\ndef f(c: C): mark(c.x)")
    found = module.inference.values_from_callers(module.facts, marked(module).args[0])
    assert in_words(found) == what


@pytest.mark.parametrize(
    ("text", "lacks"),
    [
        pytest.param("class C:\n  x = 1", False, id="in its body"),
        pytest.param("class C:\n  def f(self): self.x = 1", False, id="set by a method"),
        pytest.param("class D:\n  x = 1\nclass C(D): pass", False, id="inherited"),
        pytest.param("class C: pass\nclass D(C):\n  x = 1", False, id="a subclass has it"),
        pytest.param("class C: pass\nclass E:\n  x = 1\nclass D(C, E): pass", False, id="a subclass inherits it"),
        pytest.param("class C(y): pass", False, id="a base that is not known"),
        pytest.param("class C(asyncio.Queue): pass", False, id="a base from outside"),
        pytest.param("class C: pass\nclass D(C, y): pass", False, id="a subclass with a base that is not known"),
        pytest.param("class C:\n  def __getattr__(self, name): pass", False, id="made up"),
        pytest.param("class C:\n  def __getattribute__(self, name): pass", False, id="made up always"),
        pytest.param("class C:\n  def __new__(cls): pass", False, id="something else is made"),
        pytest.param("class C(metaclass=y): pass", False, id="a metaclass"),
        pytest.param("@y\nclass C: pass", False, id="a decorator"),
        pytest.param("class C:\n  def f(self): setattr(self, y, 1)", False, id="setattr"),
        pytest.param("class C:\n  def f(self): self.__dict__[y] = 1", False, id="the dictionary"),
        pytest.param("class C:\n  def f(self): vars(self)[y] = 1", False, id="vars"),
        pytest.param("class C: pass\nc.x = 1", False, id="set from outside"),
        pytest.param("class C: pass\nprint(c.x)", True, id="read from outside"),
        pytest.param("class C: pass\nclass D:\n  def f(self): self.x = 1", True, id="another class sets its own"),
        pytest.param("class C: pass", True, id="nobody has it"),
        pytest.param("class D: pass\nclass C(D): pass", True, id="nor has its base"),
        pytest.param("class C(object): pass", True, id="nor has object"),
    ],
)  # fmt: skip
def test_an_attribute_that_objects_lack(see: See, text: str, lacks: bool) -> None:
    module = see(HEAD + text)
    cls = next(ProjectClass(module.facts, one) for one in module.facts.classes if one.name == "C")
    assert module.inference.classes.lacks(ProjectInstance(cls), "x") is lacks
    assert module.inference.classes.lacks(ProjectInstance(cls), "x") is lacks


@pytest.mark.parametrize("attr", ["__init__", "__dict__", "__module__", "__slots__", "__weakref__", "__class__"])
def test_what_every_object_has_is_not_lacking(see: See, attr: str) -> None:
    module = see("class C: pass")
    cls = ProjectClass(module.facts, module.facts.classes[0])
    assert not module.inference.classes.lacks(ProjectInstance(cls), attr)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        pytest.param("class C: pass", "unknown", id="it has no base"),
        pytest.param("class C(y): pass", "unknown", id="a base that is not known"),
        pytest.param("class C:\n  def x(self): pass", "unknown", id="its own is not meant"),
        pytest.param("class D:\n  def x(self): pass\nclass C(D): pass", "x()", id="its base has it"),
        pytest.param("class D:\n  x = A()\nclass E:\n  x = B()\nclass C(D, E): pass", "a A", id="the first of two"),
        pytest.param("class D: pass\nclass E:\n  x = B()\nclass C(D, E): pass", "a B", id="the second of two"),
        pytest.param("class C: pass\nclass D:\n  x = A()\nclass E(C, D): pass", "a A", id="what comes after it where it is mixed in"),
        pytest.param("class C: pass\nclass D:\n  x = A()\nclass E(D, C): pass", "unknown", id="what comes before it there"),
        pytest.param("class C(y): pass\nclass D:\n  x = A()\nclass E(C, D): pass", "unknown", id="mixed in, with a base that is not known"),
        pytest.param("class C(asyncio.Queue): pass", "asyncio.Queue.x", id="a base from outside"),
    ],
)  # fmt: skip
def test_what_super_has(see: See, in_words: InWords, text: str, what: str) -> None:
    module = see(HEAD + text)
    cls = next(ProjectClass(module.facts, one) for one in module.facts.classes if one.name == "C")
    assert in_words(module.inference.classes.above(cls, "x")) == what


@pytest.mark.parametrize(
    ("text", "givers"),
    [
        ("class C: pass", ""),
        ("class C:\n  y = 1", ""),
        ("class C:\n  x = 1", "C"),
        ("class C:\n  def f(self): self.x = 1", "C"),
        ("class D:\n  x = 1\nclass C(D): pass", "D"),
        ("class D:\n  x = 1\nclass C(D):\n  x = 1", "C D"),
    ],
)
def test_who_gives_an_attribute(see: See, text: str, givers: str) -> None:
    module = see(text)
    cls = next(ProjectClass(module.facts, one) for one in module.facts.classes if one.name == "C")
    assert sorted(one.name for one in module.inference.classes.givers(cls, "x")) == givers.split()


@pytest.mark.parametrize(
    ("override", "what"),
    [
        pytest.param("@y\n  async def x(self): pass", "x()", id="a decorator that is not known keeps its colour"),
        pytest.param("x = y", "unknown | x()", id="something not known"),
        pytest.param("async def x(self): pass", "x() | x()", id="another one"),
    ],
)
def test_an_override_of_a_coroutine_function(told: Told, override: str, what: str) -> None:
    text = f"{HEAD}class C:\n  async def x(self): pass\nclass D(C):\n  {override}\nmark(C().x)"
    assert told(text) == what


def test_an_override_of_a_plain_function_under_an_unknown_decorator_is_not_known(told: Told) -> None:
    text = f"{HEAD}class C:\n  def x(self): pass\nclass D(C):\n  @y\n  def x(self): pass\nmark(C().x)"
    assert told(text) == "unknown | x()"


@pytest.mark.parametrize(
    ("body", "what"),
    [
        pytest.param("return self.y", "a B", id="it does nothing else"),
        pytest.param("'It.'\n    return self.y", "a B", id="it says what it is"),
        pytest.param("z()\n    return self.y", "a B", id="it calls something for its effect"),
        pytest.param("z = 1\n    return self.y", "a A | a B", id="it does more"),
        pytest.param("return other.y", "unknown", id="it returns an attribute of something else"),
    ],
)
def test_a_property_that_returns_an_attribute_is_that_of_the_object_at_hand(told: Told, body: str, what: str) -> None:
    text = f"class C:\n  y = A()\n  @property\n  def x(self):\n    {body}\nclass D(C):\n  y = B()\n"
    assert told(f"{HEAD}{text}mark(D().x)") == what


@pytest.mark.parametrize(
    ("body", "what"),
    [
        pytest.param("self.x = self.y", "a A", id="set to another attribute"),
        pytest.param("self.x = self.make()", "a A", id="set to what a method gives"),
        pytest.param("self.x = other.y", "unknown", id="set to an attribute of something else"),
        pytest.param("def g(): self.x = self.y", "unknown", id="set in a function of the method"),
        pytest.param("for self.x in [self.y]: pass", "unknown", id="set by a loop"),
    ],
)
def test_what_is_computed_from_an_attribute_with_a_type_variable(told: Told, body: str, what: str) -> None:
    head = f"{HEAD}from typing import Generic, TypeVar\nT = TypeVar('T')\n"
    base = f"class P(Generic[T]):\n  y: T\n  def make(self) -> T: return z\n  def f(self, other):\n    {body}\n"
    assert told(f"{head}{base}class C(P[A]): pass\nmark(C().x)") == what
