"""How a name of another module is written at a place."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.imported_names import Spelling, is_free, spell
from aiomend.facts.view import Module

See = Callable[..., Module]


def _probe(module: Module) -> ast.Call:
    return next(c for c in module.facts.calls if isinstance(c.func, ast.Name) and c.func.id == "probe")


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        pytest.param("probe()", Spelling("asyncio.sleep", "asyncio"), id="nothing is imported"),
        pytest.param("import asyncio\nprobe()", Spelling("asyncio.sleep"), id="the module is"),
        pytest.param("import asyncio as aio\nprobe()", Spelling("aio.sleep"), id="under another name"),
        pytest.param("from asyncio import sleep as nap\nprobe()", Spelling("nap"), id="the function is"),
        pytest.param(
            "def f():\n    import asyncio\nprobe()", Spelling("asyncio.sleep", "asyncio"), id="in another scope only"
        ),
        pytest.param(
            "def f():\n    import asyncio as aio\n    def g():\n        probe()",
            Spelling("aio.sleep"),
            id="the function around has imported it",
        ),
        pytest.param(
            "def f():\n    probe()\n    import asyncio",
            Spelling("sleep", "asyncio", "sleep"),
            id="the function around imports it later",
        ),
        pytest.param(
            "def f(x):\n    if x:\n        import asyncio\n    probe()",
            Spelling("sleep", "asyncio", "sleep"),
            id="the function around imports it under a condition",
        ),
        pytest.param(
            "def f():\n    import asyncio\n    def g(asyncio):\n        probe()",
            Spelling("sleep", "asyncio", "sleep"),
            id="hidden from it",
        ),
        pytest.param(
            "import asyncio\ndef f(asyncio): probe()", Spelling("sleep", "asyncio", "sleep"), id="a parameter hides it"
        ),
        pytest.param(
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from asyncio import sleep\nprobe()",
            Spelling("asyncio.sleep", "asyncio"),
            id="for type checkers only",
        ),
        pytest.param("from asyncio import gather\nprobe()", Spelling("sleep", "asyncio", "sleep"), id="as others are"),
        pytest.param(
            "from asyncio import gather\ndef g(sleep): pass\ndef f(): sleep()\nprobe()",
            Spelling("asyncio.sleep", "asyncio"),
            id="the name may mean something else",
        ),
        pytest.param(
            "if x:\n    from asyncio import gather\nprobe()",
            Spelling("asyncio.sleep", "asyncio"),
            id="perhaps it is not run",
        ),
        pytest.param("from asyncio import *\nprobe()", Spelling("sleep"), id="with the star"),
        pytest.param("import asyncio.subprocess\nprobe()", Spelling("asyncio.sleep"), id="through a submodule"),
    ],
)
def test_spelling(see: See, text: str, spelling: Spelling) -> None:
    module = see(text)
    assert spell(module.facts, "asyncio", "sleep", _probe(module)) == spelling


def test_a_module_that_is_imported_from_its_package_spells_what_it_has(see: See) -> None:
    module = see("from unittest import mock as m\nprobe()")
    assert spell(module.facts, "unittest.mock", "MagicMock", _probe(module)) == Spelling("m.MagicMock")


@pytest.mark.parametrize(
    ("text", "free"),
    [
        pytest.param("probe()", True, id="nothing has it"),
        pytest.param("def f(): x = 1\nprobe()", True, id="in another scope"),
        pytest.param("x = 1\ndef f(): probe()", False, id="of the module"),
        pytest.param("def f(x):\n  def g(): probe()", False, id="of the function around"),
        pytest.param("def f():\n  global x\n  probe()", False, id="declared global, and bound elsewhere if anywhere"),
        pytest.param("def f():\n  global x\n  def g(): probe()", False, id="declared around"),
    ],
)
def test_whether_a_name_is_free(see: See, text: str, free: bool) -> None:
    module = see(text)
    assert is_free(module.facts, "x", _probe(module)) is free
