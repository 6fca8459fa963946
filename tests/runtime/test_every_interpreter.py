"""The programs with traps, proved by `aiomend verify` under every interpreter that their form supports.

On the oldest and the newest always, on the others where somebody asks: -m every_interpreter. That asyncio complains before the
fix, and no more after it, is what `verify` says, and nobody wrote it down. What it cannot say is in the header of a program:
what the program prints, since these fixes are to change that and `verify` objects to any change; and, under `complains`, traps
that no complaint shows: a program that ends with a traceback of its own (a function where a coroutine is wanted, a loop in a
loop), and one whose deadline is lost and that says so itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from interpreters import NEWEST_WANTED, OLDEST, Outcome, of_version, run
from programs import Program, guide_programs
from proving import Proof, prove

from aiomend_cli.trace.comparison import Verdict

#: `@asyncio.coroutine` ends with 3.10; the `async def` twins begin where their target ranges do.
VERSIONS = {"generator": range(6, 11), "native": range(8, 14)}
TRIES = 4  #: a busy machine stalls a callback now and then; a program that blocks its loop does so every time

CASES = [
    pytest.param(
        form,
        minor,
        id=f"{form}-3.{minor}",
        marks=pytest.mark.runtime if (3, minor) in (OLDEST, NEWEST_WANTED) else pytest.mark.every_interpreter,
    )
    for form, minors in VERSIONS.items()
    for minor in minors
]


@pytest.mark.parametrize(("form", "minor"), CASES)
def test_what_the_fix_mends_is_gone_and_nothing_else_is_worse(form: str, minor: int, tmp_path: Path) -> None:
    interpreter = of_version((3, minor))
    if interpreter is None:
        pytest.skip(f"Python 3.{minor} is missing: neither pyenv nor the PATH has one that starts")
    # What versions in between deprecate is no complaint about the program.
    warnings = "default" if (3, minor) in (OLDEST, NEWEST_WANTED) else "default,ignore::DeprecationWarning"
    programs: Sequence[Program] = [program for program in guide_programs() if program.form == form]
    found: dict[str, list[str]] = {}
    for turn in range(TRIES):
        proofs = prove(programs, interpreter, tmp_path / str(turn), warnings)
        found = {
            program.name: faults for program in programs if (faults := list(_faults(program, proofs[program.path])))
        }
        programs = [program for program in programs if program.name in found]
        if not found:
            break

    assert found == {}


@pytest.mark.parametrize(("form", "minor"), CASES)
def test_what_no_complaint_shows_is_said_on_stderr(form: str, minor: int, tmp_path: Path) -> None:
    interpreter = of_version((3, minor))
    if interpreter is None:
        pytest.skip(f"Python 3.{minor} is missing: neither pyenv nor the PATH has one that starts")
    silent = [program for program in guide_programs() if program.form == form and program.lines("complains")]
    for _ in range(TRIES):  # what is open when Python ends is a matter of when a child process did
        said = {program.name: run(interpreter, program.path, tmp_path).err for program in silent}
        silent = [one for one in silent if any(text not in said[one.name] for text in one.lines("complains"))]

    assert [program.name for program in silent] == []


def _faults(program: Program, proof: Proof) -> Iterator[str]:
    """Yield what is not as it should be."""
    told, reports = program.lines("complains"), program.lines("reports after")
    silenced = [row for row in proof.rows if row.verdict in (Verdict.GONE, Verdict.NOT_EXECUTED)]
    for row in proof.rows:
        if row.verdict is not Verdict.GONE and (row.rules or row.before is None):
            yield f"{row.kind} at line {row.line} is {row.verdict.value}"
    if silenced and told:
        yield f"asyncio's complaints show it, without {told}"
    before, after = ((one.out, one.code) for one in (proof.before, proof.after))
    if before == after and not (silenced or told or any(text not in proof.before.err for text in reports)):
        yield "nothing shows that anything is mended"
    if "prints before" in program.header:
        yield from _ends("before", proof.before, program.printed("prints before"), program.exit_before)
    yield from _ends("after", proof.after, program.printed("prints after"), 0)
    yield from _ends("in debug mode", proof.debug, program.printed("prints after"), 0)
    err = proof.debug.complaints
    yield from (f"after the fix, nothing reports {text!r}" for text in reports if text not in err)
    if err and not reports:
        yield f"after the fix, in debug mode: {err}"


def _ends(when: str, outcome: Outcome, printed: str, code: int) -> Iterator[str]:
    if (outcome.out, outcome.code) != (printed, code):
        yield f"{when}: {outcome.code}, {outcome.out!r}, {outcome.err}"
