"""``aiomend pr --dry-run``: every operation with its whole text, and nothing done."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli_helpers import commit_all, git
from typer.testing import CliRunner, Result

from aiomend_cli.app import app
from aiomend_cli.commit import Step
from aiomend_cli.forge import command
from aiomend_cli.forge.branch import commits, manner
from aiomend_cli.forge.proposal import Base, Judged, project, wanted
from aiomend_cli.forge.scratch import check_out, scratch
from aiomend_cli.forge.settings import PullRequests
from aiomend_cli.git import repository
from aiomend_cli.other_options import PrOptions

pytestmark = pytest.mark.trust

Run = Callable[..., Result]
SAFE = "future.set_result(1)\n"
SLEEP = "time.sleep(1)\n"
MANUAL = "ensure_future(work())\n"


@pytest.fixture
def dry(aiomend: Run) -> Callable[..., dict[str, Any]]:
    """Run ``pr --dry-run`` and return what it says to tools."""

    def run(*arguments: str, code: int = 0) -> dict[str, Any]:
        result = aiomend("pr", "--dry-run", "--output-format", "json", *arguments)
        assert result.exit_code == code, result.output
        found = json.loads(result.stdout)
        assert isinstance(found, dict)
        return found

    return run


@pytest.fixture
def ready(repo: Path) -> Path:
    """A repository with something to fix for two rules, in two files."""
    Path("a.py").write_text(SLEEP + SAFE)
    Path("b.py").write_text(SAFE)
    commit_all()
    return repo


def fetched(branch: str, commit: str = "HEAD") -> None:
    """Make it look as if ``branch`` had been fetched from the remote."""
    git("update-ref", f"refs/remotes/origin/{branch}", commit)


@pytest.fixture
def cloned(ready: Path) -> Path:
    """The same, with a remote whose default branch is known."""
    git("remote", "add", "origin", "https://forge.example/acme/chat.git")
    fetched("main")
    git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    return ready


def branches(account: dict[str, Any]) -> list[str]:
    return [one["branch"] for one in account["operations"] if one["kind"] == "push"]


class TestRefused:
    def test_outside_a_repository(self, project: Path, aiomend: Run) -> None:
        result = aiomend("pr", "--dry-run")
        assert result.exit_code == 2
        assert "in no git repository" in result.stderr

    def test_before_the_first_commit(self, repo: Path, aiomend: Run) -> None:
        result = aiomend("pr", "--dry-run")
        assert result.exit_code == 2
        assert "--base main: there is no such branch" in result.stderr

    @pytest.mark.parametrize(
        ("arguments", "reason"),
        [
            (("-",), "`-` is stdin"),
            (("--output-format", "sarif"), "writes text and json"),
            (("--remote", "upstream"), "it has origin"),
            (("--base", "nowhere"), "no such branch"),
            (("..",), "is not in the repository"),
            (("nowhere.py",), "no such file"),
            (("--split-by", "owner"), "no CODEOWNERS file"),
        ],
    )
    def test_what_makes_no_sense(self, cloned: Path, aiomend: Run, arguments: tuple[str, ...], reason: str) -> None:
        result = aiomend("pr", "--dry-run", *arguments)
        assert result.exit_code == 2
        assert reason in result.stderr

    @pytest.mark.parametrize(
        ("line", "reason"),
        [
            ("enable = false", "did you mean 'enabled'"),
            ("max-open = 0", "must be a number from 1"),
            ('author = "me"', "Name <mail>"),
            ('message = "{secret}"', "may hold {code}"),
            ('message = "{code.real}"', "may hold {code}"),
            ('trailers = ["two\\nlines: x"]', "Signed-off-by"),
            ('split-by = "file"', "none, rule, directory, owner"),
        ],
    )
    def test_a_wrong_configuration(self, ready: Path, aiomend: Run, line: str, reason: str) -> None:
        Path("pyproject.toml").write_text(f"[tool.aiomend.pr]\n{line}\n")
        commit_all()
        result = aiomend("pr", "--dry-run")
        assert result.exit_code == 2
        assert reason in result.stderr
        assert "pyproject.toml" in result.stderr


class TestNothing:
    def test_where_nothing_is_to_fix(self, repo: Path, aiomend: Run) -> None:
        Path("a.py").write_text("")
        commit_all()
        result = aiomend("pr", "--dry-run")
        assert result.exit_code == 0
        assert result.stdout.splitlines()[-1] == "Nothing to do."

    def test_where_the_project_wants_none(self, ready: Path, aiomend: Run) -> None:
        Path("pyproject.toml").write_text("[tool.aiomend.pr]\nenabled = false\n")
        commit_all()
        result = aiomend("pr", "--dry-run")
        assert result.exit_code == 0
        assert "would" not in result.stdout
        assert "`enabled = false`" in result.stdout.splitlines()[-1]


def test_the_users_tree_stays_and_does_not_count(cloned: Path, dry: Callable[..., Any]) -> None:
    Path("a.py").write_text("mine\n")
    Path("new.py").write_text(SAFE)
    git("add", "new.py")
    before = {path: path.read_bytes() for path in cloned.rglob("*") if path.is_file()}
    account = dry()
    assert {path: path.read_bytes() for path in cloned.rglob("*") if path.is_file()} == before
    [push, _] = account["operations"]
    assert push["commits"][0]["message"].startswith("AIO201 guard-future-result: 2 fixes in 2 files\n")


def test_every_operation_with_its_whole_text(cloned: Path, aiomend: Run) -> None:
    result = aiomend("pr", "--dry-run", "--label", "asyncio", "--reviewer", "ada")
    lines = [line.strip() for line in result.stdout.splitlines()]
    assert "AIO201 guard-future-result: 2 fixes in 2 files" in lines
    assert "https://docs.python.org/3.6/library/asyncio-dev.html#cancellation" in lines
    assert "title: aiomend: 2 safe fixes for asyncio (AIO201)" in lines
    assert "labels: asyncio" in lines
    assert "reviewers: ada" in lines
    assert "### How it was verified" in lines
    assert lines[-1] == "1 branch to push, 1 pull request to open."


def test_the_same_twice(cloned: Path, dry: Callable[..., Any]) -> None:
    assert dry() == dry()


def test_the_base_is_what_was_fetched_and_not_what_is_checked_out(cloned: Path, dry: Callable[..., Any]) -> None:
    Path("c.py").write_text(SAFE)
    commit_all()
    assert "2 fixes" in dry()["operations"][1]["title"].replace("safe ", "")
    fetched("stable")
    assert dry("--base", "stable")["base"]["branch"] == "stable"
    assert "3 safe fixes" in dry("--base", "stable")["operations"][1]["title"]


def test_unsafe_fixes_wait_for_the_safe_ones(cloned: Path, dry: Callable[..., Any]) -> None:
    account = dry("--unsafe")
    assert branches(account) == ["aiomend/safe"]
    assert [one["branch"] for one in account["waiting"]] == ["aiomend/unsafe-aio401"]
    assert b"await" not in Path("a.py").read_bytes()


def test_and_come_as_drafts_when_these_are_there(repo: Path, dry: Callable[..., Any]) -> None:
    Path("a.py").write_text(SLEEP + MANUAL)
    commit_all()
    [push, opened] = dry("--unsafe")["operations"]
    assert push["branch"] == "aiomend/unsafe-aio401"
    assert opened["draft"]
    assert "**These fixes are unsafe**" in opened["body"]
    assert "--only-fixes fixes.json" in opened["body"]


def test_a_message_of_the_projects_own(repo: Path, dry: Callable[..., Any]) -> None:
    Path("a.py").write_text(SAFE)
    Path("pyproject.toml").write_text(
        '[tool.aiomend.pr]\nmessage = "fix({code}): {fixes}\\n\\n{left}\\n\\n{{x}}"\nsplit-by = "rule"\n'
    )
    commit_all()
    [push, _] = dry()["operations"]
    assert push["commits"][0]["message"].splitlines()[:3] == ["fix(AIO201): 1 fix", "", "{x}"]


def test_paths_are_those_below_the_working_directory(
    cloned: Path, dry: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("sub").mkdir()
    Path("sub/c.py").write_text(SAFE)
    commit_all()
    fetched("main")
    monkeypatch.chdir("sub")
    [_, opened] = dry()["operations"]
    assert "1 safe fix " in opened["title"]
    assert "`sub/c.py:1`" in opened["body"]


def test_findings_for_a_person_are_listed_with_links(cloned: Path, dry: Callable[..., Any]) -> None:
    Path("b.py").write_text(SAFE + MANUAL)
    commit_all()
    fetched("main")
    [_, opened] = dry()["operations"]
    sha = git("rev-parse", "HEAD").strip()
    assert f"- [`b.py:2`](https://forge.example/acme/chat/blob/{sha}/b.py#L2): AIO801" in opened["body"]


class TestBranchOnTheRemote:
    def pushed(self, repo: Path) -> str:
        """Make it look as if an earlier run had pushed its branch; return its head."""
        found = repository(repo)
        assert found is not None
        base = git("rev-parse", "HEAD").strip()
        step = Step("AIO201", "x", 1, {"a.py": (b"", b"other\n")})
        [one] = commits(found, base, [(step, "x\n")], manner(found, found, base, None, (), False))
        fetched("aiomend/safe", one.sha)
        return one.sha

    def test_that_a_person_has_committed_to_is_held_back(self, cloned: Path, dry: Callable[..., Any]) -> None:
        self.pushed(cloned)
        git("switch", "-q", "--detach", "origin/aiomend/safe")
        git("commit", "-q", "--allow-empty", "-m", "mine")
        fetched("aiomend/safe")
        account = dry(code=1)
        assert account["operations"] == []
        assert "is not aiomend's" in account["held"][0]["reason"]

    def test_that_is_ours_is_replaced_where_it_is(self, cloned: Path, dry: Callable[..., Any]) -> None:
        old = self.pushed(cloned)
        assert dry()["operations"][0]["expected"] == old

    def test_that_the_base_has_by_now_is_replaced(self, cloned: Path, dry: Callable[..., Any]) -> None:
        fetched("aiomend/safe")
        assert dry()["operations"][0]["expected"] == git("rev-parse", "HEAD").strip()


def test_owners(cloned: Path, dry: Callable[..., Any]) -> None:
    Path("CODEOWNERS").write_text("*.py @ada\nb.py @acme/core\n")
    commit_all()
    fetched("main")
    account = dry("--split-by", "owner")
    assert len(branches(account)) == 2
    titles = [one["title"] for one in account["operations"] if one["kind"] == "open"]
    assert all("@\u2060" in title for title in titles)


def test_the_sum_counts_branches_and_pull_requests(cloned: Path, aiomend: Run) -> None:
    Path("sub").mkdir()
    Path("sub/c.py").write_text(SAFE)
    commit_all()
    fetched("main")
    result = aiomend("pr", "--dry-run", "--split-by", "directory")
    assert result.stdout.splitlines()[-1] == "2 branches to push, 2 pull requests to open."


REAL = {
    "room.py": (
        "import asyncio\n\n\nclass Room:\n    def __init__(self, loop):\n        self.opened = loop.create_future()\n\n"
        "    def open(self):\n        self.opened.set_result(1)\n\n    async def run(self):\n"
        "        asyncio.create_task(self.run())\n"
    ),
    "legacy.py": "import asyncio\n\n\n@asyncio.coroutine\ndef old():\n    yield from asyncio.sleep(1)\n",
}


def test_each_commit_compiles_by_itself_and_the_last_is_what_fix_writes(repo: Path) -> None:
    for name, text in REAL.items():
        Path(name).write_text(text)
    commit_all()
    origin = repository(repo)
    assert origin is not None
    options = PrOptions()
    with scratch(origin) as work:
        check_out(work, sha := git("rev-parse", "HEAD").strip())
        workspace = command.workspace(origin, work, options, repo)
        run = workspace.run(workspace.accepts)
        found = project(workspace, PullRequests(), options, Base("main", sha, None), run)
        [fix_set] = found.sets
        one = wanted(found, Judged(fix_set, run), work, manner(origin, work, sha, None, (), False))
        assert one is not None
        trees = [work.git("rev-parse", f"{commit.sha}^{{tree}}").decode() for commit in one.commits]
        for commit in one.commits:
            for name in work.git("ls-tree", "--name-only", commit.sha).decode().split():
                compile(work.git("cat-file", "blob", f"{commit.sha}:{name}"), name, "exec")
    assert [commit.message.split()[0] for commit in one.commits] == ["AIO001", "AIO201", "AIO901"]
    assert CliRunner().invoke(app, ["fix"]).exit_code == 0
    git("add", "-A")
    assert git("write-tree") == trees[-1]


def test_what_a_program_is_seen_to_do_is_in_the_body(repo: Path) -> None:
    """In a process of its own, with the real engine: three short runs of the program."""
    text = "import asyncio\nimport time\n\n\nasync def main():\n    time.sleep(0.2)\n\n\nasyncio.run(main())\n"
    Path("app.py").write_text(text)
    commit_all()
    options = ("pr", "--dry-run", "--select", "AIO401", "--unsafe", "--quiet", "--output-format", "json")
    words = [sys.executable, "-m", "aiomend_cli", *options, "--verify", f"{shlex.quote(sys.executable)} app.py"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    [_, opened] = json.loads(done.stdout)["operations"]
    assert re.search(r"^\| `app\.py:6` \| blocking-call \| .+ \| - \| AIO401 \| gone \|$", opened["body"], re.MULTILINE)
    assert "1 of 1 complaint verified." in opened["body"]
    assert Path("app.py").read_text() == text


def test_settings_are_shown_and_where_they_come_from(ready: Path, aiomend: Run) -> None:
    Path("pyproject.toml").write_text('[tool.aiomend.pr]\nsplit-by = "rule"\nlabels = ["asyncio"]\n')
    result = aiomend("config")
    [line] = [line for line in result.stdout.splitlines() if line.startswith("pr = ")]
    assert '"split-by": "rule"' in line
    assert line.endswith("# configured")
