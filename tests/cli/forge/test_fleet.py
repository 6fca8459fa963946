"""``aiomend fleet``: many repositories, each on a GitHub of its own; one that fails costs no other."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from cli_helpers import commit_all, git
from described import example
from fake_github import TOKEN, FakeGitHub
from still_clock import Clock
from typer.testing import Result

from aiomend_cli.fleet import state

pytestmark = pytest.mark.trust

Run = Callable[..., Result]
SAFE = "future.set_result(1)\n"
SLEEP = "time.sleep(1)\n"


@dataclass
class Fleet:
    """Three repositories, and the file that lists them."""

    forges: dict[str, FakeGitHub]
    file: Path
    cache: Path

    def url(self, name: str) -> str:
        return f"{self.forges[name].url}/acme/{name}.git"

    def list(self, **keys: str) -> None:
        """Write the file, with more lines for the repositories in ``keys``."""
        tables = [f'[[repository]]\nurl = "{self.url(name)}"\n{keys.get(name, "")}\n' for name in self.forges]
        self.file.write_text("\n".join(tables))

    def change(self, name: str, folder: Path, branch: str = "main", **files: str) -> None:
        """Commit to a branch as somebody else."""
        git("clone", "-q", "-b", branch, str(self.forges[name].bare / f"acme/{name}.git"), str(folder))
        for file, text in files.items():
            (folder / file.replace("_py", ".py")).write_text(text)
        git("add", "-A", cwd=folder)
        git("commit", "-q", "-m", "theirs", cwd=folder)
        git("push", "-q", "origin", branch, cwd=folder)

    @property
    def state(self) -> dict[str, str]:
        """What the file beside the list says of each repository."""
        data = json.loads(self.file.with_name("repos.state.json").read_text())
        names = {self.url(name): name for name in self.forges}
        return {names[url]: entry["state"] for url, entry in data["repositories"].items()}

    def opened(self) -> list[str]:
        return [name for name, forge in self.forges.items() if forge.pulls]


@pytest.fixture
def fleet(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    """``chat`` and ``bots`` have something to fix, ``site`` between them has nothing."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("AIOMEND_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("GH_ENTERPRISE_TOKEN", TOKEN)
    with ExitStack() as stack:
        forges = {}
        for name, text in (("chat", SLEEP + SAFE), ("site", ""), ("bots", SAFE)):
            source = tmp_path / "sources" / name
            source.mkdir(parents=True)
            with monkeypatch.context() as there:
                there.chdir(source)
                git("init", "-q", "-b", "main")
                for number in range(3):
                    Path("a.py").write_text(f"{text}# {number}\n")
                    commit_all()
            git("clone", "-q", "--bare", str(source), str(tmp_path / "bare" / "acme" / f"{name}.git"))
            forges[name] = stack.enter_context(FakeGitHub(tmp_path / "bare", slug=f"acme/{name}").serving())
        made = Fleet(forges, work / "repos.toml", tmp_path / "cache" / "clones")
        made.list()
        yield made
    assert [problem for forge in forges.values() for problem in forge.problems] == []


def ran(aiomend: Run, *arguments: str, code: int = 0) -> Result:
    result = aiomend("fleet", *arguments)
    assert result.exit_code == code, result.output
    return result


def rows(result: Result) -> dict[str, list[str]]:
    """Return the cells of the table by the names of the repositories."""
    lines = [line.split("  ") for line in result.stdout.splitlines() if line.startswith("acme/") and "  " in line]
    return {cells[0]: [cell.strip() for cell in cells[1:] if cell.strip()] for cells in lines}


