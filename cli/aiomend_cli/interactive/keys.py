"""One key from a terminal, or one line from anything else."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
from collections.abc import Callable, Iterator

Read = Callable[[], "str | None"]  #: the next key; None where there will be no more

_END = b"\x04"  # Ctrl-D
_BURST = 0.03  #: seconds in which the rest of an arrow key arrives


@contextlib.contextmanager
def keys() -> Iterator[Read]:
    """Yield what reads the next key: without Enter from a terminal, else a line at a time.

    What was typed before on a terminal is dropped: it was no answer to what comes. Raises KeyboardInterrupt on Ctrl-C, and
    where the terminal is gone.
    """
    if not sys.stdin.isatty():
        yield _line
        return
    file = sys.stdin.fileno()
    with _unbuffered(file):
        yield lambda: _key(file)


def _line() -> str | None:
    line = sys.stdin.buffer.readline()
    return line.decode("utf-8", "replace").strip() if line else None


def _key(file: int) -> str | None:
    try:
        data = os.read(file, 1)
    except OSError:
        data = b""
    if not data:
        raise KeyboardInterrupt
    if data == _END:
        return None
    if data == b"\x1b" or data > b"\x7f":
        # the A in the code of an arrow key is no answer, nor are the other bytes of a letter
        while select.select([file], [], [], _BURST)[0]:
            data += os.read(file, 64)
    return data.decode("utf-8", "replace").strip()


@contextlib.contextmanager
def _unbuffered(file: int) -> Iterator[None]:
    """Let the terminal hand over each key and show none, also after Ctrl-Z and `fg`; put it back at the end."""
    import termios
    import tty

    before = termios.tcgetattr(file)
    handler = signal.signal(signal.SIGCONT, lambda *_: tty.setcbreak(file, termios.TCSANOW))
    try:
        tty.setcbreak(file, termios.TCSAFLUSH)
        yield
    finally:
        signal.signal(signal.SIGCONT, handler)
        termios.tcsetattr(file, termios.TCSADRAIN, before)
