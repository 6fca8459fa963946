"""What code puts in the place of something by its name."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.put_in_place import placed
from aiomend.facts.values import Function, ProjectClass, ProjectInstance, ProjectModule
from aiomend.facts.view import Module

See = Callable[..., Module]
MAIN = "class Client:\n  def send(self): pass\nclient = Client()\n"
HEAD = "import types\nfrom unittest import mock\nfrom unittest.mock import patch\nimport main\ndef fake(*a): yield\n"


def _found(see: See, test: str) -> list[tuple[str, str]]:
    """Return the names of what is put in the place of `send`, and of what it is an attribute."""
    module = see(MAIN, test_main=HEAD + test)
    found = []
    for one in placed(module.inference, "send"):
        values, owners = one.values(module.inference), one.owned_by(module.inference)
        names = [
            value.node.name
            for value in values
            if isinstance(value, Function) and isinstance(value.node, ast.FunctionDef)
        ]
        known = (ProjectClass, ProjectInstance, ProjectModule)
        kinds = [type(owner).__name__ for owner in owners if isinstance(owner, known)]
        found.append((" ".join(names), " ".join(kinds)))
    return found


@pytest.mark.parametrize(
    "test",
    [
        pytest.param("", id="nothing"),
        pytest.param("main.client.other = fake", id="another attribute"),
        pytest.param("main.client.send(fake)", id="it is called"),
        pytest.param("x = main.client.send", id="it is read"),
        pytest.param("main.client.send += fake", id="added to"),
        pytest.param("x, main.client.send = pair", id="out of a pair that is not written there"),
        pytest.param("x, main.client.other = 1, fake", id="another attribute of a pair"),
        pytest.param("class A:\n  def f(self): self.send = fake", id="its own, which is known with the class"),
        pytest.param("patch('main.Client.send')", id="a mock that patch makes"),
        pytest.param("patch.object(main.Client, 'send')", id="likewise, of an object"),
        pytest.param("patch.object(main.Client, 'send', autospec=True)", id="likewise, that looks like it"),
        pytest.param("patch('main.Client.resend', fake)", id="another one with such an end"),
        pytest.param("patch('send', fake)", id="a text without a home"),
        pytest.param("patch.object(main.Client, name, fake)", id="a name that is not known"),
        pytest.param("other.object(main.Client, 'send', fake)", id="another tool"),
        pytest.param("other.multiple(main.Client, send=fake)", id="another tool, for several"),
        pytest.param("setattr(main.client, 'other', fake)", id="another one is set"),
        pytest.param("getattr(main.client, 'send', fake)", id="got"),
        pytest.param("type(main.client)", id="no class is made"),
        pytest.param("type('A', (main.Client,), {'other': fake, **more})", id="a class with another method"),
        pytest.param("main.client.__dict__['other'] = fake", id="another entry"),
        pytest.param("x = main.client.__dict__['send']", id="an entry that is read"),
        pytest.param("main.client.__dict__['send'] += fake", id="an entry that is added to"),
        pytest.param("vars()['send'] = fake", id="of what is around"),
    ],
)  # fmt: skip
def test_nothing_is_put_there(see: See, test: str) -> None:
    assert _found(see, test) == []


@pytest.mark.parametrize(
    ("test", "owner"),
    [
        pytest.param("main.client.send = fake", "ProjectInstance", id="of an object"),
        pytest.param("main.Client.send = fake", "ProjectClass", id="of a class"),
        pytest.param("main.send = fake", "ProjectModule", id="of a module"),
        pytest.param("x.y.send = fake", "", id="of nobody knows whom"),
        pytest.param("main.client.send: object = fake", "ProjectInstance", id="with an annotation"),
        pytest.param("main.Client.send = staticmethod(fake)", "ProjectClass", id="as a static method"),
        pytest.param("main.client.send = types.MethodType(fake, main.client)", "ProjectInstance", id="as a method"),
        pytest.param("main.client.send = fake.__get__(main.client)", "ProjectInstance", id="bound"),
        pytest.param("x, main.Client.send = 1, fake", "ProjectClass", id="with something else"),
        pytest.param("[main.client.send, x] = fake, 1", "ProjectInstance", id="with something else, in a list"),
        pytest.param("setattr(main.Client, 'send', fake)", "ProjectClass", id="set"),
        pytest.param("def f(monkeypatch): monkeypatch.setattr(main.Client, 'send', fake)", "ProjectClass", id="by pytest"),
        pytest.param("def f(monkeypatch): monkeypatch.setattr('main.Client.send', fake)", "ProjectClass", id="by pytest, as a text"),
        pytest.param("patch('main.Client.send', fake)", "ProjectClass", id="patched"),
        pytest.param("@mock.patch('main.Client.send', fake)\ndef f(): pass", "ProjectClass", id="by a decorator"),
        pytest.param("patch('main.client.send', new=fake)", "ProjectInstance", id="by a keyword"),
        pytest.param("patch(target='main.send', new=fake)", "ProjectModule", id="by keywords alone"),
        pytest.param("patch('elsewhere.Client.send', fake)", "", id="in a module of others"),
        pytest.param("patch('main.Client.send', new_callable=lambda: fake)", "ProjectClass", id="made"),
        pytest.param("patch.object(main.Client, 'send', fake)", "ProjectClass", id="of a class, patched"),
        pytest.param("mock.patch.object(main.Client, attribute='send', new=fake)", "ProjectClass", id="attribute by its keyword"),
        pytest.param("def f(mocker): mocker.patch.object(main.client, 'send', fake)", "ProjectInstance", id="by mocker"),
        pytest.param("patch.multiple(main.Client, send=fake)", "ProjectClass", id="several"),
        pytest.param("patch.multiple('main.Client', send=fake)", "ProjectClass", id="several, as a text"),
        pytest.param("A = type('A', (main.Client,), {'send': fake})", "ProjectClass", id="a class that is made"),
        pytest.param("main.client.__dict__['send'] = fake", "ProjectInstance", id="in its table"),
        pytest.param("vars(main.client)['send'] = fake", "ProjectInstance", id="in its table, by a function"),
    ],
)  # fmt: skip
def test_it_is_put_there(see: See, test: str, owner: str) -> None:
    assert _found(see, test) == [("fake", owner)]
