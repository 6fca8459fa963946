"""What commands of the repository see of the environment: no way to a forge, and everything else."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from cli_helpers import git

from aiomend_cli.environment import without_forge
from aiomend_cli.git import OF_A_HOOK

pytestmark = pytest.mark.trust

CANARY = "canary-0123456789"


@pytest.mark.parametrize(
    "name",
    [
        "GITHUB_TOKEN",
        "GH_TOKEN",
        "GH_ENTERPRISE_TOKEN",
        "GITHUB_ENTERPRISE_TOKEN",
        "GITLAB_TOKEN",
        "GITLAB_PRIVATE_TOKEN",
        "CI_JOB_TOKEN",
        "CI_JOB_JWT_V2",
        "CI_DEPLOY_PASSWORD",
        "ACTIONS_RUNTIME_TOKEN",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        "ACTIONS_ID_TOKEN_REQUEST_URL",
        "INPUT_TOKEN",
        "INPUT_GITHUB-TOKEN",
        "HOMEBREW_GITHUB_API_TOKEN",
        "BOT_GITHUB_PRIVATE_KEY",
        "SYSTEM_ACCESSTOKEN",
        "AZURE_DEVOPS_EXT_PAT",
        "SSH_AUTH_SOCK",
        "SSH_ASKPASS",
        "GIT_ASKPASS",
        "GIT_SSH_COMMAND",
        "GIT_CONFIG_PARAMETERS",
        "GITHUB_ENV",
        "GITHUB_PATH",
        *sorted(OF_A_HOOK),
    ],
)
def test_what_leads_to_a_forge_is_gone(name: str) -> None:
    assert name not in without_forge({name: CANARY})


@pytest.mark.parametrize(
    "value",
    [
        "ghp_0123456789abcdefghij",
        "https://x:github_pat_0123456789abcdefghij@github.com/a/b",
        "glpat-0123456789abcdefghij",
    ],
)
def test_a_token_is_known_by_its_look_under_any_name(value: str) -> None:
    assert "MINE" not in without_forge({"MINE": value})


def test_what_repeats_a_token_goes_with_it() -> None:
    environ = {"CI_JOB_TOKEN": CANARY, "CI_REPOSITORY_URL": f"https://ci:{CANARY}@example.com/a.git", "CI": "true"}
    assert CANARY not in "".join(without_forge(environ).values())


def test_a_short_password_does_not_take_other_values_along() -> None:
    assert without_forge({"CI_PASSWORD": "on", "LANGUAGE": "london"})["LANGUAGE"] == "london"


@pytest.mark.parametrize(
    "name", ["PATH", "HOME", "CI", "GITHUB_ACTIONS", "GITHUB_WORKSPACE", "DATABASE_PASSWORD", "TOKENIZERS_PARALLELISM"]
)
def test_everything_else_stays(name: str) -> None:
    assert without_forge({name: "value"})[name] == "value"


def test_git_asks_no_helper_and_nobody(tmp_path: Path) -> None:
    """A helper in the user's own configuration, and one by variables, print the canary when git asks for a password."""
    helper = f"!f() {{ echo password={CANARY}; }}; f"
    Path(os.environ["GIT_CONFIG_GLOBAL"]).write_text(f'[credential "https://example.com"]\n\thelper = "{helper}"\n')
    environ = dict(os.environ) | {
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": "credential.https://example.com.helper",
        "GIT_CONFIG_VALUE_0": helper,
        "GIT_CONFIG_KEY_1": "user.name",
        "GIT_CONFIG_VALUE_1": "Ada",
    }

    def asked(environ: dict[str, str]) -> str:
        said = subprocess.run(
            ["git", "credential", "fill"],
            input="protocol=https\nhost=example.com\nusername=me\n\n",
            env=environ,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            start_new_session=True,
        )
        return said.stdout

    assert CANARY in asked(environ)
    seen = without_forge(environ)
    assert asked(seen) == ""
    name = subprocess.run(["git", "config", "user.name"], env=seen, capture_output=True, text=True, cwd=tmp_path)
    assert name.stdout == "Ada\n"


def test_a_command_started_by_a_hook_does_not_work_on_the_repository_of_the_hook(repo: Path) -> None:
    other = repo / "other"
    other.mkdir()
    git("init", "-q", cwd=other)
    environ = without_forge(dict(os.environ) | {"GIT_DIR": str(repo / ".git")})
    said = subprocess.run(["git", "rev-parse", "--absolute-git-dir"], env=environ, cwd=other, capture_output=True)
    assert Path(os.fsdecode(said.stdout).strip()) == other / ".git"