class TestListing:
    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("", "lists no repositories"),
            ("[[repository]\n", "not valid TOML"),
            ("[[repositories]]\n", "unknown key 'repositories'"),
            ("repository = 1\n", "lists no repositories"),
            ("[[repository]]\n", "repository 1 (line 1): needs a url, or the path of a clone"),
            ('[[repository]]\nurl = "https://h/a/b"\npath = "x"\n', "and not both"),
            ('\n[[repository]]\nurl = "https://h/a/b"\nbranch = "x"\n', "repository 1 (line 2): unknown key 'branch'"),
            ('repository = [{lables = ["x"]}]\n', "repository 1: unknown key 'lables'; did you mean 'labels'"),
            ('[[repository]]\nurl = "a/b"\n', "must be a URL"),
            ('[[repository]]\nurl = "/srv/a/b"\n', "a clone has a path"),
            ('[[repository]]\nurl = "https://me:s3cr3t@h/a/b"\n', "has a password in it"),
            ('[[repository]]\nurl = "https://h/a/b"\nbase = "--mirror"\n', "base = '--mirror'"),
            ('[[repository]]\nurl = "https://h/a/b"\nselect = "AIO2"\n', "must be a list of strings"),
            ('[[repository]]\nurl = "https://h/a/b"\nselect = ["AIO987"]\n', "AIO987"),
            ('[[repository]]\nurl = "https://h/a/b"\nsplit-by = "file"\n', "none, rule, directory, owner"),
            ('[[repository]]\nurl = "https://h/a/b"\n' * 2, "repository 2 (line 3): https://h/a/b is listed before"),
        ],
    )
    def test_what_makes_no_sense(self, project: Path, aiomend: Run, text: str, reason: str) -> None:
        Path("repos.toml").write_text(text)
        result = ran(aiomend, "repos.toml", code=2)
        assert reason in result.stderr
        assert "repos.toml" in result.stderr
        assert "s3cr3t" not in result.output

    def test_no_file(self, project: Path, aiomend: Run) -> None:
        assert "repos.toml: no such file" in ran(aiomend, code=2).stderr

    def test_a_filter_that_nothing_matches(self, fleet: Fleet, aiomend: Run) -> None:
        assert "none of the repositories" in ran(aiomend, "--filter", "other/*", code=2).stderr

    def test_a_state_that_is_something_else(self, fleet: Fleet, aiomend: Run) -> None:
        fleet.file.with_name("repos.state.json").write_text("[]")
        assert "remove it to begin anew" in ran(aiomend, code=2).stderr
        assert fleet.opened() == []

    def test_a_state_that_cannot_be_written_ends_the_run_and_stays_what_it_was(
        self, fleet: Fleet, aiomend: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ran(aiomend, "--filter", "*/site")

        def full(old: object, new: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as disk:
            disk.setattr(state.os, "replace", full)
            result = ran(aiomend, code=2)
        assert "repos.state.json: cannot be written: No space left on device" in result.stderr
        assert fleet.state == {"site": "nothing to do"}
        assert sorted(path.name for path in fleet.file.parent.iterdir()) == ["repos.state.json", "repos.toml"]
        assert rows(ran(aiomend))["acme/chat"] == ["open", "#1 open", "-"]
        assert len(fleet.forges["chat"].pulls) == 1


class TestOneThatFails:
    @pytest.mark.parametrize(
        ("verb", "path"), [("GET", r"/info/refs$"), ("POST", r"git-upload-pack$"), ("GET", "/pulls$")]
    )
    def test_costs_no_other(self, fleet: Fleet, aiomend: Run, verb: str, path: str) -> None:
        fleet.forges["chat"].fail(verb, path, 403, "Forbidden", times=99)
        result = ran(aiomend, code=2)
        assert fleet.opened() == ["bots"]
        assert rows(result)["acme/chat"][0] == "error"
        assert result.stderr.startswith("aiomend: acme/chat: ")
        assert fleet.state == {"chat": "error", "site": "nothing to do", "bots": "open"}
        fleet.forges["chat"].faults.clear()
        assert rows(ran(aiomend))["acme/chat"] == ["open", "#1 open", "-"]

    def test_in_the_middle_of_its_writes(self, fleet: Fleet, aiomend: Run) -> None:
        fleet.forges["chat"].fail("POST", "/pulls$", 422, "Validation Failed")
        ran(aiomend, code=2)
        assert fleet.opened() == ["bots"]
        ran(aiomend)
        assert fleet.opened() == ["chat", "bots"]

    def test_by_a_bug(self, fleet: Fleet, aiomend: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        from aiomend_cli.fleet import command

        turn = command.turn
        monkeypatch.setattr(command, "turn", lambda options: turn(options) if "bots" in str(Path.cwd()) else 1 / 0)
        result = ran(aiomend, code=2)
        assert "acme/chat: internal error: ZeroDivisionError" in result.stderr
        assert fleet.opened() == ["bots"]

    def test_without_a_token(self, fleet: Fleet, aiomend: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("GH_ENTERPRISE_TOKEN")
        result = ran(aiomend, code=2)
        assert "aiomend: acme/site: there is no token for localhost" in result.stderr
        assert result.stdout.splitlines()[-1] == "3 repositories: 3 error."


def test_a_first_run_opens_and_a_second_one_writes_nothing(fleet: Fleet, aiomend: Run) -> None:
    result = ran(aiomend)
    assert rows(result) == {
        "acme/chat": ["open", "#1 open", "-"],
        "acme/site": ["nothing to do", "-", "-"],
        "acme/bots": ["open", "#1 open", "-"],
    }
    assert result.stdout.splitlines()[-1] == "3 repositories: 2 open, 1 nothing to do."
    before = [list(forge.writes) for forge in fleet.forges.values()]
    again = ran(aiomend)
    assert again.stdout.splitlines()[-1] == "3 repositories: 2 open, 1 nothing to do."
    assert [list(forge.writes) for forge in fleet.forges.values()] == before


def test_clones_are_shallow_and_kept_without_a_file_or_a_token(fleet: Fleet, aiomend: Run, tmp_path: Path) -> None:
    ran(aiomend)
    clones = {folder.name.rpartition("-")[0]: folder for folder in fleet.cache.iterdir()}
    assert set(clones) == {"acme-chat", "acme-site", "acme-bots"}
    assert [path.name for path in clones["acme-chat"].iterdir()] == [".git"]
    assert git("rev-list", "--count", "--all", cwd=clones["acme-chat"]).strip() == "1"  # of three
    files = [path for path in [*fleet.cache.rglob("*"), *fleet.file.parent.iterdir()] if path.is_file()]
    assert not any(TOKEN.encode() in path.read_bytes() for path in files)
    fleet.change("chat", tmp_path / "other", b_py=SAFE)
    ran(aiomend)
    assert fleet.forges["chat"].git("show", "aiomend/safe:b.py") == "guarded(1)"


def test_a_dry_run_writes_nothing_anywhere_but_into_the_cache(fleet: Fleet, aiomend: Run) -> None:
    result = ran(aiomend, "--dry-run")
    assert result.stdout.count("would open a pull request") == 2
    assert rows(result)["acme/chat"][0] == "would change"
    assert all(forge.writes == [] for forge in fleet.forges.values())
    assert [path.name for path in fleet.file.parent.iterdir()] == ["repos.toml"]


class TestStates:
    def test_what_became_of_each(self, fleet: Fleet, aiomend: Run) -> None:
        ran(aiomend)
        fleet.forges["chat"].merge(1)
        fleet.forges["bots"].pulls[0] |= {"mergeable": False, "mergeable_state": "dirty"}
        assert rows(ran(aiomend)) == {
            "acme/chat": ["merged", "#1 merged", "-"],
            "acme/site": ["nothing to do", "-", "-"],
            "acme/bots": ["conflicted", "#1 conflicted", "-"],
        }

    def test_a_merged_one_whose_branch_is_gone_is_remembered(self, fleet: Fleet, aiomend: Run) -> None:
        ran(aiomend)
        fleet.forges["chat"].merge(1)
        fleet.forges["chat"].git("update-ref", "-d", "refs/heads/aiomend/safe")
        assert rows(ran(aiomend))["acme/chat"] == ["merged", "#1 merged", "-"]

    def test_checks_that_fail(self, fleet: Fleet, aiomend: Run) -> None:
        done = {"status": "completed", "check_suite": {"id": 1}}
        fleet.forges["chat"].checks = [example("check-run", conclusion="failure", **done)]
        fleet.forges["bots"].checks = [example("check-run", conclusion="success", **done)]
        shown = rows(ran(aiomend))
        assert (shown["acme/chat"][0], shown["acme/bots"][0]) == ("checks failing", "open")

    def test_a_token_that_may_not_see_checks_sees_none_fail(self, fleet: Fleet, aiomend: Run) -> None:
        fleet.forges["chat"].fail("GET", "/(check-runs|status)$", 403, "Resource not accessible", times=9)
        assert rows(ran(aiomend))["acme/chat"][0] == "open"

    def test_one_that_a_person_closed_is_held_back(self, fleet: Fleet, aiomend: Run) -> None:
        ran(aiomend)
        fleet.forges["chat"].close(1)
        result = ran(aiomend, code=1)
        assert rows(result)["acme/chat"] == ["closed", "#1 closed", "-"]

    def test_a_commit_of_a_person_is_held_back_and_one_that_was_merged_is_not(
        self, fleet: Fleet, aiomend: Run, tmp_path: Path
    ) -> None:
        ran(aiomend)
        fleet.change("chat", tmp_path / "one", "aiomend/safe", c_py="theirs\n")
        assert rows(ran(aiomend, code=1))["acme/chat"] == ["held back", "#1 open", "-"]
        fleet.forges["chat"].merge(1)
        fleet.change("chat", tmp_path / "two", d_py=SAFE)
        ran(aiomend)
        assert [pull["state"] for pull in fleet.forges["chat"].pulls] == ["closed", "open"]

    def test_one_that_wants_none(self, fleet: Fleet, aiomend: Run, tmp_path: Path) -> None:
        fleet.change("chat", tmp_path / "other", **{"aiomend.toml": "[pr]\nenabled = false\n"})
        assert rows(ran(aiomend))["acme/chat"][0] == "turned off"


class TestChosen:
    def test_by_name(self, fleet: Fleet, aiomend: Run) -> None:
        result = ran(aiomend, "--filter", "*/bots")
        assert fleet.opened() == ["bots"]
        assert result.stdout.splitlines()[-1] == "1 repository: 1 open. 2 were not asked for."

    def test_a_subset_is_the_same_each_time(self, fleet: Fleet, aiomend: Run) -> None:
        for _ in range(2):
            result = ran(aiomend, "--subset", "2")
            assert result.stdout.splitlines()[-1].endswith(" 1 were not asked for.")
            assert fleet.opened() == ["chat"]
        assert list(rows(ran(aiomend))) == ["acme/chat", "acme/site", "acme/bots"]

    def test_a_limit_goes_on_behind_them(self, fleet: Fleet, aiomend: Run) -> None:
        result = ran(aiomend, "--limit", "2")
        assert list(rows(result)) == ["acme/chat", "acme/site"]
        assert result.stdout.splitlines()[-1].endswith(" 1 more have theirs in the next run.")
        assert list(rows(ran(aiomend, "--limit", "2"))) == ["acme/bots"]
        assert list(rows(ran(aiomend, "--limit", "2"))) == ["acme/chat", "acme/site"]


def test_a_run_that_is_stopped_goes_on_where_it_was(
    fleet: Fleet, aiomend: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aiomend_cli.fleet import command

    turn = command.turn

    def stopped(options: object) -> object:
        if "site" in str(Path.cwd()):
            raise KeyboardInterrupt
        return turn(options)  # type: ignore[arg-type]

    with monkeypatch.context() as first:
        first.setattr(command, "turn", stopped)
        ran(aiomend, code=130)
    assert fleet.state == {"chat": "open"}
    assert list(rows(ran(aiomend))) == ["acme/site", "acme/bots"]
    assert list(rows(ran(aiomend))) == ["acme/chat", "acme/site", "acme/bots"]


class TestKeys:
    def test_come_before_the_options(self, fleet: Fleet, aiomend: Run) -> None:
        fleet.list(chat='labels = ["theirs"]\n', bots='ignore = ["AIO201"]\n')
        result = ran(aiomend, "--label", "ours")
        [pull] = fleet.forges["chat"].pulls
        assert [one["name"] for one in pull["labels"]] == ["theirs"]
        assert rows(result)["acme/bots"][0] == "nothing to do"

    def test_another_base(self, fleet: Fleet, aiomend: Run) -> None:
        fleet.forges["chat"].git("branch", "stable", "main")
        fleet.list(chat='base = "stable"\n', bots='base = "nowhere"\n')
        result = ran(aiomend, code=2)
        assert fleet.forges["chat"].pulls[0]["base"]["ref"] == "stable"
        assert "acme/bots: --base nowhere: there is no such branch" in result.stderr

    def test_unsafe_fixes_of_one_repository(self, fleet: Fleet, aiomend: Run) -> None:
        fleet.list(chat='unsafe = ["AIO4"]\n')
        ran(aiomend)
        fleet.forges["chat"].merge(1)
        shown = rows(ran(aiomend))["acme/chat"]
        assert shown == ["open", "#1 merged", "#2 open"]

    def test_a_path_is_a_clone_of_your_own(self, fleet: Fleet, aiomend: Run) -> None:
        git("clone", "-q", str(fleet.forges["chat"].bare / "acme" / "chat.git"), "mine")
        git("remote", "set-url", "origin", fleet.url("chat"), cwd=Path("mine"))
        fleet.file.write_text('[[repository]]\npath = "mine"\n[[repository]]\npath = "nowhere"\n')
        result = ran(aiomend, code=2)
        assert fleet.opened() == ["chat"]
        assert "nowhere: no such folder" in result.stderr
        assert not fleet.cache.exists()

    def test_the_tests_of_a_repository(self, fleet: Fleet, aiomend: Run) -> None:
        fleet.list(chat='test = "false"\n', bots="test = \"sh -c '! grep guarded a.py'\"\n")
        result = ran(aiomend, code=2)
        assert rows(result)["acme/chat"][0] == "error"
        assert rows(result)["acme/bots"][0] == "held back"
        assert fleet.opened() == []
