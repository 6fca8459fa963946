"""All rules at once, the opt-in ones included: programs with many traps settle in one run."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiomend import EVERYTHING, Selection, Settings, fix_source
from aiomend.rules import registry
from aiomend.settings import TargetRange

PROGRAMS = sorted((Path(__file__).parents[2] / "fixtures" / "runtime" / "several").glob("*/*.py"))
# these two exclude each other
ALL_BUT_ONE = {opposite: frozenset(registry()) - {opposite} for opposite in ("AIO101", "AIO102")}


@pytest.mark.parametrize("left_out", ALL_BUT_ONE)
@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_all_rules_settle_in_one_run(path: Path, left_out: str) -> None:
    target = TargetRange((3, 6), (3, 10)) if path.parent.name == "generator" else TargetRange((3, 8), (3, 13))
    settings = Settings(target=target, select=Selection(ALL_BUT_ONE[left_out]), unsafe=EVERYTHING)

    once = fix_source(path.read_text(encoding="utf-8"), settings=settings)
    twice = fix_source(once.text, settings=settings)

    assert not once.report.notes
    assert twice.text == once.text
