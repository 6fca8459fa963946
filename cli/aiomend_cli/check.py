"""``aiomend check``: the findings, for people or for tools."""

from __future__ import annotations

import sys

from aiomend_cli import preparing, runner
from aiomend_cli.contradictions import is_narrowed, refuse_in_check
from aiomend_cli.ending import ERROR
from aiomend_cli.options import CheckOptions, Options, ReportFormat
from aiomend_cli.output import emit, for_tools
from aiomend_cli.output.text import header, shared, statistics, tail, totals
from aiomend_cli.runner import Run
from aiomend_cli.terminal import Painter, say, wants_colour


def check(options: CheckOptions) -> int:
    """Print the findings.

    Return 0 where there are none, 1 where there are, 2 where the work is not complete.
    """
    stdin = preparing.standard_input(options)
    refuse_in_check(options, stdin=stdin is not None)
    run = runner.run(preparing.prepare(options, stdin), watched=not options.quiet)
    if is_narrowed(options):
        from aiomend_cli.narrowing import narrowed

        run = narrowed(run, options)
    if options.output_format is not ReportFormat.TEXT:
        announce(run, options)
        emit(for_tools(run, options.output_format), options.output)
    else:
        emit("\n".join([*_text(run, options), ""]), options.output)
    return outcome(run, options, bool(run.report.findings))


def announce(run: Run, options: Options) -> None:
    """Say the target range on stderr, for reports that hold nothing but a patch, or are for tools."""
    if not options.quiet:
        say(*header(run))


def outcome(run: Run, options: Options, something: bool) -> int:
    """Return 2 where aiomend failed on a file, or ``--strict`` finds the work incomplete.

    Else whether there was ``something``.
    """
    failed = any(map(runner.failed, run.report.files))
    if failed or (
        options.strict and (runner.incomplete(run.report) or run.report.refusals or run.missing or _dropped(run))
    ):
        return ERROR
    return int(something)


def _dropped(run: Run) -> bool:
    return run.tested is not None and bool(run.tested.dropped)


def _text(run: Run, options: CheckOptions) -> list[str]:
    to_terminal = options.output is None and sys.stdout.isatty()
    paint = Painter(options.output is None and wants_colour(sys.stdout, options.color))
    around = [] if options.quiet else [*header(run), ""]
    if options.statistics:
        return [
            *around,
            *statistics(run, run.report.findings),
            *([] if options.quiet else ["", *tail(run), totals(run)]),
        ]

    if to_terminal and not (options.all or options.quiet):
        from aiomend_cli.output.overview import THRESHOLD, overview
        from aiomend_cli.retyped import command_line

        if len(run.report.findings) > THRESHOLD:
            return [*around, *overview(run, command_line(options), paint)]
    around += [] if options.quiet else shared(run, "fix makes")
    lines = _listed(run, paint) if run.report.findings else []
    lines += [] if options.quiet else [*tail(run), paint(totals(run), "bold")]
    if to_terminal and not options.quiet and run.report.findings:
        from aiomend_cli.output.overview import next_steps
        from aiomend_cli.retyped import command_line

        why = (f"aiomend explain {run.report.findings[0].code}", "says why")
        lines += ["", *next_steps(run, command_line(options), why)]
    return [*around, *lines]


def _listed(run: Run, paint: Painter) -> list[str]:
    from aiomend_cli.output.listing import Listing

    return Listing(run, runner.contents(run), paint).lines()
