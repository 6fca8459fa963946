"""``fix``: what it writes, what it leaves alone, and the truth of its last line."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_helpers import commit_all, git
from typer.testing import Result

from aiomend_cli import writing
from aiomend_cli.writer import Change, Outcome, Written

Run = Callable[..., Result]
SAFE, FIXED = "future.set_result(1)\n", "guarded(1)\n"


def last_line(result: Result) -> str:
    return result.stdout.splitlines()[-1]


def test_a_file_with_uncommitted_changes_is_listed_and_left_alone(repo: Path, aiomend: Run) -> None:
    Path("a.py").write_text("")
    Path("b.py").write_text(SAFE)
    commit_all()
    Path("a.py").write_text(SAFE)
    result = aiomend("fix")
    assert result.exit_code == 0
    assert (Path("a.py").read_text(), Path("b.py").read_text()) == (SAFE, FIXED)
    assert "a.py: 1 fix held back" in result.stdout
    assert last_line(result) == "1 fix in 1 file; 1 left: 1 in files left alone."
    assert aiomend("fix", "--strict").exit_code == 2


def test_the_reason_of_what_was_held_back_is_said_of_that_alone(repo: Path, aiomend: Run) -> None:
    Path("a.py").write_text(SAFE + "time.sleep(1)\n")
    data = json.loads(aiomend("fix", "--output-format", "json").stdout)
    assert [(finding["applied"], finding["reason"]) for finding in data["findings"]] == [
        (False, "the file differs from git's index"),
        (False, None),
    ]
    assert data["files"] == [{"path": "a.py", "changed": False, "created": False, "error": "1 fix held back"}]


def test_diff_says_what_fix_would_leave_alone(repo: Path, aiomend: Run) -> None:
    Path("a.py").write_text(SAFE)
    assert "1 file with uncommitted changes" in aiomend("diff").stderr
    git("add", "a.py")
    assert "uncommitted" not in aiomend("diff").stderr


def test_a_file_that_git_does_not_know_is_dirty(repo: Path, aiomend: Run) -> None:
    Path("a.py").write_text(SAFE)
    aiomend("fix")
    assert Path("a.py").read_text() == SAFE


def test_a_dirty_file_with_nothing_to_fix_is_not_mentioned(repo: Path, aiomend: Run) -> None:
    Path("a.py").write_text("time.sleep(1)\n")
    assert "left alone" not in aiomend("fix").stdout.replace("in files left alone", "")
    assert "held back" in aiomend("fix", "--unsafe").stdout


def test_allow_dirty_changes_it_all_the_same(repo: Path, aiomend: Run) -> None:
    Path("a.py").write_text(SAFE)
    assert last_line(aiomend("fix", "--allow-dirty")) == "1 fix in 1 file; nothing left."
    assert Path("a.py").read_text() == FIXED


def test_staged_is_not_dirty(repo: Path, aiomend: Run) -> None:
    Path("a.py").write_text(SAFE)
    git("add", "a.py")
    aiomend("fix")
    assert Path("a.py").read_text() == FIXED


def test_a_file_that_was_only_touched_is_not_dirty(repo: Path, aiomend: Run) -> None:
    Path("a.py").write_text(SAFE)
    commit_all()
    os.utime("a.py", (1, 1))
    aiomend("fix")
    assert Path("a.py").read_text() == FIXED


def test_what_aiomend_wrote_last_is_not_dirty_until_a_person_edits_it(repo: Path, aiomend: Run) -> None:
    Path("a.py").write_text(SAFE + "time.sleep(1)\n")
    commit_all()
    aiomend("fix")
    aiomend("fix", "--unsafe")
    assert Path("a.py").read_text() == FIXED + "await asyncio.sleep(1)\n"
    Path("a.py").write_text(FIXED + SAFE)
    aiomend("fix")
    assert Path("a.py").read_text() == FIXED + SAFE


def test_a_damaged_note_forgives_nothing(repo: Path, aiomend: Run) -> None:
    Path("a.py").write_text(SAFE + "time.sleep(1)\n")
    commit_all()
    aiomend("fix")
    Path(".git/aiomend/written").write_text("{")
    assert "held back" in aiomend("fix", "--unsafe").stdout


def test_outside_a_repository_nothing_is_dirty(project: Path, aiomend: Run) -> None:
    Path("a.py").write_text(SAFE)
    assert aiomend("fix").exit_code == 0
    assert Path("a.py").read_text() == FIXED


@pytest.mark.trust
def test_a_file_that_changed_meanwhile_is_not_claimed(
    project: Path, aiomend: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("a.py").write_text(SAFE)
    Path("b.py").write_text(SAFE)
    real = writing.write_together

    def edit_first(root: Path, changes: list[Change]) -> list[Written]:
        if changes[0].path == "a.py":
            (root / "a.py").write_text("mine\n")
        return real(root, changes)

    monkeypatch.setattr(writing, "write_together", edit_first)
    result = aiomend("fix")
    assert result.exit_code == 0
    assert Path("a.py").read_text() == "mine\n"
    assert "a.py: changed while aiomend was running" in result.stderr
    assert last_line(result) == "1 fix in 1 file; 1 left: 1 in files left alone."


def test_a_file_that_cannot_be_written_is_an_error(
    project: Path, aiomend: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("a.py").write_text(SAFE)
    Path("b.py").write_text(SAFE)
    real = writing.write_together
    full = Written("a.py", Outcome.FAILED, "No space left on device")
    monkeypatch.setattr(
        writing,
        "write_together",
        lambda root, changes: [full] if changes[0].path == "a.py" else real(root, changes),
    )
    result = aiomend("fix", "--output-format", "json")
    assert result.exit_code == 2
    data = json.loads(result.stdout)
    assert [(file["path"], file["changed"], file["error"]) for file in data["files"]] == [
        ("a.py", False, "No space left on device"),
        ("b.py", True, None),
    ]
    assert [finding["applied"] for finding in data["findings"]] == [False, True]
    assert Path("b.py").read_text() == FIXED


def test_one_bad_file_stops_nothing(project: Path, aiomend: Run) -> None:
    Path("a.py").write_text("CRASH")
    Path("b.py").write_text("print 'x'\n")
    Path("c.py").write_text(SAFE)
    result = aiomend("fix")
    assert Path("c.py").read_text() == FIXED
    assert "1 aiomend failed on it" in result.stdout
    assert "1 Python 2" in result.stdout
    assert result.exit_code == 2  # aiomend itself failed, and a green light would hide it


@pytest.mark.trust
def test_generated_files_are_listed(project: Path, aiomend: Run) -> None:
    Path("a.py").write_text(f"# @generated\n{SAFE}")
    result = aiomend("fix", "--strict")
    assert (result.exit_code, Path("a.py").read_text()) == (0, f"# @generated\n{SAFE}")
    assert "1 generated" in result.stdout


def test_the_last_line_counts_everything(project: Path, aiomend: Run) -> None:
    Path("a.py").write_text(SAFE + "time.sleep(1)\nensure_future(x)\nrefuse(x)\n")
    result = aiomend("fix")
    assert "not fixed a.py:4:1: AIO301 the new call does not parse to what was built" in result.stdout
    assert last_line(result) == (
        "1 fix in 1 file; 3 left: 1 unsafe (use --unsafe), 1 manual, 1 refused (reasons above)."
    )
    assert aiomend("fix", "--strict").exit_code == 2


def test_fix_then_fix_changes_nothing(project: Path, aiomend: Run) -> None:
    Path("a.py").write_text(SAFE)
    aiomend("fix")
    assert last_line(aiomend("fix")) == "0 fixes in 0 files; nothing left."


def test_quiet_says_nothing(project: Path, aiomend: Run) -> None:
    Path("a.py").write_text(SAFE)
    result = aiomend("fix", "--quiet")
    assert (result.stdout, result.stderr, Path("a.py").read_text()) == ("", "", FIXED)


class TestStdin:
    def test_code_that_cannot_be_read_comes_back_as_it_was(self, project: Path, aiomend: Run) -> None:
        result = aiomend("fix", "-", input="print 'x'\n")
        assert (result.exit_code, result.stdout) == (2, "print 'x'\n")
        assert "Python 2" in result.stderr

    def test_commit_makes_no_sense(self, repo: Path, aiomend: Run) -> None:
        assert aiomend("fix", "-", "--commit", input="").exit_code == 2

    def test_json_needs_another_place(self, project: Path, aiomend: Run) -> None:
        assert "needs --output FILE" in aiomend("fix", "-", "--output-format", "json", input=SAFE).stderr

    def test_the_fixed_code_is_all_of_stdout(self, project: Path, aiomend: Run) -> None:
        result = aiomend("fix", "-", input=SAFE.replace("\n", "\r\n").encode())
        assert (result.exit_code, result.stdout_bytes) == (0, b"guarded(1)\r\n")
        assert "target: Python 3.8-3.15" in result.stderr
        assert "fixed <stdin>: 1 AIO201" in result.stderr

    def test_code_with_nothing_to_fix_passes_through(self, project: Path, aiomend: Run) -> None:
        assert aiomend("fix", "-", "-q", input="x = 1").stdout == "x = 1"

    def test_a_file_name_brings_its_settings(self, project: Path, aiomend: Run) -> None:
        (project / "pkg").mkdir()
        (project / "pkg" / "aiomend.toml").write_text("unsafe = ['AIO401']\n")
        (project / "pkg" / "a.py").write_text("on disk\n")
        arguments = ("fix", "-", "-q", "--stdin-filename", "pkg/a.py")
        assert aiomend(*arguments, input="time.sleep(1)\n").stdout == "await asyncio.sleep(1)\n"
        assert (project / "pkg" / "a.py").read_text() == "on disk\n"

    def test_a_file_name_in_no_folder(self, project: Path, aiomend: Run) -> None:
        result = aiomend("fix", "-", "--stdin-filename", "no/where.py", input="")
        assert result.exit_code == 2
        assert "there is no folder" in result.stderr

    def test_check_and_its_place(self, project: Path, aiomend: Run) -> None:
        result = aiomend("check", "-", input=SAFE)
        assert result.exit_code == 1
        assert "<stdin>:1:1: AIO201" in result.stdout
