"""``--test``: a run without the fixes with which the project's own tests fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from aiomend.model import Finding
from aiomend.report import FileResult
from aiomend_cli import runner
from aiomend_cli.errors import UserError
from aiomend_cli.guarded import judging
from aiomend_cli.guarded.bench import Bench, Tests
from aiomend_cli.guarded.bisecting import Outcome, Spent, Unit, settle
from aiomend_cli.guarded.judging import Ran, Standard
from aiomend_cli.guarded.trial import Trial
from aiomend_cli.output.text import count
from aiomend_cli.runner import Run, Workspace
from aiomend_cli.selection import place, requirements
from aiomend_cli.tested import FAILED, UNTESTED, Tested
from aiomend_cli.writer import Change

Tell = Callable[[str], None]


def guarded(whole: Run, tests: Tests, tell: Tell = lambda _: None) -> Run:
    """Return ``whole`` with as many of its fixes as the tests pass with, and ``tested``, which says what they decided.

    The tests run on the files in their place; when this returns or raises, all of them are what they were. Nothing is run
    where nothing is fixed. ``tell`` hears how it goes. Raises UserError where the tests tell nothing: they fail already and
    it is not known which, no test passes, or they change the very files.
    """
    if not whole.report.changed:
        return whole
    with ExitStack() as stack:
        bench = stack.enter_context(Bench(tests))
        trials = tuple(stack.enter_context(Trial(workspace)) for workspace in whole.workspaces)
        guard = _Guard(whole, tests, tell, bench, trials, _first(bench, tests, tell))
        outcome = settle(guard.units(), requirements(whole.report), guard.passes)
        result = guard.passed or guard.run_of(frozenset())
        standard, reasons = guard.standard, guard.reasons
    dropped = _dropped(whole, result, outcome, reasons, tests)
    tested = Tested(
        tests.command.text,
        bench.count,
        bench.seconds,
        len(standard.first.passing) if standard.first.tests is not None else None,
        len(standard.first.failing),
        tuple(sorted(standard.flaky)),
        frozenset(finding.id for finding in result.report.findings if finding.applied),
        dropped,
    )
    return replace(_with_reasons(whole, result, dropped), tested=tested)


def _first(bench: Bench, tests: Tests, tell: Tell) -> Standard:
    try:
        ran = bench.run(untouched=True)
    except Spent:
        raise UserError(f"--test: the first run does not end within {tests.budget:g} seconds (--test-budget)") from None
    tell(f"tests on the untouched files: {_told(ran, None)}")
    return judging.first(ran, wants_report=tests.own_report is not None, asks_pytest=tests.command.pytest is not None)


@dataclass(slots=True)
class _Guard:
    """Asks the tests of one fix after the other."""

    whole: Run
    tests: Tests
    tell: Tell
    bench: Bench
    trials: tuple[Trial, ...]  #: one for each workspace
    standard: Standard
    reasons: dict[frozenset[str], str] = field(default_factory=dict)  #: why a set failed
    passed: Run | None = None  #: the last run that passed: that of the fixes which are kept

    def units(self) -> list[Unit]:
        """Return the fixes of the whole run, in the order of the guide."""
        known = {code: number for number, code in enumerate(self.whole.workspaces[0].settings.known)}
        applied = [finding for finding in self.whole.report.findings if finding.applied]
        applied.sort(key=lambda one: (known.get(one.code, len(known)), one.path, one.line, one.column))
        return [Unit(one.id, one.code, one.path) for one in {one.id: one for one in applied}.values()]

    def passes(self, ids: frozenset[str]) -> bool:
        """Return whether the tests are no worse with these fixes; raises Spent where there is no time to find out."""
        run = self.run_of(ids)
        self._put(run)
        ran = self._ran()
        reason = self.standard.complaint(ran)
        if reason is not None and self.standard.second is None:
            self.tell(f"tests with {count(len(ids), 'fix')}: {_told(ran, reason)}")
            self._put(None)
            again = self._ran(untouched=True)
            self.tell(f"tests on the untouched files once more: {_told(again, None)}")
            self.standard = judging.second(self.standard, again)
            reason = self.standard.complaint(ran)
        else:
            self.tell(f"tests with {count(len(ids), 'fix')}: {_told(ran, reason)}")
        if reason is not None:
            self.reasons[ids] = reason
            return False
        self.passed = run
        return True

    def run_of(self, ids: frozenset[str]) -> Run:
        """Return the run with these fixes alone, worked out on the original files."""
        if ids == frozenset(finding.id for finding in self.whole.report.findings if finding.applied):
            return self.whole
        reports = [
            _with_originals(workspace, trial).run(lambda finding: finding.id in ids)
            for workspace, trial in zip(self.whole.workspaces, self.trials, strict=True)
        ]
        return replace(runner.joined(self.whole.workspaces, reports), chosen=self.whole.chosen)

    def _put(self, run: Run | None) -> None:
        """Put the files of ``run`` in their place; None: all files are what they were."""
        places = runner.places(run) if run is not None else {}
        for workspace, trial in zip(self.whole.workspaces, self.trials, strict=True):
            own = [(places[file.path], file) for file in run.report.changed] if run is not None else []
            trial.put([_change(path, file) for (owner, path), file in own if owner is workspace])

    def _ran(self, *, untouched: bool = False) -> Ran:
        ran = self.bench.run(untouched=untouched)
        for trial in self.trials:
            trial.check()
        return ran


def _with_originals(workspace: Workspace, trial: Trial) -> Workspace:
    tree = workspace.found.tree
    tree = replace(tree, overlay={**tree.overlay, **trial.originals})
    return replace(workspace, found=replace(workspace.found, tree=tree), is_trial=True)


def _change(path: str, file: FileResult) -> Change:
    assert file.new is not None
    return Change(path, None if file.created else file.old, file.new)


def _told(ran: Ran, reason: str | None) -> str:
    if reason is not None:
        return f"failed in {ran.seconds:.1f} s: {reason}"
    if ran.code is None:
        return f"no end after {ran.seconds:.1f} s"
    numbers = (
        f"{count(len(ran.passing), 'test')} passed"
        if ran.tests is not None
        else "passed"
        if ran.code == 0
        else "failed"
    )
    failing = f", {len(ran.failing)} failed" if ran.failing else ""
    return f"{numbers}{failing} in {ran.seconds:.1f} s"


def _dropped(
    whole: Run, result: Run, outcome: Outcome, reasons: Mapping[frozenset[str], str], tests: Tests
) -> dict[str, str]:
    """Return the fixes that do not go in on account of the tests, and why."""
    known = {finding.id: finding for finding in whole.report.findings}
    dropped = {one: f"{FAILED}: {reasons[ids]}" for one, ids in outcome.failed.items()}
    dropped |= {one: f"{FAILED} with {place(known[base])}, on which it builds" for one, base in outcome.bereft.items()}
    spent = f"{UNTESTED}: the {tests.budget:g} seconds were over (--test-budget)"
    dropped |= dict.fromkeys(outcome.unproved, spent)
    applied = {finding.id for finding in result.report.findings if finding.applied}
    dropped |= dict.fromkeys(outcome.kept - applied, f"{UNTESTED}: it was found beside a fix that was dropped")
    if dropped:
        wanted, before = runner.wanted(result), {f.id for f in whole.report.findings if f.fixable and not f.applied}
        for finding in result.report.findings:
            new = finding.fixable and not finding.applied and finding.id not in dropped and finding.id not in before
            if new and wanted(finding):
                dropped[finding.id] = f"{UNTESTED}: it wants the place of a fix that was dropped"
    return dropped


def _with_reasons(whole: Run, result: Run, dropped: Mapping[str, str]) -> Run:
    """Return ``result`` with the reasons why fixes were dropped; those that nobody found without them are still listed."""
    report = replace(result.report, notes=tuple(dict.fromkeys((*result.report.notes, *whole.report.notes))))

    def told(finding: Finding) -> Finding:
        reason = dropped.get(finding.id)
        return finding if reason is None or finding.applied else replace(finding, applied=False, reason=reason)

    found = {finding.id for finding in report.findings}
    lost = [replace(f, applied=False) for f in whole.report.findings if f.id in dropped and f.id not in found]
    findings = sorted(map(told, (*report.findings, *lost)), key=lambda f: (f.path, f.line, f.column, f.code))
    return replace(result, report=replace(report, findings=tuple(findings)), missing=whole.missing)
