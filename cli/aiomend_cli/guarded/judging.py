"""Whether the tests say that something broke: one run compared with those on the untouched files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aiomend_cli.errors import UserError
from aiomend_cli.guarded.junit import End

_NAMED = 2  #: tests in a reason before "and N more"
_NO_TESTS = 5  #: pytest's exit code where it collected none


@dataclass(frozen=True, slots=True)
class Ran:
    """One run of a test command."""

    code: int | None  #: its exit code, negative for a signal; None: it did not come to an end and was killed
    seconds: float
    tests: Mapping[str, End] | None = None  #: None: it wrote no report
    tail: str = ""  #: the end of what it printed

    @property
    def failing(self) -> frozenset[str]:
        return frozenset(name for name, end in (self.tests or {}).items() if end is End.FAILED)

    @property
    def passing(self) -> frozenset[str]:
        return frozenset(name for name, end in (self.tests or {}).items() if end is End.PASSED)


@dataclass(frozen=True, slots=True)
class Standard:
    """One run on the untouched files, or two: what others are held to."""

    first: Ran
    second: Ran | None = None

    @property
    def flaky(self) -> frozenset[str]:
        """The tests that did not end alike in both."""
        before, again = self.first.tests or {}, (self.second or self.first).tests or {}
        return frozenset(name for name in before.keys() | again.keys() if before.get(name) is not again.get(name))

    def complaint(self, ran: Ran) -> str | None:
        """Return why ``ran`` is worse, None where it is not.

        Worse is a test that fails and did not, one that passed and is missing or skipped, and an end of the whole that the
        tests do not explain. Tests that are flaky do not count.
        """
        if ran.code is None:
            return f"no end after {ran.seconds:.0f} seconds"
        if self.first.tests is None:
            return None if ran.code == 0 else _how(ran.code)
        if ran.tests is None:
            return f"no report of the tests, {_how(ran.code)}"
        broken = (ran.failing - self.first.failing) | (self.first.passing - ran.passing)
        if broken := broken - self.flaky:
            return _named(sorted(broken))
        usual = {0, self.first.code, (self.second or self.first).code}
        explained = ran.code > 0 and ran.failing
        return None if ran.code in usual or explained else f"{_how(ran.code)}, and no test that fails"


def first(ran: Ran, *, wants_report: bool, asks_pytest: bool) -> Standard:
    """Return the standard that the first run sets; raises UserError where it sets none."""
    why = _unusable(ran, wants_report, asks_pytest)
    if why is not None:
        raise UserError(f"--test: {why}\nNothing was changed.{_printed(ran)}")
    return Standard(ran)


def second(standard: Standard, ran: Ran) -> Standard:
    """Return ``standard`` with another run on the same files; raises UserError where both have too little in common."""
    if ran.code is None:
        raise UserError(
            f"--test: on the untouched files, too, there was no end after {ran.seconds:.0f} seconds this time"
        )
    if standard.first.tests is None:
        if ran.code != standard.first.code:
            raise UserError(
                f"--test: the command ended with 0 and then, on the same files, {_how(ran.code)}; that says nothing of fixes\n"
                f"{_REPORT_HINT}\nNothing was changed.{_printed(ran)}"
            )
    elif ran.tests is None:
        raise UserError(
            f"--test: the command wrote no report this time, on the untouched files\nNothing was changed.{_printed(ran)}"
        )
    return Standard(standard.first, ran)


_REPORT_HINT = "With --test-report FILE, a JUnit file that the command writes, each test is compared by itself"


def _unusable(ran: Ran, wants_report: bool, asks_pytest: bool) -> str | None:
    if ran.code is None:
        return f"the command came to no end in {ran.seconds:.0f} seconds on the untouched files (--test-timeout, --test-budget)"
    if asks_pytest and ran.code == _NO_TESTS:
        return "no tests were found, so they would prove nothing"
    if ran.tests is None:
        if wants_report:
            return f"the command wrote no report, {_how(ran.code)}: is --test-report the file that it writes?"
        return None if ran.code == 0 else f"the command fails on the untouched files, {_how(ran.code)}\n{_REPORT_HINT}"
    if not ran.passing:
        return f"no test passes on the untouched files, {_how(ran.code)}: they would prove nothing"
    return None


def _how(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"ended by signal {-code}"


def _named(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _printed(ran: Ran) -> str:
    return f"\nIt printed last:\n{ran.tail}" if ran.tail else ""
