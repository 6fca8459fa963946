"""``pr --push-to``: branches in the user's fork, pull requests in the repository that it is of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cli_helpers import git
from fake_github import FakeGitHub
from typer.testing import Result

pytestmark = pytest.mark.trust

Run = Callable[..., Result]
Change = Callable[..., None]
SAFE = "future.set_result(1)\n"


@pytest.fixture
def fork(forge: FakeGitHub) -> Path:
    """The fork of ``me``, as the remote of that name; nobody may push to the other repository."""
    place = forge.bare / "me" / "chat.git"
    git("clone", "-q", "--bare", str(forge.bare / "acme" / "chat.git"), str(place))
    git("remote", "add", "me", f"{forge.url}/me/chat.git")
    forge.fail("POST", "acme/chat.git/git-receive-pack$", 403, "Permission denied", times=99)
    return place


def ran(aiomend: Run, *arguments: str, code: int = 0) -> Result:
    result = aiomend("pr", "--push-to", "me", *arguments)
    assert result.exit_code == code, result.output
    return result


def branches(folder: Path) -> list[str]:
    return git("for-each-ref", "--format=%(refname:short)", "refs/heads/aiomend", cwd=folder).split()


@pytest.mark.parametrize("url", ["https://github.com/me/chat", "/srv/chat.git", "{url}/acme/other.git"])
def test_what_is_no_fork(forge: FakeGitHub, aiomend: Run, fork: Path, url: str) -> None:
    git("remote", "set-url", "me", url.format(url=forge.url))
    assert "is no fork of" in ran(aiomend, code=2).stderr.replace("\n", " ")
    assert forge.log == []


def test_without_it_the_push_is_refused(forge: FakeGitHub, aiomend: Run, fork: Path) -> None:
    result = aiomend("pr")
    assert result.exit_code == 2
    assert "--push-to" in result.stderr
    assert forge.pulls == []


def test_the_branch_is_there_and_the_pull_request_here(forge: FakeGitHub, aiomend: Run, fork: Path) -> None:
    ran(aiomend)
    [pull] = forge.pulls
    assert (pull["head"]["repo"]["full_name"], pull["head"]["ref"]) == ("me/chat", "aiomend/safe")
    assert (branches(fork), branches(forge.bare / "acme" / "chat.git")) == (["aiomend/safe"], [])
    assert f"/acme/chat/blob/{forge.sha('main')}/" in pull["body"]
    before = list(forge.writes)
    assert ran(aiomend).stdout.splitlines()[-1] == "Nothing to do."
    assert forge.writes == before


def test_it_follows_the_base_of_the_other(forge: FakeGitHub, aiomend: Run, fork: Path, change: Change) -> None:
    ran(aiomend)
    change(c_py=SAFE)  # the fork stays behind
    ran(aiomend)
    assert git("rev-parse", "aiomend/safe~1", cwd=fork).strip() == forge.sha("main")
    assert "3 safe fixes" in forge.pulls[0]["title"]
    forge.merge(1)
    assert ran(aiomend).stdout.splitlines()[-1] == "Nothing to do."


def test_a_person_who_commits_there_keeps_it(forge: FakeGitHub, aiomend: Run, fork: Path, tmp_path: Path) -> None:
    ran(aiomend)
    git("clone", "-q", "-b", "aiomend/safe", str(fork), str(tmp_path / "theirs"))
    git("commit", "-q", "--allow-empty", "-m", "theirs", cwd=tmp_path / "theirs")
    git("push", "-q", cwd=tmp_path / "theirs")
    assert "is not aiomend's" in ran(aiomend, code=1).stdout


def test_a_pull_request_of_another_fork_is_another_one(forge: FakeGitHub, aiomend: Run, fork: Path) -> None:
    ran(aiomend)
    forge.close(1)
    forge.pulls[0]["head"]["repo"]["full_name"] = "eve/chat"
    ran(aiomend)
    assert [one["state"] for one in forge.pulls] == ["closed", "open"]


def test_a_fault_opens_nothing_twice(forge: FakeGitHub, aiomend: Run, fork: Path) -> None:
    forge.fail("POST", "/pulls$", after=True)
    ran(aiomend)
    assert len(forge.pulls) == 1


def test_a_dry_run(forge: FakeGitHub, aiomend: Run, fork: Path) -> None:
    assert "would open a pull request: aiomend/safe into main" in ran(aiomend, "--dry-run").stdout
    assert forge.writes == []
