"""Whatever happens while files are written: each is the old or the new one, whole, and what belongs together stays so."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli_helpers import commit_all
from fault_helpers import FIXED, SAFE, TIE, TIED, Start, contents, run

from aiomend_cli import folder
from aiomend_cli.folder import locked

pytestmark = pytest.mark.trust

NOBODY = 65534

#: Does something when the file with that number is put in its place.
AT_RENAME = """
import os, signal
rename, renamed = os.replace, []
def replace(old, new, **folders):
    if new.endswith(".py"):
        renamed.append(new)
        if len(renamed) == {number}:
            {action}
    rename(old, new, **folders)
os.replace = replace
"""
KILL = "os.kill(os.getpid(), signal.SIGKILL)"


def leftovers() -> list[Path]:
    return list(Path().rglob(".aiomend-*"))


class TestKill:
    """``kill -9``, which nobody can hold back."""

    def test_between_two_files_the_rest_is_done_by_the_next_run(self, project: Path, process: Start) -> None:
        for name in ("a.py", "b.py", "c.py"):
            Path(name).write_text(SAFE)
        assert run(process, "fix", first=AT_RENAME.format(number=2, action=KILL))[0] == -9
        assert contents("a.py", "b.py", "c.py") == [FIXED, SAFE, SAFE]
        assert len(leftovers()) == 1
        code, out, _ = run(process, "fix")
        assert (code, contents("a.py", "b.py", "c.py"), leftovers()) == (0, [FIXED] * 3, [])
        assert out.endswith("2 fixes in 2 files; nothing left.\n")

    def test_what_a_killed_run_wrote_counts_as_its_own(self, repo: Path, process: Start) -> None:
        Path("a.py").write_text(SAFE + "time.sleep(1)\n")
        Path("b.py").write_text(SAFE)
        commit_all()
        run(process, "fix", first=AT_RENAME.format(number=2, action=KILL))
        assert run(process, "fix", "--unsafe")[0] == 0
        assert contents("a.py", "b.py") == [FIXED + "await asyncio.sleep(1)\n", FIXED]

    def test_between_files_that_belong_together_every_command_says_so(self, tied: Path, process: Start) -> None:
        assert run(process, "fix", first=AT_RENAME.format(number=2, action=KILL))[0] == -9
        assert contents("a.py", "tied.py") == [TIED, "old\n"]
        said = "an earlier run left a fix half written: a.py has it, tied.py has not; `aiomend fix a.py tied.py` finishes it"
        assert said in run(process, "check")[1]
        assert said in run(process, "diff")[2]

    def test_between_files_that_belong_together_the_next_run_finishes_it(self, tied: Path, process: Start) -> None:
        run(process, "fix", first=AT_RENAME.format(number=2, action=KILL))
        code, out, _ = run(process, "fix")
        assert (code, contents("a.py", "tied.py"), leftovers()) == (0, [TIED, "new\n"], [])
        assert "finished what an earlier run had begun: tied.py" in out
        assert "half written" not in run(process, "check")[1]

    def test_a_path_that_was_not_given_is_not_finished_but_named(self, tied: Path, process: Start) -> None:
        run(process, "fix", first=AT_RENAME.format(number=2, action=KILL))
        code, _, err = run(process, "fix", "a.py")
        assert (code, contents("a.py", "tied.py")) == (2, [TIED, "old\n"])
        assert "`aiomend fix a.py tied.py` finishes it" in err
        assert run(process, "fix", "a.py", "tied.py")[0] == 0
        assert contents("a.py", "tied.py") == [TIED, "new\n"]

    def test_what_somebody_edited_since_is_for_a_person(self, tied: Path, process: Start) -> None:
        run(process, "fix", first=AT_RENAME.format(number=2, action=KILL))
        Path("tied.py").write_text("mine\n")
        code, _, err = run(process, "fix")
        assert (code, contents("a.py", "tied.py")) == (2, [TIED, "mine\n"])
        assert "a.py has it, and tied.py was edited since: a person has to look" in err
        assert run(process, "fix")[0] == 0  # said once

    def test_what_somebody_took_back_is_no_half(self, tied: Path, process: Start) -> None:
        run(process, "fix", first=AT_RENAME.format(number=2, action=KILL))
        Path("a.py").write_text(TIE)
        assert "half written" not in run(process, "check")[1]
        assert run(process, "fix")[0] == 0
        assert contents("a.py", "tied.py") == [TIED, "new\n"]

    def test_a_temporary_file_that_somebody_uses_or_made_himself_stays(self, project: Path, process: Start) -> None:
        others = [f".aiomend-{os.getpid()}-0123456789ab.tmp", ".aiomend-1-short.tmp", ".aiomend-mine"]
        for name in others:
            Path(name).write_text("")
        Path(".aiomend-999999999-0123456789ab.tmp").write_text("")
        Path("a.py").write_text(SAFE)
        assert run(process, "fix")[0] == 0
        assert {path.name for path in leftovers()} == set(others)

    @pytest.mark.parametrize("note", ["{", '{"groups": 3}', '{"groups": [{"a.py": {}}]}', "[]"])
    def test_a_damaged_note_is_no_note(self, project: Path, process: Start, note: str) -> None:
        Path(".aiomend-unfinished").write_text(note)
        Path("a.py").write_text(SAFE)
        assert run(process, "fix")[0] == 0
        assert leftovers() == []


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_waits_for_all_files_of_a_fix(tied: Path, process: Start, name: str, code: int) -> None:
    first = AT_RENAME.format(number=1, action=f"os.kill(os.getpid(), signal.{name})")
    assert run(process, "fix", first=first)[0] == code
    assert (contents("a.py", "tied.py"), leftovers()) == ([TIED, "new\n"], [])


class TestFullDisk:
    def test_files_that_belong_together_are_both_left(self, tied: Path, process: Start) -> None:
        Path("a.py").write_text(TIE + "#" * 10_000 + "\n")
        if Path(".git").exists():
            commit_all("long")
        first = (
            "import resource, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, 8_000))"
        )
        code, out, err = run(process, "fix", first=first)
        assert (code, contents("a.py", "tied.py")[1], leftovers()) == (2, "old\n", [])
        assert Path("a.py").read_text().startswith(TIE)
        assert "a.py: cannot be written: File too large" in err
        assert "tied.py: not written without the file that it belongs together with: a.py" in err
        assert out.endswith("0 fixes in 0 files; 1 left: 1 in files left alone.\n")
        assert run(process, "fix")[0] == 0
        assert contents("tied.py") == ["new\n"]

    def test_a_file_system_without_room(self, mount: Callable[..., Path], process: Start) -> None:
        os.chdir(mount("size=64k"))
        Path("big.py").write_text(SAFE + "#" * 40_000 + "\n")
        Path("small.py").write_text(SAFE)
        code, out, err = run(process, "fix")
        assert (code, Path("small.py").read_text(), leftovers()) == (2, FIXED, [])
        assert Path("big.py").stat().st_size == len(SAFE) + 40_001
        assert "big.py: cannot be written: No space left on device" in err
        assert out.endswith("1 fix in 1 file; 1 left: 1 in files left alone.\n")

    def test_a_trace_that_finds_no_room_is_an_error_and_no_bug(
        self, mount: Callable[..., Path], process: Start
    ) -> None:
        os.chdir(place := mount("size=64k"))
        (place / "filled").write_bytes(bytes(64 * 1024))
        code, _, err = run(process, "trace", "--", "true")
        assert (code, "trace.jsonl: cannot be written: No space left on device" in err) == (2, True)
        assert "internal error" not in err

    def test_a_copy_that_finds_no_room_is_an_error_and_no_bug(
        self, mount: Callable[..., Path], project: Path, process: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TMPDIR", str(place := mount("size=64k")))
        Path("a.py").write_text(SAFE)
        Path("large.bin").write_bytes(bytes(100_000))
        code, _, err = run(process, "verify", "--", "true")
        assert (code, list(place.iterdir())) == (2, [])
        assert "large.bin: cannot be copied for a run of the program: [Errno 28] No space left on device" in err

    def test_a_report_that_finds_no_room_is_an_error_and_no_bug(self, project: Path, process: Start) -> None:
        if not Path("/dev/full").exists():
            pytest.skip("no /dev/full here")
        Path("a.py").write_text(SAFE)
        with Path("/dev/full").open("wb") as full:
            code, _, err = run(process_to(process, full), "fix")
        assert (code, Path("a.py").read_text()) == (2, FIXED)
        assert err == "aiomend: the report could not be written: No space left on device\n"


def process_to(process: Start, stdout: object) -> Start:
    """Return ``process`` with another stdout, whose text counts as empty."""

    def start(*arguments: str, **options: object) -> subprocess.Popen[bytes]:
        running = process(*arguments, stdout=stdout, **options)
        communicate = running.communicate
        running.communicate = lambda **how: (b"", communicate(**how)[1])  # type: ignore[method-assign]
        return running

    return start


class TestNoPermission:
    def test_a_read_only_file_system(self, mount: Callable[..., Path], process: Start) -> None:
        place = mount("size=256k")
        os.chdir(place)
        Path("a.py").write_text(SAFE)
        subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
        code, out, err = run(process, "fix")
        assert (code, Path("a.py").read_text(), leftovers()) == (2, SAFE, [])
        assert "a.py: cannot be written: Read-only file system" in err
        assert out.endswith("0 fixes in 0 files; 1 left: 1 in files left alone.\n")

    @pytest.mark.parametrize(("folder_mode", "mode"), [(0o555, 0o644), (0o777, 0o444)], ids=["the folder", "the file"])
    def test_what_is_not_ours_to_write(self, anybodys: Path, process: Start, folder_mode: int, mode: int) -> None:
        for name in ("pkg/a.py", "b.py"):
            (anybodys / name).parent.mkdir(exist_ok=True)
            (anybodys / name).write_text(SAFE)
        _give_away(anybodys)
        (anybodys / "pkg/a.py").chmod(mode)
        (anybodys / "pkg").chmod(folder_mode)
        code, _, err = run(process, "fix", cwd=anybodys, first=AS_NOBODY if os.geteuid() == 0 else "")
        assert (code, (anybodys / "pkg/a.py").read_text(), (anybodys / "b.py").read_text()) == (2, SAFE, FIXED)
        assert "pkg/a.py: cannot be written: " in err
        assert not list(anybodys.rglob(".aiomend-*"))


class TestMeanwhile:
    """What somebody else does between reading and writing."""

    def test_a_file_that_became_a_link(self, project: Path, process: Start) -> None:
        outside = project.parent / "outside.py"
        outside.write_text(SAFE)
        Path("a.py").write_text(SAFE)
        code, _, err = run(
            process,
            "fix",
            first=BEFORE_WRITING.format(action=f"os.unlink('a.py'); os.symlink({str(outside)!r}, 'a.py')"),
        )
        assert (code, outside.read_text(), Path("a.py").is_symlink()) == (0, SAFE, True)
        assert "a.py: a link that leaves the tree" in err

    def test_a_folder_that_becomes_a_link_when_everything_is_ready(self, project: Path, process: Start) -> None:
        outside = project.parent / "outside"
        for place in (Path("pkg"), outside):
            place.mkdir()
            (place / "a.py").write_text(SAFE)
        action = f"os.rename('pkg', 'old'); os.symlink({str(outside)!r}, 'pkg')"
        code, _, err = run(process, "fix", first=WHEN_STAGED.format(action=action))
        assert (code, (outside / "a.py").read_text(), sorted(path.name for path in outside.iterdir())) == (
            0,
            SAFE,
            ["a.py"],
        )
        assert "pkg/a.py: a link that leaves the tree" in err

    def test_a_file_that_is_edited_when_everything_is_ready_holds_back_the_other(
        self, tied: Path, process: Start
    ) -> None:
        code, _, err = run(process, "fix", first=WHEN_STAGED.format(action="open('tied.py', 'w').write('mine\\n')"))
        assert (code, contents("a.py", "tied.py"), leftovers()) == (2, [TIE, "mine\n"], [])
        assert "tied.py: changed while aiomend was running" in err

    def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(self, project: Path, process: Start) -> None:
        Path("a.py").write_text(SAFE)
        code, _, err = run(process, "fix", first=BEFORE_WRITING.format(action="os.unlink('a.py'); os.mkfifo('a.py')"))
        assert code == 0
        assert "a.py: changed while aiomend was running" in err


BEFORE_WRITING = """
import os
from aiomend_cli import fix as fix_module
write = fix_module.write_run
def meanwhile(run):
    {action}
    return write(run)
