"""From the first question to the run that holds what was accepted."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from aiomend.model import Finding
from aiomend_cli import preparing, runner, selection
from aiomend_cli.change_options import FixOptions
from aiomend_cli.errors import UserError
from aiomend_cli.fix import Protected, is_clean
from aiomend_cli.interactive import question
from aiomend_cli.interactive.keys import AGAIN, Read, keys
from aiomend_cli.interactive.question import Screen
from aiomend_cli.interactive.review import Review, begin, continued, press
from aiomend_cli.narrowing import Narrowing, in_scope, narrowings, within
from aiomend_cli.options import ReportFormat
from aiomend_cli.output import emit
from aiomend_cli.output.text import count, header
from aiomend_cli.rules_command import explain
from aiomend_cli.runner import Run, Scope, Workspace
from aiomend_cli.selection import Chosen, place
from aiomend_cli.terminal import Painter, escape, say, wants_colour

_ORIGIN = "--interactive"
_DECISIONS = ("y", "n", "a", "d", "A", "D", "j", "k", "u")


def check_interactive(options: FixOptions) -> None:
    """Raise UserError for options that make no sense together with questions."""
    if preparing.STDIN in options.paths:
        raise UserError("--interactive reads the answers from stdin, and `-` the code: name the file instead")
    if options.output_format is not ReportFormat.TEXT:
        raise UserError(
            f"--interactive is for people, --output-format {options.output_format} for tools; "
            "`aiomend diff` writes it, and `fix --only-fixes` applies what was chosen from it"
        )
    if options.only_fixes is not None:
        raise UserError("--interactive asks for each fix, and --only-fixes has the answers: use one of them")
    if options.add_ignores is not None:
        raise UserError("--interactive asks for fixes, and --add-ignores makes none: use one of them")


def reviewed(
    workspaces: tuple[Workspace, ...], options: FixOptions, protect: Callable[[], Protected]
) -> tuple[Run, Protected]:
    """Ask a person for each fix; return the run with those that were accepted, and the files that it leaves alone.

    ``protect`` names these, and is asked anew after the questions: people edit files meanwhile. Nothing is written.
    """
    try:
        return _reviewed(workspaces, options, protect)
    except KeyboardInterrupt:
        say("", "aiomend: the review was broken off, and nothing is applied")
        raise


def _reviewed(
    workspaces: tuple[Workspace, ...], options: FixOptions, protect: Callable[[], Protected]
) -> tuple[Run, Protected]:
    protected, watched = protect(), not options.quiet
    narrow = narrowings(workspaces, options, watched=watched)
    may = _may(protected, narrow)
    whole = run = within(
        runner.run(workspaces, lambda workspace: lambda fix: may(workspace, fix), watched=watched), narrow
    )
    _one_meaning_each(whole)
    review = begin(whole.report)
    _print("\n".join([*header(whole), *question.summary(review, *_not_asked(whole, protected))]))
    if not review.fixes:
        return _untouched(whole), protected
    contents: dict[str, bytes] = {}
    screen = Screen(contents, Painter(wants_colour(sys.stdout, options.color)))
    while True:
        contents |= runner.contents(run)
        with keys() as read:
            review, goes_on = _ask(review, screen, read, options)
        if not review.accepted and not goes_on:
            return _untouched(whole), protected
        protected = protect()
        chosen = Chosen(frozenset(fix.id for fix in review.accepted), _ORIGIN)
        may = _may(protected, narrow)
        result = within(selection.run(workspaces, chosen, may, watched=watched), narrow)
        offered = _offered(result, review, protected)
        if not goes_on or not offered:
            return result, protected
        # some of them may only want what an accepted one rewrote: those would not go in
        run = selection.run(workspaces, replace(chosen, ids=chosen.ids | offered), may, watched=watched)
        more = continued(review, run.report)
        if more is review:
            return result, protected
        _print(f"\n{count(len(more.undecided), 'fix')} more, now that others are refused.")
        review = more


def _may(protected: Protected, narrow: Sequence[Narrowing]) -> Scope:
    """Return what tells whether a fix may go in, if it is accepted."""
    scope = in_scope(narrow)
    return lambda workspace, fix: is_clean(workspace, fix, protected) and scope(workspace, fix)


def _ask(review: Review, screen: Screen, read: Read, options: FixOptions) -> tuple[Review, bool]:
    """Ask until everything is decided or the person quits; return the decisions, and True unless the person quits."""
    shown: int | None = None
    while True:
        here = review.here
        if here is None:
            _print(screen.end(review, "Commit" if options.commit else "Apply"), end="")
        else:
            if shown != review.at:
                _print(screen.question(review, here))
            _print(screen.prompt(review, here), end="")
        shown = review.at
        match read():
            case None | "q":
                _print("quit")
                return review, False
            case "y" if here is None:
                _print("yes")
                return review, True
            case key if key == AGAIN:
                shown = None
                _print("again")
            case "":
                _print("")
            case "?":
                _print(f"help\n{question.HELP}")
            case "e" if here is not None:
                _print("explained\n")
                explain(here.code, [Path(file) for file in options.rules], options.color)
            case key if key in _DECISIONS and (here is not None or key in ("u", "k")):
                before, review = review, press(review, key)
                _print(escape(question.answer(before, review, key)))
            case key:
                _print(f"{escape(key)} is no key here; ? lists them")


def _offered(run: Run, review: Review, protected: Protected) -> frozenset[str]:
    """Return the ids of the fixes in ``run`` that nobody was asked for."""
    known = {fix.id for fix in review.fixes} | {refusal.id for refusal in run.report.refusals}
    home = runner.homes(run)
    return frozenset(
        finding.id
        for finding in run.report.findings
        if finding.fixable and not finding.applied and finding.id not in known and is_clean(*home(finding), protected)
    )


def _not_asked(run: Run, protected: Protected) -> tuple[int, int]:
    """Return the number of findings that have no fix, and of those whose fix changes a protected file."""
    home = runner.homes(run)
    held = sum(finding.fixable and not is_clean(*home(finding), protected) for finding in run.report.findings)
    return sum(not finding.fixable for finding in run.report.findings), held


def _untouched(run: Run) -> Run:
    """Return ``run`` as it is when no fix was chosen."""
    report = run.report
    findings = tuple(replace(finding, applied=False) for finding in report.findings)
    files = tuple(file for file in report.files if not file.changed)
    return replace(run, report=replace(report, findings=findings, files=files), chosen=frozenset())


def _one_meaning_each(run: Run) -> None:
    """Raise UserError where two projects have the same fix: an answer would hold for both, and only one is shown."""
    seen: dict[str, Finding] = {}
    for finding in run.report.findings:
        if finding.applied and (other := seen.setdefault(finding.id, finding)) is not finding:
            raise UserError(
                f"{_ORIGIN}: {place(other)} and {place(finding)} are one and the same fix in two projects; "
                "review one project at a time"
            )


def _print(text: str, end: str = "\n") -> None:
    emit(text + end)
