"""Bad days of a forge and of the network: nothing is opened twice or lost, and the next run goes on where one stopped."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_github import FakeGitHub
from still_clock import Clock
from typer.testing import Result

from aiomend_cli.forge.patience import Pace

pytestmark = pytest.mark.trust

Run = Callable[..., Result]
LABELLED = ("pr", "--label", "asyncio", "--reviewer", "ada")
PLACES = [
    ("GET", r"/info/refs$"),
    ("POST", r"git-receive-pack$"),
    ("GET", r"/pulls$"),
    ("POST", r"/pulls$"),
    ("POST", r"/labels$"),
    ("POST", r"/requested_reviewers$"),
    ("PATCH", r"/pulls/1$"),
]
KINDS = {
    "401": {"status": 401, "message": "Bad credentials"},
    "403": {"status": 403, "message": "Resource not accessible by integration"},
    "404": {"status": 404, "message": "Not Found"},
    "409": {"status": 409, "message": "Conflict"},
    "422": {"status": 422, "message": "Validation Failed"},
    "429": {"status": 429, "message": "Too many requests", "headers": {"Retry-After": "3"}},
    "500": {"status": 500},
    "502 for long": {"status": 502, "times": 9},
    "half an answer": {"half": True},
    "no answer": {},
    "500 after the work": {"status": 500, "after": True},
    "half an answer after the work": {"half": True, "after": True},
    "no answer after the work": {"after": True},
    "no answer after the work, and none for long": {"after": True, "times": 9},
}


def settled(forge: FakeGitHub, aiomend: Run) -> None:
    """Assert that another run brings everything about, and one more nothing."""
    forge.faults.clear()
    result = aiomend(*LABELLED)
    assert result.exit_code == 0, result.output
    [pull] = forge.pulls
    assert pull["state"] == "open"
    assert [one["name"] for one in pull["labels"]] == ["asyncio"]
    assert [one["login"] for one in pull["requested_reviewers"]] == ["ada"]
    assert forge.git("show", "aiomend/safe:b.py") == "guarded(1)"
    before = list(forge.writes)
    again = aiomend(*LABELLED)
    assert (again.exit_code, again.stdout.splitlines()[-1]) == (0, "Nothing to do.")
    assert forge.writes == before


#: What every place is tried with; the others are all alike for a client.
EVERYWHERE = ("422", "500", "no answer", "half an answer after the work", "no answer after the work, and none for long")
TRIED = [(*place, kind) for place in PLACES for kind in KINDS if kind in EVERYWHERE or place == ("POST", r"/pulls$")]


@pytest.mark.parametrize(("verb", "path", "kind"), TRIED, ids=lambda text: text.strip("$\\/"))
def test_a_fault_costs_nothing_but_time(forge: FakeGitHub, aiomend: Run, verb: str, path: str, kind: str) -> None:
    forge.fail(verb, path, **KINDS[kind])  # type: ignore[arg-type]
    result = aiomend(*LABELLED)
    assert result.exit_code in (0, 2), result.output
    assert "internal error" not in result.output
    if result.exit_code == 0:
        assert result.stdout.splitlines()[-1] == "1 branch pushed, 1 pull request opened."
    else:
        assert result.stderr.strip()
        assert "opened" not in (result.stdout.splitlines() or [""])[-1]
    assert len(forge.pulls) <= 1
    settled(forge, aiomend)


@pytest.mark.parametrize("kind", ["500", "500 after the work", "no answer", "no answer after the work"])
@pytest.mark.parametrize(("verb", "path"), [("POST", r"/comments$"), ("PATCH", r"/pulls/1$")])
def test_a_fault_while_closing(
    forge: FakeGitHub, aiomend: Run, change: Callable[..., None], verb: str, path: str, kind: str
) -> None:
    assert aiomend("pr").exit_code == 0
    change(a_py="", b_py="")
    forge.fail(verb, path, **KINDS[kind])  # type: ignore[arg-type]
    aiomend("pr")
    forge.faults.clear()
    assert aiomend("pr").exit_code == 0
    assert forge.pulls[0]["state"] == "closed"
    assert len(forge.comments[1]) == 1


def test_a_disk_that_fills(
    forge: FakeGitHub, aiomend: Run, mount: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the room ends, from no folder at all to the last commit."""
    forge.git("gc", "-q")
    place = mount("size=1m,nr_inodes=2")
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    ends = []
    for room in (2, 6, 14, 20, 26, 200):
        subprocess.run(["mount", "-o", f"remount,size=1m,nr_inodes={room}", str(place)], check=True)
        result = aiomend(*LABELLED)
        assert "internal error" not in result.output, (room, result.output)
        ends.append(result.exit_code)
        if result.exit_code == 2:
            assert (forge.pulls, list(place.iterdir())) == ([], [])
            assert "o space left" in result.stderr.replace("\n", " "), (room, result.stderr)
    assert ends[0] == 2
    assert ends[-1] == 0
    settled(forge, aiomend)


