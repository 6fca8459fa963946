"""A command of the repository: run to its end or not, and nothing of it left."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from aiomend_cli.writer import interrupts_held

GRACE = 3.0  #: seconds between asking a command to end and ending it
_TICK = 0.02  #: seconds between two looks at it


def run(
    words: Sequence[str],
    *,
    cwd: Path,
    environ: Mapping[str, str],
    output: IO[bytes],
    errors: IO[bytes] | None = None,
    seconds: float,
) -> tuple[int | None, float]:
    """Run a command; return its exit code, negative for a signal, and the seconds that it took.

    What it writes to stderr goes to ``output`` as well, unless there are ``errors``.

    The code is None where it took more than ``seconds``. Its processes are a group of their own, and what is left of the
    group is killed in any case. It has no terminal. Raises OSError where it cannot be started.
    """
    start = time.monotonic()
    child: subprocess.Popen[bytes] | None = None
    try:
        with interrupts_held():  # else a Ctrl-C could come before anybody knows the child
            child = subprocess.Popen(
                words,
                cwd=cwd,
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if errors is None else errors,
                start_new_session=True,
            )
        ended = _wait(child, seconds)
        took = time.monotonic() - start
        if not ended:
            _signal(child, signal.SIGTERM)
            _wait(child, GRACE)
    finally:
        if child is not None:
            _signal(
                child, signal.SIGKILL
            )  # before anybody asks for the exit code: until then the group's number is taken
            child.wait()
    return (child.returncode if ended else None), took


def _wait(child: subprocess.Popen[bytes], seconds: float) -> bool:
    """Return whether the command itself came to its end in time; its exit code stays to be asked for."""
    end = time.monotonic() + seconds
    while not _has_ended(child):
        if time.monotonic() >= end:
            return False
        time.sleep(_TICK)
    return True


def _has_ended(child: subprocess.Popen[bytes]) -> bool:
    if not hasattr(os, "waitid"):
        return child.poll() is not None
    return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _signal(child: subprocess.Popen[bytes], number: int) -> None:
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, number)
