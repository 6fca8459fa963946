"""What the README says is true. That its diff is what the tool prints is a test of the generated documentation."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer.main

from aiomend import registry
from aiomend_cli.app import app
from aiomend_cli.config import KEYS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
FENCED = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMANDS = typer.main.get_command(app)


def section(title: str) -> str:
    """Return the text below a heading, up to the next one."""
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def test_the_quick_start_is_two_blocks_of_shell() -> None:
    assert [language for language, _ in FENCED.findall(section("Quick start"))] == ["sh", "sh"]


def test_ci_runs_the_tests_as_the_readme_does() -> None:
    _, (_, block) = FENCED.findall(section("Quick start"))
    command = block.splitlines()[-1]
    assert command.startswith("python -m pytest")
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-1] == command


def test_the_diff_shows_something() -> None:
    (diff,) = [text for language, text in FENCED.findall(README) if language == "diff"]
    assert diff.count("\n-") > 1
    assert diff.count("\n+") > 1


def test_every_setting_that_it_shows_exists() -> None:
    (example,) = [text for language, text in FENCED.findall(README) if language == "toml"]
    assert tomllib.loads(example)["tool"]["aiomend"].keys() <= KEYS.keys()


def test_every_rule_that_it_names_exists() -> None:
    text = README + (ROOT / "CHANGELOG.md").read_text()
    assert set(re.findall(r"AIO\d{3,4}\b", text)) - registry().keys() == set()


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`aiomend (\w+)", README))))
def test_every_command_that_it_names_exists(name: str) -> None:
    assert name in COMMANDS.list_commands(typer.Context(COMMANDS))  # type: ignore[attr-defined]


def test_every_option_that_it_names_exists() -> None:
    known = subprocess.run(
        [sys.executable, "-c", HELP], capture_output=True, text=True, check=True, timeout=60
    ).stdout.split()
    used = set(re.findall(r"(?<=[` ])--[a-z][a-z-]+", section("Use it on your code")))
    others = {"--from", "--spec", "--no-format"}  # of uvx, pipx and LibCST's tool
    assert used - others - set(known) == set()


HELP = """
import typer.main
from aiomend_cli.app import app
for command in typer.main.get_command(app).commands.values():
    for parameter in command.params:
        print(*parameter.opts)
"""


# ---- the sample ---


def _run(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-X", "dev", str(path)], capture_output=True, text=True, timeout=60)


def test_the_sample_complains_before_and_no_more_after(tmp_path: Path) -> None:
    copy = tmp_path / "bot.py"
    copy.write_bytes((ROOT / "examples" / "chat" / "bot.py").read_bytes())
    before = _run(copy)
    fix = subprocess.run(
        [sys.executable, "-m", "aiomend_cli", "fix", "--unsafe", "bot.py"],
        cwd=tmp_path,
        capture_output=True,
        timeout=60,
    )
    after = _run(copy)
    assert fix.returncode == 0
    assert "InvalidStateError" in before.stderr
    assert "unclosed event loop" in before.stderr
    assert after.stderr == ""
    assert after.stdout == before.stdout == "no answer from Ada and Grace\n"
