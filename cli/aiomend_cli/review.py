"""``aiomend review``: a page on which a person reads the fixes and chooses among them."""

from __future__ import annotations

import os
from pathlib import Path

from aiomend.report import FileResult, Report
from aiomend.source import Unreadable, decode
from aiomend_cli import preparing, runner, selection
from aiomend_cli.check import announce, outcome
from aiomend_cli.errors import UserError
from aiomend_cli.other_options import ReviewOptions
from aiomend_cli.output import emit
from aiomend_cli.output.patch import base_of
from aiomend_cli.output.text import count, tail
from aiomend_cli.retyped import command_line
from aiomend_cli.reviewing.cells import Observation
from aiomend_cli.reviewing.rehearsal import Rehearsed, rehearse
from aiomend_cli.runner import Run, Workspace
from aiomend_cli.terminal import escape, say
from aiomend_cli.tested import Traced
from aiomend_cli.trace.watched import Watched, traced, watched

STDOUT = Path("-")


def review(options: ReviewOptions) -> int:
    """Write the page; return 0 where it is written, 2 where the work is not complete."""
    if preparing.STDIN in options.paths:
        raise UserError("`-` is stdin, and a page is about files: name files or folders")
    if options.runs < 0:
        raise UserError("--runs: a number from 0 up")
    program = watched(options.verify) if options.verify is not None else None
    workspaces = preparing.prepare(options)
    if program is not None and len(workspaces) != 1:
        raise UserError("--verify: there is more than one project here: review one at a time, from its folder")
    run = runner.run(workspaces, lambda _: lambda _: True, watched=not options.quiet)
    announce(run, options)
    html = _html(workspaces, run, options, program)
    file = options.output or Path("review.html")
    emit(html, None if file == STDOUT else file)
    if not options.quiet:
        say(*tail(run), _summary(run, file))
    return outcome(run, options, False)


def _html(workspaces: tuple[Workspace, ...], run: Run, options: ReviewOptions, program: Watched | None) -> str:
    from aiomend_cli.output.page import page
    from aiomend_cli.output.page.data import Review

    base = base_of(run)
    requires = selection.requirements(run.report)
    chosen = _chosen_first(run, requires)
    return page(
        Review(
            title=_title(workspaces, options),
            run=run,
            chosen=chosen,
            requires=requires,
            rehearsed=_rehearsed(workspaces, run, requires, chosen, options),
            originals=runner.contents(run),
            base=None if base is None else str(base),
            command=f"aiomend fix --only-fixes aiomend-selection.json{command_line(options)}",
            names={file.path: _name(file, base) for file in run.report.changed},
            traced=_traced(workspaces, chosen, program, options) if program is not None else None,
        )
    )


def _name(file: FileResult, base: Path | None) -> str:
    return os.path.relpath(file.path, base).replace(os.sep, "/") if base else file.path


def _title(workspaces: tuple[Workspace, ...], options: ReviewOptions) -> str:
    if options.paths != (".",):
        return " ".join(options.paths)
    return workspaces[0].root.name if workspaces else ""


def _chosen_first(run: Run, requires: dict[str, tuple[str, ...]]) -> frozenset[str]:
    """Return the fixes that the settings accept, as far as what they build on is accepted, too."""
    wanted = runner.wanted(run)
    accepted = {finding.id for finding in run.report.findings if finding.fixable and wanted(finding)}
    return frozenset(one for one in accepted if selection.with_required([one], requires) <= accepted)


def _traced(
    workspaces: tuple[Workspace, ...], chosen: frozenset[str], program: Watched, options: ReviewOptions
) -> Traced:
    """Return what the program does with the fixes that are chosen to begin with."""
    if not chosen:
        raise UserError(
            "--verify: no fix is chosen to begin with, so there is nothing to watch\n--unsafe or --unsafe-rules choose more"
        )
    fixed = runner.run(workspaces, lambda _: lambda finding: finding.id in chosen, watched=not options.quiet)
    if not options.quiet:
        say(escape(f"watching {program.text}"))
    return traced(workspaces[0], fixed, program)


def _rehearsed(
    workspaces: tuple[Workspace, ...],
    run: Run,
    requires: dict[str, tuple[str, ...]],
    chosen: frozenset[str],
    options: ReviewOptions,
) -> Rehearsed:
    """Return what selections make of the files."""
    fixes = [finding for finding in run.report.findings if finding.fixable]
    everything = frozenset(finding.id for finding in fixes)
    failed = _failed(run.report)

    def apply(ids: frozenset[str]) -> Observation | None:
        again = runner.run(workspaces, lambda _: lambda finding: finding.id in ids, watched=not options.quiet)
        return _observed(ids, again.report) if _failed(again.report) == failed else None

    return rehearse(
        fixes,
        {one: requires.get(one, ()) for one in everything},
        {file.path: _text(file) for file in run.report.changed},
        _observed(everything, run.report),
        chosen,
        apply,
        options.runs,
    )


def _observed(ids: frozenset[str], report: Report) -> Observation:
    return Observation(ids, {file.path: file.edits for file in report.changed})


def _failed(report: Report) -> set[str]:
    return {file.path for file in report.files if runner.failed(file)}


def _text(file: FileResult) -> str:
    try:
        return "" if file.created else decode(file.path, file.old).text
    except Unreadable as error:  # the engine has just read it
        raise AssertionError(error) from error


def _summary(run: Run, file: Path) -> str:
    fixes = sum(finding.fixable for finding in run.report.findings)
    others = len(run.report.findings) - fixes
    left = f" and {count(others, 'finding')} without one" if others else ""
    where = "written" if file == STDOUT else f"written to {escape(str(file))}: open it in a browser"
    return f"{count(fixes, 'fix')} in {count(len(run.report.changed), 'file')}{left}, {where}."
