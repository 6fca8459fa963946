"""What `--help` says: every option has its place, and the examples are commands that exist."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner, Result

from aiomend_cli.app import app
from aiomend_cli.help import EXAMPLES, HEADINGS

GROUP = typer.main.get_command(app)
COMMANDS = GROUP.commands  # type: ignore[attr-defined]


def options(command: str) -> dict[str, set[str]]:
    return {parameter.name: {*parameter.opts} for parameter in COMMANDS[command].params}


def test_every_option_under_a_heading_exists() -> None:
    known = {name for command in COMMANDS for name in options(command)}
    assert {name for names in HEADINGS.values() for name in names} - known == set()


def test_no_option_has_two_places() -> None:
    names = [name for names in HEADINGS.values() for name in names]
    assert len(names) == len(set(names))


def test_every_command_has_examples() -> None:
    assert set(EXAMPLES) == {"aiomend", *COMMANDS}


@pytest.mark.parametrize("line", [line for examples in EXAMPLES.values() for line, _ in examples])
def test_an_example_is_a_command_that_exists(line: str) -> None:
    program, command, *words = shlex.split(line.partition(" | ")[0])
    assert program == "aiomend"
    given = {word for word in words if word.startswith("-")}
    assert given <= {option for options in options(command).values() for option in options}


@pytest.mark.parametrize("command", COMMANDS)
def test_help_names_arguments_and_headings_and_no_python_types(command: str) -> None:
    shown = CliRunner().invoke(app, [command, "--help"], terminal_width=80).stdout
    assert "list[str]" not in shown
    assert "<path>" not in shown
    headings = [line.removesuffix(":") for line in shown.splitlines() if line.endswith(":") and line[0] != " "]
    assert headings == [one for one in ("Arguments", *HEADINGS, "Examples") if one in headings]
    assert {"Options", "Examples"} <= set(headings)


def test_a_section_is_no_rule_to_explain() -> None:
    result = CliRunner().invoke(app, ["explain", "aio2"])
    assert result.exit_code == 2
    assert result.stderr.startswith("aiomend: explain: aio2 is 6 rules; name one of AIO201, AIO202")


@pytest.mark.parametrize("command", ["check", "diff", "fix"])
def test_where_there_is_no_python_file_that_is_said(
    project: Path, aiomend: Callable[..., Result], command: str
) -> None:
    Path("readme.txt").write_text("no code")
    assert "note: there is no Python file in these paths" in aiomend(command).output
    Path("a.py").write_text("x = 1\n")
    assert "there is no Python file" not in aiomend(command).output
