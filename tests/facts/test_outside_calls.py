"""Calls of functions outside the project, by whatever they are written as; what cannot be one is not even evaluated."""

from __future__ import annotations

import ast
from collections.abc import Callable
from unittest.mock import patch

import pytest

from aiomend.facts.inference import Inference
from aiomend.facts.view import Module

See = Callable[..., Module]

NAME = frozenset({"asyncio.wait"})


def lines(see: See, text: str, **others: str) -> list[int]:
    return [call.lineno for call in see(text, **others).calls(*NAME)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("import threading\nthreading.Event().wait()\n", id="another's method of that name"),
        pytest.param("import asyncio\nasyncio.gather()\n", id="another name"),
        pytest.param("import asyncio\nasyncio.wait\n", id="not called"),
        pytest.param("def wait(*args): ...\nwait()\n", id="a function of the project"),
        pytest.param("from asyncio import gather as wait\nwait()\n", id="another one's other name"),
        pytest.param(
            "import asyncio\nif x:\n    wait = asyncio.wait\nelse:\n    wait = print\nwait()\n", id="one of two"
        ),
    ],
)
def test_what_is_called_is_something_else(see: See, text: str) -> None:
    assert lines(see, text) == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("import asyncio\nasyncio.wait()\n", id="by its name"),
        pytest.param("import asyncio as aio\naio.wait()\n", id="of a package by another name"),
        pytest.param("from asyncio import wait\nwait()\n", id="imported"),
        pytest.param("from asyncio import wait as until\nuntil()\n", id="imported by another name"),
        pytest.param("import asyncio\n(asyncio.wait)()\n", id="in parentheses"),
        pytest.param("import asyncio\n(asyncio.wait if x else asyncio.wait)()\n", id="one of two that are the same"),
        pytest.param("import asyncio\nuntil = asyncio.wait\nuntil()\n", id="assigned"),
        pytest.param("from asyncio import *\nwait()\n", id="with a star"),
        pytest.param("import asyncio\n[until() for until in [asyncio.wait]]\n", id="an item"),
        pytest.param("import asyncio\nclass A:\n  until = asyncio.wait\nA.until()\n", id="of a class"),
    ],
)
def test_by_whatever_name_it_is_called_in_its_file(see: See, text: str) -> None:
    assert lines(see, text) == [text.count("\n")]


def test_what_an_object_was_given_is_called_by_the_name_of_the_attribute(see: See) -> None:
    text = """
        import asyncio
        class A:
            def __init__(self):
                self.until = asyncio.wait
            def go(self):
                self.until()
    """
    assert lines(see, text) == [7]


@pytest.mark.parametrize(
    ("text", "other"),
    [
        pytest.param("import other\nother.until()\n", "import asyncio\nuntil = asyncio.wait\n", id="assigned there"),
        pytest.param("from other import until\nuntil()\n", "from asyncio import wait as until\n", id="imported there"),
        pytest.param("from other import until as u\nu()\n", "from asyncio import wait as until\n", id="and again"),
        pytest.param("from other import *\nuntil()\n", "from asyncio import wait as until\n", id="with a star"),
        pytest.param(
            "import other\nother.a()\n", "import asyncio\na, b = asyncio.wait, asyncio.gather\n", id="one of two"
        ),
        pytest.param(
            "from other import a\na()\n", "import asyncio\na, b = asyncio.wait, asyncio.gather\n", id="by name"
        ),
        pytest.param(
            "from other import a\na()\n", "import asyncio\na = asyncio.wait if x else asyncio.wait\n", id="a choice"
        ),
    ],
)
def test_another_file_gives_it_another_name(see: See, text: str, other: str) -> None:
    assert lines(see, text, other=other) == [2]


def test_a_name_of_older_versions_is_another_spelling(see: See) -> None:
    module = see("import asyncio\nasyncio.JoinableQueue()\nasyncio.Queue()\n")
    assert [call.lineno for call in module.calls("asyncio.Queue")] == [2, 3]


def test_what_is_written_as_something_else_is_not_evaluated(see: See) -> None:
    text = "import asyncio\nasyncio.sleep(1)\nprint(asyncio.gather(f()))\na.b.c(d().e())\nasyncio.wait()\n"
    module = see(text)
    evaluated: list[str] = []
    evaluate = Inference._evaluate

    def watched(self: Inference, facts: object, node: ast.expr) -> object:
        evaluated.append(ast.unparse(node))
        return evaluate(self, facts, node)  # type: ignore[arg-type]

    with patch.object(Inference, "_evaluate", watched):
        assert [call.lineno for call in module.calls("asyncio.wait")] == [5]
    assert evaluated == ["asyncio.wait", "asyncio"]
