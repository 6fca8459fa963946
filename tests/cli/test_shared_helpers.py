"""A new module of helpers: in the patch, on the disk, in a commit, and in reports."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_helpers import commit_all, git
from typer.testing import CliRunner, Result

from aiomend_cli.app import app

Run = Callable[..., Result]
HOME = "pkg/_asyncio_helpers.py"
USER = "import asyncio\n\nfrom .core import work\n\n\ndef start():\n    asyncio.ensure_future(work())\n"
ONLY = ("--select", "AIO901")


@pytest.fixture
def aiomend() -> Run:
    """Run the command line in this process, with the real engine."""
    return lambda *arguments, **options: CliRunner().invoke(app, list(arguments), **options)


def _package() -> None:
    Path("pkg").mkdir()
    for name, text in {
        "__init__": "",
        "core": "async def work():\n    pass\n",
        "a": USER,
        "b": USER,
        "c": USER,
    }.items():
        Path(f"pkg/{name}.py").write_text(text)
    commit_all()


def _files() -> dict[str, str]:
    return {path.name: path.read_text() for path in Path("pkg").iterdir() if path.suffix == ".py"}


def test_a_file_that_appears_meanwhile_is_not_overwritten(repo: Path) -> None:
    from aiomend_cli.writer import Outcome, write

    Path("new.py").write_text("mine\n")
    assert write(Path.cwd(), "new.py", None, b"ours\n").outcome is Outcome.THERE
    assert Path("new.py").read_text() == "mine\n"
    assert [path.name for path in Path().glob(".aiomend-*")] == []


def test_the_patch_begins_with_the_new_file_and_git_takes_it(repo: Path, aiomend: Run) -> None:
    _package()
    diff = aiomend("diff", *ONLY)
    assert diff.stdout.startswith(f"--- /dev/null\n+++ b/{HOME}\n")
    assert f"new file {HOME}: helpers for 3 files" in diff.stderr
    Path("a.patch").write_bytes(diff.stdout_bytes)
    git("apply", "a.patch")
    patched = _files()
    Path(HOME).unlink()
    git("checkout", "-q", ".")
    assert aiomend("fix", *ONLY).stdout.splitlines()[1] == f"made {HOME}: helpers for 3 files"
    assert _files() == patched
    assert "nothing left" in aiomend("fix", *ONLY).stdout
    assert _files() == patched


def test_the_report_says_that_it_is_new(repo: Path, aiomend: Run) -> None:
    _package()
    data = json.loads(aiomend("diff", *ONLY, "--output-format", "json").stdout)
    assert {"path": HOME, "changed": True, "created": True, "error": None} in data["files"]
    assert f"fix makes {HOME}: helpers for 3 files" in aiomend("check", *ONLY).stdout


def test_it_is_committed_with_its_first_users(repo: Path, aiomend: Run) -> None:
    _package()
    assert aiomend("fix", "--commit", *ONLY).exit_code == 0
    assert git("status", "--porcelain") == ""
    assert git("show", "--format=", "--name-only", "HEAD").splitlines() == [HOME, "pkg/a.py", "pkg/b.py", "pkg/c.py"]


def test_a_commit_that_fails_takes_it_away_again(repo: Path, aiomend: Run) -> None:
    _package()
    before = _files()
    Path(".git/index.lock").touch()
    assert aiomend("fix", "--commit", *ONLY).exit_code == 2
    Path(".git/index.lock").unlink()
    assert _files() == before
    assert git("status", "--porcelain") == ""


def test_a_filter_changes_no_other_file(repo: Path, aiomend: Run) -> None:
    _package()
    fixed = aiomend("fix", "-", "--stdin-filename", "pkg/a.py", *ONLY, input=USER)
    assert "def _keep_task(task):" in fixed.stdout
    assert not Path(HOME).exists()
