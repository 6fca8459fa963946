"""What stands under a test of `TYPE_CHECKING`, and what that says of a name."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.type_checking import Branch, branch_of, telling
from aiomend.facts.view import Module

See = Callable[..., Module]
Marked = Callable[[Module], ast.Call]


@pytest.mark.parametrize(
    ("text", "branch"),
    [
        ("mark()", Branch.ANY),
        ("if x: mark()", Branch.ANY),
        ("if mark(TYPE_CHECKING): pass", Branch.ANY),
        ("if TYPE_CHECKING: pass\nmark()", Branch.ANY),
        ("if not TYPE_CHECKING: mark()", Branch.ANY),
        ("if TYPE_CHECKING: mark()", Branch.TYPES),
        ("if typing.TYPE_CHECKING: mark()", Branch.TYPES),
        ("if TYPE_CHECKING:\n  if x: mark()", Branch.TYPES),
        ("if TYPE_CHECKING:\n  def f(): mark()", Branch.TYPES),
        ("if TYPE_CHECKING: pass\nelse: mark()", Branch.RUN),
        ("if TYPE_CHECKING: pass\nelif x: mark()", Branch.RUN),
    ],
)
def test_the_branch(see: See, marked: Marked, text: str, branch: Branch) -> None:
    module = see(text)
    assert branch_of(module.facts, marked(module)) is branch


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("x = 1", "1"),
        ("x = 1\nx = 2", "1 2"),
        ("if TYPE_CHECKING: x = 1", "1"),
        ("if TYPE_CHECKING: x = 1\nelse: x = 2", "1"),
        ("if typing.TYPE_CHECKING: x = 1\nelse: x = 2", "1"),
        ("if TYPE_CHECKING: x = 1\nelse: x = 2\nx = 3", "1 3"),
        ("if TYPE_CHECKING: pass\nelse: x = 1\nx = 2", "1 2"),
        ("if x: x = 1\nelse: x = 2", "1 2"),
    ],
)
def test_what_tells_what_a_name_is(see: See, text: str, values: str) -> None:
    facts = see(text).facts
    found = telling(facts, facts.scope.bindings["x"])
    assert " ".join(ast.unparse(one.value) for one in found if one.value is not None) == values
