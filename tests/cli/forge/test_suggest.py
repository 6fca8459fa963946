"""``aiomend suggest`` against a GitHub: what it says at the lines of a pull request, once, and what it leaves unsaid."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_github import TOKEN, FakeGitHub
from still_clock import Clock
from typer.testing import Result

pytestmark = pytest.mark.trust

Run = Callable[..., Result]
Propose = Callable[..., int]
SAFE, SLEEP, MANUAL = "future.set_result(1)\n", "time.sleep(1)\n", "ensure_future(x)\n"
FILLER = "".join(f"line{number}\n" for number in range(20))


@pytest.fixture
def propose(forge: FakeGitHub, change: Callable[..., None]) -> Propose:
    """Open somebody's pull request with these files, or commit more to its branch."""

    def opened(*, fork: bool = False, branch: str = "feature", **files: str) -> int:
        if forge.sha(branch) is None:
            forge.git("branch", branch, "main")
            change(branch, **files)
            return forge.propose(branch, fork=fork)
        change(branch, **files)
        return 1

    return opened


def said(aiomend: Run, *arguments: str, code: int = 0) -> Result:
    result = aiomend("suggest", "--pr", "1", *arguments)
    assert result.exit_code == code, result.output
    return result


def last(result: Result) -> str:
    return str(result.stdout.splitlines()[-1])


# ---- what is left unsaid ---


def test_findings_on_lines_that_it_does_not_change(forge: FakeGitHub, aiomend: Run, propose: Propose) -> None:
    propose(c_py="print()\n")  # a.py and b.py have findings, and are as they were
    assert last(said(aiomend)) == "Nothing to do."
    assert forge.writes == []


def test_findings_on_lines_around_a_change(forge: FakeGitHub, aiomend: Run, propose: Propose) -> None:
    propose(b_py=f"print()\n{SAFE}")
    said(aiomend)
    assert forge.writes == []


def test_what_was_said_before(forge: FakeGitHub, aiomend: Run, propose: Propose) -> None:
    propose(c_py=SAFE + SLEEP + MANUAL)
    said(aiomend)
    before = list(forge.writes)
    assert last(said(aiomend)) == "Nothing to do."
    assert forge.writes == before


def test_what_was_said_before_when_lines_have_moved(forge: FakeGitHub, aiomend: Run, propose: Propose) -> None:
    propose(c_py=SAFE)
    said(aiomend)
    propose(c_py=SAFE + FILLER)
    assert last(said(aiomend)) == "Nothing to do."


@pytest.mark.parametrize("state", ["closed", "merged"])
def test_a_pull_request_that_is_over(forge: FakeGitHub, aiomend: Run, propose: Propose, state: str) -> None:
    propose(c_py=SAFE)
    forge.merge(1) if state == "merged" else forge.close(1)
    assert last(said(aiomend)) == f"Nothing to do: {forge.url}/acme/chat/pull/1 is {state}."
    assert forge.writes == []


def test_files_of_which_the_forge_shows_no_diff_are_counted(forge: FakeGitHub, aiomend: Run, propose: Propose) -> None:
    propose(c_py=SAFE)
    forge.reviews.hidden.add("c.py")
    assert "left out: 1 finding in files of which the forge shows no diff" in said(aiomend).stdout
    assert forge.writes == []


def test_more_than_the_limit_is_counted_and_not_said_by_the_next_run(
    forge: FakeGitHub, aiomend: Run, propose: Propose
) -> None:
    propose(c_py=SAFE + SLEEP + MANUAL)
    assert "left out: 1 finding beyond --limit 2" in said(aiomend, "--limit", "2").stdout
    said(aiomend, "--limit", "2")
    assert len(forge.reviews.comments) == 2
    assert "AIO801" not in "".join(forge.reviews.texts())  # which is the least


