"""``aiomend pr`` against a GitHub: what it opens, keeps up to date, leaves alone and closes."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_helpers import git
from fake_github import FakeGitHub
from typer.testing import Result

from aiomend_cli.forge.pull import marker

pytestmark = pytest.mark.trust

Run = Callable[..., Result]
Change = Callable[..., None]
SAFE = "future.set_result(1)\n"


def ran(aiomend: Run, *arguments: str, code: int = 0) -> Result:
    result = aiomend("pr", *arguments)
    assert result.exit_code == code, result.output
    return result


def test_safe_fixes_are_pushed_and_opened(forge: FakeGitHub, aiomend: Run) -> None:
    result = ran(aiomend)
    [pull] = forge.pulls
    assert (pull["head"]["ref"], pull["base"]["ref"], pull["draft"]) == ("aiomend/safe", "main", False)
    assert forge.git("show", "aiomend/safe:b.py") == "guarded(1)"
    assert forge.git("rev-parse", "aiomend/safe~1") == forge.sha("main")
    assert forge.writes == ["POST /acme/chat.git/git-receive-pack", "POST /pulls"]
    assert result.stdout.splitlines()[-1] == "1 branch pushed, 1 pull request opened."
    assert f"opened {pull['html_url']}" in result.stdout


def test_a_second_run_writes_nothing(forge: FakeGitHub, aiomend: Run) -> None:
    ran(aiomend, "--label", "asyncio", "--reviewer", "ada", "--reviewer", "acme/core")
    before = list(forge.writes)
    result = ran(aiomend, "--label", "asyncio", "--reviewer", "ada", "--reviewer", "acme/core")
    assert forge.writes == before
    assert result.stdout.splitlines()[-1] == "Nothing to do."
    [pull] = forge.pulls
    assert [one["name"] for one in pull["labels"]] == ["asyncio"]
    assert [one["login"] for one in pull["requested_reviewers"]] == ["ada"]
    assert [one["slug"] for one in pull["requested_teams"]] == ["core"]


def test_a_dry_run_asks_and_writes_nothing(forge: FakeGitHub, aiomend: Run) -> None:
    assert "would open a pull request" in ran(aiomend, "--dry-run").stdout
    assert forge.writes == []
    ran(aiomend)
    assert ran(aiomend, "--dry-run").stdout.splitlines()[-1] == "Nothing to do."


def test_the_users_repository_stays(forge: FakeGitHub, aiomend: Run, repo: Path) -> None:
    before = {path: path.read_bytes() for path in repo.rglob("*") if path.is_file()}
    ran(aiomend)
    assert {path: path.read_bytes() for path in repo.rglob("*") if path.is_file()} == before


def test_when_the_base_moves_the_branch_is_made_anew(forge: FakeGitHub, aiomend: Run, change: Change) -> None:
    ran(aiomend)
    change(c_py=SAFE)
    ran(aiomend)
    assert forge.git("rev-parse", "aiomend/safe~1") == forge.sha("main")
    assert forge.git("show", "aiomend/safe:c.py") == "guarded(1)"
    assert "3 safe fixes" in forge.pulls[0]["title"]
    assert len(forge.pulls) == 1


def test_the_base_that_moves_during_a_run(forge: FakeGitHub, aiomend: Run, change: Change) -> None:
    def move(verb: str, path: str) -> None:
        if path.endswith("/pulls"):
            forge.before = lambda verb, path: None
            change(c_py=SAFE)

    forge.before = move
    ran(aiomend)
    assert forge.git("show", "aiomend/safe:c.py") == "guarded(1)"


def test_a_person_who_has_committed_keeps_the_branch(forge: FakeGitHub, aiomend: Run, change: Change) -> None:
    ran(aiomend)
    change("aiomend/safe", b_py="theirs\n")
    change(c_py=SAFE)
    theirs, before = forge.sha("aiomend/safe"), list(forge.writes)
    result = ran(aiomend, code=1)
    assert "is not aiomend's" in result.stdout
    assert result.stdout.splitlines()[-1] == "1 held back."
    assert (forge.sha("aiomend/safe"), forge.writes) == (theirs, before)


def test_a_closed_one_stays_closed_until_there_are_other_fixes(forge: FakeGitHub, aiomend: Run, change: Change) -> None:
    ran(aiomend)
    forge.close(1)
    assert "was closed" in ran(aiomend, code=1).stdout
    change(d_py="# no fix here\n")
    assert "was closed" in ran(aiomend, code=1).stdout
    assert len(forge.pulls) == 1
    change(c_py=SAFE)
    ran(aiomend)
    assert [one["state"] for one in forge.pulls] == ["closed", "open"]


def test_a_closed_one_with_reopen(forge: FakeGitHub, aiomend: Run) -> None:
    ran(aiomend)
    forge.close(1)
    ran(aiomend, "--reopen")
    assert [one["state"] for one in forge.pulls] == ["closed", "open"]


def test_from_safe_to_unsafe_to_nothing(forge: FakeGitHub, aiomend: Run) -> None:
    result = ran(aiomend, "--unsafe")
    assert "waiting aiomend/unsafe-aio401: its turn comes when the safe fixes are merged" in result.stdout
    forge.merge(1)
    ran(aiomend, "--unsafe")
    assert [(one["head"]["ref"], one["draft"]) for one in forge.pulls] == [
        ("aiomend/safe", False), ("aiomend/unsafe-aio401", True),
    ]  # fmt: skip
    assert forge.git("show", "aiomend/unsafe-aio401:a.py") == "await asyncio.sleep(1)\nguarded(1)"
    forge.pulls[1]["draft"] = False
    forge.merge(2)
    before = list(forge.writes)
    assert ran(aiomend, "--unsafe").stdout.splitlines()[-1] == "Nothing to do."
    assert forge.writes == before


def test_a_merge_that_somebody_took_back(forge: FakeGitHub, aiomend: Run) -> None:
    base = forge.sha("main")
    ran(aiomend)
    forge.merge(1)
    tree = forge.git("rev-parse", f"{base}^{{tree}}")
    forge.git("update-ref", "refs/heads/main", forge.git("commit-tree", tree, "-p", "main", "-m", "Revert"))
    assert "somebody took them back" in ran(aiomend, code=1).stdout


def test_what_is_fixed_by_hand_is_closed_with_a_comment(forge: FakeGitHub, aiomend: Run, change: Change) -> None:
    ran(aiomend)
    change(a_py="", b_py="")
    result = ran(aiomend)
    assert result.stdout.splitlines()[-1] == "1 pull request closed."
    assert forge.pulls[0]["state"] == "closed"
    assert "Nothing is left" in forge.comments[1][0]["body"]
    before = list(forge.writes)
    ran(aiomend)
    assert forge.writes == before
    change(a_py=SAFE, b_py=SAFE)
    ran(aiomend)
    assert [one["state"] for one in forge.pulls] == ["closed", "open"]


def test_fewer_rules_or_paths_close_nothing(forge: FakeGitHub, aiomend: Run) -> None:
    ran(aiomend, "--split-by", "rule", "--select", "AIO201")
    result = ran(aiomend, "--split-by", "rule", "--select", "AIO401", code=1)
    assert "this run leaves out" in result.stdout
    assert forge.pulls[0]["state"] == "open"


def test_neither_does_a_run_in_a_folder(
    forge: FakeGitHub, aiomend: Run, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran(aiomend)
    change(**{"sub/c_py": ""})
    Path("sub").mkdir()
    monkeypatch.chdir("sub")
    result = ran(aiomend, code=1)
    assert "this run leaves out" in result.stdout
    assert forge.pulls[0]["state"] == "open"


def test_nor_one_that_fails_on_a_file(forge: FakeGitHub, aiomend: Run, change: Change) -> None:
    ran(aiomend)
    change(a_py=f"CRASH\n{SAFE}", b_py="")
    result = ran(aiomend, code=2)
    assert "failed on" in result.stdout
    assert forge.pulls[0]["state"] == "open"


def test_words_that_a_person_has_put_there_stay(forge: FakeGitHub, aiomend: Run) -> None:
    ran(aiomend)
    forge.pulls[0] |= {"title": "Mine", "body": "Mine too.\r\n" + forge.pulls[0]["body"].replace("\n", "\r\n")}
    before = list(forge.writes)
    ran(aiomend)
    assert forge.writes == before


def test_a_pull_request_of_somebody_else_for_the_branch(forge: FakeGitHub, aiomend: Run) -> None:
    ran(aiomend)
    forge.pulls[0]["body"] = "please"
    assert "aiomend did not write that" in ran(aiomend, code=1).stdout


def test_a_pull_request_of_somebody_else_that_is_opened_meanwhile(forge: FakeGitHub, aiomend: Run) -> None:
    def race(verb: str, path: str) -> None:
        if verb == "POST" and path.endswith("/pulls"):
            forge.before = lambda verb, path: None
            forge.open({"head": "aiomend/safe", "base": "main", "title": "mine", "body": "please"})

    forge.before = race
    assert "aiomend did not write that" in ran(aiomend, code=2).stderr
    assert (forge.pulls[0]["title"], len(forge.pulls)) == ("mine", 1)


def test_a_branch_of_that_name_in_a_fork_is_another_one(forge: FakeGitHub, aiomend: Run) -> None:
    ran(aiomend)
    fork = dict(forge.pulls[0], number=2, state="closed", body=forge.pulls[0]["body"])
    fork["head"] = fork["head"] | {"repo": dict(fork["head"]["repo"], full_name="eve/chat")}
    forge.pulls.append(fork)
    forge.pulls[0] |= {"state": "closed", "body": "not aiomend's by now"}
    ran(aiomend)
    assert forge.pulls[-1]["number"] == 3


@pytest.mark.parametrize("name", ["gitlab.com", "codeberg.org"])
def test_another_forge(forge: FakeGitHub, aiomend: Run, name: str) -> None:
    git("remote", "set-url", "origin", f"https://{name}/acme/chat.git")
    git("update-ref", "refs/remotes/origin/main", "HEAD")
    assert f"{name} is not GitHub" in ran(aiomend, code=2).stderr
    assert "would open" in ran(aiomend, "--dry-run", "--base", "main").stdout


def test_two_bots_at_once_open_one(forge: FakeGitHub, aiomend: Run, clock: object) -> None:
    """The other one pushes and opens when this one has just looked, and is about to push."""

    def race(verb: str, path: str) -> None:
        if path.endswith("git-receive-pack") and verb == "POST":
            forge.before = lambda verb, path: None
            ran(aiomend)

    forge.before = race
    ran(aiomend)
    assert len(forge.pulls) == 1
    before = list(forge.writes)
    ran(aiomend)
    assert forge.writes == before


def test_a_push_of_somebody_else_in_between_is_not_overwritten(forge: FakeGitHub, aiomend: Run, change: Change) -> None:
    ran(aiomend)
    change(c_py=SAFE)

    seen: list[int] = []

    def commit_first(verb: str, path: str) -> None:
        if verb == "GET" and path.endswith("/pulls") and not seen:
            seen.append(1)
            change("aiomend/safe", b_py="theirs\n")

    forge.before = commit_first
    result = ran(aiomend, code=2)
    assert forge.git("show", "aiomend/safe:b.py") == "theirs"
    assert "somebody pushed to it meanwhile" in result.stderr
    assert result.stdout.splitlines()[-1] == "1 failed."
    assert "is not aiomend's" in ran(aiomend, code=1).stdout


def test_the_last_line_of_a_run_for_a_tool(forge: FakeGitHub, aiomend: Run) -> None:
    import json

    data = json.loads(ran(aiomend, "--output-format", "json", "--quiet").stdout)
    assert [one["kind"] for one in data["operations"]] == ["push", "open"]
    assert (data["failed"], data["held"], data["dry_run"]) == ([], [], False)


@pytest.mark.parametrize("options", [(), ("--unsafe",), ("--split-by", "directory")], ids=" ".join)
def test_the_commands_in_a_body_make_the_same(
    forge: FakeGitHub,
    aiomend: Run,
    options: tuple[str, ...],
    change: Change,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ran(aiomend, *options)
    if "--unsafe" in options:
        forge.merge(1)
        ran(aiomend, *options)
    pull = forge.pulls[-1]
    git("clone", "-q", str(forge.bare / "acme" / "chat.git"), str(tmp_path / "again"))
    monkeypatch.chdir(tmp_path / "again")
    for line in pull["body"].split("```sh\n")[1].split("\n```")[0].splitlines():
        if line.startswith("aiomend "):
            result = aiomend(*shlex.split(line)[1:])
            assert result.exit_code == 0, result.output
        else:
            subprocess.run(line, shell=True, check=True, capture_output=True)
    assert git("rev-parse", "HEAD^{tree}").strip() == forge.git("rev-parse", f"{pull['head']['ref']}^{{tree}}")


def test_each_body_is_marked(forge: FakeGitHub, aiomend: Run) -> None:
    ran(aiomend)
    found = marker(forge.pulls[0]["body"])
    assert found is not None
    assert found.set == "safe"


@pytest.mark.parametrize("name", ["GITHUB_TOKEN", "GH_TOKEN"])
def test_a_token_for_github_com_goes_nowhere_else(
    forge: FakeGitHub, aiomend: Run, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "ghp_elsewhere")
    monkeypatch.delenv("GH_ENTERPRISE_TOKEN")
    assert "there is no token for localhost" in ran(aiomend, code=2).stderr
    assert forge.log == []


def test_a_shallow_clone(
    forge: FakeGitHub, aiomend: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Change
) -> None:
    change(c_py=SAFE)
    git("clone", "-q", "--depth=1", f"file://{forge.bare}/acme/chat.git", str(tmp_path / "shallow"))
    monkeypatch.chdir(tmp_path / "shallow")
    git("remote", "set-url", "origin", f"{forge.url}/acme/chat.git")
    ran(aiomend)
    change(d_py=SAFE)
    ran(aiomend)
    assert "4 safe fixes" in forge.pulls[0]["title"]
