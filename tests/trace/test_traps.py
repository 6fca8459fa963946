"""What the recorder sees of small programs with one trap each, under real interpreters."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache

import pytest
from interpreters import NEWEST_WANTED, OLDEST, Interpreter, of_version
from staging import BAD, GOOD, Played, of, play, write
from traps import PRELUDE, TRAPS

VERSIONS = [
    pytest.param(
        version,
        marks=pytest.mark.runtime if version in (OLDEST, NEWEST_WANTED) else pytest.mark.every_interpreter,
        id="{}.{}".format(*version),
    )
    for version in [(3, minor) for minor in range(OLDEST[1], NEWEST_WANTED[1] + 1)]
]

Stage = Callable[..., dict[str, Played]]


@pytest.fixture(scope="module", params=VERSIONS)
def interpreter(request: pytest.FixtureRequest) -> Interpreter:
    found = of_version(request.param)
    if found is None:
        pytest.skip("Python {}.{} is missing: neither pyenv nor the PATH has one that starts".format(*request.param))
    return found


@pytest.fixture(scope="module")
def stage(interpreter: Interpreter, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    @cache
    def played(*, recorded: bool = True, debug: bool = False) -> dict[str, Played]:
        folder = tmp_path_factory.mktemp("traps")
        write(folder, interpreter)
        return play(folder, interpreter, os.environ, recorded=recorded, debug=debug)

    return played


def test_there_are_enough_of_them_and_each_is_named_once() -> None:
    assert len({trap.name for trap in TRAPS}) == len(TRAPS) >= 60


def test_a_marked_line_is_the_line_in_the_file() -> None:
    dropped = next(trap for trap in TRAPS if trap.name == "dropped_as_a_statement")
    assert dropped.expected == {("never-awaited", PRELUDE.count("\n") + 2)}


def test_a_repaired_program_is_silent(interpreter: Interpreter, stage: Stage) -> None:
    played = stage()
    complaints = {trap.name: played[f"{trap.name}_{GOOD}"] for trap in of(interpreter)}
    assert {name: (p.records, p.elsewhere) for name, p in complaints.items() if p.records or p.elsewhere} == {}


def test_each_trap_is_recorded_with_its_line_and_nothing_else_is(interpreter: Interpreter, stage: Stage) -> None:
    played = stage()
    recorded = {trap.name: played[f"{trap.name}_{BAD}"].records for trap in of(interpreter)}
    assert recorded == {trap.name: trap.expected for trap in of(interpreter)}


def test_all_programs_end_as_they_should(stage: Stage) -> None:
    assert {name: played.output for name, played in stage().items() if played.status} == {}


#: Whether the collector ends the loop before its sockets, of which the loop then complains, rests on what was allocated before.
BY_CHANCE = {f"loop_that_is_dropped_{BAD}"}


@pytest.mark.every_interpreter
def test_output_and_ends_are_those_of_a_run_without_the_recorder(stage: Stage) -> None:
    plain, recorded = (
        {name: (p.status, p.output) for name, p in played.items() if name not in BY_CHANCE}
        for played in (stage(recorded=False), stage())
    )
    assert recorded == plain
