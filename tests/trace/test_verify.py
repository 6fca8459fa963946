"""`aiomend verify`: the program before and after, and when that proves something."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer.main

from aiomend_cli.app import app

Verify = Callable[..., tuple[int, dict[str, Any]]]

HEAD = "import asyncio, sys, time\n"
RUN = "asyncio.run(main())\n"


@pytest.fixture
def verify(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Verify:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)

    def run(text: str, *options: str) -> tuple[int, dict[str, Any]]:
        Path("app.py").write_text(HEAD + text + RUN)
        command = ["verify", "--unsafe", "--output-format", "json", *options, "--", sys.executable, "app.py"]
        with pytest.raises(SystemExit) as ending:
            typer.main.get_command(app)(command, prog_name="aiomend")
        out = capfd.readouterr().out
        assert Path("app.py").read_text() == HEAD + text + RUN, "the tree of the user stays as it is"
        return int(ending.value.code or 0), json.loads(out) if out else {}

    return run


def results(answer: dict[str, Any]) -> list[tuple[str, int, str]]:
    return [(row["kind"], row["line"], row["result"]) for row in answer["rows"]]


def test_without_a_fix_there_is_nothing_to_verify(verify: Verify) -> None:
    assert verify("async def main(): pass\n") == (2, {})


def test_a_line_that_does_not_run_the_second_time_proves_nothing(verify: Verify) -> None:
    code, answer = verify(
        "from pathlib import Path\nasync def ring(): pass\n"
        "async def main():\n    if 'aw' + 'ait ring' not in Path(__file__).read_text():\n        ring()\n"
    )
    assert (code, results(answer)) == (1, [("never-awaited", 6, "not executed again")])
    assert answer["verified"] == 0


def test_another_output_proves_nothing(verify: Verify) -> None:
    code, answer = verify("async def ring(): print('ring')\nasync def main():\n    ring()\n")
    assert (code, results(answer)) == (1, [("never-awaited", 4, "gone")])
    assert (answer["verified"], answer["objections"]) == (0, ["the output is not what it was"])


def test_another_exit_status_proves_nothing(verify: Verify) -> None:
    code, answer = verify("async def ring(): sys.exit(3)\nasync def main():\n    ring()\n")
    assert (code, answer["verified"]) == (1, 0)
    assert answer["objections"] == ["the exit status is 3, and was 0"]


def test_a_fixed_program_that_hangs_is_ended(verify: Verify) -> None:
    code, answer = verify(
        "async def ring(): await asyncio.sleep(60)\nasync def main():\n    ring()\n", "--time-limit", "3"
    )
    assert (code, answer["verified"]) == (1, 0)
    assert "the fixed program did not end in time" in answer["objections"]


def test_what_is_gone_after_it_ran_again_is_verified(verify: Verify) -> None:
    code, answer = verify(
        "rung = []\nasync def ring():\n    rung.append(1)\nasync def main():\n    ring()\n    time.sleep(0.2)\n"
    )
    assert (code, answer["holds"], answer["objections"]) == (0, True, [])
    assert results(answer) == [("blocking-call", 7, "gone"), ("never-awaited", 6, "gone")]
    assert [row["rules"] for row in answer["rows"]] == [["AIO401"], ["AIO601"]]


def test_what_no_fix_mends_is_still_there(verify: Verify) -> None:
    code, answer = verify(
        "async def ring(): pass\nasync def main():\n    ring()\n    time.sleep(0.2)\n", "--select", "AIO401"
    )
    assert (code, results(answer)) == (0, [("blocking-call", 5, "gone"), ("never-awaited", 4, "still there")])


def test_output_that_differs_by_itself_is_not_compared(verify: Verify) -> None:
    code, answer = verify("async def main():\n    time.sleep(0.2)\n    print(time.time_ns())\n")
    assert (code, answer["objections"]) == (0, [])


def test_a_table_for_a_pull_request(verify: Verify, capfd: pytest.CaptureFixture[str]) -> None:
    Path("app.py").write_text(f"{HEAD}async def main():\n    time.sleep(0.2)\n{RUN}")
    command = ["verify", "--unsafe", "--output-format", "markdown", "--", sys.executable, "app.py"]
    with pytest.raises(SystemExit):
        typer.main.get_command(app)(command, prog_name="aiomend")
    lines = capfd.readouterr().out.splitlines()
    assert lines[:2] == ["| site | what | before | after | fixed by | result |", "|---|---|---|---|---|---|"]
    assert lines[2].startswith("| `app.py:3` | blocking-call | ")
    assert lines[2].endswith(" in 1 call | - | AIO401 | gone |")
    assert lines[4] == "1 of 1 complaint verified"
