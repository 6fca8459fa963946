"""``fix --commit``: one commit a rule, in the guide's order, and nothing else in it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_helpers import commit_all, git
from typer.testing import Result

from aiomend_cli import commit as commit_module
from aiomend_cli.writer import Change, Written

Run = Callable[..., Result]
SAFE = "future.set_result(1)\n"
SLEEP = "time.sleep(1)\n"


def subjects() -> list[str]:
    return git("log", "--reverse", "--format=%s").splitlines()[1:]


def refused(result: Result, reason: str) -> None:
    """Assert that nothing was committed or changed, and why."""
    assert result.exit_code == 2
    assert reason in result.stderr
    assert subjects() == []


@pytest.fixture
def ready(repo: Path) -> Path:
    """A repository with something to fix for two rules, in two files."""
    Path("a.py").write_text(SLEEP + SAFE)
    Path("b.py").write_text(SAFE)
    commit_all()
    return repo


def test_outside_a_repository(project: Path, aiomend: Run) -> None:
    Path("a.py").write_text(SAFE)
    result = aiomend("fix", "--commit")
    assert result.exit_code == 2
    assert "is in no git repository" in result.stderr


def test_before_the_first_commit(repo: Path, aiomend: Run) -> None:
    Path("a.py").write_text(SAFE)
    result = aiomend("fix", "--commit")
    assert result.exit_code == 2
    assert "has no commit yet" in result.stderr


def test_with_something_staged(ready: Path, aiomend: Run) -> None:
    Path("c.py").write_text("")
    git("add", "c.py")
    refused(aiomend("fix", "--commit"), "1 file staged")
    assert Path("b.py").read_text() == SAFE


def test_in_the_middle_of_a_merge(ready: Path, aiomend: Run) -> None:
    Path(".git/MERGE_HEAD").write_text(git("rev-parse", "HEAD"))
    refused(aiomend("fix", "--commit"), "a merge is not finished")


def test_without_a_branch(ready: Path, aiomend: Run) -> None:
    git("checkout", "-q", "--detach")
    refused(aiomend("fix", "--commit"), "no branch is checked out")


def test_with_allow_dirty(ready: Path, aiomend: Run) -> None:
    refused(aiomend("fix", "--commit", "--allow-dirty"), "your own changes would become part")


def test_without_a_name_to_commit_with(ready: Path, aiomend: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_COMMITTER_EMAIL", "")
    monkeypatch.setenv("GIT_COMMITTER_NAME", "")
    refused(aiomend("fix", "--commit"), "git var failed")
    assert Path("b.py").read_text() == SAFE


def test_a_commit_that_fails_leaves_the_files_as_they_were(ready: Path, aiomend: Run) -> None:
    git("config", "commit.gpgsign", "true")
    git("config", "gpg.program", "false")
    refused(aiomend("fix", "--commit"), "git commit failed")
    assert git("status", "--porcelain") == ""


def test_a_file_that_changes_meanwhile_stops_there_and_what_was_committed_is_said(
    ready: Path, aiomend: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = commit_module.write_together

    def edit_first(root: Path, changes: list[Change]) -> list[Written]:
        if b"await" in changes[0].new:
            (root / changes[0].path).write_text("mine\n")
        return real(root, changes)

    monkeypatch.setattr(commit_module, "write_together", edit_first)
    result = aiomend("fix", "--commit", "--unsafe")
    assert result.exit_code == 2
    assert "AIO201 guard-future-result: 2 fixes in 2 files" in result.stderr
    assert "AIO401 blocking-sleep: 1 fix in 1 file is not committed: a.py: changed while" in result.stderr
    assert subjects() == ["AIO201 guard-future-result: 2 fixes in 2 files"]
    assert Path("a.py").read_text() == "mine\n"


def test_a_dirty_file_stays_out(ready: Path, aiomend: Run) -> None:
    Path("b.py").write_text(SAFE + "# mine\n")
    result = aiomend("fix", "--commit")
    assert "b.py: 1 fix held back" in result.stdout
    assert subjects() == ["AIO201 guard-future-result: 1 fix in 1 file"]
    assert git("diff", "--name-only").split() == ["b.py"]


def test_one_commit_a_rule(ready: Path, aiomend: Run) -> None:
    result = aiomend("fix", "--commit", "--unsafe")
    assert result.exit_code == 0
    assert subjects() == ["AIO201 guard-future-result: 2 fixes in 2 files", "AIO401 blocking-sleep: 1 fix in 1 file"]
    assert git("show", "HEAD~1:a.py") == SLEEP + "guarded(1)\n"
    assert git("show", "HEAD:a.py") == "await asyncio.sleep(1)\nguarded(1)\n"
    assert git("status", "--porcelain") == ""
    assert "committed " in result.stdout
    assert result.stdout.splitlines()[-1] == "3 fixes in 2 files; nothing left."


def test_the_end_is_what_fix_alone_would_have_written(ready: Path, aiomend: Run) -> None:
    aiomend("fix", "--commit", "--unsafe")
    committed = git("rev-parse", "HEAD^{tree}")
    git("reset", "-q", "--hard", "HEAD~2")
    aiomend("fix", "--unsafe")
    git("add", "-A")
    assert git("write-tree") == committed


def test_nothing_to_fix_is_no_commit(repo: Path, aiomend: Run) -> None:
    Path("a.py").write_text("")
    commit_all()
    assert aiomend("fix", "--commit").exit_code == 0
    assert subjects() == []


def test_the_hooks_of_the_repository_do_not_run(ready: Path, aiomend: Run) -> None:
    for name in ("pre-commit", "commit-msg", "post-commit", "post-index-change"):
        hook = Path(".git/hooks") / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {ready}/ran-{name}\nexit 1\n")
        hook.chmod(0o755)
    assert aiomend("fix", "--commit").exit_code == 0
    assert list(ready.glob("ran-*")) == []
    assert len(subjects()) == 1


@pytest.mark.parametrize("name", ["with space.py", "new\nline.py", "*.py", "\udcff.py"])
def test_any_file_name(repo: Path, aiomend: Run, name: str) -> None:
    Path(name).write_text(SAFE)
    Path("other.py").write_text("")
    commit_all()
    assert aiomend("fix", "--commit").exit_code == 0
    changed = subprocess.run(
        ["git", "show", "--format=", "--name-only", "-z", "HEAD"], capture_output=True, check=True, timeout=60
    )
    assert changed.stdout == os.fsencode(name) + b"\0"
