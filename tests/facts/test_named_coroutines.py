"""Methods of objects of which nothing is known, by names that the project gives to coroutine functions alone."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.named_coroutines import named_alike
from aiomend.facts.view import Module

See = Callable[..., Module]
ONE = "class A:\n  async def send_it(self): pass\n"


def _is_named(see: See, text: str, name: str = "send_it", **others: str) -> bool:
    module = see(text, **others)
    calls = [one for one in module.facts.calls if isinstance(one.func, (ast.Attribute, ast.Name))]
    call = next(one for one in calls if getattr(one.func, "attr", getattr(one.func, "id", "")) == name)
    return named_alike(module.inference, module.facts, call) is not None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param("x.send_it()", "send_it", id="nobody has such a method"),
        pytest.param(f"{ONE}send_it()", "send_it", id="a function"),
        pytest.param("class A:\n  async def send(self): pass\nx.send()", "send", id="one word"),
        pytest.param("class A:\n  async def set_result(self): pass\nx.set_result()", "set_result", id="Python has one"),
        pytest.param("async def send_it(): pass\nx.send_it()", "send_it", id="no method"),
        pytest.param(f"{ONE}import os\nos.send_it()", "send_it", id="of a package"),
        pytest.param(f"{ONE}A().send_it()", "send_it", id="known"),
        pytest.param(f"{ONE}class B:\n  def send_it(self): pass\nx.send_it()", "send_it", id="another class has a plain one"),
        pytest.param(f"{ONE}class B:\n  @property\n  async def send_it(self): pass\nx.send_it()", "send_it", id="a property"),
        pytest.param(f"{ONE}send_it = 1\nx.send_it()", "send_it", id="something else of that name"),
        pytest.param(f"{ONE}for send_it in y: pass\nx.send_it()", "send_it", id="a variable of that name"),
        pytest.param(f"{ONE}y.send_it = z\nx.send_it()", "send_it", id="set on something"),
        pytest.param(f"{ONE}x.send_it()\ny = x.send_it()", "send_it", id="kept elsewhere"),
        pytest.param(f"{ONE}x.send_it()\nif x.send_it(): pass", "send_it", id="tested elsewhere"),
        pytest.param(f"{ONE}def send_it(x): x.send_it()", "send_it", id="in a function of that name"),
        pytest.param("class A:\n  async def send_it(self): pass\n  def f(self, x): x.send_it()", "send_it", id="in a class that has one"),
    ],
)  # fmt: skip
def test_nobody_can_say(see: See, text: str, name: str) -> None:
    assert not _is_named(see, text, name)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param(f"{ONE}x.send_it()", "send_it", id="one class has it"),
        pytest.param("class A:\n  async def sendIt(self): pass\nx.sendIt()", "sendIt", id="two words in one"),
        pytest.param(f"{ONE}class B:\n  async def send_it(self): pass\nx.send_it()", "send_it", id="two classes have it"),
        pytest.param(f"{ONE}class B:\n  @y\n  async def send_it(self): pass\nx.send_it()", "send_it", id="another under a decorator"),
        pytest.param(f"{ONE}async def f(): await x.send_it()\nx.send_it()", "send_it", id="awaited elsewhere"),
        pytest.param(f"{ONE}x.send_it()\ny(x.send_it())", "send_it", id="handed on elsewhere"),
        pytest.param(f"{ONE}x.send_it()\ny = x.send_it", "send_it", id="not called elsewhere"),
        pytest.param(f"{ONE}x.send_it()\ny = A().send_it()", "send_it", id="a known one kept elsewhere"),
        pytest.param("class A:\n  async def async_it(self): pass\n  def f(self, x): x.async_it()", "async_it", id="a name that says it, in a class that has one"),
    ],
)  # fmt: skip
def test_all_are_coroutine_functions(see: See, text: str, name: str) -> None:
    assert _is_named(see, text, name)


@pytest.mark.parametrize(
    ("files", "is_near"),
    [
        ({"main": "x.send_it()", "other": ONE}, False),
        ({"main": "import other\nx.send_it()", "other": ONE}, True),
        ({"main": "from other import A\nx.send_it()", "other": ONE}, True),
        ({"main": "from other import *\nx.send_it()", "other": ONE}, True),
        ({"main": "def f(): import other\nx.send_it()", "other": ONE}, True),
        ({"main": "import a\nx.send_it()", "a": "import other", "other": ONE}, True),
        ({"main": "import a\nx.send_it()", "a": "import b", "b": "import other", "other": ONE}, False),
        ({"main": "import a\nx.send_it()", "a": "import main", "other": ONE}, False),
        ({"main": "import other\nx.send_it()", "other": ONE, "broken": "send_it ("}, False),
    ],
)
def test_the_file_has_to_know_the_class(see: See, files: dict[str, str], is_near: bool) -> None:
    assert _is_named(see, files.pop("main"), **files) is is_near