def test_a_dry_run_shows_everything_and_writes_nothing(forge: FakeGitHub, aiomend: Run, propose: Propose) -> None:
    propose(c_py=SAFE)
    shown = said(aiomend, "--dry-run").stdout
    assert "would comment on c.py:1: AIO201 with a suggestion\n    **AIO201 guard-future-result**" in shown
    assert "    ```suggestion\n    guarded(1)\n    ```" in shown
    assert forge.writes == []


# ---- what is said ---


def test_a_fix_is_a_suggestion_in_one_review(forge: FakeGitHub, aiomend: Run, propose: Propose) -> None:
    propose(c_py=f"import x\n{SAFE}{MANUAL}", d_py=SLEEP)
    result = said(aiomend)
    assert forge.writes == ["POST /pulls/1/reviews"]
    [first, second, third] = forge.reviews.comments
    assert (first.given["path"], first.given["line"], first.given["side"]) == ("c.py", 2, "RIGHT")
    assert forge.reviews.apply(0) == f"import x\nguarded(1)\n{MANUAL}".rstrip("\n")
    assert "suggestion\n" not in second.given["body"] + third.given["body"]
    assert "`aiomend diff --unsafe-rules AIO401` shows it" in second.given["body"]
    assert "It is for a person to change (nothing says that order is meant)." in third.given["body"]
    assert forge.reviews.opened == [
        "aiomend sees 3 traps of asyncio in the lines of this pull request. "
        "`# aiomend: ignore[CODE] why` on a line keeps aiomend quiet about it."
    ]
    assert last(result) == "3 comments made."
    assert [one.body["event"] for one in forge.log if one.path.endswith("/reviews")] == ["COMMENT"]


def test_an_unsafe_fix_that_is_accepted_says_so(forge: FakeGitHub, aiomend: Run, propose: Propose) -> None:
    propose(c_py=SLEEP)
    said(aiomend, "--unsafe")
    assert "Its fix is unsafe: please look at it" in forge.reviews.texts()[0]
    assert forge.reviews.apply(0) == "await asyncio.sleep(1)"


def test_a_fix_of_more_files_is_shown_and_no_suggestion(forge: FakeGitHub, aiomend: Run, propose: Propose) -> None:
    propose(c_py="tie(1)\n", tied_py="old\n")
    said(aiomend)
    [text] = forge.reviews.texts()
    assert "which is no suggestion: it also changes `tied.py`." in text
    assert "```diff\n@@ -1 +1 @@\n-tie(1)\n+tied(1)\n```" in text
    assert "`aiomend fix` makes the 1 fix that a suggestion cannot." in forge.reviews.opened[0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (SAFE.replace("\n", "\r\n"), "CR LF line ends"),
        (f"\ufeff{SAFE}", "characters that cannot be seen"),
        (SAFE.replace("1", "'\u202e'"), "characters that cannot be seen"),
        (SAFE.replace("1", "1" * 20_000), "too long"),
    ],
    ids=["line ends", "a byte order mark", "hidden characters", "long lines"],
)
def test_what_a_click_would_not_do_right_is_no_suggestion(
    forge: FakeGitHub, aiomend: Run, propose: Propose, text: str, reason: str
) -> None:
    propose(c_py=text)
    said(aiomend)
    [body] = forge.reviews.texts()
    assert reason in body
    assert "```suggestion" not in body


def test_code_with_fences_stays_in_its_block(forge: FakeGitHub, aiomend: Run, propose: Propose) -> None:
    propose(c_py="future.set_result('''\n")  # no fix: the call does not end in its line
    propose(d_py="future.set_result('```') # @ada #1\n")
    said(aiomend)
    assert forge.reviews.apply(0) == "guarded('```') # @ada #1"
    assert forge.reviews.texts()[0].count("@ada") == 1  # in the block alone


def test_a_pull_request_from_a_fork(forge: FakeGitHub, aiomend: Run, propose: Propose) -> None:
    propose(fork=True, c_py=SAFE)
    said(aiomend)
    assert len(forge.reviews.comments) == 1


