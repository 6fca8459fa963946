"""One key from a terminal, or one line from anything else."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Read = Callable[[], "str | None"]  #: the next key; None where there will be no more

AGAIN = "p"  #: the key to which the answer is to show everything again
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
    terminal = _Terminal(sys.stdin.fileno())
    with terminal.unbuffered():
        yield terminal.key


def _line() -> str | None:
    line = sys.stdin.buffer.readline()
    return line.decode("utf-8", "replace").strip() if line else None


class _Resumed(Exception):
    """The program goes on after Ctrl-Z and `fg`."""


@dataclass(slots=True)
class _Terminal:
    """A terminal that hands over each key and shows none."""

    file: int
    _waits: bool = False
    _resumed: bool = False

    def key(self) -> str | None:
        try:
            self._waits = True
            if self._resumed:
                raise _Resumed
            data = os.read(self.file, 1)
        except _Resumed:
            self._resumed = False
            return AGAIN
        except OSError:
            data = b""
        finally:
            self._waits = False
        if not data:
            raise KeyboardInterrupt
        if data == _END:
            return None
        if data == b"\x1b" or data > b"\x7f":
            # the A in the code of an arrow key is no answer, nor are the other bytes of a letter
            while select.select([self.file], [], [], _BURST)[0]:
                data += os.read(self.file, 64)
        return data.decode("utf-8", "replace").strip()

    @contextlib.contextmanager
    def unbuffered(self) -> Iterator[None]:
        """Make the terminal so, and drop what was typed before; put it back at the end."""
        import termios
        import tty

        def resume(*_: object) -> None:
            tty.setcbreak(self.file, termios.TCSANOW)  # the shell had it meanwhile
            self._resumed = True
            if self._waits:
                raise _Resumed

        before = termios.tcgetattr(self.file)
        handler = signal.signal(signal.SIGCONT, resume)
        try:
            tty.setcbreak(self.file, termios.TCSAFLUSH)
            yield
        finally:
            signal.signal(signal.SIGCONT, handler)
            termios.tcsetattr(self.file, termios.TCSADRAIN, before)
