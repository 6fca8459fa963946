"""Annotations of parameters that the project's own callers do not keep to."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.belied import is_belied
from aiomend.facts.view import Module

See = Callable[..., Module]
HEAD = """
class Async:
  async def send(self): pass
class Plain:
  def send(self): pass
class Below(Async): pass
"""


def _is_belied(see: See, text: str) -> bool:
    module = see(HEAD + text)
    call = next(one for one in module.facts.calls if getattr(one.func, "attr", "") == "send")
    assert isinstance(call, ast.Call)
    return is_belied(module, call.func)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("def f(x: Async): x.send()", id="nobody calls it"),
        pytest.param("def f(x: Async): x.send()\nf(Async())", id="what is said is passed"),
        pytest.param("def f(x: Async): x.send()\nf(Below())", id="a subclass is passed"),
        pytest.param("def f(x: Async): x.send()\nf(y)", id="something not known is passed"),
        pytest.param("def f(x: Async): x.send()\nf(Plain() if z else y)", id="perhaps something not known"),
        pytest.param("def f(x: Async): x.send()\nf(None)\nf(Async())", id="None is passed"),
        pytest.param("def f(x): x.send()\nf(Plain())", id="nothing is said"),
        pytest.param("x: Async = Plain()\nx.send()", id="no parameter"),
        pytest.param("def f(x: Async):\n  x = y\n  x.send()\nf(Plain())", id="it is something else by then"),
        pytest.param("def f(x: Async): x.y.send()\nf(Plain())", id="a part of it"),
        pytest.param("def f(x: Async): x.send()\nrun(f, Async())", id="handed on with what is said"),
        pytest.param("def f(x: Async): x.send()\nrun(f)", id="handed on alone"),
        pytest.param("def f(x: Async): x.send()\nrun(f, *y)", id="handed on with a star"),
        pytest.param("def f(x: Async): x.send()\nrun(f, y, Plain())", id="handed on with something else first"),
        pytest.param("def f(x: Async): x.send()\nrun(Plain(), f)", id="handed on behind it"),
        pytest.param("def f(x: Async): x.send()\ndef g(f): run(f, Plain())", id="another function of that name"),
        pytest.param("def f(x: Async): x.send()\nrun(y=f, z=Plain())", id="handed on by keyword"),
    ],
)
def test_its_annotation_is_kept(see: See, text: str) -> None:
    assert not _is_belied(see, text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("def f(x: Async): x.send()\nf(Plain())", id="something else is passed"),
        pytest.param("def f(x: Async): x.send()\nf(x=Plain())", id="by keyword"),
        pytest.param("def f(y, x: Async): x.send()\nf(1, Plain())", id="as the second one"),
        pytest.param("def f(x: Async): x.send()\nrun(f, Plain())", id="handed on with the function"),
        pytest.param("def f(y, x: Async): x.send()\nrun(f, 1, Plain())", id="handed on as the second one"),
        pytest.param("class A:\n  def f(self, x: Async): x.send()\nA().f(Plain())", id="to a method"),
        pytest.param("def f(x: Async):\n  lambda: x.send()\nf(Plain())", id="used in a lambda"),
    ],
)
def test_its_annotation_is_belied(see: See, text: str) -> None:
    assert _is_belied(see, text)


def test_a_name_is_no_method(see: See) -> None:
    module = see("def f(send: Async): send()\nf(Plain())")
    assert not is_belied(module, module.facts.calls[0].func)
