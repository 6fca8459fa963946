"""``pr --verdicts``: tests run in one job, and another one with the token runs nothing of the repository."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from cli_helpers import git
from fake_github import TOKEN, FakeGitHub
from test_hooks import tool
from typer.testing import Result

from aiomend_cli.forge.verdicts import load
from aiomend_cli.guarded import journal

pytestmark = pytest.mark.trust

ROOT = Path(__file__).parents[3]
[WORKFLOW] = [
    block
    for block in re.findall(r"^```yaml\n(.*?)^```", (ROOT / "docs" / "pull-requests.md").read_text(), re.M | re.S)
    if "\njobs:\n" in block
]
JOBS = yaml.safe_load(WORKFLOW)["jobs"]

Run = Callable[..., Result]
First = Callable[..., Path]


@pytest.fixture
def first(forge: FakeGitHub, aiomend: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, repo: Path) -> First:
    """Run the first job, without a token, with tests that do not like one of the two fixes; return what it wrote."""
    monkeypatch.setattr(journal, "wait_for_another_second", lambda paths: None)
    ran = tmp_path / "ran"
    script = tmp_path / "script.py"
    script.write_text(f"import sys; open({str(ran)!r}, 'a').write('x')\nsys.exit('guarded' in open('b.py').read())\n")

    def run(*options: str) -> Path:
        git("update-ref", "refs/remotes/origin/main", str(forge.sha("main")))
        file = tmp_path / "verdicts.json"
        with monkeypatch.context() as without:
            without.delenv("GH_ENTERPRISE_TOKEN")
            command = shlex.join([sys.executable, str(script)])
            result = aiomend("pr", "--dry-run", "--base", "main", "--test", command, "--verdicts", str(file), *options)
        assert result.exit_code == 0, result.output
        assert forge.log == []
        monkeypatch.chdir(repo)
        ran.unlink(missing_ok=True)
        return file

    return run


def second(aiomend: Run, file: Path, *options: str, code: int = 0) -> Result:
    result = aiomend("pr", "--verdicts", str(file), *options)
    assert result.exit_code == code, result.output
    assert not file.with_name("ran").exists()
    return result


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"version": 2, "base": "", "sets": {}}',
        '{"version": 1, "base": 1, "sets": {}}',
        '{"version": 1, "base": "", "sets": {"aiomend/safe": {}}}',
        '{"version": 1, "base": "", "sets": {"aiomend/safe": {"fixes": "", "tested": {}, "traced": null}}}',
        '{"version": 1, "base": "", "sets": {"a": {"fixes": "", "tested": null, "traced": '
        '{"command": "", "rows": [["a"]], "said": []}}}}',
    ],
)
def test_what_is_no_verdict(forge: FakeGitHub, aiomend: Run, tmp_path: Path, content: str) -> None:
    file = tmp_path / "verdicts.json"
    file.write_text(content)
    said = second(aiomend, file, code=2).stderr
    assert f"--verdicts {file}: is" in said or f"--verdicts {file}: does not hold" in said
    assert forge.writes == []


def test_no_verdict_at_all(forge: FakeGitHub, aiomend: Run, tmp_path: Path) -> None:
    assert "cannot be read" in second(aiomend, tmp_path / "verdicts.json", code=2).stderr


def test_of_a_base_that_has_moved_since(
    forge: FakeGitHub, aiomend: Run, first: First, change: Callable[..., None]
) -> None:
    file = first()
    change(c_py="future.set_result(1)\n")
    result = second(aiomend, file)
    assert "waiting aiomend/safe: its tests ran on" in result.stdout
    assert forge.writes == []


def test_for_other_fixes(forge: FakeGitHub, aiomend: Run, first: First) -> None:
    result = second(aiomend, first("--exclude", "b.py"))
    assert "waiting aiomend/safe: no tests were run for its fixes" in result.stdout
    assert forge.writes == []


def test_the_second_job_leaves_out_what_the_first_one_says(forge: FakeGitHub, aiomend: Run, first: First) -> None:
    file = first()
    second(aiomend, file)
    assert forge.git("show", "aiomend/safe:a.py") == "time.sleep(1)\nguarded(1)"
    assert forge.git("show", "aiomend/safe:b.py") == "future.set_result(1)"
    [pull] = forge.pulls
    assert "Left out, tests failed: [`b.py:1`]" in pull["body"]
    before = list(forge.writes)
    assert second(aiomend, first_again(file)).stdout.splitlines()[-1] == "Nothing to do."
    assert forge.writes == before


def first_again(file: Path) -> Path:
    """Another run of the first job takes another time."""
    data = json.loads(file.read_text())
    data["sets"]["aiomend/safe"]["tested"]["seconds"] += 1
    file.write_text(json.dumps(data))
    return file


def test_where_nothing_is_to_fix_there_is_a_file_all_the_same(forge: FakeGitHub, aiomend: Run, first: First) -> None:
    file = first("--select", "AIO301")
    assert second(aiomend, file, "--select", "AIO301").stdout.splitlines()[-1] == "Nothing to do."


def test_tests_that_write_the_file_can_only_take_fixes_away(forge: FakeGitHub, aiomend: Run, first: First) -> None:
    file = first()
    data = json.loads(file.read_text())
    tested = data["sets"]["aiomend/safe"]["tested"]
    tested["kept"] = [*tested["kept"], "0" * 12, "../../x"]
    tested["command"] = "`@ada` <script>\n# heading"
    tested["dropped"] = dict.fromkeys(tested["dropped"], "@ada closes #1 [x](http://x): y")
    file.write_text(json.dumps(data))
    second(aiomend, file)
    assert forge.git("diff", "--name-only", "main", "aiomend/safe") == "a.py"
    outside = re.sub(r"(`+).+?\1", "", forge.pulls[0]["body"])
    assert not re.search(r"@ada|#1|<script|http://x|^# heading", outside, re.MULTILINE)


def test_what_was_seen_is_carried_too(forge: FakeGitHub, aiomend: Run, first: First, tmp_path: Path) -> None:
    file = first("--verify", shlex.join([sys.executable, "-c", "print('ran')"]))
    traced = load(file).by_branch["aiomend/safe"].traced
    assert traced is not None
    assert any("nothing was watched" in one for one in traced.said)
    second(aiomend, file)
    assert "### What asyncio complained of, before and after\n\nNo complaint" in forge.pulls[0]["body"]


class TestWorkflow:
    """The workflow in the documentation."""

    def test_the_first_job_has_no_secret_and_may_write_nothing(self) -> None:
        job = JOBS["tests"]
        assert job["permissions"] == {"contents": "read"}
        assert "environment" not in job
        assert "secrets." not in json.dumps(job)

    def test_the_second_job_runs_nothing_but_aiomend(self) -> None:
        commands = [step["run"] for step in JOBS["propose"]["steps"] if "run" in step]
        assert [command.split()[0] for command in commands] == ["pipx", "aiomend"]
        assert not any(word in command for command in commands for word in ("--test", "--verify"))

    def test_its_commands_do_it(
        self, forge: FakeGitHub, aiomend: Run, first: First, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        first()  # for what the checkout has fetched
        monkeypatch.setenv("BASE", "main")
        monkeypatch.setenv("RUNNER_TEMP", ".")
        for name in JOBS:
            [line] = [step["run"] for step in JOBS[name]["steps"] if step.get("run", "").startswith("aiomend")]
            words = [os.path.expandvars(word) for word in shlex.split(line)[1:]]
            words = ["true" if word == "pytest -q" else word for word in words]
            with monkeypatch.context() as without:
                if name == "tests":
                    without.delenv("GH_ENTERPRISE_TOKEN")
                result = aiomend(*words)
            assert result.exit_code == 0, result.output
            assert bool(forge.pulls) == (name == "propose")
        assert TOKEN not in Path("verdicts.json").read_text()

    @pytest.mark.outside
    @pytest.mark.parametrize(
        "command",
        [
            ("check-jsonschema", "--builtin-schema", "vendor.github-workflows"),
            ("zizmor", "--offline", "--persona", "auditor"),
        ],
        ids=lambda command: command[0],
    )
    def test_other_checkers_have_nothing_to_say(self, tmp_path: Path, command: tuple[Any, ...]) -> None:
        file = tmp_path / ".github" / "workflows" / "aiomend.yml"
        file.parent.mkdir(parents=True)
        file.write_text(WORKFLOW)
        words = [tool(command[0]), *command[1:], str(file)]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
