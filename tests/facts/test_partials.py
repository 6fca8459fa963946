"""The function in a `functools.partial`, by whatever names, and partials in partials."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.partials import out_of_partial, partials_in
from aiomend.facts.view import Module

See = Callable[..., Module]
HEAD = "import functools\nfrom functools import partial as p\n"


def _given(see: See, text: str) -> tuple[Module, ast.expr]:
    module = see(HEAD + text)
    (call,) = (one for one in module.facts.calls if isinstance(one.func, ast.Name) and one.func.id == "probe")
    return module, call.args[0]


@pytest.mark.parametrize(
    ("text", "function", "depth"),
    [
        pytest.param("probe(f)", "f", 0, id="none"),
        pytest.param("probe(lambda: 1)", "lambda: 1", 0, id="a lambda"),
        pytest.param("probe(partial(f, 1))", "partial(f, 1)", 0, id="another function of that name"),
        pytest.param("probe(p())", "p()", 0, id="of nothing"),
        pytest.param("probe(p(*x))", "p(*x)", 0, id="nobody sees of what"),
        pytest.param("g = p(f)\ng = other\nprobe(g)", "g", 0, id="a name that stands for more"),
        pytest.param("a, g = p(f)\nprobe(g)", "g", 0, id="a part of it"),
        pytest.param("probe(p(f, 1))", "f", 1, id="with another name"),
        pytest.param("probe(functools.partial(self.f, 1))", "self.f", 1, id="of a method"),
        pytest.param("g = p(f, 1)\nprobe(g)", "f", 1, id="with a name of its own"),
        pytest.param("g = p(f, 1)\nprobe(p(g, 2))", "f", 2, id="one in the other"),
        pytest.param("from x import *\ng = p(g, 1)\nprobe(g)", "g", 1, id="of its own name, which a star brings"),
    ],
)
def test_the_function_in_it(see: See, text: str, function: str, depth: int) -> None:
    module, given = _given(see, text)
    assert ast.unparse(out_of_partial(module.inference, module.facts, given)) == function
    assert len(partials_in(module.inference, module.facts, given)) == depth
