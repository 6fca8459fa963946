"""Coroutines that are taken for their results: on the spot, or by a name that never holds one."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.misused_coroutines import Misused, misused_coroutines
from aiomend.facts.view import Module

See = Callable[..., Module]
HEAD = "import asyncio\nfrom typing import Awaitable\nasync def job(): pass\nasync def other(): pass\n"


def _found(see: See, body: str, top: str = "") -> list[Misused]:
    return list(misused_coroutines(see(f"{HEAD}{top}\nasync def f(x):\n{textwrap.indent(body, '  ')}\n")))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("await job()", id="awaited"),
        pytest.param("job()", id="dropped: another's business"),
        pytest.param("x(job())", id="handed on"),
        pytest.param("return job()", id="returned"),
        pytest.param("y = [job()]", id="in a list"),
        pytest.param("x(y=job())", id="by keyword"),
        pytest.param("y = x()\ny.z", id="not known"),
        pytest.param("y = job()\nawait y", id="bound and awaited"),
        pytest.param("y = job()\ny.close()\ny.z", id="closed"),
        pytest.param("y = job()\nx(y)", id="bound and handed on"),
        pytest.param("y = job()\nreturn y", id="bound and returned"),
        pytest.param("y = job()\ny.z\nawait y", id="used and awaited"),
        pytest.param("y = job()\ny = x()\ny.z", id="or something else"),
        pytest.param("y = job()\ny = 1\ny.z", id="or a number"),
        pytest.param("y = job()\ndel y", id="thrown away"),
        pytest.param("y = job()\ny.z\ndel y", id="used and thrown away"),
        pytest.param("y = job()\nlocals()", id="all names are looked at"),
        pytest.param("global y\ny = job()", id="a name of the module"),
        pytest.param("y: Awaitable = job()", id="said to be one"),
        pytest.param("y: 'asyncio.Future' = job()", id="said to be a future"),
        pytest.param("for y in x: y = job()\ny.z", id="a loop's variable"),
    ],
)
def test_nothing_is_misused(see: See, body: str) -> None:
    assert _found(see, body) == []


@pytest.mark.parametrize(
    ("body", "name", "uses", "doubt"),
    [
        ("job().z", "", 0, ""),
        ("job()[0]", "", 0, ""),
        ("job() + 1", "", 0, ""),
        ("y, z = job()", "", 0, ""),
        ("y = job()", "y", 0, ""),
        ("y: int = job()", "y", 0, ""),
        ("y = job()\ny.z", "y", 1, ""),
        ("y = job()\ny.z\ny[0]", "y", 2, ""),
        ("y = job()\ny = other()\ny.z", "y", 1, ""),
        ("y = job()\nif x: y.z", "y", 1, ""),
        ("y = job()\ny.z\nx(y)", "y", 1, ""),
        ("y = job()\nx(y)\ny.z", "y", 1, "`x(y)` may want the coroutine"),
        ("y = job()\nif x: y.z\nx(y)", "y", 1, "`x(y)` may want the coroutine"),
        ("y = job()\nx and y.z\nx(y)", "y", 1, "`x(y)` may want the coroutine"),
        ("y = job()\nlambda: y.z\nx(y)", "y", 1, "`x(y)` may want the coroutine"),
        ("y = job()\nif y.z: x(y)", "y", 1, ""),
        ("y = job()\nx(y, y.z)", "y", 1, "`x(y, y.z)` may want the coroutine"),
        ("y = job()\nreturn (y,\n  y.z)", "y", 1, "`(y, y.z)` may want the coroutine"),
    ],
)
def test_it_is_taken_for_its_result(see: See, body: str, name: str, uses: int, doubt: str) -> None:
    found = _found(see, body)
    assert [(one.name, len(one.uses), one.doubt) for one in found][:1] == [(name, uses, doubt)]


@pytest.mark.parametrize(
    ("top", "body"),
    [
        ("y = job()\ny.z", "pass"),
        ("class A:\n  y = job()\n  y.z", "pass"),
        ("def eval_(): eval(x)", "y = job()"),
        ("import pytest", "y = job()"),
    ],
)
def test_where_others_may_take_it(see: See, top: str, body: str) -> None:
    assert _found(see, body, top) == []