fix_module.write_run = meanwhile
"""
AS_NOBODY = f"""
import os
from aiomend_cli import fix as fix_module
write = fix_module.write_run
def unprivileged(run):
    os.seteuid({NOBODY})
    try:
        return write(run)
    finally:
        os.seteuid(0)
fix_module.write_run = unprivileged
"""
WHEN_STAGED = """
import os
from aiomend_cli import writer
each, steps = writer._each, []
def meanwhile(root, changes, step, **how):
    steps.append(step)
    if len(steps) == 2:
        {action}
    return each(root, changes, step, **how)
writer._each = meanwhile
"""


class TestTwoAtOnce:
    def test_the_second_sees_what_the_first_one_made(self, project: Path, process: Start) -> None:
        Path("a.py").write_text(SAFE + "time.sleep(1)\n")
        os.mkfifo("read")
        os.mkfifo("go")
        action = "open('read', 'w').close(); open('go').close()"
        with process("fix", "--unsafe", first=BEFORE_WRITING.format(action=action)) as slow:
            Path("read").read_text()  # it has read everything, and waits
            assert run(process, "fix")[0] == 0
            Path("go").write_text("")
            _, err = slow.communicate(timeout=60)
        assert (slow.returncode, Path("a.py").read_text()) == (0, FIXED + "time.sleep(1)\n")
        assert b"a.py: changed while aiomend was running" in err
        assert leftovers() == []

    def test_a_run_waits_for_one_that_is_writing(self, project: Path, process: Start) -> None:
        Path("a.py").write_text(SAFE)
        with locked(project), process("fix", first="from aiomend_cli import folder\nfolder.PATIENCE = 0.3") as running:
            _, err = running.communicate(timeout=60)
        assert (running.returncode, Path("a.py").read_text()) == (2, SAFE)
        assert b"another aiomend has been writing to " in err
        assert folder.PATIENCE > 1
        assert run(process, "fix")[0] == 0


# ---- places to write to ---


@pytest.fixture
def anybodys() -> Iterator[Path]:
    """A folder that another user can get at."""
    place = Path(tempfile.mkdtemp(prefix="aiomend-test-"))
    yield place
    for path in [place, *place.rglob("*")]:
        path.chmod(0o700)
    shutil.rmtree(place)


def _give_away(place: Path) -> None:
    for path in [place, *place.rglob("*")]:
        path.chmod(0o777 if path.is_dir() else 0o644)
        if os.geteuid() == 0:
            os.chown(path, NOBODY, NOBODY)
