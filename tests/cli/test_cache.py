"""Reports that are kept: never a stale one, never in the way, and the same words as a run without them."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_helpers import git
from hypothesis import given
from hypothesis import strategies as st

from aiomend.model import Evidence, Finding, FixData, Impact, Refusal, Safety, TextEdit
from aiomend.report import FileResult, Report, Skip
from aiomend_cli import cache, preparing
from aiomend_cli.cache import encoding, state, store
from aiomend_cli.cache.memory import Memory
from aiomend_cli.options import CheckOptions

TRAP = "import asyncio\n\n\nasync def wait(future: asyncio.Future):\n    future.set_result(1)\n"
SLEEP = "import time\n\n\nasync def nap():\n    time.sleep(1)\n"

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the cache is, which is turned on."""
    monkeypatch.delenv(store.OFF_VARIABLE)
    monkeypatch.setenv(store.FOLDER_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def cached(folder: Path, project: Path) -> Run:
    """Run aiomend in ``project`` as a process of its own; ``made`` in its answer: whether the engine was asked."""
    settle(project)

    def run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
        code = (
            "import os, sys\nfrom aiomend_cli import isolation\nrun = isolation.run\n"
            "def noted(*given):\n    os.write(2, b'<engine>')\n    return run(*given)\n"
            "isolation.run = noted\nfrom aiomend_cli.app import main\nmain()\n"
        )
        return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, timeout=60, check=False)

    return run


def asked(done: subprocess.CompletedProcess[bytes]) -> bool:
    assert b"Traceback" not in done.stderr
    return b"<engine>" in done.stderr


def recalled(project: Path) -> bytes | None:
    """Return what is kept of what the files of a project say."""
    memory = Memory.of(project)
    assert memory is not None
    return memory.recall()


def settle(project: Path) -> None:
    """Let all files have been written long ago, as far as their times go that can be set."""
    for path in project.rglob("*"):
        if path.is_file():
            os.utime(path, (1_700_000_000, 1_700_000_000))


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_the_second_run_asks_nobody_and_says_the_same(project: Path, cached: Run) -> None:
    write(project / "a.py", TRAP)
    for arguments in (("check",), ("check", "--output-format", "json"), ("diff", "--unsafe"), ("check", "--unsafe")):
        first, second, without = cached(*arguments), cached(*arguments), cached(*arguments, "--no-cache")

        assert not asked(second)
        assert asked(without)
        assert first.stdout == second.stdout == without.stdout
        assert first.returncode == second.returncode == without.returncode == 1
        assert second.stderr == first.stderr.replace(b"<engine>", b"")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda p: write(p / "a.py", TRAP.replace("future", "other_")), id="other text of the same length"),
        pytest.param(lambda p: write(p / "b.py", SLEEP), id="a new file"),
        pytest.param(lambda p: (p / "c.py").unlink(), id="a file less"),
        pytest.param(lambda p: (p / "c.py").rename(p / "d.py"), id="another name"),
        pytest.param(lambda p: write(p / "c.py", "Future = int\n"), id="a file that another one imports"),
        pytest.param(lambda p: write(p / "aiomend.toml", 'ignore = ["AIO2"]\n'), id="the configuration"),
        pytest.param(lambda p: write(p / "setup.cfg", "[options]\npython_requires = >=3.9\n"), id="the target"),
    ],
)
def test_what_changed_is_looked_at_again(project: Path, cached: Run, change: Callable[[Path], object]) -> None:
    write(project / "a.py", TRAP)
    write(project / "c.py", "x = 1\n")
    settle(project)
    cached("check")
    change(project)

    after = cached("check")

    assert asked(after)
    assert after.stdout == cached("check", "--no-cache").stdout


@pytest.mark.parametrize(
    "arguments",
    [("--select", "AIO4"), ("--unsafe",), ("--target-version", "3.9"), ("--exclude", "a.py"), ("c.py",)],
    ids=" ".join,
)
def test_other_options_are_another_question(project: Path, cached: Run, arguments: tuple[str, ...]) -> None:
    write(project / "a.py", TRAP)
    write(project / "c.py", SLEEP)
    cached("check")

    assert asked(cached("check", *arguments))


def test_a_change_within_the_clock_of_the_file_system_is_seen(project: Path, cached: Run) -> None:
    write(project / "a.py", TRAP)
    cached("check")
    before = (project / "a.py").stat()
    write(project / "a.py", TRAP.replace("set_result(1)", "set_result(2)"))
    os.utime(project / "a.py", ns=(before.st_atime_ns, before.st_mtime_ns))

    assert asked(cached("check"))


