"""The configuration: what is wrong with it is said with file, key and the nearest right word."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Run = Callable[..., Result]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("selct = []", "unknown key 'selct'; did you mean 'select'?"),
        ("target_version = '3.8'", "did you mean 'target-version'?"),
        ("offload = 'to_threads'", "did you mean 'to_thread'?"),
        ("offload = 3", "not a valid value; there are run_in_executor, to_thread"),
        ("select = 'AIO401'", "must be a list of strings"),
        ("unsafe = ['AIO41']", "no rule, section or name 'AIO41'; did you mean AIO401?"),
        ("ignore = ['blocking-slep']", "did you mean blocking-sleep?"),
        ("target-version = '2.7'", "'2.7' is no version range; write 3.8 or 3.6-3.13"),
        ("target-version = 3.8", "must be a string"),
        ("asyncio-log-level = 'CRITICAL'", "not a valid value"),
        ("brief-calls = 'yes'", "must be true or false"),
        ("python = 3.12", 'must be a path, such as ".venv"'),
        ("line-length = 7", "must be a number of characters from 40 to 320"),
        ("line-length = true", "must be a number of characters"),
        ("executor = 'pkg.mod.name'", 'must name an executor as "package.module:name"'),
        ("helpers = 'pkg/aio.py'", 'must be "auto", "module", or the module that gets them'),
        ("helpers = 'pkg.class'", 'must be "auto", "module", or the module that gets them'),
        ("blocking-calls = ['a.b']", "must be a table"),
        ("blocking-calls = {'a.b' = 'thread'}", "blocking-calls.a.b = 'thread': not a valid value"),
        ("blocking-calls = {'a b' = 'executor'}", "'a b' is no dotted name"),
        ("blocking-calls = {fetch = 'executor'}", "'fetch' is no dotted name, such as package.function"),
        ("future-guard = 'canceled'", "did you mean 'cancelled'?"),
        ("consume = 'runs'", "did you mean 'run'?"),
        ("select = [", "not valid TOML"),
    ],
)
def test_a_wrong_line_is_an_error_that_names_file_and_remedy(project: Path, aiomend: Run, line: str, said: str) -> None:
    (project / "pyproject.toml").write_text(f"[tool.aiomend]\n{line}\n")
    (project / "a.py").write_text("")
    result = aiomend("check")
    assert result.exit_code == 2
    assert said in result.stderr
    assert str(project / "pyproject.toml") in result.stderr
    assert "Traceback" not in result.stderr


def test_an_error_in_a_nested_file_stops_before_anything_is_written(project: Path, aiomend: Run) -> None:
    (project / "a.py").write_text("future.set_result(1)\n")
    (project / "pkg").mkdir()
    (project / "pkg" / "b.py").write_text("")
    (project / "pyproject.toml").write_text("")
    (project / "pkg" / "aiomend.toml").write_text("sellect = []\n")
    result = aiomend("fix")
    assert result.exit_code == 2
    assert "aiomend.toml: unknown key 'sellect'" in result.stderr
    assert (project / "a.py").read_text() == "future.set_result(1)\n"


def test_a_foreign_file_that_is_not_toml_is_no_concern(project: Path, aiomend: Run) -> None:
    (project / "pyproject.toml").write_text("this is not TOML")
    (project / "a.py").write_text("")
    assert aiomend("check").exit_code == 0


def test_the_nearest_file_governs(project: Path, aiomend: Run) -> None:
    (project / "pyproject.toml").write_text("[tool.aiomend]\nignore = ['AIO2']\n")
    (project / "a.py").write_text("future.set_result(1)\n")
    (project / "pkg").mkdir()
    (project / "pkg" / "pyproject.toml").write_text("[tool.aiomend]\n")
    (project / "pkg" / "b.py").write_text("future.set_result(1)\n")
    (project / "lib").mkdir()
    (project / "lib" / "pyproject.toml").write_text("[project]\nname = 'says nothing of aiomend'\n")
    (project / "lib" / "c.py").write_text("future.set_result(1)\n")
    found = json.loads(aiomend("check", "--output-format", "json").stdout)["findings"]
    assert [finding["path"] for finding in found] == ["pkg/b.py"]


def test_aiomend_toml_goes_before_pyproject(project: Path, aiomend: Run) -> None:
    (project / "pyproject.toml").write_text("[tool.aiomend]\noffload = 'to_thread'\n")
    (project / "aiomend.toml").write_text("chain = 'task'\n")
    settings = json.loads(aiomend("config", "--output-format", "json").stdout)["settings"]
    assert (settings["chain"], settings["offload"]) == ("task", "run_in_executor")


def test_every_key_arrives(project: Path, aiomend: Run) -> None:
    (project / "aiomend.toml").write_text(
        """
