"""What every regular expression keeps to, as Python before 3.11.5 reads some of them wrongly, and the system's own is often older."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import aiomend
import aiomend_cli

FILES = [path for package in (aiomend, aiomend_cli) for path in sorted(Path(package.__file__).parent.rglob("*.py"))]
#: A group that is possessive, or atomic: what it holds may go back, which those versions forget (gh-106052).
POSSESSIVE = re.compile(r"\)(?:[*+?]|\{\d*,?\d*\})\+|\(\?>")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_group_is_possessive(path: Path) -> None:
    assert POSSESSIVE.findall(path.read_text()) == []


def test_such_groups_are_seen() -> None:
    assert POSSESSIVE.findall(r"(?:a|b)*+ (?:a|b){1,2}+ (?>a) [ab]*+ (?:a|b)*") == [")*+", "){1,2}+", "(?>"]
