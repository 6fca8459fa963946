"""``pr --test``: pull requests hold only fixes with which the project's tests are no worse."""

from __future__ import annotations

import errno
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_helpers import git
from fake_github import TOKEN, FakeGitHub
from typer.testing import Result

from aiomend_cli.guarded import journal
from aiomend_cli.trace import verify

pytestmark = pytest.mark.trust

Run = Callable[..., Result]
Tests = Callable[[str], tuple[str, ...]]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts that read files as text need no other second for what they compiled."""
    monkeypatch.setattr(journal, "wait_for_another_second", lambda paths: None)


@pytest.fixture
def tests(tmp_path: Path) -> Tests:
    """Return the options that test with a script, which finds the text of a file with ``text``."""

    def options(script: str) -> tuple[str, ...]:
        file = tmp_path / "tests" / "script.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"import os, pathlib, sys\ntext = lambda name: pathlib.Path(name).read_text()\n{script}\n")
        return "--test", shlex.join([sys.executable, str(file)])

    return options


def test_limits_without_tests(forge: FakeGitHub, aiomend: Run) -> None:
    result = aiomend("pr", "--test-budget", "5")
    assert result.exit_code == 2
    assert "--test-budget needs --test COMMAND" in result.stderr


def test_tests_that_fail_already_and_say_no_more_end_it(forge: FakeGitHub, aiomend: Run, tests: Tests) -> None:
    assert aiomend("pr", *tests("sys.exit(1)")).exit_code == 2
    assert forge.pulls == []


def test_with_which_all_fixes_fail(forge: FakeGitHub, aiomend: Run, tests: Tests) -> None:
    result = aiomend("pr", *tests("sys.exit('guarded' in text('a.py') + text('b.py'))"))
    assert result.exit_code == 1
    assert "the tests fail with each of its fixes" in result.stdout
    assert forge.writes == []


def test_what_breaks_them_is_left_out_and_named(forge: FakeGitHub, aiomend: Run, tests: Tests) -> None:
    options = tests("sys.exit('guarded' in text('b.py'))")
    assert aiomend("pr", *options).exit_code == 0
    assert forge.git("show", "aiomend/safe:a.py") == "time.sleep(1)\nguarded(1)"
    assert forge.git("show", "aiomend/safe:b.py") == "future.set_result(1)"
    [pull] = forge.pulls
    assert "1 safe fix " in pull["title"]
    assert "Left out, tests failed: [`b.py:1`]" in pull["body"]
    before = list(forge.writes)
    assert aiomend("pr", *options).exit_code == 0
    assert forge.writes == before


def test_a_closed_one_of_which_tests_left_something_out_stays_closed(
    forge: FakeGitHub, aiomend: Run, tests: Tests
) -> None:
    options = tests("sys.exit('guarded' in text('b.py'))")
    assert aiomend("pr", *options).exit_code == 0
    forge.close(1)
    result = aiomend("pr", *options)
    assert (result.exit_code, len(forge.pulls)) == (1, 1)
    assert "was closed" in result.stdout


def test_safe_fixes_that_tests_keep_out_do_not_keep_the_others_waiting(
    forge: FakeGitHub, aiomend: Run, tests: Tests
) -> None:
    options = ("--unsafe", *tests("sys.exit('guarded' in text('b.py'))"))
    assert aiomend("pr", *options).exit_code == 0
    forge.merge(1)  # with what tests let in
    result = aiomend("pr", *options)
    assert [one["head"]["ref"] for one in forge.pulls] == ["aiomend/safe", "aiomend/unsafe-aio401"]
    assert (result.exit_code, "held back aiomend/safe: the tests fail with each" in result.stdout) == (1, True)


def test_what_passes_is_said(forge: FakeGitHub, aiomend: Run, tests: Tests) -> None:
    options = tests("sys.exit('guarded' not in text('a.py') and 'set_result' not in text('a.py'))")
    assert aiomend("pr", *options).exit_code == 0
    assert "was run before and after, and is no worse with these fixes." in forge.pulls[0]["body"]


def test_they_run_on_the_copy_and_import_from_there(
    forge: FakeGitHub, aiomend: Run, tests: Tests, repo: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "mine"))
    script = (
        "import importlib.util\n"
        "place = pathlib.Path(importlib.util.find_spec('b').origin).parent\n"
        f"assert place == pathlib.Path.cwd() != pathlib.Path({str(repo)!r})\n"
        f"assert {str(tmp_path / 'mine')!r} in sys.path\n"
        f"assert 'guarded' not in pathlib.Path({str(repo / 'b.py')!r}).read_text()"
    )
    assert aiomend("pr", *tests(script)).exit_code == 0
    assert len(forge.pulls) == 1


def test_a_program_that_git_does_not_keep(forge: FakeGitHub, aiomend: Run, repo: Path) -> None:
    (repo / ".git" / "info" / "exclude").write_text("venv\n")
    program = repo / "venv" / "bin" / "check"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\ntest -f b.py -a ! -d venv\n")
    program.chmod(0o755)
    assert aiomend("pr", "--test", "venv/bin/check").exit_code == 0
    assert len(forge.pulls) == 1


def test_a_command_that_prints_its_whole_environment_has_no_token_to_print(
    forge: FakeGitHub, aiomend: Run, tests: Tests, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", "/agent")
    script = f"with open({str(tmp_path / 'seen')!r}, 'a') as file: file.write(str(dict(os.environ)))"
    assert aiomend("pr", *tests(script)).exit_code == 0
    seen = (tmp_path / "seen").read_text()
    assert "PATH" in seen
    assert TOKEN not in seen
    assert "/agent" not in seen


def test_files_that_tests_leave_behind_are_in_no_commit(forge: FakeGitHub, aiomend: Run, tests: Tests) -> None:
    assert aiomend("pr", *tests("pathlib.Path('left.py').write_text('future.set_result(1)\\n')")).exit_code == 0
    assert forge.git("diff", "--name-only", "main", "aiomend/safe").split() == ["a.py", "b.py"]


def test_a_dry_run_runs_them_too(forge: FakeGitHub, aiomend: Run, tests: Tests) -> None:
    before = git("status", "--porcelain")
    result = aiomend("pr", "--dry-run", *tests("sys.exit('guarded' in text('b.py'))"))
    assert "Left out, tests failed" in result.stdout
    assert (git("status", "--porcelain"), forge.writes) == (before, [])


def test_a_disk_on_which_no_copy_to_watch_finds_room(
    forge: FakeGitHub, aiomend: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(verify, "copy", full)
    result = aiomend("pr", "--verify", "true")
    assert (result.exit_code, forge.writes) == (2, [])
    assert "there is no copy that it could run on: No space left on device" in result.stderr.replace("\n", " ")


def test_a_program_that_is_not_there(forge: FakeGitHub, aiomend: Run) -> None:
    result = aiomend("pr", "--verify", "no-such-program")
    assert (result.exit_code, forge.writes) == (2, [])
    assert "no-such-program: cannot be run" in result.stderr
