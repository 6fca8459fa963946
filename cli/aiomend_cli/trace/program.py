"""Runs a program with the recorder in front of it, and otherwise as it would run by itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from aiomend_cli.environment import without_forge
from aiomend_cli.errors import UserError
from aiomend_cli.trace import log
from aiomend_cli.trace.texts import texts_of

#: The folder that stands first on PYTHONPATH: it holds `sitecustomize` and the recorder, and nothing else.
RECORDER = Path(__file__).parent / "recorder"

NOT_FOUND = 127  #: as shells have it
NOT_EXECUTABLE = 126
_SIGNALLED = 128


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be recorded, and where."""

    file: Path  #: absolute
    slow: float = 0.1  #: seconds
    facts: bool = False
    debug: bool = False  #: asyncio's own debug mode
    lines: Path | None = None  #: a file that names the lines whose execution is to be noted


def environment(wish: Wish, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a program that is recorded."""
    path = environ.get("PYTHONPATH")
    result = without_forge(environ) | {
        "AIOMEND_TRACE": str(wish.file),
        "AIOMEND_TRACE_SLOW": repr(wish.slow),
        "AIOMEND_TRACE_FACTS": "1" if wish.facts else "0",
        "PYTHONPATH": os.pathsep.join([str(RECORDER), *([path] if path else [])]),
    }
    if wish.debug:
        result["PYTHONASYNCIODEBUG"] = "1"
    if wish.lines is not None:
        result["AIOMEND_TRACE_LINES"] = str(wish.lines)
    return result


def begin(wish: Wish) -> None:
    """Start the file of a trace anew; raises UserError where that cannot be, or it holds something else."""
    try:
        if wish.file.exists() and not _is_trace(wish.file):
            raise UserError(f"{wish.file}: is no trace, and would be lost\nname another file with --output")
        wish.file.write_text("", "utf-8")
    except OSError as error:
        raise _unwritten(wish.file, error) from error
    _append(wish.file, {"kind": "trace", "version": log.VERSION, "slow": wish.slow, "facts": wish.facts})


def _is_trace(file: Path) -> bool:
    if not file.is_file():
        return False
    with file.open("rb") as opened:
        start = opened.read(200)
    return not start or start.startswith(b'{"kind": "trace"')


def end(wish: Wish, status: int) -> log.Trace:
    """Add what the files that the trace names hold, and what the program ended with; return the trace.

    Raises UserError where that cannot be written: the trace is not whole then.
    """
    trace = log.read(wish.file)
    named = {complaint.file for complaint in trace.complaints} | {row.get("file") for row in trace.facts}
    named |= {file for complaint in trace.complaints for file, _ in complaint.related}
    for file, text in texts_of(sorted(file for file in named if file is not None)).items():
        _append(wish.file, {"kind": "text", "file": file, "lines": text.lines})
    _append(wish.file, {"kind": "end", "status": status})
    return log.read(wish.file)


def _append(file: Path, row: Mapping[str, Any]) -> None:
    try:
        with file.open("a", encoding="ascii") as opened:
            opened.write(json.dumps(row) + "\n")
    except OSError as error:
        raise _unwritten(file, error) from error


def _unwritten(file: Path, error: OSError) -> UserError:
    return UserError(f"{file}: cannot be written: {error.strerror}")


def run(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run ``command`` with this terminal, and return its exit status; 128 and the signal where one ended it."""
    try:
        child = subprocess.Popen(command, env=dict(environ))
    except FileNotFoundError:
        raise NotStarted(f"{command[0]}: there is no such program", NOT_FOUND) from None
    except OSError as error:
        raise NotStarted(f"{command[0]}: cannot be run: {error.strerror}", NOT_EXECUTABLE) from error
    with _handed_on(child):
        status = child.wait()
    return status if status >= 0 else _SIGNALLED - status


class NotStarted(UserError):
    """A program that could not be started; ``status`` says so as a shell does."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


@contextmanager
def _handed_on(child: subprocess.Popen[bytes]) -> Iterator[None]:
    """Leave signals to ``child``: Ctrl-C reaches it by the terminal, what others send goes on to it."""

    def hand_on(number: int, _frame: FrameType | None) -> None:
        child.send_signal(number)

    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, lambda *_: None),
        signal.SIGTERM: signal.signal(signal.SIGTERM, hand_on),
        signal.SIGHUP: signal.signal(signal.SIGHUP, hand_on),
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
