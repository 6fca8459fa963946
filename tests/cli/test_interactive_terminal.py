"""`fix --interactive` on a terminal: one key each, the terminal as it was afterwards, and what Ctrl-C leaves."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Start = Callable[..., "subprocess.Popen[bytes]"]
BUG = "future.set_result(1)\n"
SLOW = "time.sleep(1)\n"
ASKED = "q,?]"  # the end of a prompt
LAST = "u,k,?]"
_PATIENCE = 60  #: seconds until a test fails


class Terminal:
    """A terminal of 80 columns with a program in it; ``shown`` is everything that it has shown."""

    def __init__(self, start: Start, *arguments: str, first: str = "") -> None:
        self.main, self.inner = pty.openpty()
        fcntl.ioctl(self.inner, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.before = termios.tcgetattr(self.inner)
        streams = dict.fromkeys(("stdin", "stdout", "stderr"), self.inner)
        self.program = start(*arguments, first=first, start_new_session=True, preexec_fn=_make_it_ours, **streams)
        self.shown = ""
        self.read = 0

    def wait_for(self, text: str) -> str:
        """Return what is shown up to and with ``text``, from where the last wait ended."""
        until = time.monotonic() + _PATIENCE
        while (found := self.shown.find(text, self.read)) < 0:
            ended = self.program.poll() is not None or time.monotonic() > until
            if select.select([self.main], [], [], 0.1)[0]:
                self.shown += os.read(self.main, 4096).decode(errors="replace")
            else:
                assert not ended, f"never shown: {text!r}\n{self.shown}"
        end = found + len(text)
        new, self.read = self.shown[self.read : end], end
        return new

    def press(self, keys: str) -> None:
        os.write(self.main, keys.encode())

    def end(self) -> int:
        """Return the exit code; the terminal has to be as it was."""
        code = self.program.wait(_PATIENCE)
        assert termios.tcgetattr(self.inner) == self.before
        return code


def _make_it_ours() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.fixture
def terminal(process: Start) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def start(*arguments: str, first: str = "") -> Terminal:
        opened.append(Terminal(process, "fix", "--interactive", *arguments, first=first))
        return opened[-1]

    yield start
    for one in opened:
        with contextlib.suppress(ProcessLookupError):
            one.program.kill()
        one.program.wait(_PATIENCE)
        os.close(one.main)
        os.close(one.inner)


def test_one_key_each(project: Path, terminal: Callable[..., Terminal]) -> None:
    Path("a.py").write_text(BUG + SLOW)
    on = terminal()
    assert "1 of 2  bug: AIO201 guard-future-result" in on.wait_for(ASKED)
    on.press("y")
    assert "yes\r\n" in on.wait_for(ASKED)
    on.press("n")
    on.wait_for(LAST)
    on.press("y")
    on.wait_for("1 fix in 1 file; 1 left: 1 not chosen.")
    assert on.end() == 0
    assert Path("a.py").read_text() == "guarded(1)\n" + SLOW


@pytest.mark.trust
@pytest.mark.parametrize("how", ["a key", "a signal", "at the end"])
def test_after_ctrl_c_nothing_is_written(project: Path, terminal: Callable[..., Terminal], how: str) -> None:
    Path("a.py").write_text(BUG + BUG)
    on = terminal()
    on.wait_for(ASKED)
    on.press("y")
    on.wait_for(ASKED)
    match how:
        case "a key":
            on.press("\x03")
        case "a signal":
            on.program.send_signal(signal.SIGINT)
        case _:
            on.press("y")
            on.wait_for(LAST)
            on.press("\x03")
    on.wait_for("nothing is applied")
    assert on.end() == 130
    assert Path("a.py").read_text() == BUG + BUG
    assert "Traceback" not in on.shown


def test_a_review_that_is_ended_from_outside_writes_nothing(project: Path, terminal: Callable[..., Terminal]) -> None:
    Path("a.py").write_text(BUG + BUG)
    on = terminal()
    on.wait_for(ASKED)
    on.press("y")
    on.wait_for(ASKED)
    on.program.terminate()
    assert on.end() == 143
    assert Path("a.py").read_text() == BUG + BUG


def test_a_terminal_that_is_gone_says_no_yes(project: Path, process: Start) -> None:
    Path("a.py").write_text(BUG + BUG)
    on = Terminal(process, "fix", "--interactive")
    on.wait_for(ASKED)
    on.press("y")
    on.wait_for(ASKED)
    os.close(on.inner)
    os.close(on.main)
    assert on.program.wait(_PATIENCE) != 0
    assert Path("a.py").read_text() == BUG + BUG


def test_ctrl_d_quits_and_keeps_what_was_accepted(project: Path, terminal: Callable[..., Terminal]) -> None:
    Path("a.py").write_text(BUG + BUG)
    on = terminal()
    on.wait_for(ASKED)
    on.press("y")
    on.wait_for(ASKED)
    on.press("\x04")
    on.wait_for("1 fix in 1 file")
    assert on.end() == 0
    assert Path("a.py").read_text() == "guarded(1)\n" + BUG


@pytest.mark.parametrize("sent", ["\x1b[A", "\x1bOA", "\x1b[1;5D", "é", "\x1b"])
def test_an_arrow_key_decides_nothing(project: Path, terminal: Callable[..., Terminal], sent: str) -> None:
    """Its code ends with an A, which is a yes to all of a file, or a D, which is a no."""
    Path("a.py").write_text(BUG)
    on = terminal()
    on.wait_for(ASKED)
    on.press(sent)
    on.wait_for("is no key here; ? lists them")
    on.wait_for(ASKED)
    on.press("q")
    assert on.end() == 0
    assert Path("a.py").read_text() == BUG


def test_what_was_typed_before_the_first_question_answers_nothing(
    project: Path, terminal: Callable[..., Terminal]
) -> None:
    Path("a.py").write_text(BUG)
    first = """
