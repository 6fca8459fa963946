"""What a test with `isinstance` leaves of a value, and where it has been passed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Told = Callable[..., str]
HEAD = """
import asyncio, typing
class A: pass
class B(A): pass
class C: pass
"""


@pytest.mark.parametrize(
    ("body", "what"),
    [
        pytest.param("mark(x)", "unknown", id="no test"),
        pytest.param("isinstance(x, A)\n  mark(x)", "unknown", id="a test without a branch"),
        pytest.param("if isinstance(x, A): pass\n  mark(x)", "unknown", id="behind a branch"),
        pytest.param("if isinstance(y, A): mark(x)", "unknown", id="a test of another name"),
        pytest.param("if y.isinstance(x, A): mark(x)", "unknown", id="another function"),
        pytest.param("if isinstance(x): mark(x)", "unknown", id="too few arguments"),
        pytest.param("if isinstance(x, Z): mark(x)", "unknown", id="a class that is not known"),
        pytest.param("if isinstance(x, (A, Z)): mark(x)", "unknown", id="one of two is not known"),
        pytest.param("if isinstance(x, typing.Callable): mark(x)", "unknown", id="a class that tells nothing"),
        pytest.param("if not isinstance(x, A): mark(x)", "unknown", id="the other outcome"),
        pytest.param("if isinstance(x, A) or y: mark(x)", "unknown", id="or something else"),
        pytest.param("if isinstance(x, A):\n    x = y\n    mark(x)", "unknown", id="assigned behind it"),
        pytest.param("if isinstance(x, A): pass\n  else: mark(x)", "unknown", id="the other branch"),
        pytest.param("def g():\n    if isinstance(x, A): pass\n  mark(x)", "unknown", id="in an inner function"),
        pytest.param("if isinstance(x, A): mark(x)", "a A", id="a class"),
        pytest.param("if isinstance(x, asyncio.Queue): mark(x)", "a asyncio.Queue", id="a class from elsewhere"),
        pytest.param("if isinstance(x, (A, C)): mark(x)", "a A | a C", id="two classes"),
        pytest.param("if isinstance(x, A) and y: mark(x)", "a A", id="and something else"),
        pytest.param("if isinstance(x, A):\n    if isinstance(x, C): mark(x)", "a C", id="two tests"),
        pytest.param("if not isinstance(x, A): return\n  mark(x)", "a A", id="left where it is not"),
        pytest.param("assert isinstance(x, A)\n  mark(x)", "a A", id="asserted"),
        pytest.param("isinstance(x, A) and mark(x)", "a A", id="behind and"),
        pytest.param("mark(x) if isinstance(x, A) else 1", "a A", id="a conditional expression"),
        pytest.param("if isinstance(x, A):\n    y = 1\n    mark(x)", "a A", id="something else assigned behind it"),
        pytest.param("if isinstance(x.y, A): mark(x.y)", "a A", id="an attribute"),
        pytest.param("if isinstance(x.y, A): mark(x.z)", "unknown", id="another attribute"),
        pytest.param("if isinstance(x.y.z, A): mark(x.y.z)", "a A", id="an attribute of an attribute"),
        pytest.param("if isinstance(x().y, A): mark(x().y)", "a A", id="an attribute of what a call gives"),
        pytest.param("lambda: isinstance(x, A) and mark(x)", "a A", id="in a lambda"),
    ],
)
def test_something_not_known(told: Told, body: str, what: str) -> None:
    assert told(f"{HEAD}def f(x, y):\n  {body}") == what


@pytest.mark.parametrize(
    ("values", "cls", "what"),
    [
        pytest.param("A()", "C", "a A", id="one value needs no test"),
        pytest.param("A() if y else C()", "A", "a A", id="one of two"),
        pytest.param("B() if y else C()", "A", "a B", id="an instance of a subclass"),
        pytest.param("A() if y else C()", "B", "a B", id="the subclass is asked for"),
        pytest.param("A() if y else C()", "(A, C)", "a A | a C", id="both"),
        pytest.param("A() if y else B()", "C", "a C", id="neither"),
        pytest.param("A() if y else None", "A", "a A", id="or None"),
        pytest.param("A() if y else 1", "A", "a A", id="or a number"),
        pytest.param("A() if y else asyncio.Lock()", "A", "a A | a asyncio.Lock", id="or an object from elsewhere"),
        pytest.param("A() if y else Z", "A", "a A", id="or something not known"),
        pytest.param("C() if y else Z", "A", "a A", id="another one or something not known"),
    ],
)
def test_some_values(told: Told, values: str, cls: str, what: str) -> None:
    assert told(f"{HEAD}def f(y):\n  x = {values}\n  if isinstance(x, {cls}): mark(x)") == what


def test_a_module_has_no_tests(told: Told) -> None:
    assert told(f"{HEAD}x = A() if y else C()\nif isinstance(x, A): mark(x)") == "a A | a C"
