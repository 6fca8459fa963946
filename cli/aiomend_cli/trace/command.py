"""``aiomend trace``: runs a program with the recorder in front of it, or tells what a trace says."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from aiomend_cli.ending import complain
from aiomend_cli.errors import UserError
from aiomend_cli.options import Format
from aiomend_cli.output import emit
from aiomend_cli.output.text import count
from aiomend_cli.terminal import Painter, escape, say, wants_colour
from aiomend_cli.trace import log, program
from aiomend_cli.trace.program import NotStarted, Wish
from aiomend_cli.trace.report import Told, as_json, ordered, text

DEFAULT = Path("trace.jsonl")


def trace(command: Sequence[str], wish: Wish, *, quiet: bool) -> int:
    """Run ``command`` and record it; return its exit status."""
    if not command:
        raise UserError("which program? Its command stands behind `--`: aiomend trace -- python app.py")
    if wish.slow <= 0:
        raise UserError(f"--slow {wish.slow:g}: it has to be more than no time")
    program.begin(wish)
    try:
        status = program.run(command, program.environment(wish, os.environ))
    except NotStarted as error:
        complain(str(error))
        return error.status
    recorded = program.end(wish, status)
    if not quiet:
        say(_summary(recorded, wish.file))
    return status


def _summary(recorded: log.Trace, file: Path) -> str:
    named = shlex.quote(os.path.relpath(file))
    if not recorded.processes:
        return "aiomend: nothing was watched: the program is no Python, or was started with -S, -E or -I"
    if not recorded.watched:
        return "aiomend: nothing was watched: the program did not import asyncio"
    sites = {(c.file, c.line) for c in recorded.complaints}
    if not sites:
        return f"aiomend: nothing to complain of; {escape(named)} says what was watched"
    return f"aiomend: {count(len(sites), 'site')} to look at: aiomend trace report {escape(named)}"


def report(file: Path, output_format: Format) -> int:
    """Print what the trace in ``file`` says.

    Return 0 where nothing was seen, 1 where something was, 2 where nothing was watched.
    """
    from aiomend_cli.trace.places import findings_at, lines_today

    recorded = log.read(file)
    lines = lines_today(recorded)
    told = Told(recorded, lines, findings_at(recorded, lines))
    if output_format is Format.JSON:
        emit(json.dumps(as_json(told), indent=2) + "\n")
    else:
        emit("\n".join([*text(told, Painter(wants_colour(sys.stdout))), ""]))
    if ordered(recorded):
        return 1
    return 0 if recorded.watched else 2
