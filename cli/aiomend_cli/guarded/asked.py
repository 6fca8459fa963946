"""The options that ask for tests, and what their answer looks like."""

from __future__ import annotations

from pathlib import Path

from aiomend_cli.change_options import FixOptions
from aiomend_cli.errors import UserError
from aiomend_cli.guarded.bench import BUDGET, Tests
from aiomend_cli.guarded.command import parse
from aiomend_cli.guarded.guard import guarded
from aiomend_cli.narrowing import within
from aiomend_cli.other_options import PrOptions
from aiomend_cli.output.text import count
from aiomend_cli.runner import Run
from aiomend_cli.terminal import escape, say
from aiomend_cli.tested import Tested

_NAMED = 5  #: flaky tests that are named before "and N more"


def asked(options: FixOptions, *, stdin: bool) -> Tests | None:
    """Return how the tests are run, None where nobody asks for them; raises UserError for options that make no sense."""
    tests = tests_of(options, Path.cwd())
    if tests is not None and (stdin or options.add_ignores is not None):
        other = "stdin: no file is changed that tests could run on" if stdin else "--add-ignores, which changes no code"
        raise UserError(f"--test cannot be used with {other}")
    return tests


def tests_of(options: FixOptions | PrOptions, cwd: Path) -> Tests | None:
    """Return the tests that run in ``cwd``, None where nobody asks for them; raises UserError for values that make none."""
    seconds = {"--test-budget": options.test_budget, "--test-timeout": options.test_timeout}
    details = {"--test-report": options.test_report, **seconds}
    if options.test is None:
        for name, value in details.items():
            if value is not None:
                raise UserError(f"{name} needs --test COMMAND, which says what is run")
        return None
    for name, limit in seconds.items():
        if limit is not None and not limit > 0:
            raise UserError(f"{name} {limit:g}: seconds have to be more than 0")
    budget = BUDGET if options.test_budget is None else options.test_budget
    return Tests(parse(options.test), cwd, options.test_report, budget, options.test_timeout)


def after_tests(run: Run, tests: Tests | None, options: FixOptions) -> Run:
    """Return ``run`` without the fixes with which the tests fail; as it is where nobody asks for them."""
    if tests is None:
        return run
    result = guarded(run, tests, lambda line: None if options.quiet else say(f"aiomend: {escape(line)}"))
    return within(result, run.narrowings)


def told(tested: Tested) -> list[str]:
    """Return what is said of the tests in a report for people."""
    known = ""
    if tested.passed is not None:
        failed = f", {tested.failed} failed already" if tested.failed else ""
        known = f"; {count(tested.passed, 'test')} passed before{failed}"
    lines = [f"tests: `{escape(tested.command)}` ran {count(tested.runs, 'time')} in {tested.seconds:.0f} s{known}"]
    if tested.flaky:
        more = f" and {len(tested.flaky) - _NAMED} more" if len(tested.flaky) > _NAMED else ""
        names = ", ".join(map(escape, tested.flaky[:_NAMED]))
        lines.append(f"set aside, as they did not end alike on the same files: {names}{more}")
    return lines
