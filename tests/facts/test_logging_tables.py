"""Which files have a table of loggers with an entry for asyncio's."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aiomend.facts.logging_tables import names_asyncio
from aiomend.facts.view import Module

See = Callable[..., Module]


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        pytest.param("x = {'asyncio': 1}", False, id="a table of something else"),
        pytest.param("x = {'loggers': {'app': {}}}", False, id="a table without it"),
        pytest.param("x = {'loggers': {'asyncio.events': {}}}", False, id="a logger below it"),
        pytest.param("x = {'loggers': {asyncio: {}}}", False, id="a name that nobody reads"),
        pytest.param("x = {'loggers': {**asyncio}}", False, id="a table in a table"),
        pytest.param("x = ['loggers', 'asyncio']", False, id="no table"),
        pytest.param("x = {'loggers': 'asyncio'}", False, id="a value"),
        pytest.param("x = {'loggers': {'asyncio': {}}}", True, id="its entry"),
        pytest.param("x = {'loggers': {'app': {}, 'asyncio': {}}}", True, id="its entry behind another"),
        pytest.param("x = {'asyncio': {}}\ndictConfig(y)", True, id="a part of a table"),
    ],
)
def test_an_entry_for_asyncio(see: See, text: str, is_one: bool) -> None:
    assert names_asyncio(see(f"{text}\n")) is is_one
