"""Every promise names the tests that hold it, and they are there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINES = [line for line in (ROOT / "docs" / "promises.md").read_text("utf-8").splitlines() if line.startswith("- ")]
_TEST = re.compile(r"`(tests/[\w/]+\.py)::([\w:]+)`")


@pytest.mark.parametrize("line", LINES, ids=lambda line: line[2:60])
def test_a_promise_names_tests_that_exist(line: str) -> None:
    named = _TEST.findall(line)
    assert named
    for path, name in named:
        assert name in _tests(ROOT / path), f"{path}::{name}"


@pytest.mark.parametrize("line", LINES, ids=lambda line: line[2:60])
def test_a_promise_is_held_by_the_marker_trust(line: str) -> None:
    named = [(path, name) for path, name in _TEST.findall(line)]
    assert [name for path, name in named if name not in _tests(ROOT / path, marked="pytest.mark.trust")] == []


def _tests(path: Path, marked: str = "") -> set[str]:
    """Return the tests of a file, those of classes with their class; those alone that bear a marker where one is named."""
    tree = ast.parse(path.read_text("utf-8"))
    marks = [node.value for node in tree.body if isinstance(node, ast.Assign) and _is_mark(node)]
    found: set[str] = set()
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name) if _bears(marked, *marks, *node.decorator_list):
                found.add(name)
            case ast.ClassDef(name=name, body=body):
                outer = [*marks, *node.decorator_list]
                inner = [one for one in body if isinstance(one, ast.FunctionDef)]
                found |= {f"{name}::{one.name}" for one in inner if _bears(marked, *outer, *one.decorator_list)}
    return {name for name in found if name.rpartition("::")[2].startswith("test_")}


def _is_mark(node: ast.Assign) -> bool:
    return [ast.unparse(target) for target in node.targets] == ["pytestmark"]


def _bears(marked: str, *marks: ast.expr) -> bool:
    return any(marked in ast.unparse(mark) for mark in marks) if marked else True
