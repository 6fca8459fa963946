"""What the tests of a project, or a program of it that was watched, said of its fixes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

FAILED = "tests failed"
UNTESTED = "not tested"


@dataclass(frozen=True, slots=True)
class Tested:
    """The runs of a test command, and what they decided."""

    command: str
    runs: int
    seconds: float  #: for everything: the runs, and working out what to run them on
    passed: int | None  #: tests that passed on the untouched files; None: nothing but the exit code is known
    failed: int  #: tests that failed on the untouched files
    flaky: tuple[str, ...]  #: tests that did not end alike on the untouched files, and were set aside
    kept: frozenset[str]  #: ids of the fixes with which they pass
    dropped: Mapping[str, str]  #: by id of a fix that was wanted and does not go in: why


@dataclass(frozen=True, slots=True)
class Traced:
    """What asyncio had to complain of before and after, as plain text for a table."""

    command: str
    rows: tuple[tuple[str, ...], ...]  #: a cell for each of ``TRACED``
    said: tuple[str, ...]  #: sentences below it


TRACED = ("site", "what", "before", "after", "fixed by", "result")