def test_many_files_and_comments(forge: FakeGitHub, aiomend: Run, propose: Propose) -> None:
    propose(**{f"f{number:03}_py": MANUAL for number in range(103)}, z_py=SAFE)
    said(aiomend, "--limit", "103")
    assert len(forge.reviews.comments) == 103
    assert forge.reviews.comments[0].given["path"] == "z.py"
    said(aiomend, "--limit", "104")
    assert len(forge.reviews.comments) == 104


def test_in_a_workflow_the_number_is_known(
    forge: FakeGitHub, aiomend: Run, propose: Propose, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose(c_py=SAFE)
    assert "which pull request?" in aiomend("suggest").stderr
    monkeypatch.setenv("GITHUB_REF", "refs/pull/1/merge")
    assert last(aiomend("suggest")) == "1 comment made."


def test_the_users_tree_stays(forge: FakeGitHub, aiomend: Run, propose: Propose, repo: Path) -> None:
    propose(c_py=SAFE)
    before = {path: path.read_bytes() for path in repo.rglob("*") if path.is_file()}
    said(aiomend)
    assert {path: path.read_bytes() for path in repo.rglob("*") if path.is_file()} == before


def test_for_a_tool(forge: FakeGitHub, aiomend: Run, propose: Propose) -> None:
    propose(c_py=SAFE)
    data = json.loads(said(aiomend, "--output-format", "json", "--quiet").stdout)
    [comment] = data["comments"]
    assert (comment["path"], comment["line"], comment["rule"], comment["suggestion"]) == ("c.py", 1, "AIO201", True)
    assert (data["failed"], data["standing"], data["pull_request"]["number"]) == ([], 0, 1)
    again = json.loads(said(aiomend, "--output-format", "json", "--quiet").stdout)
    assert (again["comments"], again["standing"]) == ([], 1)


# ---- what does not hold any more ---


@pytest.fixture
def spoken(forge: FakeGitHub, aiomend: Run, propose: Propose) -> Callable[[], Result]:
    """A comment whose finding goes while its line stays: the next run has it silenced by the configuration."""
    propose(c_py=SAFE)
    said(aiomend)

    def again() -> Result:
        propose(**{"pyproject.toml": '[tool.aiomend]\nignore = ["AIO201"]\n'})
        return said(aiomend)

    return again


def test_a_comment_that_does_not_hold_is_deleted(forge: FakeGitHub, spoken: Callable[[], Result]) -> None:
    assert last(spoken()) == "1 comment deleted."
    assert forge.reviews.comments == []


def test_but_not_one_that_somebody_has_answered(forge: FakeGitHub, spoken: Callable[[], Result]) -> None:
    forge.reviews.reply(1, "is that so?")
    assert last(spoken()) == "Nothing to do."


def test_nor_one_that_somebody_has_edited(forge: FakeGitHub, spoken: Callable[[], Result]) -> None:
    comment = forge.reviews.comments[0]
    comment.given["body"] = comment.given["body"].replace("AIO201", "aio201")
    assert last(spoken()) == "Nothing to do."


def test_nor_one_that_the_forge_folds(forge: FakeGitHub, aiomend: Run, propose: Propose) -> None:
    propose(c_py=SAFE)
    said(aiomend)
    propose(c_py="guarded(1)\n")
    assert last(said(aiomend)) == "Nothing to do."
    assert len(forge.reviews.comments) == 1


@pytest.mark.parametrize("options", [("--ignore", "AIO201"), ("--select", "AIO4"), ("--exclude", "c.py"), ("a.py",)])
def test_nor_by_a_run_that_looks_at_less(
    forge: FakeGitHub, aiomend: Run, propose: Propose, options: tuple[str, ...]
) -> None:
    propose(c_py=SAFE)
    said(aiomend)
    Path("c.py").touch()
    said(aiomend, *options)
    assert len(forge.reviews.comments) == 1


def test_nor_those_of_others(forge: FakeGitHub, aiomend: Run, propose: Propose) -> None:
    propose(c_py=SAFE)
    said(aiomend)
    forge.reviews.comments[0].given["body"] = "please"
    said(aiomend)
    assert len(forge.reviews.comments) == 2


# ---- bad days ---


def test_one_line_that_is_not_taken_does_not_lose_the_rest(
    forge: FakeGitHub, aiomend: Run, propose: Propose, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose(c_py=SAFE, d_py=SAFE, e_py=SAFE, f_py=SAFE, g_py=SAFE)
    taken = forge.reviews._wrong
    monkeypatch.setattr(
        forge.reviews, "_wrong", lambda number, one: "no such line" if one["path"] == "e.py" else taken(number, one)
    )
    result = said(aiomend, code=2)
    assert sorted(one.given["path"] for one in forge.reviews.comments) == ["c.py", "d.py", "f.py", "g.py"]
    assert "e.py:1: AIO201: review pull request 1: GitHub answered 422: Unprocessable Entity, no such line" in (
        result.stderr.replace("\n", " ")
    )
    assert last(result) == "4 comments made, 1 failed."


KINDS = {
    "500": {"status": 500},
    "500 after the work": {"status": 500, "after": True},
    "half an answer after the work": {"half": True, "after": True},
    "no answer after the work, and none for long": {"after": True, "times": 9},
    "a limit": {"status": 429, "message": "Too many requests", "headers": {"Retry-After": "3"}},
    "403": {"status": 403, "message": "Resource not accessible by integration"},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("verb", "path"), [("POST", "/reviews$"), ("GET", r"/pulls/1/comments$"), ("GET", "/files$")])
def test_a_fault_says_nothing_twice(
    forge: FakeGitHub, aiomend: Run, propose: Propose, verb: str, path: str, kind: str
) -> None:
    propose(c_py=SAFE + MANUAL)
    forge.fail(verb, path, **KINDS[kind])  # type: ignore[arg-type]
    result = aiomend("suggest", "--pr", "1")
    assert result.exit_code in (0, 2), result.output
    assert "internal error" not in result.output
    assert ("2 comments made." in result.output) == (result.exit_code == 0)
    forge.faults.clear()
    said(aiomend)
    assert len(forge.reviews.comments) == 2
    assert last(said(aiomend)) == "Nothing to do."


def test_a_comment_that_somebody_deletes_first(forge: FakeGitHub, spoken: Callable[[], Result]) -> None:
    def race(verb: str, path: str) -> None:
        if verb == "DELETE":
            forge.reviews.comments = []

    forge.before = race
    assert last(spoken()) == "1 comment deleted."


def test_commits_that_come_meanwhile(forge: FakeGitHub, aiomend: Run, propose: Propose) -> None:
    propose(c_py=SAFE)

    def push(verb: str, path: str) -> None:
        if path.endswith("/files"):
            forge.before = lambda verb, path: None
            propose(c_py=FILLER + SAFE)

    forge.before = push
    assert "got other commits while it was read" in said(aiomend, code=2).stderr.replace("\n", " ")
    assert forge.writes == []
    assert last(said(aiomend)) == "1 comment made."


def test_no_such_pull_request(forge: FakeGitHub, aiomend: Run) -> None:
    result = aiomend("suggest", "--pr", "7")
    assert result.exit_code == 2
    assert "look at pull request 7: GitHub answered 404" in result.stderr.replace("\n", " ")


def test_the_token_is_seen_nowhere(forge: FakeGitHub, aiomend: Run, propose: Propose, clock: Clock) -> None:
    propose(c_py=SAFE)
    forge.fail("POST", "/reviews$", 403, f"no: {TOKEN}")
    result = said(aiomend, code=2)
    assert TOKEN not in result.output
    assert TOKEN not in json.dumps([one.body for one in forge.log])
