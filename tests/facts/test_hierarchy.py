"""Which classes inherit from which, across files, and what is not followed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aiomend.facts.values import Plain, ProjectClass
from aiomend.facts.view import Module

See = Callable[..., Module]


def _class(module: Module, name: str) -> ProjectClass:
    return next(ProjectClass(module.facts, one) for one in module.facts.classes if one.name == name)


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("class A: pass", "A"),
        ("class B: pass\nclass A: pass", "A"),
        ("class A(x): pass", "A"),
        ("class B: pass\nclass A(B): pass", "A B"),
        ("class B: pass\nclass A(B[int]): pass", "A B"),
        ("class C: pass\nclass B(C): pass\nclass A(B): pass", "A B C"),
        ("class C: pass\nclass B(C): pass\nclass D: pass\nclass A(B, D): pass", "A B C D"),
        ("class C: pass\nclass B(C): pass\nclass A(B, C): pass", "A B C"),
        ("class C: pass\nclass D: pass\nclass B(C, D): pass\nclass A(B): pass", "A B C D"),
        ("class A(A): pass", "A"),
        ("if x:\n  class B: pass\nelse:\n  class B: pass\nclass A(B): pass", "A B B"),
    ],
)
def test_the_order_in_which_classes_are_asked(see: See, text: str, order: str) -> None:
    module = see(text)
    found = module.inference.classes.mro(_class(module, "A"))
    assert [one.node.name for one in found] == order.split()


@pytest.mark.parametrize(
    ("base", "known", "whole"),
    [
        ("", "", True),
        ("object", "", True),
        ("abc.ABC", "", True),
        ("typing.Generic[T]", "", True),
        ("typing.Protocol", "", True),
        ("x", "", False),
        ("x, asyncio.Protocol", "asyncio.Protocol", False),
        ("asyncio.Protocol", "asyncio.Protocol", True),
        ("asyncio.Protocol, abc.ABC", "asyncio.Protocol", True),
        ("Own", "asyncio.Queue", True),
        ("Own, threading.Thread", "asyncio.Queue threading.Thread", True),
        ("Open", "", False),
    ],
)
def test_bases_outside_of_the_project(see: See, base: str, known: str, whole: bool) -> None:
    head = "import abc, asyncio, threading, typing\nclass Own(asyncio.Queue): pass\nclass Open(x): pass\n"
    module = see(f"{head}class A({base}): pass")
    classes, cls = module.inference.classes, _class(module, "A")
    assert sorted(classes.known_bases(cls)) == known.split()
    assert classes.external_bases(cls) == (frozenset(known.split()) if whole else None)


@pytest.mark.parametrize(
    ("text", "others", "found"),
    [
        ("class A: pass", {}, ""),
        ("class A: pass\nclass B: pass", {}, ""),
        ("class A: pass\nclass B(x.A): pass", {}, ""),
        ("class A: pass\nclass B(1): pass", {}, ""),
        ("class A(A): pass", {}, ""),
        ("class A: pass\nclass B(A): pass", {}, "B"),
        ("class A: pass\nclass B(A[int]): pass", {}, "B"),
        ("class A: pass\nclass B(A): pass\nclass C(B): pass", {}, "B C"),
        ("class A: pass\nclass B(A): pass\nclass C(A): pass\nclass D(B, C): pass", {}, "B C D"),
        ("class A: pass", {"other": "from main import A\nclass B(A): pass"}, "B"),
        ("class A: pass", {"other": "import main\nclass B(main.A): pass"}, "B"),
        ("class A: pass", {"other": "class A: pass\nclass B(A): pass"}, ""),
        ("class A: pass", {"broken": "A (", "other": "import main\nclass B(main.A): pass"}, "B"),
    ],
)
def test_subclasses(see: See, text: str, others: dict[str, str], found: str) -> None:
    module = see(text, **others)
    subclasses = module.inference.classes.subclasses(_class(module, "A"))
    assert sorted(one.node.name for one in subclasses) == found.split()
    assert module.inference.classes.subclasses(_class(module, "A")) == subclasses
    assert not module.inference.is_apart


COMPUTED = """
class A: pass
class Maker:
    def base(self): return A
class Other(Maker):
    def base(self): return 1
class Another(Maker):
    def base(self): return found
def make(maker: Maker):
    class B(maker.base()): pass
class C(found): pass
def wrap(base):
    class D(base): pass
wrap(A)
"""


def test_a_base_that_is_worked_out_is_what_it_is_without_subclasses_and_callers(see: See) -> None:
    module = see(COMPUTED)
    classes = module.inference.classes
    assert [one.node.name for one in classes.subclasses(_class(module, "A"))] == ["B"]
    assert {cls.name for cls in classes._below_it} == {"A"}, "nobody was asked what inherits from others"


def test_what_was_worked_out_for_a_search_serves_nobody_else(see: See) -> None:
    module = see(COMPUTED)
    (base,) = _class(module, "B").node.bases
    module.inference.classes.subclasses(_class(module, "A"))
    assert {type(one) for one in module.values(base)} == {ProjectClass, Plain}, "what `Another` returns is among them"


def test_a_large_family_is_not_followed_to_its_end(see: See) -> None:
    chain = "\n".join(f"class A{n}(A{n - 1}): pass" for n in range(1, 70))
    module = see(f"class A0: pass\n{chain}\n")
    assert len(module.inference.classes.subclasses(_class(module, "A0"))) == 60


@pytest.mark.parametrize(
    ("text", "others", "is_overridden"),
    [
        ("class A:\n  def f(self): pass", {}, False),
        ("class A:\n  def f(self): pass\nclass B(A): pass", {}, False),
        ("class A:\n  def f(self): pass\nclass B(A):\n  def g(self): pass", {}, False),
        ("class A:\n  def f(self): pass\nclass B:\n  def f(self): pass", {}, False),
        ("class A:\n  def f(self): pass\nclass B:\n  def f(self): pass\nclass C(A): pass", {}, False),
        ("class A(A): pass\nclass B(A, B): pass", {}, False),
        ("class A:\n  def f(self): pass\nclass B(A):\n  def f(self): pass", {}, True),
        ("class A:\n  def f(self): pass\nclass B(A[int]):\n  f = 1", {}, True),
        ("class A: pass\nclass B(A): pass\nclass C(B):\n  f = 1", {}, True),
        ("class A: pass\nclass Z: pass\nclass B(Z, A):\n  f = 1", {}, True),
        ("class A: pass", {"other": "import main\nclass B(main.A):\n  def f(self): pass"}, True),
        ("class A: pass", {"broken": "A ("}, False),
    ],
)
def test_overrides(see: See, text: str, others: dict[str, str], is_overridden: bool) -> None:
    module = see(text, **others)
    assert module.inference.classes.is_overridden(_class(module, "A"), "f") is is_overridden


def test_bases_as_they_are_written(see: See) -> None:
    module = see("import asyncio\nclass B: pass\nclass A(B, asyncio.Queue[int], x): pass")
    first, second, third = module.inference.classes.bases(_class(module, "A"))
    assert [type(one).__name__ for one in (*first, *second, *third)] == ["ProjectClass", "External", "Plain"]
