"""`aiomend review`: what is written where, how it ends, and what stands in the page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli_helpers import commit_all
from typer.testing import CliRunner, Result

from aiomend_cli.output.page import MODULES, as_json
from aiomend_cli.output.page.colour import coloured

Run = Callable[..., Result]
TWO = "future.set_result(1)\nfuture.set_result(2)\ntime.sleep(1)\nensure_future(x)\n"
ASSETS = Path(__file__).parents[2] / "cli" / "aiomend_cli" / "output" / "page" / "assets"


def embedded(page: str) -> tuple[Any, list[Any]]:
    """The data that a page holds: its index, and its files."""
    (index,) = re.findall(r'id="index">(.*?)</script>', page)
    return json.loads(index), [json.loads(data) for data in re.findall(r'class="file">(.*?)</script>', page)]


def test_standard_input_has_no_page(aiomend: Run) -> None:
    result = aiomend("review", "-", input=TWO)
    assert result.exit_code == 2
    assert "a page is about files" in result.stderr


@pytest.mark.parametrize("option", ["--output-format=json", "--color=never", "--stdin-filename=a.py"])
def test_options_that_mean_nothing_here_are_unknown(option: str, aiomend: Run) -> None:
    assert aiomend("review", option).exit_code == 2


def test_a_place_that_cannot_be_written(project: Path, aiomend: Run) -> None:
    result = aiomend("review", "--output", "no/such/folder.html")
    assert (result.exit_code, "cannot be written" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--verify", "true", "--unsafe"), None),
        (("--verify", "true"), "no fix is chosen to begin with"),
        (("--verify", "no-such-program", "--unsafe"), "no-such-program: cannot be run"),
        (("--verify", ""), "--verify"),
    ],
    ids=["it runs", "nothing to watch", "no such program", "no program"],
)
def test_a_program_that_is_watched(options: tuple[str, ...], said: str | None, project: Path, aiomend: Run) -> None:
    Path("a.py").write_text("time.sleep(1)\n")
    result = aiomend("review", *options)
    assert (result.exit_code, Path("review.html").exists()) == ((2, False) if said else (0, True))
    assert (said or "watching true") in result.stderr.replace("\n", " ")


def test_a_file_on_which_aiomend_fails_makes_it_two_and_the_page_is_there(project: Path, aiomend: Run) -> None:
    Path("a.py").write_text(TWO)
    Path("b.py").write_text("CRASH")
    assert aiomend("review").exit_code == 2
    assert Path("review.html").exists()


def test_nothing_found_is_a_page_too(project: Path, aiomend: Run) -> None:
    Path("a.py").write_text("x = 1\n")
    result = aiomend("review")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "0 fixes in 0 files, written to review.html" in result.stderr
    assert embedded(Path("review.html").read_text())[0]["fixes"] == []


def test_nothing_but_the_page_is_written(repo: Path, aiomend: Run) -> None:
    Path("a.py").write_text(TWO)
    commit_all()
    result = aiomend("review", "--output", "page.html")
    assert result.exit_code == 0
    assert "3 fixes in 1 file and 1 finding without one, written to page.html: open it in a browser." in result.stderr
    assert sorted(path.name for path in repo.iterdir()) == [".git", "a.py", "page.html"]
    assert Path("a.py").read_text() == TWO


def test_standard_output(project: Path, aiomend: Run) -> None:
    Path("a.py").write_text(TWO)
    result = aiomend("review", "--output", "-", "--quiet")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("<!doctype html>")
    assert not Path("review.html").exists()


@pytest.mark.parametrize(
    ("options", "chosen"),
    [((), ["AIO201", "AIO201"]), (("--unsafe",), ["AIO201", "AIO201", "AIO401"]), (("--ignore", "AIO201"), [])],
)
def test_what_the_options_accept_is_chosen(
    project: Path, aiomend: Run, options: tuple[str, ...], chosen: list[str]
) -> None:
    Path("a.py").write_text(TWO)
    aiomend("review", *options)
    index, _ = embedded(Path("review.html").read_text())
    assert [index["rules"][fix["rule"]]["code"] for fix in index["fixes"] if fix["chosen"]] == chosen


def test_the_same_code_gives_the_same_page(project: Path, aiomend: Run) -> None:
    Path("a.py").write_text(TWO)
    pages = [aiomend("review", "--output", "-").stdout for _ in range(2)]
    assert pages[0] == pages[1]


def test_data_ends_no_script_and_begins_no_comment() -> None:
    text = "</script><!-- & \u2028 \udcff"
    assert json.loads(as_json([text])) == [text]
    assert not re.search(r"[<>&\u2028\udcff]", as_json([text]))


def test_the_title_is_text(project: Path, aiomend: Run) -> None:
    folder = Path("<b>") / "x"
    folder.mkdir(parents=True)
    (folder / "a.py").write_text(TWO)
    page = aiomend("review", "<b>", "--output", "-").stdout
    assert "<b>" not in page
    assert "<title>&lt;b&gt;" in page


def test_the_command_that_applies_a_selection_has_the_options(project: Path, aiomend: Run) -> None:
    Path("a.py").write_text(TWO)
    index, _ = embedded(aiomend("review", "--ignore", "AIO401", "--output", "-").stdout)
    assert index["command"] == "aiomend fix --only-fixes aiomend-selection.json --ignore AIO401"


def test_help_names_what_there_is() -> None:
    from aiomend_cli.app import app

    said = CliRunner().invoke(app, ["review", "--help"]).stdout
    assert "--runs" in said
    assert "--output-format" not in said


def test_modules_import_from_those_above_them() -> None:
    """They become one module, in this order and with no name twice."""
    names: list[str] = []
    for number, module in enumerate(MODULES):
        text = (ASSETS / f"{module}.js").read_text()
        assert set(re.findall(r'from "\./(\w+)\.js"', text)) <= set(MODULES[:number])
        names += re.findall(r"^(?:export )?(?:const|let|function) (\w+)", text, re.MULTILINE)
    assert len(names) == len(set(names))
    assert {path.stem for path in ASSETS.glob("*.js")} == set(MODULES)


def test_foreign_text_reaches_the_page_as_text_alone() -> None:
    script = "".join(path.read_text() for path in ASSETS.glob("*.js"))
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|Function\(|\.style\.cssText", script
    )


def test_colours_are_counted_as_a_browser_counts() -> None:
    lines = ["async def f():\r\n", "    '''a\n", "    \U0001d4b3\x0c'''; return 1  # c"]
    assert coloured(lines) == ["k5_1k3_1f1", "_4s5", "s10_2k6_1m1_2c3"]
    assert coloured([]) == []
