"""Two rules that undo each other's work cannot be selected together: the command line says so in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from aiomend_cli.app import app

PROGRAM = "import asyncio\nasync def main(): pass\nasyncio.run(main(), debug=True)\n"


@pytest.mark.parametrize("selected", ["AIO101", "AIO102", "debug-left-on", "AIO1", "ALL"])
def test_each_of_them_alone_is_accepted(project: Path, selected: str) -> None:
    (project / "a.py").write_text(PROGRAM)

    assert CliRunner().invoke(app, ["check", "--select", selected]).exit_code in (0, 1)


@pytest.mark.parametrize("verb", ["check", "diff", "fix"])
def test_both_together_are_a_usage_error(project: Path, verb: str) -> None:
    (project / "a.py").write_text(PROGRAM)

    result = CliRunner().invoke(app, [verb, "--select", "AIO101,debug-left-on"])

    assert result.exit_code == 2
    assert (
        "AIO101 (enable-debug) and AIO102 (debug-left-on) undo each other's work: select one of them" in result.stderr
    )
    assert "Traceback" not in result.stderr
    assert (project / "a.py").read_text() == PROGRAM


def test_one_of_them_can_be_set_aside(project: Path) -> None:
    (project / "a.py").write_text(PROGRAM)

    result = CliRunner().invoke(app, ["check", "--select", "AIO101,AIO102", "--ignore", "AIO101"])

    assert result.exit_code == 1
    assert "AIO102" in result.stdout
