"""How commands end: the exit codes of the contract, and never a traceback."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_helpers import commit_all, git
from typer.testing import Result

Run = Callable[..., Result]
Start = Callable[..., "subprocess.Popen[bytes]"]
SAFE = "future.set_result(1)\n"

SIGNAL_WHILE_WRITING = """
import os, signal
from aiomend_cli import writer
real = os.replace
def replace(old, new, **folders):
    if str(new).endswith(".py"):
        os.kill(os.getpid(), signal.{name})
    real(old, new, **folders)
writer.os.replace = replace
"""


@pytest.mark.parametrize(
    ("command", "content", "code"),
    [
        ("check", "", 0),
        ("check", "ensure_future(x)\n", 1),
        ("check", "time.sleep(1)\n", 1),
        ("check", SAFE, 1),
        ("check", "CRASH", 2),
        ("check", "EXPLODE", 2),
        ("check", "INTERRUPT", 130),
        ("diff", "time.sleep(1)\n", 0),
        ("diff", SAFE, 1),
        ("diff", "EXPLODE", 2),
        ("fix", SAFE, 0),
        ("fix", "", 0),
        ("fix", "EXPLODE", 2),
        ("fix", "INTERRUPT", 130),
    ],
)
def test_exit_codes(project: Path, aiomend: Run, command: str, content: str, code: int) -> None:
    Path("a.py").write_text(content)
    assert aiomend(command).exit_code == code


def test_an_internal_error_is_one_message(project: Path, aiomend: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a.py").write_text("EXPLODE")
    result = aiomend("check")
    assert result.stderr.startswith(r"aiomend: internal error: RuntimeError: boom\x1b[31m")
    assert "AIOMEND_TRACEBACK=1 shows where" in result.stderr
    assert "Traceback" not in result.stderr
    monkeypatch.setenv("AIOMEND_TRACEBACK", "1")
    assert "Traceback" in aiomend("check").stderr


def test_no_command_is_a_usage_error(process: Start) -> None:
    with process("chekc") as running:
        _, err = running.communicate(timeout=60)
    assert running.returncode == 2
    assert b"No such command" in err


def test_version_and_help(process: Start) -> None:
    with process("--version") as running:
        assert running.communicate(timeout=60)[0].startswith(b"aiomend ")
    with process("fix", "--help") as running:
        out, _ = running.communicate(timeout=60)
    assert b"--commit" in out
    assert b"--install-completion" not in out


@pytest.mark.trust
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_while_a_file_is_written_waits_until_it_is_whole(
    repo: Path, process: Start, name: str, code: int
) -> None:
    Path("a.py").write_text(SAFE + "time.sleep(1)\n")
    Path("b.py").write_text(SAFE)
    commit_all()
    with process("fix", first=SIGNAL_WHILE_WRITING.format(name=name)) as running:
        _, err = running.communicate(timeout=60)
    assert running.returncode == code
    assert b"Traceback" not in err
    assert (Path("a.py").read_text(), Path("b.py").read_text()) == ("guarded(1)\ntime.sleep(1)\n", SAFE)
    assert git("status", "--porcelain").split() == ["M", "a.py"]
    assert list(Path().rglob(".aiomend-*")) == []
    with process("fix", "--unsafe") as running:  # what was written before is known as aiomend's own
        running.communicate(timeout=60)
    assert Path("a.py").read_text() == "guarded(1)\nawait asyncio.sleep(1)\n"


def test_ctrl_c_while_committing_ends_after_a_whole_commit(repo: Path, process: Start) -> None:
    Path("a.py").write_text(SAFE + "time.sleep(1)\n")
    commit_all()
    with process("fix", "--unsafe", "--commit", first=SIGNAL_WHILE_WRITING.format(name="SIGINT")) as running:
        running.communicate(timeout=60)
    assert running.returncode == 130
    assert git("status", "--porcelain") == ""
    assert git("log", "-1", "--format=%s") == "AIO201 guard-future-result: 1 fix in 1 file\n"


def test_a_reader_who_leaves_is_no_error(project: Path, process: Start) -> None:
    Path("a.py").write_text(SAFE * 300)
    read, write = os.pipe()
    os.close(read)
    with process("check", stdout=write) as running:
        os.close(write)
        _, err = running.communicate(timeout=60)
    assert (running.returncode, err) == (141, b"")


def test_a_stream_that_knows_only_ascii(project: Path, process: Start) -> None:
    Path("ü.py").write_text(SAFE)
    first = "import sys; sys.stdout.reconfigure(encoding='ascii'); sys.stderr.reconfigure(encoding='ascii')"
    with process("check", first=first) as running:
        out, err = running.communicate(timeout=60)
    assert (running.returncode, err) == (1, b"")
    assert rb"\xfc.py:1:1: AIO201" in out
