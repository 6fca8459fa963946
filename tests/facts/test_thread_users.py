"""What runs a function: who calls it, which threads begin with it, and which uses are none of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aiomend.facts.scopes import FUNCTIONS
from aiomend.facts.thread_users import Users
from aiomend.facts.view import Module

See = Callable[..., Module]


def _users(see: See, text: str, name: str = "work", **others: str) -> list[str] | None:
    """The functions that use the first function of that name, "" for the top level."""
    module = see(f"import threading\n{text}\n", **others)
    function = next(one for one in module.facts.functions if one.name == name)
    assert isinstance(function, FUNCTIONS)
    found = Users(module.inference).of(module.facts, function)
    if found is None:
        return None
    return [getattr(one.caller.node, "name", "?") if one.caller is not None else "" for one in found]


@pytest.mark.parametrize(
    ("text", "users"),
    [
        pytest.param("def work(): pass", [], id="nobody"),
        pytest.param("def work(): work()", [], id="itself"),
        pytest.param("def work(): pass\ndef f(): work()", ["f"], id="a function"),
        pytest.param("def work(): pass\ndef f(): work()\ndef g(): work()", ["f", "g"], id="two functions"),
        pytest.param("def work(): work()\ndef f(): work()", ["f"], id="itself and another one"),
        pytest.param("class A:\n  def work(self): pass\nclass B:\n  def work(self): pass\ndef f(): B().work()\ndef g(): A().work()", ["g"], id="the user of another one of that name comes first"),
        pytest.param("class A:\n  def work(self): pass\nclass B:\n  def work(self): pass\ndef f(): B().work()", [], id="only another one of that name"),
        pytest.param("class A:\n  def __iter__(self): pass\n  def work(self): pass\ndef f(): A().work()", ["f"], id="a method"),
    ],
)  # fmt: skip
def test_who_runs_it(see: See, text: str, users: list[str]) -> None:
    assert _users(see, text) == users


def test_what_the_language_calls_has_no_list_of_users(see: See) -> None:
    assert _users(see, "class A:\n  def __len__(self): pass\ndef f(): A().__len__()", "__len__") == []


@pytest.mark.parametrize("name", ["__work", "work__", "_work_"])
def test_a_name_with_lines_on_one_side_is_any_name(see: See, name: str) -> None:
    assert _users(see, f"class A:\n  def {name}(self): pass\n  def f(self): self.{name}()", name) == ["f"]


def test_a_test_calls_things_where_nobody_else_does(see: See) -> None:
    user = "import main\ndef f(): main.work()\n"
    assert _users(see, "def work(): pass", test_main=user) == []
    assert _users(see, "def work(): pass", test_main=user, other=user) == ["f"]


def test_a_thread_begins_with_it(see: See) -> None:
    module = see("import threading\ndef work(): pass\ndef f(): threading.Thread(target=work).start()\n")
    found = Users(module.inference).of(module.facts, module.facts.functions[0])
    assert found is not None
    (user,) = found
    assert user.begin is not None
    assert user.begin.node is module.facts.functions[0]
