"""The rules as LibCST commands, run by LibCST's own tool."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from libcst.codemod import CodemodCommand

from aiomend import libcst_commands, registry

POLL = "import asyncio\nimport time\n\n\nasync def poll():\n    time.sleep(1)\n"
POLLED = POLL.replace("import time\n", "").replace("time.sleep(1)", "await asyncio.sleep(1)")


def codemod(*arguments: str | Path, code: str = "AIO401") -> subprocess.CompletedProcess[str]:
    """Run LibCST's tool with one of the commands."""
    command = [sys.executable, "-m", "libcst.tool", "codemod", "-x", "--no-format", "--hide-progress"]
    return subprocess.run(
        [*command, f"aiomend.libcst_commands.{code}", *map(str, arguments)], text=True, capture_output=True, timeout=60
    )


@pytest.mark.parametrize(
    "clean",
    [
        b"",
        b"import time\r\n\r\ndef f():\r\n\ttime.sleep(1)\r\n",
        b"\xef\xbb\xbfx = 1",
        "# -*- coding: latin-1 -*-\nname = 'caf\u00e9'\n".encode("latin-1"),
        b"\x0cx = 1\n",
    ],
    ids=["empty", "windows-and-tabs", "byte-order-mark", "latin-1", "form-feed-first"],
)
def test_a_file_without_a_trap_keeps_its_bytes(tmp_path: Path, clean: bytes) -> None:
    path = tmp_path / "clean.py"
    path.write_bytes(clean)
    done = codemod(path)
    assert done.returncode == 0, done.stderr
    assert path.read_bytes() == clean


def test_a_rule_that_rewrites_nothing_is_no_command() -> None:
    assert not hasattr(libcst_commands, "AIO000")


def test_generated_code_is_skipped_and_the_tool_says_why(tmp_path: Path) -> None:
    path = tmp_path / "made.py"
    path.write_text(f"# Made by a tool: @{'generated'}\n{POLL}")  # in two parts: this file is not
    done = codemod(path)
    assert "generated" in done.stderr
    assert path.read_text().endswith(POLL)


def test_a_wrong_target_is_explained(tmp_path: Path) -> None:
    done = codemod("--target-version", "3.5", tmp_path)
    assert done.returncode != 0
    assert "3.6-3.15" in done.stderr
    assert "Traceback" not in done.stderr


def test_several_files_are_rewritten_in_worker_processes(tmp_path: Path) -> None:
    paths = [tmp_path / f"poll{number}.py" for number in range(9)]
    for path in paths:
        path.write_text(POLL)
    done = codemod("--jobs", "2", tmp_path)
    assert "9 files successfully" in done.stderr, done.stderr
    assert {path.read_text() for path in paths} == {POLLED}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (POLL.replace("\n", "\r\n").encode(), POLLED.replace("\n", "\r\n").encode()),
        (b"\xef\xbb\xbf" + POLL.encode(), b"\xef\xbb\xbf" + POLLED.encode()),
        (
            b"# -*- coding: latin-1 -*-\n# caf\xe9\n" + POLL.encode(),
            b"# -*- coding: latin-1 -*-\n# caf\xe9\n" + POLLED.encode(),
        ),
        (POLL.rstrip().encode(), POLLED.rstrip().encode()),
    ],
    ids=["windows", "byte-order-mark", "latin-1", "no-last-newline"],
)
def test_encoding_and_line_ends_stay(tmp_path: Path, old: bytes, new: bytes) -> None:
    path = tmp_path / "poll.py"
    path.write_bytes(old)
    done = codemod(path)
    assert done.returncode == 0, done.stderr
    assert path.read_bytes() == new


def test_standard_input_is_a_file_too() -> None:
    command = [
        sys.executable,
        "-m",
        "libcst.tool",
        "codemod",
        "-x",
        "--no-format",
        "aiomend.libcst_commands.AIO401",
        "-",
    ]
    done = subprocess.run(command, input=POLL, text=True, capture_output=True, timeout=60)
    assert done.stdout.rstrip() == POLLED.rstrip()


@pytest.mark.parametrize("code", [code for code in registry() if code != "AIO000"])
def test_every_rule_is_a_command_that_a_worker_process_can_load(code: str) -> None:
    command = getattr(libcst_commands, code)
    assert issubclass(command, CodemodCommand)
    assert registry()[code].summary() == command.DESCRIPTION
    assert pickle.loads(pickle.dumps(command)) is command
