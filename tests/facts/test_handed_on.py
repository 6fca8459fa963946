"""What `*args` and `**kwargs` hand on to a parameter."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.values import Values
from aiomend.facts.view import Module

See = Callable[..., Module]
Marked = Callable[[Module], ast.Call]
InWords = Callable[[Values], str]
HEAD = "class A: pass\nclass B: pass\ndef f(x, y=None): mark(x)\n"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        pytest.param("def g(*a): f(*a)", "unknown", id="nobody calls"),
        pytest.param("def g(*a): f(*a)\ng(z)", "unknown", id="something not known is passed"),
        pytest.param("def g(*a): f(*b)\ng(A())", "unknown", id="something else is handed on"),
        pytest.param("def g(a): f(*a)\ng(A())", "unknown", id="a parameter without a star"),
        pytest.param("def g(*a):\n  a = z\n  f(*a)\ng(A())", "unknown", id="it is something else by then"),
        pytest.param("def g(*a):\n  a.append(1)\n  f(*a)\ng(A())", "unknown", id="it is used otherwise"),
        pytest.param("def g(*a): f(*a, *a)\ng(A())", "unknown", id="two stars"),
        pytest.param("def g(**k): f(**k, **k)\ng(x=A())", "unknown", id="two mappings"),
        pytest.param("def g(**k):\n  print(k)\n  f(**k)\ng(x=A())", "unknown", id="the mapping is used otherwise"),
        pytest.param("f(*a)", "unknown", id="at the top level"),
        pytest.param("def g(*a): f(*a)\ndef h(*b): g(*b)", "unknown", id="nobody calls the first of two"),
        pytest.param("def g(*a):\n  f(*a)\n  g(*a)", "unknown", id="in a circle"),
        pytest.param("def g(*a): f(*a)\ng(A())", "a A", id="by position"),
        pytest.param("def g(*a): f(*a)\ng(A(), B())", "a A", id="the first of two"),
        pytest.param("def g(z, *a): f(*a)\ng(B(), A())", "a A", id="behind one of its own"),
        pytest.param("def g(z, /, *a): f(*a)\ng(B(), A())", "a A", id="behind one that is positional only"),
        pytest.param("def g(*a): f(*a)\ng(A())\ng(B())", "a A | a B", id="two callers"),
        pytest.param("def g(**k): f(**k)\ng(x=A())", "a A", id="by keyword"),
        pytest.param("def g(**k): f(**k)\ng(x=A(), y=B())", "a A", id="by keyword, with another"),
        pytest.param("def g(*a, **k): f(*a, **k)\ng(A())", "a A", id="both, by position"),
        pytest.param("def g(*a, **k): f(*a, **k)\ng(x=A())", "a A", id="both, by keyword"),
        pytest.param("def g(*a, **k): f(*a, **k)\ng(A())\ng(x=B())", "a A | a B", id="both, in both ways"),
        pytest.param("def g(*a): f(*a)\ndef h(*b): g(*b)\nh(A())", "a A", id="through two"),
        pytest.param("def g(*a): f(*a)\ndef h(*b): g(B(), *b)\nh(A())", "a B", id="another one in front of it"),
        pytest.param("class C:\n  def g(self, *a): f(*a)\nC().g(A())", "a A", id="by a method"),
        pytest.param("class C:\n  def g(self, *a): f(*a)\nC.g(C(), A())", "a A", id="by a method of the class"),
    ],
)  # fmt: skip
def test_what_reaches_a_parameter(see: See, marked: Marked, in_words: InWords, text: str, what: str) -> None:
    module = see(HEAD + text)
    assert in_words(module.inference.values_from_callers(module.facts, marked(module).args[0])) == what


def test_a_parameter_of_its_own_is_not_among_the_keywords(see: See, marked: Marked, in_words: InWords) -> None:
    module = see(f"{HEAD}def g(x, **k): f(**k)\ng(x=A())")
    assert in_words(module.inference.values_from_callers(module.facts, marked(module).args[0])) == "unknown"
