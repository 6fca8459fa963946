"""Runs of a program in a copy: captured, recorded, and ended when their time is over."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aiomend_cli.errors import UserError
from aiomend_cli.trace import log, program
from aiomend_cli.trace.program import Wish

_GRACE = 2.0  #: seconds between asking a program to end and ending it
_VARIES = re.compile(r"0x[0-9a-fA-F]+|\d+(\.\d+)?\s?(ms|s|sec|seconds)\b|\d{4}-\d\d-\d\d[T ][\d:.,]+")


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
    start = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            child = subprocess.Popen(
                command,
                cwd=cwd,
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        except OSError as error:
            raise UserError(f"{command[0]}: cannot be run: {error.strerror or error}") from error
        status: int | None
        try:
            status = child.wait(limit)
        except subprocess.TimeoutExpired:
            status = None
            _signal(child, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(_GRACE)
        finally:
            _signal(child, signal.SIGKILL)
            child.wait()
        out.seek(0)
        output = out.read().decode("utf-8", "replace")
    seconds = time.monotonic() - start
    return Ran(status, _VARIES.sub("...", output), seconds, program.end(wish, -1 if status is None else status))


def _signal(child: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, number)