def test_fix_writes_what_is_kept_and_then_finds_nothing(project: Path, cached: Run) -> None:
    git("init", "-q")
    write(project / "a.py", TRAP)
    git("add", "-A")
    cached("diff")

    fixed = cached("fix")

    assert not asked(fixed)
    assert "if not future.cancelled():" in (project / "a.py").read_text()
    assert cached("check").returncode == 0


@pytest.mark.parametrize(
    ("report", "times"),
    [
        pytest.param(Report(files=(FileResult("a.py", skip=Skip.GIVEN_UP),)), 2, id="given up"),
        pytest.param(Report(files=(FileResult("a.py", skip=Skip.FAILED),)), 2, id="failed"),
        pytest.param(Report(notes=(f"b.py: {Skip.GIVEN_UP.value}: no end",)), 2, id="given up beside what was chosen"),
        pytest.param(Report(files=(FileResult("a.py", skip=Skip.GENERATED),)), 1, id="generated"),
    ],
)
def test_what_is_due_to_time_and_memory_gets_another_chance(
    project: Path, folder: Path, report: Report, times: int
) -> None:
    write(project / "a.py", "x = 1\n")
    [workspace] = preparing.prepare(CheckOptions())
    made: list[Report] = []

    def make() -> Report:
        made.append(report)
        return report

    assert [cache.report(workspace, make), cache.report(workspace, make)] == [report, report]
    assert len(made) == times


@pytest.mark.parametrize("damage", [b"", b"no database", b"SQLite format 3\x00" + b"\x01" * 200], ids=repr)
def test_a_damaged_cache_costs_time_and_nothing_else(project: Path, cached: Run, folder: Path, damage: bytes) -> None:
    write(project / "a.py", TRAP)
    first = cached("check")
    store.file().write_bytes(damage)

    second = cached("check")
    cached("check")

    assert second.stdout == first.stdout
    assert asked(second)
    assert not asked(cached("check")), "a new one was begun"


def test_a_cache_of_another_version_is_replaced(project: Path, cached: Run, folder: Path) -> None:
    write(project / "a.py", TRAP)
    folder.mkdir()
    with sqlite3.connect(store.file()) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    cached("check")

    assert not asked(cached("check"))


def test_rows_that_make_no_sense_are_no_report(project: Path, cached: Run, folder: Path) -> None:
    write(project / "a.py", TRAP)
    first = cached("check")
    with sqlite3.connect(store.file()) as connection:
        connection.execute("UPDATE entries SET data = x'00'")
    connection.close()

    assert cached("check").stdout == first.stdout


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_folder_that_cannot_be_written_is_done_without(project: Path, cached: Run, folder: Path) -> None:
    write(project / "a.py", TRAP)
    folder.mkdir(mode=0o500)

    assert cached("check").returncode == 1


def test_a_folder_that_others_may_write_to_is_not_trusted(project: Path, cached: Run, folder: Path) -> None:
    write(project / "a.py", TRAP)
    folder.mkdir()
    folder.chmod(0o777)
    cached("check")

    assert asked(cached("check"))


def test_a_file_in_the_place_of_the_folder_is_done_without(project: Path, cached: Run, folder: Path) -> None:
    write(project / "a.py", TRAP)
    folder.write_text("")

    assert cached("check").returncode == 1


def test_a_cache_that_is_held_by_another_run_is_not_waited_for(project: Path, cached: Run, folder: Path) -> None:
    write(project / "a.py", TRAP)
    first = cached("check")
    holder = sqlite3.connect(store.file())
    holder.execute("BEGIN EXCLUSIVE")
    try:
        assert cached("check").stdout == first.stdout
    finally:
        holder.close()
    assert not asked(cached("check"))


