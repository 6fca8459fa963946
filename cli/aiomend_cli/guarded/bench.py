"""Runs a test command again and again, within a budget."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from aiomend_cli import process
from aiomend_cli.environment import without_forge
from aiomend_cli.errors import UserError
from aiomend_cli.guarded import junit
from aiomend_cli.guarded.bisecting import Spent
from aiomend_cli.guarded.command import Command
from aiomend_cli.guarded.judging import Ran

BUDGET = 1800.0  #: seconds for all runs
_TIMES, _MORE = (
    3,
    60,
)  #: a run may take so many times as long as the longest on untouched files, and so many seconds more
_TAIL, _LINES = 8192, 15  #: bytes and lines of what a command printed last


@dataclass(frozen=True, slots=True)
class Tests:
    """How a project is tested. Times are in seconds."""

    command: Command
    cwd: Path
    report: Path | None = None  #: the JUnit file that the command writes; None: pytest is asked for one
    budget: float = BUDGET  #: for all runs, and for working out what to run them on
    timeout: float | None = None  #: for one run; None: it goes by the first one

    @property
    def own_report(self) -> Path | None:
        """The JUnit file that the command writes by itself."""
        report = self.report or self.command.report
        return self.cwd / report if report is not None else None


@dataclass(slots=True)
class Bench:
    """Runs the tests, in a block of its own."""

    tests: Tests
    count: int = 0  #: runs so far
    _start: float = field(default_factory=time.monotonic)
    _longest: float | None = None
    _scratch: tempfile.TemporaryDirectory[str] = field(
        default_factory=lambda: tempfile.TemporaryDirectory(prefix="aiomend-", ignore_cleanup_errors=True)
    )

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        self._scratch.cleanup()

    @property
    def seconds(self) -> float:
        """What it has taken since the beginning."""
        return time.monotonic() - self._start

    def run(self, *, untouched: bool = False) -> Ran:
        """Run the tests once; raises Spent where the budget does not last to their end, UserError where they cannot be run.

        What they take on ``untouched`` files is the measure for the others.
        """
        left = self.tests.budget - self.seconds
        limit = self._limit()
        if left <= 0:
            raise Spent
        self.count += 1
        report = self.tests.own_report or Path(self._scratch.name, "junit.xml")
        command = self.tests.command if self.tests.own_report else self.tests.command.reporting(report)
        before = _put_aside(report)
        with Path(self._scratch.name, "output").open("w+b") as output:
            try:
                code, seconds = process.run(
                    command.words,
                    cwd=self.tests.cwd,
                    environ=without_forge(os.environ) | dict(command.variables),
                    output=output,
                    seconds=min(left, limit),
                )
            except OSError as error:
                raise UserError(f"--test: {command.words[0]} cannot be run: {error.strerror or error}") from error
            tail = _tail(output.fileno())
        data = _written(report, before)
        if code is None and left < limit:
            raise Spent
        if untouched:
            self._longest = max(seconds, self._longest or 0.0)
        return Ran(code, seconds, _read(report, data), tail)

    def _limit(self) -> float:
        if self.tests.timeout is not None:
            return self.tests.timeout
        return float("inf") if self._longest is None else _TIMES * self._longest + _MORE


_OLD = (0, 0)  #: a modification time that no new file has


def _put_aside(report: Path) -> tuple[int, int] | None:
    """Give a report that is there a time by which it is known again; return its own, None where there is none."""
    try:
        status = report.stat()
        os.utime(report, ns=_OLD)
    except OSError:
        return None
    return status.st_atime_ns, status.st_mtime_ns


def _written(report: Path, before: tuple[int, int] | None) -> bytes | None:
    """Return the report where it was written since then; one that was not gets its time back."""
    with contextlib.suppress(OSError):
        if before is None or report.stat().st_mtime_ns != _OLD[1]:
            return report.read_bytes()
        os.utime(report, ns=before)
    return None


def _read(report: Path, data: bytes | None) -> dict[str, junit.End] | None:
    if not data:
        return None
    try:
        return dict(junit.read(data))
    except ValueError as error:
        raise UserError(f"--test: the report {report} {error}") from None


def _tail(descriptor: int) -> str:
    size = os.fstat(descriptor).st_size
    data = os.pread(descriptor, _TAIL, max(0, size - _TAIL))
    return "\n".join(data.decode("utf-8", "backslashreplace").splitlines()[-_LINES:])
