"""Uses of names of asyncio that moved, as the file writes them."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.moved_names import is_public, names_of, uses
from aiomend.facts.view import Module

See = Callable[..., Module]
NAMES = {"asyncio.futures.CancelledError": "", "asyncio.queues.JoinableQueue": ""}


def _uses(see: See, text: str, **others: str) -> list[tuple[str, str]]:
    module = see(text, **others)
    return [(ast.unparse(one.node), one.name.rpartition(".")[2]) for one in uses(module, NAMES)]


@pytest.mark.parametrize(
    "text",
    [
        "import asyncio\nasyncio.CancelledError",
        "import asyncio.futures",
        "from asyncio import futures",
        "from asyncio.futures import Future",
        "import other\nother.futures.CancelledError",
        "import asyncio\nasyncio.futures.other",
        "asyncio.futures.CancelledError",
        "from asyncio.futures import CancelledErrorX",
    ],
)
def test_no_use(see: See, text: str) -> None:
    assert _uses(see, text, other="x = 1") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import asyncio\nasyncio.futures.CancelledError", [("asyncio.futures.CancelledError", "CancelledError")]),
        ("import asyncio.futures as f\nf.CancelledError", [("f.CancelledError", "CancelledError")]),
        ("from asyncio import futures\nfutures.CancelledError", [("futures.CancelledError", "CancelledError")]),
        ("from asyncio.futures import CancelledError", [("from asyncio.futures import CancelledError", "CancelledError")]),
        ("from asyncio.futures import CancelledError as C, Future", [("from asyncio.futures import CancelledError as C, Future", "CancelledError")]),
        ("def f(): from asyncio.queues import JoinableQueue", [("from asyncio.queues import JoinableQueue", "JoinableQueue")]),
        ("import asyncio.queues.JoinableQueue.x as y", [("import asyncio.queues.JoinableQueue.x as y", "JoinableQueue")]),
        ("from asyncio.queues.JoinableQueue import a, b", [("from asyncio.queues.JoinableQueue import a, b", "JoinableQueue")]),
    ],
)  # fmt: skip
def test_a_use(see: See, text: str, found: list[tuple[str, str]]) -> None:
    assert _uses(see, text) == found


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("from asyncio.futures import CancelledError", 0),
        ("from asyncio.futures import CancelledError\nCancelledError; CancelledError", 2),
        ("from asyncio.futures import CancelledError as C\nC; CancelledError", 0),
        ("from asyncio.futures import CancelledError\ndef f(CancelledError): CancelledError", 0),
    ],
)
def test_uses_of_the_name(see: See, text: str, count: int) -> None:
    module = see(text)
    statement = module.tree.body[0]
    assert isinstance(statement, ast.ImportFrom)
    assert len(names_of(module, statement, "asyncio.futures.CancelledError")) == count


@pytest.mark.parametrize(
    ("name", "public"),
    [
        ("asyncio.futures.Future", True),
        ("asyncio.queues.Queue", True),
        ("asyncio.tasks.gather", True),
        ("asyncio.tasks.other", False),
        ("other.Queue", False),
    ],
)
def test_what_asyncio_has_too(name: str, public: bool) -> None:
    assert is_public(name) is public
