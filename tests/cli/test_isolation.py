"""A file that ends the engine, stops it or eats the memory costs that file only."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from aiomend_cli import limits

pytestmark = pytest.mark.trust

Start = Callable[..., "subprocess.Popen[bytes]"]
SAFE, FIXED = "future.set_result(1)\n", "guarded(1)\n"


def run(process: Start, *arguments: str, **options: object) -> tuple[int, str, str]:
    """Return the exit code of a command, and what it says on stdout and stderr."""
    with process(*arguments, **options) as running:
        out, err = running.communicate(timeout=60)
    return running.returncode, out.decode(), err.decode()


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        ("SEGFAULT", (), "bad.py: the engine was ended by SIGSEGV"),
        ("HANG", ("--file-timeout", "0.5"), "bad.py: no end after 0.5 seconds (file-timeout)"),
        ("HOARD", ("--memory-limit", "1000"), "bad.py: the engine ran out of memory"),
    ],
)
def test_a_bad_file_is_named_and_the_others_are_fixed(
    project: Path, process: Start, content: str, options: tuple[str, ...], said: str
) -> None:
    for name in ("a.py", "z.py"):
        Path(name).write_text(SAFE)
    Path("bad.py").write_text(content)
    code, out, _ = run(process, "fix", *options)
    assert (code, Path("a.py").read_text(), Path("z.py").read_text()) == (2, FIXED, FIXED)
    assert said in out
    assert "1 aiomend had to give it up" in out
    assert out.endswith("2 fixes in 2 files; nothing left.\n")


def test_a_bad_file_elsewhere_in_the_project_costs_what_it_would_have_told(project: Path, process: Start) -> None:
    Path("pyproject.toml").write_text("")
    Path("a.py").write_text(SAFE)
    Path("bad.py").write_text("SEGFAULT")
    code, out, _ = run(process, "fix", "a.py")
    assert (code, Path("a.py").read_text()) == (0, FIXED)
    assert "note: bad.py: aiomend had to give it up: the engine was ended by SIGSEGV" in out


def test_a_file_that_cannot_even_be_read(project: Path, process: Start) -> None:
    Path("a.py").write_text(SAFE)
    Path("bad.py").write_text("FATAL")
    code, out, _ = run(process, "fix")
    assert (code, Path("a.py").read_text()) == (2, FIXED)
    assert "bad.py: the engine was ended by SIGSEGV" in out


def test_several_bad_files(project: Path, process: Start) -> None:
    for number in range(4):
        Path(f"bad{number}.py").write_text("SEGFAULT")
    Path("a.py").write_text(SAFE)
    code, out, _ = run(process, "fix")
    assert (code, Path("a.py").read_text()) == (2, FIXED)
    assert "4 aiomend had to give it up" in out


def test_tries_have_an_end(project: Path, process: Start) -> None:
    for number in range(5):
        Path(f"bad{number}.py").write_text("SEGFAULT")
    Path("a.py").write_text(SAFE)
    code, _, err = run(process, "fix", first="from aiomend_cli import isolation\nisolation.RESTARTS = 2")
    assert (code, Path("a.py").read_text()) == (2, SAFE)
    assert "3 files stopped the engine one after the other; nothing was changed" in err
    assert "bad1.py: the engine was ended by SIGSEGV" in err


def test_an_end_that_no_file_is_the_reason_of(project: Path, process: Start) -> None:
    Path("a.py").write_text(SAFE)
    first = "import os\nfake_engine.Project.run = lambda *_, **__: os._exit(3)"
    code, _, err = run(process, "fix", first=first)
    assert (code, Path("a.py").read_text()) == (2, SAFE)
    assert "the engine ended with exit code 3 while it worked on the project as a whole" in err
    assert "Nothing was changed" in err


def test_stdin_that_ends_the_engine_comes_back_as_it_was(project: Path, process: Start) -> None:
    with process("fix", "-", stdin=subprocess.PIPE) as running:
        out, err = running.communicate(b"SEGFAULT", timeout=60)
    assert (running.returncode, out) == (2, b"SEGFAULT")
    assert b"<stdin>: the engine was ended by SIGSEGV" in err


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_the_engine_goes_with_the_command(project: Path, process: Start, sent: signal.Signals, code: int) -> None:
    if sent is signal.SIGKILL and sys.platform != "linux":
        pytest.skip("only Linux ends a child whose parent was killed")
    os.mkfifo("pid")
    Path("a.py").write_text("HANG")
    first = "import os\nparse = fake_engine.Project._parse\ndef note(self, path):\n"
    first += "    open('pid', 'w').write(str(os.getpid()))\n    parse(self, path)\nfake_engine.Project._parse = note"
    with process("check", first=first) as running:
        engine = int(Path("pid").read_text())
        assert engine != running.pid
        running.send_signal(sent)
        running.communicate(timeout=20)
    assert running.returncode == code
    for _ in range(200):
        if not _is_running(engine):
            break
        time.sleep(0.05)
    assert not _is_running(engine)


def _is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"  # its parent is gone, and nobody has asked for it yet


def test_errors_of_the_user_come_through(project: Path, process: Start) -> None:
    Path("a.py").write_text("EXPLODE")
    code, _, err = run(process, "check")
    assert code == 2
    assert err.startswith(r"aiomend: internal error: RuntimeError: boom\x1b[31m")


def test_a_stopped_aiomend_does_not_take_its_own_pause_for_the_files(project: Path, process: Start) -> None:
    os.mkfifo("started")
    Path("a.py").write_text(SAFE)
    first = "import time\nparse = fake_engine.Project._parse\ndef slow(self, path):\n"
    first += "    open('started', 'w').close()\n    time.sleep(0.5)\n    parse(self, path)\n"
    first += "fake_engine.Project._parse = slow"
    with process("fix", "--file-timeout", "3", first=first) as running:
        Path("started").read_text()
        running.send_signal(signal.SIGSTOP)
        time.sleep(3.5)
        running.send_signal(signal.SIGCONT)
        running.communicate(timeout=60)
    assert (running.returncode, Path("a.py").read_text()) == (0, FIXED)


BLOCKING = "import asyncio\nimport time\n\n\nasync def poll():\n    time.sleep(1)\n"


def test_a_process_with_threads_gets_a_fresh_python(project: Path) -> None:
    (project / "typing.py").write_text("raise SystemExit('code of the scanned repository was run')")
    (project / "a.py").write_text(BLOCKING)
    code = (
        "import threading, sys\nfrom aiomend_cli.app import main\n"
        "threading.Thread(target=threading.Event().wait, daemon=True).start()\nmain()\n"
    )
    path = os.pathsep.join(one for one in sys.path if one and Path(one).is_absolute())
    arguments = [sys.executable, "-P", "-c", code, "fix", "--unsafe", "a.py"]
    done = subprocess.run(
        arguments, env=os.environ | {"PYTHONPATH": path}, capture_output=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert "await asyncio.sleep(1)" in (project / "a.py").read_text()


def test_limits_are_checked(project: Path, process: Start) -> None:
    assert "--file-timeout -1: must be the seconds" in run(process, "check", "--file-timeout", "-1")[2]
    assert "--memory-limit 3: must be the megabytes" in run(process, "check", "--memory-limit", "3")[2]
    Path("aiomend.toml").write_text("file-timeout = 'long'\n")
    assert "file-timeout = 'long': must be the seconds" in run(process, "check")[2]


@pytest.mark.parametrize(("gigabytes", "megabytes"), [(64, 8_000), (4, 3_000)])
def test_limits_hold_that_nobody_asked_for(monkeypatch: pytest.MonkeyPatch, gigabytes: int, megabytes: int) -> None:
    machine = {"SC_PHYS_PAGES": gigabytes * 250_000, "SC_PAGE_SIZE": 4_000}
    monkeypatch.setattr(limits.os, "sysconf", machine.__getitem__)
    assert (limits.Limits().seconds, limits.megabytes()) == (30, megabytes)


def test_the_longest_limit_of_several_configurations_holds(project: Path, process: Start) -> None:
    Path("pkg").mkdir()
    Path("aiomend.toml").write_text("file-timeout = 0.2\n")
    Path("pkg/aiomend.toml").write_text("file-timeout = 0.7\n")
    Path("pkg/a.py").write_text("HANG")
    Path("b.py").write_text("HANG")
    _, out, _ = run(process, "check")
    assert out.count("no end after 0.7 seconds") == 2
