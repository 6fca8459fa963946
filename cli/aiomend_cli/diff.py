"""``aiomend diff``: what ``fix`` would do, as a patch."""

from __future__ import annotations

import sys
from pathlib import Path

from aiomend.model import Impact
from aiomend.report import FileResult
from aiomend_cli import preparing
from aiomend_cli.change_options import DiffOptions, Grouping
from aiomend_cli.check import announce, outcome
from aiomend_cli.contradictions import refuse_in_changes
from aiomend_cli.dirty import dirty
from aiomend_cli.fix import run_wanted
from aiomend_cli.options import ReportFormat
from aiomend_cli.output import emit, for_tools
from aiomend_cli.output.text import count, shared, statistics, tail
from aiomend_cli.runner import Run
from aiomend_cli.standing import Standing, counted
from aiomend_cli.terminal import Painter, escape, say, wants_colour


def diff(options: DiffOptions) -> int:
    """Print the unified diff.

    Return 0 where nothing would change, 1 where something would, 2 where the work is not complete.
    """
    stdin = preparing.standard_input(options)
    refuse_in_changes(options, stdin=stdin is not None)
    run = run_wanted(preparing.prepare(options, stdin), options, {})
    announce(run, options)
    if options.output_format is not ReportFormat.TEXT:
        emit(for_tools(run, options.output_format), options.output)
    elif options.statistics:
        applied = [finding for finding in run.report.findings if finding.applied]
        emit("".join(f"{line}\n" for line in statistics(run, applied)), options.output)
        _epilogue(run, options)
    else:
        _patch(run, options)
        _epilogue(run, options)
    return outcome(run, options, bool(run.report.changed))


def _patch(run: Run, options: DiffOptions) -> None:
    """Print the patch: as it is where a program reads it, else for people."""
    from aiomend_cli.output.patch import heading, on_terminal, parts

    paint = Painter(options.output is None and wants_colour(sys.stdout, options.color))
    for_people = options.output is None and (sys.stdout.isatty() or paint.enabled)
    if options.group_by is Grouping.RULE:
        pieces = _by_rule(run, paint)
    else:
        pieces = [(heading(run.report, file.path, paint), piece) for file, piece in parts(run)]
    if not for_people:
        emit(b"".join(piece for _, piece in pieces), options.output)
        return
    for lines, piece in pieces:
        emit("".join(f"{line}\n" for line in lines) + on_terminal(piece, paint) + "\n")


def _by_rule(run: Run, paint: Painter) -> list[tuple[list[str], bytes]]:
    """Return a patch for each rule, the worst impact first, and lines for people in front of it.

    Each of them stands on those before it.
    """
    from aiomend_cli.commit import plan, wanted_in
    from aiomend_cli.output.patch import base_of, one_file

    base = base_of(run)
    worst: dict[str, Impact] = {}
    for finding in run.report.findings:
        if finding.applied:
            worst[finding.code] = min(finding.impact, worst.get(finding.code, Impact.TIDY))
    order = sorted(worst, key=lambda code: (worst[code], _guide_order(run, code)))
    pieces = []
    for workspace in run.workspaces:
        for step in plan(workspace, wanted_in(workspace, run, {}), order):
            files = [
                FileResult(workspace.shown(path), old or b"", new, created=old is None)
                for path, (old, new) in sorted(step.files.items(), key=lambda item: (item[1][0] is not None, item[0]))
            ]
            title = [paint(f"{worst[step.code].label}: {step.subject}", "bold")]
            pieces.append((order.index(step.code), title, b"".join(one_file(file, base) for file in files)))
    return [(title, piece) for _, title, piece in sorted(pieces, key=lambda piece: piece[0])]


def _guide_order(run: Run, code: str) -> int:
    return list(run.workspaces[0].settings.known).index(code)


def _epilogue(run: Run, options: DiffOptions) -> None:
    """Say on stderr what else there is to know."""
    from aiomend_cli.output.patch import base_of

    if options.quiet:
        return
    say(*shared(run, "new file"), *tail(run))
    base: Path | None = base_of(run)
    if base is not None and run.report.changed and not options.statistics:
        say(f"note: names in this patch are relative to {escape(str(base))}: apply it there")
    if unsaved := _protected(run):
        them = "it" if unsaved == 1 else "them"
        say(f"note: {count(unsaved, 'file')} with uncommitted changes; `fix` leaves {them} alone without --allow-dirty")
    say(_summary(run))


def _protected(run: Run) -> int:
    """Return how many changed files ``fix`` would leave alone since they differ from git's index."""
    changed = {file.path for file in run.report.changed}
    return sum(
        workspace.shown(path) in changed
        for workspace in run.workspaces
        if workspace.found.tree.repository and changed and not workspace.found.tree.overlay
        for path in dirty(workspace.found.tree.repository)
    )


def _summary(run: Run) -> str:
    counts = counted(run)
    would = f"{count(counts[Standing.FIXED], 'fix')} in {count(len(run.report.changed), 'file')}"
    left = f"; {counts[Standing.UNSAFE]} more with --unsafe" if counts[Standing.UNSAFE] else ""
    left += f"; {counts[Standing.REJECTED]} not chosen" if counts[Standing.REJECTED] else ""
    return f"{would} would be applied{left}."
