"""``aiomend diff``: what ``fix`` would do, as a patch."""

from __future__ import annotations

import sys

from aiomend_cli import runner
from aiomend_cli.check import announce, outcome
from aiomend_cli.dirty import dirty
from aiomend_cli.options import Options, ReportFormat
from aiomend_cli.output import emit, for_tools
from aiomend_cli.output.text import count, shared, tail
from aiomend_cli.runner import Run
from aiomend_cli.standing import Standing, counted
from aiomend_cli.terminal import Painter, escape, say, wants_colour


def diff(options: Options) -> int:
    """Print the unified diff.

    Return 0 where nothing would change, 1 where something would, 2 where the work is not complete.
    """
    run = runner.run(runner.prepare(options, runner.standard_input(options)), watched=not options.quiet)
    announce(run, options)
    if options.output_format is not ReportFormat.TEXT:
        emit(for_tools(run, options.output_format), options.output)
    else:
        _patch(run, options)
    return outcome(run, options, bool(run.report.changed))


def _patch(run: Run, options: Options) -> None:
    from aiomend_cli.output.patch import on_terminal, patch

    content, base = patch(run)
    if options.output is None and sys.stdout.isatty():
        emit(on_terminal(content, Painter(wants_colour(sys.stdout))))
    else:
        emit(content, options.output)
    if options.quiet:
        return
    say(*shared(run, "new file"), *tail(run))
    if base is not None and content:
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
    unsafe = counts[Standing.UNSAFE]
    return f"{would} would be applied" + (f"; {unsafe} more with --unsafe." if unsafe else ".")
