"""What the pages tell people to type works: all blocks of `sh` of a page, one after the other, in one folder.

What wants a network, a terminal or another machine stands in blocks of `bash`, which are not run.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGES = [page for page in sorted((ROOT / "docs").glob("*.md")) if BLOCK.search(page.read_text())]
#: A command that found something ends with 1, which is no error.
FRAME = """
set -euo pipefail
aiomend() { local code=0; %s -m aiomend_cli "$@" || code=$?; [[ $code -lt 2 ]]; }
python3() { %s "$@"; }
%s
"""


def _writing_rules(folder: Path) -> None:
    shutil.copytree(ROOT / "examples" / "rule_package", folder, dirs_exist_ok=True)


def _repository(sample: str) -> Callable[[Path], None]:
    def prepare(folder: Path) -> None:
        for file in (ROOT / "examples" / sample).glob("*.py"):
            shutil.copy(file, folder)
        identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
        for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "As it was"]):
            subprocess.run(["git", *command], cwd=folder, check=True)

    return prepare


def _tracing(folder: Path) -> None:
    shutil.copy(ROOT / "examples" / "chat" / "bot.py", folder)


def _cloned(folder: Path) -> None:
    original = folder.with_name("original")
    original.mkdir()
    _repository("chat")(original)
    subprocess.run(["git", "clone", "-q", str(original), str(folder)], check=True)


def _tested(folder: Path) -> None:
    (folder / "test_bot.py").write_text("import asyncio\n\nimport bot\n\n\ndef test_it_greets():\n    assert bot.Bot\n")
    _repository("chat")(folder)


PREPARED: dict[str, Callable[[Path], None]] = {
    "adoption": _repository("chat"),
    "manual-findings": _repository("legacy"),
    "migration": _repository("legacy"),
    "pull-requests": _cloned,
    "reviewing": _repository("chat"),
    "tests": _tested,
    "tracing": _tracing,
    "writing-rules": _writing_rules,
}


def test_every_page_with_commands_is_tried() -> None:
    assert [page.stem for page in PAGES] == sorted(PREPARED)


def typed(page: Path, tmp_path: Path) -> tuple[str, Path]:
    """Return what the commands of a page print, and the folder that they were typed in."""
    folder = tmp_path / "project"
    folder.mkdir()
    PREPARED[page.stem](folder)
    script = FRAME % (sys.executable, sys.executable, "\n".join(BLOCK.findall(page.read_text())))
    home = {name: str(tmp_path) for name in ("HOME", "XDG_CONFIG_HOME")}
    git = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "Ada", "GIT_COMMITTER_NAME": "Ada"}
    git |= {"GIT_AUTHOR_EMAIL": "ada@example.com", "GIT_COMMITTER_EMAIL": "ada@example.com"}
    paths = os.pathsep.join([str(ROOT / "codemods"), str(ROOT / "cli")])
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        env=os.environ | home | git | {"PYTHONPATH": paths, "PATH": programs},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout, folder


def test_a_rule_of_ones_own_finds_something(tmp_path: Path) -> None:
    told, _ = typed(ROOT / "docs" / "writing-rules.md", tmp_path)
    assert "SHOP401" in told


def test_a_project_with_findings_is_quiet_in_the_end(tmp_path: Path) -> None:
    told, folder = typed(ROOT / "docs" / "adoption.md", tmp_path)
    assert "findings silenced in" in told
    log = subprocess.run(["git", "log", "--format=%s"], cwd=folder, capture_output=True, text=True, check=True)
    assert len(log.stdout.splitlines()) > 2
    for arguments in (["--baseline", "aiomend-baseline.json"], ["--since", "HEAD"]):
        command = [sys.executable, "-m", "aiomend_cli", "check", *arguments]
        assert subprocess.run(command, cwd=folder, capture_output=True).returncode == 0


def test_a_manual_finding_becomes_a_task(tmp_path: Path) -> None:
    told, folder = typed(ROOT / "docs" / "manual-findings.md", tmp_path)
    tasks = [file.read_text() for file in sorted((folder / "tasks").iterdir())]
    assert any("AIO702" in task and "What has to be decided: " in task for task in tasks)
    assert told.splitlines()[-1] == f"0 done, {len(tasks)} left, 0 new"
    [jq] = re.findall(r"^```bash\n(jq .*?)^```", (ROOT / "docs" / "manual-findings.md").read_text(), re.M | re.S)
    if shutil.which("jq") is None:
        pytest.skip("jq is not installed")
    done = subprocess.run(["bash", "-c", jq], cwd=folder, capture_output=True, text=True, check=True)
    assert len(done.stdout.splitlines()) == len(tasks)


def test_a_migrated_program_runs_on_the_python_of_today(tmp_path: Path) -> None:
    told, folder = typed(ROOT / "docs" / "migration.md", tmp_path)
    assert told.splitlines()[-1] == "delivered: books, flowers, tea"
    assert "yield from" not in (folder / "courier.py").read_text()


def test_a_review_writes_its_page(tmp_path: Path) -> None:
    _, folder = typed(ROOT / "docs" / "reviewing.md", tmp_path)
    assert (folder / "review.html").is_file()


def test_tests_decide(tmp_path: Path) -> None:
    told, folder = typed(ROOT / "docs" / "tests.md", tmp_path)
    assert "tests: `pytest -q` ran 2 times" in told
    assert "cancelled()" in (folder / "bot.py").read_text()


def test_a_trace_is_told_and_the_fixes_are_verified(tmp_path: Path) -> None:
    told, _ = typed(ROOT / "docs" / "tracing.md", tmp_path)
    assert "bot.py:18 in Bot.heard" in told or "bot.py:18 in heard" in told  # as far as Python knows the whole name
    assert "2 of 2 complaints verified" in told


def test_pull_requests_are_shown(tmp_path: Path) -> None:
    told, _ = typed(ROOT / "docs" / "pull-requests.md", tmp_path)
    assert "aiomend/safe" in told


def test_the_hook_and_the_action_take_what_the_page_gives_them() -> None:
    page = (ROOT / "docs" / "adoption.md").read_text()
    hooks, workflow = map(yaml.safe_load, re.findall(r"^```yaml\n(.*?)^```", page, re.M | re.S))
    known = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    assert {hook["id"] for repo in hooks["repos"] for hook in repo["hooks"]} <= known
    _, step = workflow["jobs"]["aiomend"]["steps"]
    assert step["with"].keys() <= yaml.safe_load((ROOT / "action.yml").read_text())["inputs"].keys()
