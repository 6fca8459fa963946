"""Whose object a name is: `self`, by whatever name."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.own_object import own_class
from aiomend.facts.view import Module

See = Callable[..., Module]


@pytest.mark.parametrize(
    ("text", "owner"),
    [
        pytest.param("probe(self)", None, id="of nothing"),
        pytest.param("def f(self): probe(self)", None, id="of a plain function"),
        pytest.param("class A:\n  @staticmethod\n  def f(this): probe(this)", None, id="of a static method"),
        pytest.param("class A:\n  def f(self, other): probe(other)", None, id="what a method is given"),
        pytest.param("class A:\n  def f(self):\n    self = x\n    probe(self)", None, id="bound anew"),
        pytest.param("class A:\n  def f(self):\n    def g(self): probe(self)", None, id="of a function in it"),
        pytest.param("class A:\n  def f(self): probe(self)", "A", id="of a method"),
        pytest.param("class A:\n  def f(this, /): probe(this)", "A", id="by another name"),
        pytest.param("class A:\n  @classmethod\n  def f(cls): probe(cls)", "A", id="the class itself"),
        pytest.param("class A:\n  async def f(self):\n    x = lambda: probe(self)", "A", id="in a lambda"),
        pytest.param("class A:\n  def f(self):\n    class B:\n      x = probe(self)", "A", id="in a class inside"),
    ],
)
def test_whose_object_it_is(see: See, text: str, owner: str | None) -> None:
    module = see(text)
    (call,) = (one for one in module.facts.calls if isinstance(one.func, ast.Name) and one.func.id == "probe")
    found = own_class(module.facts, call.args[0])
    assert (found.name if found is not None else None) == owner