def test_runs_at_once_share_it(project: Path, cached: Run) -> None:
    write(project / "a.py", TRAP)
    results: list[bytes] = []
    threads = [threading.Thread(target=lambda: results.append(cached("check").stdout)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(results)) == 1
    assert len(results) == 4


def test_nothing_is_kept_in_the_project(project: Path, cached: Run) -> None:
    write(project / "a.py", TRAP)
    cached("check")

    assert [path.name for path in project.iterdir()] == ["a.py"]


def test_it_is_bounded(folder: Path, monkeypatch: pytest.MonkeyPatch, project: Path, cached: Run) -> None:
    monkeypatch.setattr(store, "LARGEST", 1000)
    kept = store.Store.open()
    assert kept is not None
    with kept:
        for number in range(20):
            kept._write([(b"%d" % number, b"x" * 100)], (b"%d" % number,))
        sizes = kept._connection.execute("SELECT count(*) FROM entries").fetchone()

    assert sizes == (10,)


def test_the_command_tells_and_clears(project: Path, cached: Run) -> None:
    write(project / "a.py", TRAP)
    cached("check")

    told, cleared, empty = cached("cache"), cached("cache", "clear"), cached("cache")

    assert str(store.file()).encode() in told.stdout
    assert b"removed" in cleared.stdout
    assert empty.stdout.endswith(b": 0 bytes\n")
    assert asked(cached("check"))


def test_random_edits_never_show_a_stale_report(project: Path, cached: Run) -> None:
    pick = random.Random(20)
    texts = [TRAP, SLEEP, "x = 1\n", "from a import wait\n\n\nasync def main():\n    wait(1)\n"]
    for _ in range(6):
        write(project / f"{pick.choice('abc')}.py", pick.choice(texts))
        for arguments in (("check", "--unsafe"), ("diff", "--unsafe")):
            assert cached(*arguments).stdout == cached(*arguments, "--no-cache").stdout


def test_a_run_without_a_cache_keeps_nothing_of_what_files_say(project: Path, cached: Run) -> None:
    write(project / "a.py", TRAP)
    cached("check", "--no-cache")

    assert recalled(project) is None


def test_what_files_say_is_kept_from_run_to_run(project: Path, cached: Run) -> None:
    write(project / "a.py", TRAP)
    write(project / "b.py", SLEEP)
    cached("check")
    before = recalled(project)
    cached("check", "b.py")
    same = recalled(project)
    write(project / "b.py", "from a import wait\n\n\nasync def main():\n    wait(1)\n")
    after = cached("check", "b.py")

    assert before is not None
    assert same == before
    assert recalled(project) not in (None, before)
    assert after.stdout == cached("check", "b.py", "--no-cache").stdout
    assert b"AIO601" in after.stdout


def test_damaged_data_of_what_files_say_is_made_anew(project: Path, cached: Run) -> None:
    write(project / "a.py", TRAP)
    memory = Memory.of(project)
    assert memory is not None
    memory.keep(b"no data")
    done = cached("check")

    assert done.stdout == cached("check", "--no-cache").stdout
    assert recalled(project) not in (None, b"no data")


def test_another_aiomend_has_data_of_its_own(project: Path, cached: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    write(project / "a.py", TRAP)
    cached("check")
    assert recalled(project) is not None
    monkeypatch.setattr(state, "program", lambda: ["another one"])

    assert recalled(project) is None


def test_where_the_cache_is_off_nobody_prepares_data_for_it(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(store.OFF_VARIABLE, "1")

    assert Memory.of(project) is None


words = st.text(st.characters(codec=None, exclude_categories=()), max_size=8)
numbers = st.integers(0, 99)
edits = st.builds(TextEdit, words, numbers, numbers, words)
findings = st.builds(
    Finding,
    id=words, code=words, name=words, section=numbers, impact=st.sampled_from(Impact), message=words, path=words,
    line=numbers, column=numbers, end_line=numbers, end_column=numbers, safety=st.sampled_from(Safety),
    applied=st.booleans(), reason=st.none() | words, url=words,
    evidence=st.lists(st.builds(Evidence, words, numbers, words), max_size=2).map(tuple),
    fix=st.none() | st.builds(FixData, st.sampled_from(Safety), st.lists(edits, max_size=2).map(tuple)),
)  # fmt: skip
files = st.builds(
    FileResult,
    words,
    st.binary(max_size=9),
    st.none() | st.binary(max_size=9),
    words,
    st.none() | st.sampled_from(Skip),
)
reports = st.builds(
    Report,
    findings=st.lists(findings, max_size=3).map(tuple),
    files=st.lists(files, max_size=3).map(tuple),
    refusals=st.lists(st.builds(Refusal, words, words, words, numbers, words, words), max_size=2).map(tuple),
    checked=numbers,
    notes=st.lists(words, max_size=2).map(tuple),
    counters=st.dictionaries(words, numbers, max_size=2),
)


@given(reports)
def test_a_report_comes_back_as_it_was(report: Report) -> None:
    assert encoding.report(encoding.data(report)) == report
