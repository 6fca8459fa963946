"""``fix --test`` when something comes in between: the files are what they were, or the next run makes them so."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shlex
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli_helpers import commit_all, git
from fault_helpers import FIXED, PATIENCE, SAFE, TIE, TIED, Start, contents, run

from aiomend_cli import preparing, process, runner
from aiomend_cli.change_options import FixOptions
from aiomend_cli.errors import UserError
from aiomend_cli.guarded import journal
from aiomend_cli.guarded.trial import Trial
from aiomend_cli.notes import TRIAL
from aiomend_cli.writer import Change

pytestmark = pytest.mark.trust

#: Tests that never end once a file is fixed, and say so.
STUCK = """
import os, pathlib, signal, sys
if "guarded" in pathlib.Path("a.py").read_text() or "tied" in pathlib.Path("a.py").read_text():
    marker = pathlib.Path(sys.argv[1])
    marker.with_suffix(".new").write_text(str(os.getpid()))
    marker.with_suffix(".new").rename(marker)
    while True:
        signal.pause()
"""


def eventually(happens: Callable[[], bool]) -> None:
    """Wait for something that has to happen."""
    end = time.monotonic() + PATIENCE
    while not happens():
        assert time.monotonic() < end
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    """False for a process that is gone, or waits to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        if not Path("/proc/self/stat").exists():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, 0)
                return True
        return False


class Stuck:
    """A run of ``fix --test`` whose tests do not end while a.py is fixed."""

    def __init__(self, start: Start, folder: Path) -> None:
        self.marker = folder / "marker"
        script = folder / "stuck.py"
        script.write_text(STUCK)
        command = shlex.join([sys.executable, str(script), str(self.marker)])
        self.process = start("fix", "--test", command)
        eventually(lambda: self.marker.exists() or self.process.poll() is not None)
        assert self.process.poll() is None, self.process.communicate()
        self.tests = int(self.marker.read_text())

    def send(self, number: int) -> tuple[int, str]:
        """Return the exit code after a signal, and what was said on stderr."""
        self.process.send_signal(number)
        _, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, err.decode()


@pytest.fixture
def stuck(process: Start, tmp_path: Path) -> Iterator[Callable[[], Stuck]]:
    """Start such a run; in the end nothing of it is left."""
    started: list[Stuck] = []

    def start() -> Stuck:
        started.append(Stuck(process, tmp_path))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.communicate()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(one.tests, signal.SIGKILL)


def notes() -> list[Path]:
    return [
        *Path().rglob(".aiomend-*"),
        *Path().glob(".git/aiomend/trial"),
        *Path().glob(".git/aiomend/aiomend-kept-*"),
    ]


class TestSignals:
    @pytest.mark.parametrize(
        ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=lambda x: str(x)
    )
    def test_everything_is_as_before_and_no_test_goes_on(
        self, tied: Path, stuck: Callable[[], Stuck], number: int, code: int
    ) -> None:
        one = stuck()
        assert contents("a.py", "tied.py") == [TIED, "new\n"]
        assert one.send(number)[0] == code
        assert contents("a.py", "tied.py") == [TIE, "old\n"]
        assert notes() == []
        eventually(lambda: not is_running(one.tests))

    def test_what_somebody_edits_meanwhile_stays_and_what_it_was_is_kept(
        self, tied: Path, stuck: Callable[[], Stuck]
    ) -> None:
        one = stuck()
        Path("a.py").write_text("mine\n")
        code, said = one.send(signal.SIGTERM)
        assert (code, contents("a.py", "tied.py")) == (143, ["mine\n", "old\n"])
        [kept] = notes()
        assert kept.read_text() == TIE
        assert (
            f"a.py was changed while tests ran, by them or by somebody: it stays as it is; its former content is in {kept.resolve()}"
            in said
        )


