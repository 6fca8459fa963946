"""Imports by bytes alone: one that is missed hides a file from its neighbours."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from aiomend.facts.file_imports import imports_in

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "code", ["", "x = 1", "__import__('ring')", "importlib.import_module('ring')", "important = ring"]
)
def test_what_is_no_statement_imports_nothing(code: str) -> None:
    assert imports_in(code.encode()) == ()


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import ring", [("ring",)]),
        ("import bells.ring as r, toll  # not: hum", [("bells",), ("bells.ring",), ("r",), ("toll",)]),
        ("if x: import ring; import toll", [("ring",), ("toll",)]),
        ("from bells import ring", [("bells", "ring")]),
        ("from bells import ring as r, toll", [("bells", "r", "ring", "toll")]),
        ("from bells import (  # (old)\n    ring,  # toll\n    # hum\n    peal\n)", [("bells", "peal", "ring")]),
        ("from bells import(ring)", [("bells", "ring")]),
        ("from bells \\\n    import ring, \\\n    toll\nx = 1", [("bells", "ring", "toll")]),
        ("from bells import*", [("bells", "*")]),
        ("    from . import ring", [(".", "ring")]),
        ("from ..bells.low import ring", [("..bells.low", "ring")]),
        ("from .läuten import glocke", [(".läuten", "glocke")]),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=ascii)
def test_what_a_statement_imports(code: str, found: list[tuple[str, ...]], newline: str) -> None:
    data = code.replace("\n", newline).encode()

    assert imports_in(data) == tuple(tuple(name.encode() for name in one) for one in found)


def test_a_list_without_an_end_takes_no_longer() -> None:
    prose = b"# what it may import (see below\n" + b"# and below: and so on\n" * 400

    assert imports_in(prose) == ((b"below",), (b"see",))


@pytest.mark.parametrize("folder", ["codemods", "cli", "tests"])
def test_bytes_tell_every_import_of_this_project(folder: str) -> None:
    compared = 0
    for path in sorted((ROOT / folder).rglob("*.py")):
        data = path.read_bytes()
        found: dict[str, set[str]] = {}
        for module, *names in imports_in(data):
            found.setdefault(module.decode(), set()).update(name.decode() for name in names)
        for node in ast.walk(ast.parse(data)):
            match node:
                case ast.Import(names=names):
                    assert {one.name for one in names} <= found.keys(), path
                    compared += 1
                case ast.ImportFrom(names=names, module=module, level=level):
                    assert {one.name for one in names} <= found["." * level + (module or "")], path
                    compared += 1
                case _:
                    pass  # imports nothing
    assert compared, "nothing was compared"
