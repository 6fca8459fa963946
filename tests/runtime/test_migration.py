"""The programs in `yield from` form, fixed and then brought to today's Python: the newest one runs them, and they do the same."""

from __future__ import annotations

import ast
import dataclasses
from pathlib import Path

import pytest
from interpreters import find_newest, of_version, run_calmly
from programs import Program, clean_programs, guide_programs

import aiomend
from aiomend.settings import EVERYTHING, Selection, Settings, TargetRange

PROGRAMS = [program for program in (*guide_programs(), *clean_programs()) if program.form == "generator"]
each_program = pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)

TODAY = Settings(select=Selection(frozenset({"AIO0"})), unsafe=EVERYTHING, target=TargetRange.parse("3.8-3.13"))
#: What versions in between deprecate is no complaint about the program.
QUIET = ("-W", "ignore::DeprecationWarning")
BOTH_FORMS = "3.8-3.10"  #: the versions that run a program before and after


def fixed(program: Program, target: str = "3.6") -> str:
    """Return the program without its trap, still with generators."""
    settings = dataclasses.replace(program.settings(), target=TargetRange.parse(target))
    return aiomend.fix_source(program.text, path=program.path.name, settings=settings).text


def migrated(program: Program, text: str) -> str:
    return aiomend.fix_source(text, path=program.path.name, settings=TODAY).text


def promised(program: Program) -> str:
    return program.printed("prints" if program.section == "clean" else "prints after")


@each_program
def test_no_generator_is_a_coroutine_any_more(program: Program) -> None:
    today = migrated(program, fixed(program))
    names = {node.attr for node in ast.walk(ast.parse(today)) if isinstance(node, ast.Attribute)}

    assert "coroutine" not in names
    assert not any(isinstance(node, ast.YieldFrom) for node in ast.walk(ast.parse(today)))


@pytest.mark.runtime
@each_program
def test_the_newest_python_runs_it_as_the_guide_says(program: Program, tmp_path: Path) -> None:
    path = tmp_path / program.path.name
    path.write_text(migrated(program, fixed(program)), "utf-8")

    outcome = run_calmly(find_newest(), path, tmp_path, options=QUIET)

    assert (outcome.out, outcome.code) == (promised(program), 0), outcome.err
    assert [text for text in program.lines("reports after") if text not in outcome.err] == []
    assert outcome.err == "" or program.lines("reports after")


@pytest.mark.every_interpreter
@pytest.mark.parametrize("version", [(3, 8), (3, 10)], ids=lambda version: ".".join(map(str, version)))
@each_program
def test_both_forms_do_the_same(program: Program, version: tuple[int, int], tmp_path: Path) -> None:
    interpreter = of_version(version)
    if interpreter is None:
        pytest.skip("this version is missing: neither pyenv nor the PATH has one that starts")
    before, after = tmp_path / "before" / program.path.name, tmp_path / "after" / program.path.name
    for path in (before, after):
        path.parent.mkdir()
    text = fixed(program, BOTH_FORMS)
    before.write_text(text, "utf-8")
    after.write_text(migrated(program, text), "utf-8")

    old, new = (run_calmly(interpreter, path, path.parent, options=QUIET) for path in (before, after))

    assert (old.out, old.code) == (new.out, new.code) == (promised(program), 0), new.err