class TestKill:
    """``kill -9``, which nobody can hold back."""

    def test_every_command_says_so_and_the_next_fix_takes_it_back(
        self, tied: Path, stuck: Callable[[], Stuck], process: Start
    ) -> None:
        assert stuck().send(signal.SIGKILL)[0] == -9
        assert contents("a.py", "tied.py") == [TIED, "new\n"]
        said = "an earlier run was killed while tests ran: a.py, tied.py may hold fixes that are not proved; `aiomend fix` takes them back"
        assert said in run(process, "check")[1]
        code, out, _ = run(process, "fix", "--select", "AIO301")
        assert (code, contents("a.py", "tied.py"), notes()) == (0, [TIE, "old\n"], [])
        assert "took back what an earlier run was trying when it was killed: a.py, tied.py" in out
        assert "killed" not in run(process, "check")[1]

    def test_the_next_run_begins_with_the_files_as_they_were(
        self, tied: Path, stuck: Callable[[], Stuck], process: Start
    ) -> None:
        """They are not taken for changes of somebody's own, and its own tests decide."""
        stuck().send(signal.SIGKILL)
        code, out, _ = run(process, "fix", "--test", "true")
        assert (code, contents("a.py", "tied.py")) == (0, [TIED, "new\n"])
        assert out.endswith("1 fix in 2 files; nothing left.\n")

    def test_commits_hold_nothing_of_it(self, repo: Path, stuck: Callable[[], Stuck], process: Start) -> None:
        Path("a.py").write_text(SAFE)
        commit_all()
        stuck().send(signal.SIGKILL)
        assert run(process, "fix", "--commit", "--select", "AIO301")[0] == 0
        assert git("status", "--porcelain") == ""

    def test_what_somebody_edited_since_stays_and_is_named(
        self, tied: Path, stuck: Callable[[], Stuck], process: Start
    ) -> None:
        stuck().send(signal.SIGKILL)
        Path("a.py").write_text("mine\n")
        code, _, err = run(process, "fix", "--select", "AIO301")
        assert (code, contents("a.py", "tied.py")) == (2, ["mine\n", "old\n"])
        assert "a.py was changed while tests ran" in err
        assert run(process, "fix", "--select", "AIO301")[0] == 0  # said once

    def test_what_somebody_took_back_is_nothing_to_take_back(
        self, tied: Path, stuck: Callable[[], Stuck], process: Start
    ) -> None:
        stuck().send(signal.SIGKILL)
        Path("a.py").write_text(TIE)
        Path("tied.py").write_text("old\n")
        code, out, _ = run(process, "fix", "--select", "AIO301")
        assert (code, "took back" in out, notes()) == (0, False, [])

    @pytest.mark.parametrize(
        "note",
        ["{", "[]", '{"files": 3}', '{"files": {"a.py": {}}}', '{"files": {"../b.py": {"old": "", "tried": []}}}'],
    )
    def test_a_damaged_note_changes_nothing(self, project: Path, process: Start, note: str) -> None:
        outside = project.parent / "b.py"
        outside.write_text("not ours\n")
        Path(TRIAL).write_text(note)
        Path("a.py").write_text(SAFE)
        assert run(process, "fix", "a.py")[0] in (0, 2)
        assert (outside.read_text(), contents("a.py")) == ("not ours\n", [FIXED])


def test_while_tests_run_other_commands_say_so(tied: Path, stuck: Callable[[], Stuck], process: Start) -> None:
    stuck()
    out = run(process, "check")[1]
    assert (
        "another aiomend is running tests: for the time being a.py, tied.py may hold fixes that are not proved" in out
    )


