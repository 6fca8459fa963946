"""What `yield from` goes through and nothing awaits."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aiomend.facts.gone_through import is_gone_through
from aiomend.facts.view import Module

See = Callable[..., Module]
HEAD = """
import asyncio, collections.abc, concurrent.futures, itertools, typing, unittest.mock
from collections import Counter
from itertools import repeat
class Box: pass
"""


def _is_gone_through(see: See, node: str, before: str = "", parameters: str = "x") -> bool:
    module = see(f"{HEAD}def f({parameters}):\n  {before or 'pass'}\n  mark({node})\n")
    (call,) = (one for one in module.facts.calls if module.text(one.func) == "mark")
    return is_gone_through(module, call.args[0])


@pytest.mark.parametrize(
    "node",
    [
        "x",
        "x.items()",
        "x()",
        "None",
        "Box()",
        "asyncio.sleep(1)",
        "asyncio.Future()",
        "asyncio.gather(*x)",
        "asyncio.Lock()",
        "unittest.mock.MagicMock()",
        "x.map(f)",
        "x.range(3)",
        "x or y",
        "x if x else None",
        "next(x)",
        "x[0]",
    ],
)
def test_what_may_be_awaited(see: See, node: str) -> None:
    assert not _is_gone_through(see, node)


@pytest.mark.parametrize(
    "node",
    [
        "[x]",
        "()",
        "{x}",
        "{}",
        "[y for y in x]",
        "(y for y in x)",
        "''",
        "b''",
        "f'{x}'",
        "range(0)",
        "map(x, y)",
        "filter(None, x)",
        "sorted(x)",
        "list(x)",
        "iter(x)",
        "zip(x, x)",
        "itertools.repeat(None, x)",
        "repeat(None, x)",
        "itertools.chain(x, x)",
        "asyncio.as_completed(x)",
        "dict.fromkeys(x)",
        "str(x)",
        "open(x)",
        "Counter(x)",
        "x or []",
        "x if x else range(3)",
        "x or ''",
    ],
)
def test_what_is_gone_through(see: See, node: str) -> None:
    assert _is_gone_through(see, node)


@pytest.mark.parametrize(
    ("before", "node", "parameters"),
    [
        ("", "waiters", "*waiters"),
        ("", "named", "**named"),
        ("", "x", "x: list"),
        ("", "x", "x: 'list'"),
        ("", "x", "x: 'dict[str, int]'"),
        ("", "x", "x: list = None"),
        ("", "x", "x: typing.Optional[list]"),
        ("", "x", "x: typing.List"),
        ("", "x", "x: typing.List[int]"),
        ("", "x", "x: collections.abc.Sequence"),
        ("", "x", "x: str"),
        ("", "x.items()", "x: dict"),
        ("y = itertools.repeat(None, 3)", "y", "x"),
        ("y = {}", "y.items()", "x"),
        ("first, *y = x", "y", "x"),
        ("y, _ = yield from asyncio.wait(x)", "y", "x"),
        ("_, y = yield from asyncio.wait(x)", "y", "x"),
    ],
)
def test_a_name_of_what_is_gone_through(see: See, before: str, node: str, parameters: str) -> None:
    assert _is_gone_through(see, node, before, parameters)


@pytest.mark.parametrize(
    ("before", "node", "parameters"),
    [
        ("waiters = asyncio.gather(*waiters)", "waiters", "*waiters"),
        ("", "waiters[0]", "*waiters"),
        ("", "x", "x: typing.Any"),
        ("", "x", "x: typing.Awaitable"),
        ("", "x", "x: 'typing.Awaitable[list]'"),
        ("", "x", "x: asyncio.Future"),
        ("", "x", "x: typing.Optional[asyncio.Future]"),
        ("", "x", "x: typing.Union[list, asyncio.Future]"),
        ("y = x", "y", "x"),
        ("first, y = x", "y", "x"),
        ("y, _ = yield from x.wait()", "y", "x"),
        ("for y in [x]: pass", "y", "x"),
        ("y = itertools.repeat(x, 3)\n  y = x", "y", "x"),
    ],
)
def test_a_name_of_what_may_be_awaited(see: See, before: str, node: str, parameters: str) -> None:
    assert not _is_gone_through(see, node, before, parameters)
