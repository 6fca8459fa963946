"""aiomend where other programs start it: pre-commit's hooks, and the action in GitHub's workflows."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml
from cli_helpers import commit_all, git

from aiomend_cli.app import app

ROOT = Path(__file__).parents[2]
HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
TRAP = (
    "import asyncio\n\n\nclass Reply:\n    def __init__(self):\n        self.waiter = asyncio.get_event_loop().create_future()\n"
    "\n    def received(self, data):\n        self.waiter.set_result(data)\n"
)


def tool(name: str) -> str:
    """Return where a program is, beside this interpreter or on the PATH; skip the test where it is nowhere."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed (pip install -e '.[checkers]')")
    return found


class TestPreCommit:
    def test_the_one_that_only_looks_changes_nothing(self) -> None:
        assert HOOKS["aiomend-check"]["entry"].split()[:2] == ["aiomend", "check"]

    @pytest.mark.parametrize("hook", HOOKS.values(), ids=HOOKS)
    def test_its_command_exists(self, hook: dict[str, Any]) -> None:
        _, name, *options = hook["entry"].split()
        command = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
        assert {option for parameter in command.params for option in parameter.opts} >= set(options)

    @pytest.mark.outside
    def test_tried_from_this_checkout(self, repo: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        pre_commit = tool("pre-commit")
        if not (ROOT / ".git").exists():
            pytest.skip("pre-commit clones, and this is no repository")
        for name in [name for name in os.environ if name.startswith("GIT_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "pre-commit"))
        for key, value in ("user.name", "A. U. Thor"), ("user.email", "author@example.com"):
            git("config", "--global", key, value)
        Path("a.py").write_text(TRAP)
        Path("b.py").write_text("import time\n\n\nasync def poll():\n    time.sleep(1)\n")  # its fix is unsafe
        commit_all()
        command = [pre_commit, "try-repo", str(ROOT), "--all-files", "--verbose"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=580, check=False)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "fixed a.py: 1 AIO201" in done.stdout
        assert "b.py:5:5: AIO401" in done.stdout
        assert "if not self.waiter.cancelled():" in Path("a.py").read_text()


def run_action(inputs: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run what the action runs after its installation, with its defaults where ``inputs`` say nothing."""
    scripts = folder / "runner" / "aiomend" / "bin"
    scripts.mkdir(parents=True)
    program = scripts / "aiomend"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m aiomend_cli "$@"\n')
    program.chmod(0o755)
    values = {name: one["default"] for name, one in ACTION["inputs"].items()} | inputs
    step = ACTION["runs"]["steps"][-1]
    given = {name: values[text.removeprefix("${{ inputs.").removesuffix(" }}")] for name, text in step["env"].items()}
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "RUNNER_TEMP": str(folder / "runner")} | given
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


class TestAction:
    def test_no_input_becomes_part_of_a_script(self) -> None:
        assert not any("${{" in step["run"] for step in ACTION["runs"]["steps"])

    def test_nothing_found_is_success(self, repo: Path, tmp_path: Path) -> None:
        Path("a.py").write_text("x = 1\n")
        done = run_action({}, tmp_path)
        assert (done.returncode, done.stdout) == (0, "")

    def test_findings_become_annotations(self, repo: Path, tmp_path: Path) -> None:
        Path("a.py").write_text(TRAP)
        done = run_action({}, tmp_path)
        assert done.returncode == 1
        assert done.stdout.startswith("::error file=a.py,line=9,")

    def test_every_input_arrives(self, repo: Path, tmp_path: Path) -> None:
        Path("a b.py").write_text(TRAP)
        Path("-c.py").write_text(TRAP)
        commit_all()
        inputs = {
            "paths": "a b.py\n-c.py\n",
            "select": "AIO2,AIO4",
            "ignore": "AIO202",
            "since": "HEAD",
            "output-format": "markdown",
            "output": "$(touch pwned) report.md",
        }
        done = run_action(inputs, tmp_path)
        assert (done.returncode, done.stdout) == (0, "")
        assert "left out: on lines that did not change since HEAD" in Path("$(touch pwned) report.md").read_text()
        assert not Path("pwned").exists()

    @pytest.mark.outside
    @pytest.mark.parametrize(
        "command",
        [
            ("check-jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml"),
            ("zizmor", "--offline", "--persona", "auditor", "action.yml"),
            ("pre-commit", "validate-manifest", ".pre-commit-hooks.yaml"),
        ],
        ids=lambda command: command[0],
    )
    def test_other_checkers_have_nothing_to_say(self, command: tuple[str, ...]) -> None:
        name, *arguments = command
        done = subprocess.run(
            [tool(name), *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