class TestProcesses:
    def test_a_command_that_hangs_is_killed_with_all_that_it_started(self, tmp_path: Path) -> None:
        """The child holds a lock, and neither of them ends when asked to."""
        script = (
            "import fcntl, os, signal, sys\n"
            "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
            "read, write = os.pipe()\n"
            "if os.fork() == 0:\n"
            "    fcntl.flock(os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY), fcntl.LOCK_EX)\n"
            "    os.write(write, b'x')\n"
            "else:\n"
            "    os.read(read, 1)\n"
            "    open(sys.argv[1] + '.held', 'w').close()\n"
            "while True: signal.pause()\n"
        )
        lock = tmp_path / "lock"
        with (tmp_path / "output").open("wb") as output:
            command = [sys.executable, "-c", script, str(lock)]
            code, seconds = process.run(command, cwd=tmp_path, environ=os.environ, output=output, seconds=2)
        assert (code, seconds >= 2, Path(f"{lock}.held").exists()) == (None, True, True)
        assert_free(lock)

    def test_what_a_command_leaves_running_is_killed_too(self, tmp_path: Path) -> None:
        script = (
            "import fcntl, os, signal, sys\n"
            "read, write = os.pipe()\n"
            "if os.fork() == 0:\n"
            "    fcntl.flock(os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY), fcntl.LOCK_EX)\n"
            "    os.write(write, b'x')\n"
            "    while True: signal.pause()\n"
            "os.read(read, 1)\nsys.exit(3)\n"
        )
        lock = tmp_path / "lock"
        with (tmp_path / "output").open("wb") as output:
            command = [sys.executable, "-c", script, str(lock)]
            code, _ = process.run(command, cwd=tmp_path, environ=os.environ, output=output, seconds=PATIENCE)
        assert code == 3
        assert_free(lock)

    def test_a_signal_is_no_exit_code(self, tmp_path: Path) -> None:
        with (tmp_path / "output").open("wb") as output:
            command = ["sh", "-c", "kill -SEGV $$"]
            code, _ = process.run(command, cwd=tmp_path, environ=os.environ, output=output, seconds=PATIENCE)
        assert code == -signal.SIGSEGV


def assert_free(lock: Path) -> None:
    descriptor = os.open(lock, os.O_WRONLY)

    def is_free() -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    try:
        eventually(is_free)
    finally:
        os.close(descriptor)


class TestTrials:
    @pytest.fixture
    def workspace(self, project: Path) -> runner.Workspace:
        Path("a.py").write_text("one")
        [workspace] = preparing.prepare(FixOptions())
        return workspace

    def test_each_state_has_a_second_of_its_own(self, workspace: runner.Workspace) -> None:
        times = []
        with Trial(workspace) as trial:
            for new in (b"two", b"six"):
                trial.put([Change("a.py", b"one", new)])
                times.append(int(Path("a.py").stat().st_mtime))
        times.append(int(Path("a.py").stat().st_mtime))
        assert times == sorted(set(times))
        assert time.time() >= times[-1] + 1

    def test_a_file_that_was_not_there_comes_and_goes(self, workspace: runner.Workspace) -> None:
        with Trial(workspace) as trial:
            trial.put([Change("new.py", None, b"new")])
            assert contents("new.py") == ["new"]
            trial.put([])
            assert not Path("new.py").exists()
            trial.put([Change("new.py", None, b"new")])
        assert not Path("new.py").exists()

    def test_one_that_somebody_makes_meanwhile_stays(self, workspace: runner.Workspace) -> None:
        Path("new.py").write_text("mine")
        with pytest.raises(UserError, match=r"new\.py was changed while tests ran"), Trial(workspace) as trial:
            trial.put([Change("a.py", b"one", b"two"), Change("new.py", None, b"new")])
        assert contents("a.py", "new.py") == ["one", "mine"]

    def test_without_a_place_for_the_note_nothing_is_changed(
        self, workspace: runner.Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(journal, "replace_file", full)
        with pytest.raises(UserError, match="no note of the files can be made"), Trial(workspace) as trial:
            trial.put([Change("a.py", b"one", b"two")])
        assert contents("a.py") == ["one"]

    def test_a_file_that_cannot_be_put_back_is_left_to_the_next_run(
        self, workspace: runner.Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from aiomend_cli.writer import Outcome, Written

        def full(_: Path, path: str, *__: object) -> Written:
            return Written(path, Outcome.FAILED, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(journal, "write", full)
            with (
                pytest.raises(UserError, match="cannot be put back: No space left on device"),
                Trial(workspace) as trial,
            ):
                trial.put([Change("a.py", b"one", b"two")])
        assert contents("a.py") == ["two"]
        assert journal.recover(workspace) == (["took back what an earlier run was trying when it was killed: a.py"], [])
        assert contents("a.py") == ["one"]
