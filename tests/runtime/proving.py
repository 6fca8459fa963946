"""What `aiomend verify` says of the programs under fixtures/runtime, all of one form in one go under one interpreter."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from interpreters import Interpreter, Outcome
from programs import Program

import aiomend
from aiomend import Report
from aiomend_cli import preparing, runner
from aiomend_cli.other_options import VerifyOptions
from aiomend_cli.trace.comparison import Row
from aiomend_cli.trace.verify import Verified, verified

STAGE = Path(__file__).parents[1] / "trace" / "stage.py"
SLOW = 0.1  #: seconds
NEVER = 60.0  #: seconds


@dataclass(frozen=True, slots=True)
class Proof:
    """What was seen of one program."""

    before: Outcome
    after: Outcome
    debug: Outcome  #: after the fix, in asyncio's debug mode
    rows: tuple[Row, ...]  #: what asyncio complains of before and after


def prove(programs: Sequence[Program], interpreter: Interpreter, folder: Path, warnings: str) -> dict[Path, Proof]:
    """Return what was seen of each of ``programs``, by its path; ``folder`` is a new one.

    Those that block their loop are run apart: of the others no stall is a complaint.
    """
    found: dict[Path, Proof] = {}
    for name, slow in (("slow", SLOW), ("others", NEVER)):
        those = [program for program in programs if _blocks(program) == (slow is SLOW)]
        found |= _proved(those, interpreter, folder / name, warnings, slow) if those else {}
    return found


def _blocks(program: Program) -> bool:
    return any(code.startswith("AIO4") for code in program.rules)


def _proved(
    programs: Sequence[Program], interpreter: Interpreter, folder: Path, warnings: str, slow: float
) -> dict[Path, Proof]:
    root, out = folder / "tree", folder / "out"
    out.mkdir(parents=True)
    reports = [_placed(program, root) for program in programs]
    whole = Report(
        findings=tuple(finding for report in reports for finding in report.findings),
        files=tuple(file for report in reports for file in report.files),
    )
    options = VerifyOptions(slow=slow, paths=(".",))
    with (
        contextlib.chdir(root),
        mock.patch.dict(os.environ, {"PYTHONWARNINGS": warnings, "PYTHONDONTWRITEBYTECODE": "1"}),
    ):
        os.environ.pop("PYTHONPATH", None)
        (workspace,) = preparing.prepare(options)
        fixed = runner.joined((workspace,), [whole])
        result = verified(workspace, fixed, (interpreter.path, str(STAGE), ".", str(out)), options)
    assert result.objections == ()
    return {program.path: _proof(program, result, out) for program in programs}


def _placed(program: Program, root: Path) -> Report:
    """Write a program below ``root``, and return the report that fixes it there."""
    path = root / program.section / program.path.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(program.text, "utf-8")
    return aiomend.fix_source(program.text, path=path.relative_to(root).as_posix(), settings=program.settings()).report


def _proof(program: Program, result: Verified, out: Path) -> Proof:
    name = f"{program.section}/{program.path.stem}"
    before, after, debug = (_played(out / run / name) for run in ("0", "1", "2"))
    return Proof(before, after, debug, tuple(row for row in result.rows if row.file == f"{name}.py"))


def _played(path: Path) -> Outcome:
    _, status = path.with_suffix(".end").read_text("ascii").split()
    out, err = (path.with_suffix(suffix).read_text("utf-8", "replace") for suffix in (".out", ".err"))
    return Outcome(os.waitstatus_to_exitcode(int(status)), out, err)