import os
from aiomend_cli.interactive import session
asked = session.keys
def keys():
    os.write(1, b"typing now")
    os.read(0, 3)
    return asked()
session.keys = keys
"""
    on = terminal(first=first)
    on.wait_for("typing now")
    on.press("yyq\nyyq\n")
    on.wait_for(ASKED)
    assert select.select([on.main], [], [], 0)[0] == [], on.shown
    on.press("n")
    on.wait_for(LAST)
    on.press("u")
    on.wait_for(ASKED)
    on.press("q")
    assert on.end() == 0
    assert Path("a.py").read_text() == BUG


def test_after_ctrl_z_a_key_is_enough_again(project: Path, terminal: Callable[..., Terminal]) -> None:
    Path("a.py").write_text(BUG)
    on = terminal()
    on.wait_for(ASKED)
    on.program.send_signal(signal.SIGSTOP)
    os.waitpid(on.program.pid, os.WUNTRACED)
    termios.tcsetattr(on.inner, termios.TCSANOW, on.before)  # as a shell does
    on.program.send_signal(signal.SIGCONT)
    until = time.monotonic() + _PATIENCE
    while termios.tcgetattr(on.inner) == on.before:
        assert time.monotonic() < until
    assert "1 of 1  bug: AIO201" in on.wait_for(ASKED)  # the shell's own lines stand below the question
    on.press("n")
    on.wait_for(LAST)
    on.press("y")
    assert on.end() == 0


@pytest.mark.parametrize(
    ("name", "value", "coloured"), [("TERM", "xterm", True), ("TERM", "dumb", False), ("NO_COLOR", "1", False)]
)
def test_colour_is_left_out_where_nobody_wants_it(
    project: Path,
    terminal: Callable[..., Terminal],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    coloured: bool,
) -> None:
    monkeypatch.setenv(name, value)
    Path("a.py").write_text(BUG)
    on = terminal("--quiet")  # no progress bar
    assert ("\x1b[" in on.wait_for(ASKED)) == coloured
    on.press("q")
    assert on.end() == 0


def test_sentences_and_prompts_fit_into_80_columns(
    project: Path, terminal: Callable[..., Terminal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    Path("a.py").write_text(f"{'x = 1;' * 3}future.set_result({'+'.join(['1'] * 5)})\n{SLOW}")
    on = terminal("--quiet")
    on.wait_for(ASKED)
    on.press("?")
    on.wait_for(ASKED)
    on.press("j")
    on.wait_for(ASKED)
    on.press("q")
    assert on.end() == 0
    assert max(map(len, on.shown.splitlines())) <= 80


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_knows_fewer_letters(project: Path, terminal: Callable[..., Terminal], encoding: str) -> None:
    Path("変数.py").write_text("# 変数\n" + BUG)
    streams = "".join(f"sys.{name}.reconfigure(encoding={encoding!r});" for name in ("stdin", "stdout", "stderr"))
    slow = "from aiomend_cli import progress; progress.PATIENCE = -1"  # a progress bar at once
    on = terminal(first=f"import sys; {streams} {slow}")
    assert r"\u5909\u6570.py:2:1" in on.wait_for(ASKED)
    on.press("y")
    on.wait_for(LAST)
    on.press("y")
    assert on.end() == 0
    assert "guarded(1)" in Path("変数.py").read_text()
