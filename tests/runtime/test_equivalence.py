"""Programs that follow the guide already: no byte of them changes, and they run without a complaint."""

from __future__ import annotations

from pathlib import Path

import pytest
from interpreters import Interpreter, run_calmly
from programs import FORMS, Program, clean_programs

import aiomend

pytestmark = pytest.mark.runtime

PROGRAMS = clean_programs()
each_program = pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)


@each_program
def test_a_program_without_a_trap_stays_as_it_is(program: Program) -> None:
    result = aiomend.fix_source(program.text, path=program.path.name, settings=program.settings())

    assert result.text == program.text


@each_program
def test_a_program_without_a_trap_runs_without_a_complaint(
    program: Program, interpreter: Interpreter, tmp_path: Path
) -> None:
    outcome = run_calmly(interpreter, program.path, tmp_path)

    assert outcome.out == program.printed("prints"), outcome.err
    assert outcome.err == ""
    assert outcome.code == 0


def test_every_clean_program_is_tried_with_unsafe_fixes_in_both_forms() -> None:
    forms = {form: {program.path.stem for program in PROGRAMS if program.form == form} for form in FORMS}

    assert forms["generator"] == forms["native"]
    assert len(forms["native"]) >= 8
    assert [program.name for program in PROGRAMS if not program.settings().unsafe] == []
