"""Programs of the guide's shape, run: the complaint is there before the fix and gone after it.

Those in `yield from` form run on Python 3.6, their `async def` twins on the newest, both in debug mode.
"""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

import pytest
from interpreters import Interpreter, find_newest, for_form, missing_on_ci, run, run_calmly
from programs import FORMS, ROOT, SECTIONS, Program, clean_programs, guide_programs

import aiomend

pytestmark = pytest.mark.runtime

PROGRAMS = guide_programs()
each_program = pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)

#: what asyncio's debug mode says of the guide's traps; none of it may be left, whatever was there before
COMPLAINTS = (
    "Exception in callback",
    "Executing <",
    "InvalidStateError",
    "ResourceWarning",
    "never awaited",
    "never retrieved",
    "never yielded from",
    "was destroyed but it is pending",
)


def fixed(program: Program, ignore: str | None = None, text: str | None = None) -> str:
    """Return the program's text after the fix with its own options."""
    given = program.text if text is None else text
    return aiomend.fix_source(given, path=program.path.name, settings=program.settings(ignore)).text


@each_program
def test_before_the_fix_it_complains(program: Program, interpreter: Interpreter, tmp_path: Path) -> None:
    outcome = run(interpreter, program.path, tmp_path)

    assert outcome.out == program.printed("prints before"), outcome.err
    assert [text for text in program.lines("complains") if text not in outcome.err] == []
    assert outcome.code == program.exit_before


@each_program
def test_after_the_fix_it_does_what_the_guide_says(program: Program, interpreter: Interpreter, tmp_path: Path) -> None:
    path = tmp_path / program.path.name
    path.write_text(fixed(program), "utf-8")

    outcome = run_calmly(interpreter, path, tmp_path)

    assert outcome.out == program.printed("prints after"), outcome.err
    if reports := program.lines("reports after"):
        assert [text for text in reports if text not in outcome.err] == []
        assert [text for text in (*COMPLAINTS, *program.lines("complains")) if text in outcome.err] == []
    else:
        assert outcome.err == ""
    assert outcome.code == 0


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
        # Generators are yielded from, native coroutines are awaited: the same complaint in two words.
        promise["complains"] = tuple(text.replace("yielded from", "awaited") for text in promise["complains"])
        promises[program.section, program.path.stem].add((program.title, tuple(sorted(promise.items()))))

    assert [case for case, said in promises.items() if len(said) > 1] == []


def test_ci_has_python_3_6_and_the_newest() -> None:
    if os.environ.get("CI") != "true":
        pytest.skip("only CI must have both interpreters: elsewhere the programs of a missing one skip")

    assert missing_on_ci(for_form("generator"), find_newest()) == []
