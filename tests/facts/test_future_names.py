"""Which names say that something is a future."""

from __future__ import annotations

import ast

import pytest

from aiomend.facts.futures import holder_name, suggests_future


@pytest.mark.parametrize(
    ("text", "suggests"),
    [
        ("fut", True),
        ("self._future", True),
        ("read_waiter", True),
        ("fut2", True),
        ("doneFuture", True),
        ("futurist", False),
        ("futile", False),
        ("waiters.pop()", True),
        ("self._futures.popleft()", True),
        ("futs.get(key)", True),
        ("futs.index(key)", False),
        ("jobs.pop()", False),
        ("futures[0]", True),
        ("jobs[0]", False),
        ("futures()", False),
        ("1", False),
        ("x + fut", False),
    ],
)
def test_which_expressions_are_called_like_a_future(text: str, suggests: bool) -> None:
    assert suggests_future(ast.parse(text, mode="eval").body) is suggests


@pytest.mark.parametrize(
    ("text", "name"),
    [("futures", "future"), ("self._waiters", "waiter"), ("read_futs", "read_fut"), ("future", None), ("f()", None)],
)
def test_what_one_of_several_is_called(text: str, name: str | None) -> None:
    assert holder_name(ast.parse(text, mode="eval").body) == name