def failed(forge: FakeGitHub, aiomend: Run, reason: str) -> None:
    result = aiomend("pr")
    assert result.exit_code == 2
    assert reason in result.stderr.replace("\n", " ")


def test_a_token_that_is_not_valid_is_named_by_its_source(forge: FakeGitHub, aiomend: Run) -> None:
    forge.fail("GET", "/pulls$", 401, "Bad credentials")
    failed(forge, aiomend, "the token from the variable GH_ENTERPRISE_TOKEN is not valid there")
    assert forge.writes == []


def test_what_a_token_needs_is_said(forge: FakeGitHub, aiomend: Run) -> None:
    forge.fail("POST", "/pulls$", 403, "Resource not accessible by integration")
    failed(forge, aiomend, "needs write access to contents and pull requests")


def test_a_repository_without_drafts(forge: FakeGitHub, aiomend: Run) -> None:
    forge.fail("POST", "/pulls$", 422, "Draft pull requests are not supported in this repository.")
    failed(forge, aiomend, "`draft = false` under [tool.aiomend.pr]")


def test_a_limit_is_waited_for_as_long_as_github_says(forge: FakeGitHub, aiomend: Run, clock: Clock) -> None:
    forge.fail("POST", "/pulls$", 403, "You have exceeded a secondary rate limit", headers={"Retry-After": "7"})
    assert aiomend("pr").exit_code == 0
    assert 7.0 in clock.waited
    assert len(forge.pulls) == 1


def test_a_limit_that_lasts_is_told_and_not_waited_for(forge: FakeGitHub, aiomend: Run, clock: Clock) -> None:
    reset = str(int(time.time()) + 3600)
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
    forge.fail("GET", "/pulls$", 403, "API rate limit exceeded for user ID 1.", headers=headers)
    failed(forge, aiomend, "rate limit lasts another 60 minutes")
    assert sum(clock.waited) < 10


def test_writes_are_a_second_apart(forge: FakeGitHub, aiomend: Run, clock: Clock) -> None:
    assert aiomend(*LABELLED).exit_code == 0
    assert clock.waited == [1.0, 1.0, 1.0]  # between opening, labels, reviewers and the last touch


def test_so_are_those_of_one_run_and_the_next(
    forge: FakeGitHub, aiomend: Run, change: Callable[..., None], clock: Clock
) -> None:
    """Which is what a fleet does, from one repository to another."""
    assert aiomend("pr").exit_code == 0
    change(c_py="future.set_result(1)\n")
    assert aiomend("pr").exit_code == 0
    assert clock.waited == [1.0]


def test_another_host_is_written_to_at_once() -> None:
    waited: list[float] = []
    pace = Pace(waited.append, lambda: 7.5)
    for host in ("github.com", "github.example", "github.com"):
        pace.keep(host, lambda: None)
    assert waited == [1.0]


def test_one_branch_that_fails_does_not_stop_the_others(
    forge: FakeGitHub, aiomend: Run, change: Callable[..., None]
) -> None:
    change(x_py="future.set_result(1)\n")
    for number in range(2):
        change(**{f"pkg{number}": ""})
    forge.fail("POST", "/pulls$", 422, "Validation Failed")
    result = aiomend("pr", "--split-by", "rule", "--unsafe")
    assert result.exit_code == 2
    assert result.stdout.splitlines()[-1].endswith("1 failed, 1 waiting.")


def test_a_forge_that_cannot_be_reached(forge: FakeGitHub, aiomend: Run) -> None:
    from cli_helpers import git

    git("remote", "set-url", "origin", "http://localhost:1/acme/chat.git")
    failed(forge, aiomend, "git ls-remote failed for http://localhost:1/acme/chat.git")


def test_a_token_is_not_sent_in_clear_text(forge: FakeGitHub, aiomend: Run) -> None:
    from cli_helpers import git

    git("remote", "set-url", "origin", "http://forge.example/acme/chat.git")
    failed(forge, aiomend, "is not encrypted")
