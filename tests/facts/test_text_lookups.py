"""Where code looks something up by a text that is not written there."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.text_lookups import has_text_lookups, is_lookup
from aiomend.facts.view import Module

See = Callable[..., Module]


@pytest.mark.parametrize(
    "text",
    [
        "x = 1",
        "getattr(x, 'y')",
        "getattr(x, 'y', z)",
        "getattr(x)",
        "x.__getattribute__('y')",
        "from operator import attrgetter\nattrgetter('y')",
        "eval('y')",
        "globals()['y']",
        "vars(x)['y']",
        "x.__dict__['y']",
        "class A:\n  def f(self): self.__dict__",
        "class A:\n  def f(this): this.__dict__[y]",
        "x.globals",
        "# getattr(x, y)",
    ],
)
def test_nothing_is_looked_up(see: See, text: str) -> None:
    assert not has_text_lookups(see(text).inference)


@pytest.mark.parametrize(
    "text",
    [
        "getattr(x, y)",
        "getattr(x, 'a' + y)",
        "getattr",
        "map(getattr, x)",
        "x.__getattribute__(y)",
        "operator.attrgetter(y)",
        "operator.methodcaller(y)",
        "eval(y)",
        "exec(y)",
        "globals()[y]",
        "globals().get('y')",
        "x(locals())",
        "vars(x)[y]",
        "x.__dict__[y]",
        "x.__dict__",
        "x(y.__dict__)",
    ],
)
def test_something_is_looked_up(see: See, text: str) -> None:
    assert has_text_lookups(see(text).inference)
    assert has_text_lookups(see("x = 1", other=text).inference)


@pytest.mark.parametrize(
    ("text", "is_it"),
    [
        ("'a'", False),
        ("x('a')", False),
        ("getattr(x, y=('a'))", False),
        ("x['a']", False),
        ("x()['a']", False),
        ("x.globals()['a']", False),
        ("x.y['a']", False),
        ("x == 'a'", False),
        ("getattr(x, 'a')", True),
        ("operator.methodcaller('a')", True),
        ("globals()['a']", True),
        ("vars(x)['a']", True),
        ("x.__dict__['a']", True),
    ],
)
def test_whether_a_text_is_a_name(see: See, text: str, is_it: bool) -> None:
    facts = see(text).facts
    (constant,) = [one for one in ast.walk(facts.tree) if isinstance(one, ast.Constant) and one.value == "a"]
    assert is_lookup(facts, constant) is is_it
