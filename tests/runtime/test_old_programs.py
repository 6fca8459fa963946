"""Small programs of Python 3.4 to 3.6, each with a habit of its time: safe fixes change nothing that they print.

They are in `old_programs.txt`. A name with a reason behind it is one that no tool can bring to the newest Python: there a
finding for a person, or an unsafe one with its reason, has to say so.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from interpreters import OLDEST, TIME_LIMIT, Version, find_newest, of_version

import aiomend
from aiomend import EVERYTHING, Safety, Selection, Settings, TargetRange

pytestmark = pytest.mark.runtime

RANGE = "3.6-3.13"
CALM = ("-W", "ignore")  # what later versions deprecate is no part of what is printed


@dataclass(frozen=True, slots=True)
class Old:
    """One program. ``left`` says why a person has to look at it."""

    name: str
    left: str
    text: str


def read() -> list[Old]:
    parts = re.split(
        r"^### (\w+)(?:: (.+))?\n", Path(__file__).with_name("old_programs.txt").read_text("utf-8"), flags=re.M
    )
    return [Old(name, left or "", text) for name, left, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True)]


OLD = read()


def settings(selected: str, *, target: str = RANGE, unsafe: bool = False) -> Settings:
    chosen = Selection(frozenset({selected}))
    versions = TargetRange.parse(target)
    return (
        Settings(select=chosen, target=versions, unsafe=EVERYTHING)
        if unsafe
        else Settings(select=chosen, target=versions)
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("old")


@cache
def outcome(text: str, version: Version, folder: Path) -> tuple[str, bool]:
    """Return what a program prints as it is run every day, and whether it ends well."""
    interpreter = of_version(version)
    if interpreter is None:
        pytest.skip(f"Python 3.{version[1]} is missing")
    path = folder / "program.py"
    path.write_text(text, "utf-8")
    command = [interpreter.path, *CALM, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIME_LIMIT, check=False)
    return re.sub(r"0x[0-9a-f]+", "0x", done.stdout), done.returncode == 0


@pytest.mark.parametrize("old", OLD, ids=lambda old: old.name)
def test_safe_fixes_change_nothing_that_it_prints(old: Old, folder: Path) -> None:
    for selected in ("AIO0", "AIO001"):
        fixed = aiomend.fix_source(old.text, path="program.py", settings=settings(selected)).text
        if fixed != old.text:
            assert outcome(fixed, OLDEST, folder) == outcome(old.text, OLDEST, folder), fixed


@pytest.mark.parametrize("old", OLD, ids=lambda old: old.name)
def test_on_the_newest_python_it_prints_the_same_or_a_finding_says_why_not(old: Old, folder: Path) -> None:
    newest = find_newest().version
    how = settings("AIO0", target=f"3.{newest[1]}", unsafe=True)
    fixed = aiomend.fix_source(old.text, path="program.py", settings=how)
    if old.left:
        assert any(one.safety is not Safety.SAFE and one.reason for one in fixed.findings), fixed.text
    else:
        assert outcome(fixed.text, newest, folder) == outcome(old.text, OLDEST, folder), fixed.text
