"""What the tests of faults share: contents that the fake engine fixes, and running a command to its end."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

Start = Callable[..., "subprocess.Popen[bytes]"]
SAFE, FIXED = "future.set_result(1)\n", "guarded(1)\n"
TIE, TIED = "tie(1)\n", "tied(1)\n"  #: of a.py, with which tied.py changes from "old" to "new"
PATIENCE = 60.0  #: seconds after which something that has to happen has not


def run(start: Start, *arguments: str, **options: object) -> tuple[int, str, str]:
    """Return the exit code of a command, and what it says on stdout and stderr."""
    with start(*arguments, **options) as running:
        out, err = running.communicate(timeout=PATIENCE)
    return running.returncode, out.decode(), err.decode()


def contents(*names: str) -> list[str]:
    """Return the texts of files."""
    return [Path(name).read_text() for name in names]
