"""Programs of the guide's shape: what is fixed in them, and that there are enough; `test_every_interpreter.py` runs them."""

from __future__ import annotations

import os
from collections import defaultdict

import pytest
from interpreters import find_newest, for_form, missing_on_ci
from programs import FORMS, ROOT, SECTIONS, Program, clean_programs, guide_programs

import aiomend

pytestmark = pytest.mark.runtime

PROGRAMS = guide_programs()
each_program = pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)


def fixed(program: Program, ignore: str | None = None, text: str | None = None) -> str:
    """Return the program's text after the fix with its own options."""
    given = program.text if text is None else text
    return aiomend.fix_source(given, path=program.path.name, settings=program.settings(ignore)).text


@each_program
def test_each_rule_named_has_a_part_in_the_fix(program: Program) -> None:
    whole = fixed(program)

    assert whole != program.text
    assert [code for code in program.rules if fixed(program, ignore=code) == whole] == []


@each_program
def test_fixing_it_again_changes_nothing(program: Program) -> None:
    once = fixed(program)

    assert fixed(program, text=once) == once


def test_no_file_of_the_fixtures_is_left_out() -> None:
    exercised = {program.path for program in (*PROGRAMS, *clean_programs())}

    assert set(ROOT.rglob("*.py")) == exercised


def test_every_section_has_three_programs_in_both_forms() -> None:
    cases: dict[str, set[str]] = defaultdict(set)
    for program in PROGRAMS:
        cases[program.section].add(program.path.stem)
    missing = [
        f"{section}/{form}/{case}"
        for section, names in cases.items()
        for form in FORMS
        for case in names
        if not (ROOT / section / form / f"{case}.py").exists()
    ]

    assert missing == []
    assert [section for section in SECTIONS if len(cases[section]) < 3] == []


def test_twins_promise_the_same() -> None:
    promises: dict[tuple[str, str], set[object]] = defaultdict(set)
    for program in PROGRAMS:
        promise = {key: value for key, value in program.header.items() if key != "options"}
        promises[program.section, program.path.stem].add((program.title, tuple(sorted(promise.items()))))

    assert [case for case, said in promises.items() if len(said) > 1] == []


def test_ci_has_python_3_6_and_the_newest() -> None:
    if os.environ.get("CI") != "true":
        pytest.skip("only CI must have both interpreters: elsewhere the programs of a missing one skip")

    assert missing_on_ci(for_form("generator"), find_newest()) == []
