"""`--only-fixes FILE`: exactly those fixes and what they require; ids that are no fix here are named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_helpers import commit_all, git
from typer.testing import CliRunner, Result

from aiomend_cli.selection import with_required

Run = Callable[..., Result]
TWO = "future.set_result(1)\nfuture.set_result(2)\ntime.sleep(1)\nensure_future(x)\n"


@pytest.fixture
def ids(project: Path, aiomend: Run) -> list[str]:
    """The ids of what is found in a file of two safe fixes, an unsafe one, and a manual finding."""
    Path("a.py").write_text(TWO)
    return [finding["id"] for finding in json.loads(aiomend("check", "--output-format", "json").stdout)["findings"]]


def select(*ids: str) -> tuple[str, str]:
    """Write a selection; return the option that names it."""
    Path("chosen.json").write_text(json.dumps({"version": 1, "fixes": ids}))
    return "--only-fixes", "chosen.json"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is no JSON"),
        ("[]", "does not hold what it should\n  it has to hold"),
        ('{"version": 1, "fixes": [1]}', "does not hold what it should\n  it has to hold"),
        ('{"version": 2, "fixes": []}', "is of version 2; this aiomend reads version 1"),
    ],
)
def test_a_file_that_is_no_selection(project: Path, aiomend: Run, content: str, message: str) -> None:
    Path("chosen.json").write_text(content)
    result = aiomend("fix", "--only-fixes", "chosen.json")
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_file_that_is_not_there(project: Path, aiomend: Run) -> None:
    result = aiomend("diff", "--only-fixes", "none.json")
    assert (result.exit_code, "--only-fixes none.json: cannot be read" in result.stderr) == (2, True)


def test_a_selection_of_nothing_changes_nothing(ids: list[str], aiomend: Run) -> None:
    assert aiomend("fix", *select()).exit_code == 0
    assert Path("a.py").read_text() == TWO


def test_ids_that_are_all_unknown_are_an_error(ids: list[str], aiomend: Run) -> None:
    result = aiomend("fix", *select("0123456789ab"))
    assert result.exit_code == 2
    assert "1 of 1 fix not found here: 0123456789ab" in result.stderr
    assert Path("a.py").read_text() == TWO


def test_ids_that_are_unknown_are_named_and_the_others_applied(ids: list[str], aiomend: Run) -> None:
    result = aiomend("fix", *select(ids[0], "0123456789ab"))
    assert result.exit_code == 0
    assert "1 of 2 fixes not found here: 0123456789ab" in result.stdout
    assert Path("a.py").read_text() == TWO.replace("future.set_result(1)", "guarded(1)")
    assert aiomend("diff", "--strict", *select(ids[1], "0123456789ab")).exit_code == 2


def test_a_manual_finding_is_no_fix(ids: list[str], aiomend: Run) -> None:
    result = aiomend("fix", *select(ids[0], ids[3]))
    assert f"{ids[3]} (AIO801 at a.py:4 is for a person to change)" in result.stdout


def test_what_is_chosen_is_applied_and_nothing_else(ids: list[str], aiomend: Run) -> None:
    option = select(ids[1], ids[2])  # an unsafe fix is accepted by its choice
    patch = aiomend("diff", *option)
    assert "2 fixes in 1 file would be applied; 1 not chosen." in patch.stderr
    result = aiomend("fix", *option)
    assert "2 fixes in 1 file; 2 left: 1 manual, 1 not chosen." in result.stdout
    expected = TWO.replace("future.set_result(2)", "guarded(2)").replace("time.sleep", "await asyncio.sleep")
    assert Path("a.py").read_text() == expected


def test_a_file_with_changes_of_its_own_is_left_alone(repo: Path, aiomend: Run) -> None:
    Path("a.py").write_text("x = 1\n")
    commit_all()
    Path("a.py").write_text(TWO)
    ids = [finding["id"] for finding in json.loads(aiomend("check", "--output-format", "json").stdout)["findings"]]
    result = aiomend("fix", *select(ids[0]))
    assert "1 fix held back" in result.stdout
    assert Path("a.py").read_text() == TWO


def test_chosen_fixes_can_be_committed(repo: Path, aiomend: Run) -> None:
    Path("a.py").write_text(TWO)
    commit_all()
    ids = [finding["id"] for finding in json.loads(aiomend("check", "--output-format", "json").stdout)["findings"]]
    assert aiomend("fix", "--commit", *select(ids[1], ids[2])).exit_code == 0
    assert git("log", "--format=%s").splitlines()[:2] == [
        "AIO401 blocking-sleep: 1 fix in 1 file",
        "AIO201 guard-future-result: 1 fix in 1 file",
    ]
    assert "future.set_result(1)" in Path("a.py").read_text()


def test_standard_input(aiomend: Run, ids: list[str]) -> None:
    result = aiomend("fix", "-", "--stdin-filename", "a.py", *select(ids[0]), input=TWO)
    assert result.stdout == TWO.replace("future.set_result(1)", "guarded(1)")


def test_requirements_are_followed_to_their_end() -> None:
    assert with_required(["c"], {"c": ("b",), "b": ("a",), "a": ("b",)}) == {"a", "b", "c"}
    assert with_required(["x"], {"c": ("b",)}) == {"x"}


def test_what_a_chosen_fix_requires_comes_along(project: Path) -> None:
    """The real engine: while `async` is a name in a file, it is for 3.6 alone, where locks take a loop."""
    queue = "class Queue:\n    def __init__(self, loop):\n        self.lock = asyncio.Lock(loop=loop)\n"
    Path("a.py").write_text(f"import asyncio\n\nstart = asyncio.async\n\n\n{queue}")

    def run(*arguments: str) -> Result:
        from aiomend_cli.app import app

        return CliRunner().invoke(app, list(arguments))

    report = json.loads(run("diff", "--unsafe", "--output-format", "json").stdout)
    [late] = [finding for finding in report["findings"] if finding["code"] == "AIO005"]
    [early] = [finding for finding in report["findings"] if finding["code"] == "AIO003"]
    assert (early["fix"]["requires"], late["fix"]["requires"]) == ([], [early["id"]])
    result = run("fix", *select(late["id"]))
    assert "AIO003 at a.py:3 comes along: a chosen fix builds on it" in result.stdout
    assert "2 fixes in 1 file" in result.stdout
    assert Path("a.py").read_text().endswith("self.lock = asyncio.Lock()\n")
