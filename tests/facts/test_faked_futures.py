"""Mocks and other objects that tests put in the place of a future or an event loop."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.faked_futures import asserted, faked
from aiomend.facts.view import Module

See = Callable[..., Module]
MAIN = """
import asyncio

class Link:
    def __init__(self, loop, given=None):
        self.loop = loop
        self.ready = loop.create_future()
        self.given = given
        self.replies = {}
        self.waiters = []

    def on_ready(self, value):
        self.ready.set_result(value)

    def on_given(self, value):
        self.given.set_result(value)

    def on_reply(self, value):
        fut = self.replies.pop(1, None)
        fut.set_result(value)

    def on_all(self, value):
        for waiter in list(self.waiters):
            waiter.set_result(value)

class Other:
    def on_ready(self, value):
        self.ready = asyncio.get_running_loop().create_future()
        self.ready.set_result(value)

def resolve(fut, value):
    (fut or Link(asyncio.get_event_loop()).ready).set_result(value)
"""
HEAD = """
import asyncio
from types import SimpleNamespace
from unittest import mock
from unittest.mock import MagicMock, patch
from main import Link, Other, resolve

class Fake:
    def set_result(self, value): ...

loop = asyncio.new_event_loop()
link = Link(loop)
"""


def _receiver(module: Module, function: str) -> ast.expr:
    """Return what a setter is called on in a function of `main.py`, or in a method: `Link.on_ready`."""
    for use in module.facts.attributes["set_result"]:
        around, owner = module.function_at(use), module.class_at(use)
        assert isinstance(around, ast.FunctionDef)
        if function == (f"{owner.node.name}.{around.name}" if owner is not None else around.name):
            return use.value
    raise AssertionError(function)


@pytest.mark.parametrize(
    ("function", "test"),
    [
        pytest.param("Link.on_ready", "", id="real ones"),
        pytest.param("Link.on_ready", "link.ready = loop.create_future()", id="another real one"),
        pytest.param("Link.on_ready", "link.ready = None", id="none at all"),
        pytest.param("Link.on_ready", "Other().ready = mock.Mock()", id="of another class"),
        pytest.param("Link.on_ready", "link.given = mock.Mock()", id="another attribute"),
        pytest.param("Link.on_ready", "link.loop = mock.sentinel", id="what has no such method"),
        pytest.param("Link.on_ready", "Link(loop, mock.Mock())", id="another parameter"),
        pytest.param("Link.on_reply", "link.waiters.append(mock.Mock())", id="another collection"),
        pytest.param("Link.on_reply", "link.replies[1] = loop.create_future()", id="a real one in the collection"),
        pytest.param("Link.on_reply", "mock.Mock(link.replies[1])", id="a mock of its own"),
        pytest.param("Link.on_all", "link.waiters = [loop.create_future()]", id="a list of real ones"),
        pytest.param("resolve", "resolve(None, mock.Mock())", id="as the value"),
    ],
)
def test_no_other_is_put_there(see: See, function: str, test: str) -> None:
    module = see(MAIN, test_main=HEAD + test)
    assert faked(module, _receiver(module, function)) is None


@pytest.mark.parametrize(
    ("function", "test"),
    [
        pytest.param("Link.on_ready", "link.ready = mock.Mock()", id="a mock on the attribute"),
        pytest.param("Link.on_ready", "link.ready = Fake()", id="an object with a setter"),
        pytest.param("Link.on_ready", "before, link.ready = link.ready, Fake()", id="with something else"),
        pytest.param("Link.on_ready", "from unittest.mock import Mock as M\nlink.ready = M()", id="by another name"),
        pytest.param(
            "Link.on_ready", "link.ready = mock.create_autospec(asyncio.Future)", id="a mock that looks like one"
        ),
        pytest.param("Link.on_ready", "link.ready = SimpleNamespace(set_result=print)", id="a namespace"),
        pytest.param("Link.on_ready", "Link(MagicMock())", id="a loop whose futures are mocks"),
        pytest.param("Link.on_ready", "def test(mocker): Link(mocker.Mock())", id="a mock of a plugin"),
        pytest.param("Link.on_ready", "fake = MagicMock()\nLink(fake)", id="likewise, by a variable"),
        pytest.param("Link.on_ready", "patch.object(link, 'ready')", id="patched"),
        pytest.param("Link.on_ready", "patch.object(link, 'ready', new=Fake())", id="patched by something"),
        pytest.param("Link.on_ready", "patch.object(link, 'ready', new_callable=Fake)", id="patched by what makes it"),
        pytest.param("Link.on_ready", "setattr(link, 'ready', Fake())", id="set by a text"),
        pytest.param("Link.on_given", "Link(loop, Fake())", id="passed"),
        pytest.param("Link.on_given", "Link(loop, given=mock.Mock())", id="passed by its name"),
        pytest.param("Link.on_given", "fake = mock.Mock()\nLink(loop, fake)", id="passed by a variable"),
        pytest.param(
            "Link.on_given",
            "import pytest\n@pytest.fixture\ndef fake(): return Fake()\ndef test_it(fake): Link(loop, fake)",
            id="a fixture that is passed",
        ),
        pytest.param("Link.on_reply", "link.replies[1] = mock.Mock()", id="in the collection"),
        pytest.param("Link.on_reply", "link.replies = {1: mock.Mock()}", id="another collection with it"),
        pytest.param("Link.on_reply", "link.replies.setdefault(1, Fake())", id="put there by a method"),
        pytest.param("Link.on_reply", "fakes = {}\nfakes[1] = Fake()\nlink.replies = fakes", id="filled before"),
        pytest.param("Link.on_all", "link.waiters.append(Fake())", id="in a list"),
        pytest.param("Link.on_all", "link.waiters = [mock.Mock() or None]", id="another list"),
        pytest.param("resolve", "resolve(mock.Mock(), 1)", id="of a function"),
        pytest.param("resolve", "resolve(Fake() if loop else None, 1)", id="in a choice"),
        pytest.param("resolve", "for one in [Fake(), Fake()]: resolve(one, 1)", id="gone through"),
        pytest.param("resolve", "resolve(next(iter([Fake()])), 1)", id="the first of several"),
        pytest.param("resolve", "resolve((one := Fake()), 1)", id="named on the way"),
    ],
)
def test_another_is_put_there(see: See, function: str, test: str) -> None:
    module = see(MAIN, test_main=HEAD + test)
    place = faked(module, _receiver(module, function))
    assert place is not None
    assert place.startswith("test_main.py:")


@pytest.mark.parametrize(
    "test",
    [
        pytest.param("", id="nothing"),
        pytest.param("link.on_ready(1)\nlink.ready.set_result(1)", id="it is called"),
        pytest.param("link.on_ready(1)\nlink.ready.result.assert_called()", id="another method"),
        pytest.param("link.on_ready(1)\nlink.given.set_result.assert_called()", id="another attribute"),
        pytest.param("link.on_ready(1)\nlink.ready.set_result.other", id="asked for something else"),
        pytest.param("link.on_ready(1)\nprint(link.ready.set_result)", id="given to a function"),
    ],
)
def test_no_mock_is_asked(see: See, test: str) -> None:
    module = see(MAIN, test_main="from main import Link\n" + test)
    receiver = _receiver(module, "Link.on_ready")
    assert asserted(module, receiver, receiver, "set_result") is None


@pytest.mark.parametrize("where", ["other", "test_other"])
def test_a_mock_elsewhere_is_no_matter(see: See, where: str) -> None:
    """A file of tests that speaks of nothing around it, and one without tests."""
    text = "fut.set_result.assert_called()" + ("\nfrom main import Link" if where == "other" else "")
    module = see(MAIN, **{where: text})
    receiver = _receiver(module, "Link.on_ready")
    assert asserted(module, receiver, receiver, "set_result") is None


@pytest.mark.parametrize(
    "test",
    [
        pytest.param("link.ready.set_result.assert_called_once_with(1)", id="asserted"),
        pytest.param("fut.set_result.assert_not_called()", id="by a variable"),
        pytest.param("assert fut.set_result.called", id="asked"),
        pytest.param("assert fut.set_result.call_args == ((1,),)", id="what it was given"),
        pytest.param("loop.create_future.return_value.set_result.assert_called()", id="what a mock loop makes"),
        pytest.param("loop.call_later.assert_called_once_with(3, fut.set_result, None)", id="given to the loop"),
        pytest.param("assert loop.mock_calls == [mock.call.call_later(3, fut.set_result)]", id="among all calls"),
        pytest.param("assert loop.mock_calls == [call(3, fut.set_result)]", id="likewise, by its name"),
        pytest.param("loop.call_later.assert_has_calls([mock.call(3, fut.set_result)])", id="among several"),
    ],
)
def test_a_mock_is_asked(see: See, test: str) -> None:
    module = see(MAIN, test_main="from main import Link\n" + test)
    receiver = _receiver(module, "Link.on_ready")
    assert asserted(module, receiver, receiver, "set_result") == "test_main.py:2"
