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


def test_a_promise_is_held_by_the_marker_trust() -> None:
    files = {path for line in LINES for path, _ in _TEST.findall(line)}
    assert [path for path in sorted(files) if "pytest.mark.trust" not in (ROOT / path).read_text("utf-8")] == []


def _tests(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        match node:
            case ast.FunctionDef(name=name):
                found.add(name)
            case ast.ClassDef(name=name, body=body):
                found |= {f"{name}::{inner.name}" for inner in body if isinstance(inner, ast.FunctionDef)}
    return {name for name in found if name.rpartition("::")[2].startswith("test_")}
