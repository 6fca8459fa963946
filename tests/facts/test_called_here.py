"""Whether a test decides that code calls a function itself, which it else has called in a thread."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.called_here import is_called_here_on_purpose
from aiomend.facts.view import Module


@pytest.mark.parametrize(
    ("body", "is_meant"),
    [
        pytest.param("if x: mark()\nelse: await offload(mark)", True, id="the other branch"),
        pytest.param("if x: await offload(mark, 1)\nelse: mark()", True, id="the one before"),
        pytest.param("if x: mark()\nelif y: await offload(work=mark)", True, id="a later one"),
        pytest.param("mark() if x else await offload(partial(mark, 1))", True, id="in an expression"),
        pytest.param("if x: return mark()\nawait offload(mark)", True, id="what follows a branch that leaves"),
        pytest.param("if x:\n    await offload(mark)\n    return\nmark()", True, id="what follows one that left"),
        pytest.param("if x: mark()\nelse: await offload(other)", False, id="another function"),
        pytest.param("if x: mark()\nelse: offload(mark)", False, id="nobody waits for it"),
        pytest.param("if x: mark()\nawait offload(mark)", False, id="both run"),
        pytest.param("if x: await offload(mark)\nmark()", False, id="both run, the other way round"),
        pytest.param("if x: await offload(mark)\ndef inner(): mark()", False, id="a function of its own"),
        pytest.param("if mark(): await offload(mark)", False, id="the test itself"),
    ],
)
def test_it_is_called_here_on_purpose(
    see: Callable[..., Module], marked: Callable[[Module], ast.Call], body: str, is_meant: bool
) -> None:
    module = see(f"async def f(x, y):\n{textwrap.indent(body, '    ')}\n")
    assert is_called_here_on_purpose(module, marked(module)) is is_meant
