"""Runs of a program in a copy: captured, recorded, and ended when their time is over."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aiomend_cli import process
from aiomend_cli.errors import UserError
from aiomend_cli.trace import log, program
from aiomend_cli.trace.program import Wish

_VARIES = re.compile(
    r"0x[0-9a-fA-F]+|\d+(\.\d+)?\s?(ms|s|sec|seconds)\b( \(\d+:\d\d:\d\d\))?|\d{4}-\d\d-\d\d[T ][\d:.,]+"
)


@dataclass(frozen=True, slots=True)
class Ran:
    """One run: how it ended, what it printed, and what was recorded."""

    status: int | None  #: None where its time was over
    output: str  #: of stdout, without addresses and durations
    seconds: float
    trace: log.Trace


def run(command: Sequence[str], *, cwd: Path, wish: Wish, environ: Mapping[str, str], limit: float) -> Ran:
    """Run ``command`` in ``cwd`` without a terminal for at most ``limit`` seconds; nothing of it is left."""
    program.begin(wish)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            status, seconds = process.run(command, cwd=cwd, environ=environ, output=out, errors=err, seconds=limit)
        except OSError as error:
            raise UserError(f"{command[0]}: cannot be run: {error.strerror or error}") from error
        out.seek(0)
        output = out.read().decode("utf-8", "replace")
    return Ran(status, _VARIES.sub("...", output), seconds, program.end(wish, -1 if status is None else status))