select = ["AIO4", "guard-future-result"]
ignore = ["AIO401"]
unsafe = ["AIO4"]
target-version = "3.6-3.13"
exclude = ["vendored/"]
python = ".venv"
types = true
file-timeout = 5
memory-limit = 0
offload = "to_thread"
executor = "pkg.pools:io"
helpers = "pkg.aio"
line-length = 100
future-guard = "done"
chain = "task"
consume = "chain"
chain-without-evidence = true
asyncio-log-level = "ERROR"
brief-calls = true
[blocking-calls]
"mypkg.fetch" = "executor"
other.load = "manual"
[pr]
enabled = false
split-by = "owner"
labels = ["asyncio"]
reviewers = ["ada", "acme/core"]
max-open = 3
max-files = 5
draft = false
author = "A Bot <bot@example.com>"
trailers = ["Signed-off-by: A Bot <bot@example.com>"]
sign = true
message = "{code}"
blame-ignore-revs = true
"""
    )
    assert json.loads(aiomend("config", "--output-format", "json").stdout)["settings"] == {
        "target-version": "3.6-3.13",
        "target-origin": "aiomend.toml target-version",
        "select": ["AIO201", "AIO4"],
        "ignore": ["AIO401"],
        "unsafe": ["AIO4"],
        "offload": "to_thread",
        "future-guard": "done",
        "chain": "task",
        "consume": "chain",
        "chain-without-evidence": True,
        "asyncio-log-level": "ERROR",
        "brief-calls": True,
        "blocking-calls": {"mypkg.fetch": "executor", "other.load": "manual"},
        "executor": "pkg.pools:io",
        "helpers": "pkg.aio",
        "line-length": 100,
        "quotes": "preserve",
        "magic-trailing-comma": True,
        "exclude": ["vendored/"],
        "python": str(project / ".venv"),
        "types": True,
        "file-timeout": 5.0,
        "memory-limit": 0,
        "pr": {
            "enabled": False,
            "split-by": "owner",
            "labels": ["asyncio"],
            "reviewers": ["ada", "acme/core"],
            "max-open": 3,
            "max-files": 5,
            "draft": False,
            "author": "A Bot <bot@example.com>",
            "trailers": ["Signed-off-by: A Bot <bot@example.com>"],
            "sign": True,
            "message": "{code}",
            "blame-ignore-revs": True,
        },
    }


def test_config_says_which_file_governs_and_what_it_sets(project: Path, aiomend: Run) -> None:
    (project / "aiomend.toml").write_text("chain = 'task'\n")
    (project / "a.py").write_text("")
    result = aiomend("config", "a.py")
    assert f"configuration: {project / 'aiomend.toml'}" in result.stdout
    assert 'chain = "task"  # configured' in result.stdout
    assert 'consume = "callback"\n' in result.stdout


def test_config_of_what_is_not_there(project: Path, aiomend: Run) -> None:
    result = aiomend("config", "nowhere.py")
    assert result.exit_code == 2
    assert "nowhere.py: no such file or folder" in result.stderr


def test_select_on_the_command_line_sets_aside_the_configured_choice(project: Path, aiomend: Run) -> None:
    (project / "aiomend.toml").write_text("ignore = ['AIO201']\n")
    (project / "a.py").write_text("future.set_result(1)\ntime.sleep(1)\n")
    assert "AIO201" not in aiomend("check").stdout
    assert "AIO401" not in aiomend("check", "--select", "AIO201").stdout
    assert "AIO201" in aiomend("check", "--select", "AIO2").stdout
    assert aiomend("check", "--ignore", "blocking-sleep").exit_code == 0  # adds to what the file ignores


def test_an_accepted_rule_is_fixed_without_unsafe(project: Path, aiomend: Run) -> None:
    (project / "aiomend.toml").write_text("unsafe = ['AIO401']\n")
    (project / "a.py").write_text("time.sleep(1)\n")
    assert aiomend("fix").exit_code == 0
    assert (project / "a.py").read_text() == "await asyncio.sleep(1)\n"


def test_config_option_governs_every_file(project: Path, aiomend: Run) -> None:
    (project / "aiomend.toml").write_text("ignore = ['AIO2']\n")
    (project / "other.toml").write_text("")
    (project / "a.py").write_text("future.set_result(1)\n")
    assert aiomend("check").exit_code == 0
    assert aiomend("check", "--config", "other.toml").exit_code == 1
    (project / "shared.toml").write_text("[tool.aiomend]\nignore = ['AIO201']\n[tool.other]\n")
    assert aiomend("check", "--config", "shared.toml").exit_code == 0
    (project / "broken.toml").write_text("not TOML")
    broken = aiomend("check", "--config", "broken.toml")
    assert (broken.exit_code, "broken.toml: not valid TOML" in broken.stderr) == (2, True)
    missing = aiomend("check", "--config", "nope.toml")
    assert missing.exit_code == 2
    assert "nope.toml: no such configuration file" in missing.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--select", "AIO99"], "--select: no rule, section or name 'AIO99'"),
        (["--unsafe-rules", "AIO401,nope"], "--unsafe-rules: no rule, section or name 'nope'"),
        (["--target-version", "3.13-3.6"], "must lie in 3.6-3.15, lower end first"),
        (["--executor", "pool"], "--executor 'pool': must name an executor"),
        (["--helpers", "pkg:aio"], "--helpers 'pkg:aio': must be"),
        (["--offload", "threads"], "threads"),
        (["--output-format", "xml"], "xml"),
        (["--no-such-option"], "--no-such-option"),
        (["--stdin-filename", "a.py"], "use it with the path `-`"),
        (["-", "a.py"], "`-` is stdin and cannot stand among other paths"),
        (["nowhere.py"], "nowhere.py: no such file or folder"),
    ],
)
def test_a_wrong_option_is_a_usage_error(project: Path, aiomend: Run, arguments: list[str], said: str) -> None:
    result = aiomend("check", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
