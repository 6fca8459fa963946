"""docs/configuration.md tells every key, its option and its default as they are."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from aiomend_cli import config, runner
from aiomend_cli.app import app
from aiomend_cli.config import KEYS, PULL_REQUEST_KEYS
from aiomend_cli.options import Options

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "configuration.md").read_text()
TABLE = dict(re.findall(r"^\| \[`([\w-]+)`\]\(#[\w-]+\) \| (.*) \|$", PAGE, re.MULTILINE))
SECTIONS = dict(re.findall(r"^### ([\w-]+)\n(.*?)(?=^###? |\Z)", PAGE, re.MULTILINE | re.DOTALL))
EXAMPLES = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_every_key_is_described_in_the_order_of_the_table() -> None:
    assert list(TABLE) == list(SECTIONS) == list(KEYS)


def test_the_defaults_are_those_of_a_project_that_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = json.loads(CliRunner().invoke(app, ["config", "--output-format", "json"]).stdout)["settings"]
    settings["memory-limit"] = 8000  # where the machine has that much
    for key, said in TABLE.items():
        if key == "pr":
            continue  # its table is on the page of pull requests
        value = None if said == "none" else json.loads(re.findall(r"`([^`]*)`", said)[-1 if "else" in said else 0])
        assert value == settings[key], key


def test_every_key_of_pull_requests_is_on_their_page() -> None:
    [table] = re.findall(
        r"^```toml\n(.*?)^```", (ROOT / "docs" / "pull-requests.md").read_text(), re.MULTILINE | re.DOTALL
    )
    assert list(tomllib.loads(table)["tool"]["aiomend"]["pr"]) == list(PULL_REQUEST_KEYS)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_read(tmp_path: Path, example: str) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text(example)
    assert config.load(file, runner.known_rules()).keys


@pytest.mark.parametrize("key", sorted(KEYS.keys() & {name.replace("_", "-") for name in Options.__slots__}))
def test_the_option_of_a_key_is_named(key: str) -> None:
    assert f"--{key}`" in SECTIONS[key]
