"""Where a token is found, and where it never is: command lines, addresses, texts, errors, the disk."""

from __future__ import annotations

import base64
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_helpers import git
from fake_github import TOKEN, FakeGitHub
from typer.testing import Result

from aiomend_cli.forge.remote import Remote, parsed
from aiomend_cli.forge.tokens import Token, token_for
from aiomend_cli.git import Repository, repository

pytestmark = pytest.mark.trust

Run = Callable[..., Result]
GITHUB = parsed("origin", "https://github.com/acme/chat.git")
ENTERPRISE = parsed("origin", "https://ghe.example/acme/chat.git")


@pytest.fixture
def work(repo: Path) -> Repository:
    found = repository(repo)
    assert found is not None
    return found


def program(folder: Path, name: str, text: str) -> Path:
    """Write a shell script and return its place."""
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return file


def source(remote: Remote, work: Repository, **environ: str) -> str | None:
    found = token_for(remote, work, environ)
    return found.source if found else None


class TestWhere:
    def test_nowhere(self, work: Repository) -> None:
        assert source(GITHUB, work) is None
        assert source(parsed("origin", "/srv/chat.git"), work, GH_TOKEN="x") is None

    @pytest.mark.parametrize("name", ["GH_TOKEN", "GITHUB_TOKEN"])
    def test_variables_for_github(self, work: Repository, name: str) -> None:
        assert source(GITHUB, work, **{name: "x"}) == f"the variable {name}"
        assert source(parsed("o", "https://acme.ghe.com/a/b"), work, **{name: "x"}) == f"the variable {name}"

    @pytest.mark.parametrize("name", ["GH_TOKEN", "GITHUB_TOKEN"])
    def test_not_for_any_other_host(self, work: Repository, name: str) -> None:
        assert source(ENTERPRISE, work, **{name: "x"}) is None
        assert source(parsed("o", "https://github.com.evil.example/a/b"), work, **{name: "x"}) is None

    def test_in_a_workflow_of_that_host(self, work: Repository) -> None:
        environ = {"GITHUB_TOKEN": "x", "GITHUB_SERVER_URL": "https://ghe.example"}
        assert source(ENTERPRISE, work, **environ) == "the variable GITHUB_TOKEN"

    def test_variables_for_an_enterprise_server(self, work: Repository) -> None:
        assert source(ENTERPRISE, work, GH_ENTERPRISE_TOKEN="x") == "the variable GH_ENTERPRISE_TOKEN"
        assert source(GITHUB, work, GH_ENTERPRISE_TOKEN="x") is None

    def test_an_empty_variable_is_none(self, work: Repository) -> None:
        assert source(GITHUB, work, GH_TOKEN=" ", GITHUB_TOKEN="x") == "the variable GITHUB_TOKEN"

    def test_in_the_url(self, work: Repository) -> None:
        assert source(parsed("origin", "https://me:x@github.com/acme/chat"), work) == "the URL of origin"

    def test_gh(self, work: Repository, tmp_path: Path) -> None:
        folder = program(tmp_path / "bin", "gh", 'test "$*" = "auth token --hostname github.com" && echo tok').parent
        assert token_for(GITHUB, work, {"PATH": f"{folder}:{os.environ['PATH']}"}) == Token("tok", "gh")

    def test_the_credential_helper_of_the_users_git(self, work: Repository, tmp_path: Path) -> None:
        helper = program(tmp_path / "bin", "helper", 'test "$1" = get && echo password=tok && echo username=me')
        Path(os.environ["GIT_CONFIG_GLOBAL"]).write_text(f"[credential]\n\thelper = {helper}\n")
        assert source(GITHUB, work) == "git's credential helper"

    def test_a_helper_that_knows_nothing(self, work: Repository, tmp_path: Path) -> None:
        ask = program(tmp_path / "bin", "ask", f"touch {tmp_path}/asked; echo secret")
        Path(os.environ["GIT_CONFIG_GLOBAL"]).write_text(f"[credential]\n\thelper = true\n[core]\n\taskPass = {ask}\n")
        assert source(GITHUB, work) is None
        assert not (tmp_path / "asked").exists()


def test_a_token_is_in_no_text_of_its_object() -> None:
    token = Token("s3cret/+", "somewhere")
    assert "s3cret" not in f"{token} {token!r}"
    assert token.hidden(f"a s3cret/+ b s3cret%2F%2B c {token.as_basic()}") == "a [token] b [token] c [token]"


SPELLINGS = (
    TOKEN,
    base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode(),
    base64.b64encode(TOKEN.encode()).decode(),
)


def test_a_canary_is_found_nowhere(
    forge: FakeGitHub, aiomend: Run, change: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each command line of git is written down, whatever git would trace is asked for, and everything is searched."""
    seen = tmp_path / "seen"
    real = git("--exec-path").strip()
    wrapper = program(
        tmp_path / "bin",
        "git",
        f'printf "%s\\n" "$@" >>{seen}/argv\ntr "\\0" " " </proc/$PPID/cmdline >>{seen}/argv\nexec {real}/git "$@"',
    )
    seen.mkdir()
    monkeypatch.setenv("PATH", f"{wrapper.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("TMPDIR", str(seen))
    for name in (
        "GIT_TRACE",
        "GIT_TRACE_CURL",
        "GIT_TRACE_PACKET",
        "GIT_TRACE2",
        "GIT_TRACE2_EVENT",
        "GIT_TRACE_SETUP",
    ):
        monkeypatch.setenv(name, str(seen / name))
    monkeypatch.setenv("GIT_TRACE_REDACT", "0")
    helper = program(tmp_path / "bin", "store", f'echo "$@" >>{seen}/helper; cat >>{seen}/helper')
    Path(os.environ["GIT_CONFIG_GLOBAL"]).write_text(f"[credential]\n\thelper = {helper}\n")
    said = [aiomend("pr", "--dry-run").output, aiomend("pr").output]
    change(c_py="future.set_result(1)\n")
    forge.fail("POST", "git-receive-pack$", 500)
    forge.fail("PATCH", "/pulls/1$", 403, f"what is {TOKEN}?")
    said += [aiomend("pr", "--output-format", "json").output, aiomend("pr").output]
    assert (seen / "argv").stat().st_size
    assert len(forge.pulls) == 1
    texts = [*said, str(forge.pulls), str(forge.comments), *(one.path for one in forge.log)]
    for spelling in SPELLINGS:
        assert not any(spelling in text for text in texts)
        assert [file for file in _files(tmp_path) if spelling.encode() in file.read_bytes()] == []


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if stat.S_ISREG(path.lstat().st_mode)]


def test_an_error_of_git_is_what_it_says_and_no_trace(
    forge: FakeGitHub, aiomend: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CURL_VERBOSE", "1")
    git("remote", "set-url", "origin", "http://localhost:1/acme/chat.git")
    result = aiomend("pr")
    assert result.exit_code == 2
    assert "unable to access" in result.stderr
    assert "Info:" not in result.stderr
