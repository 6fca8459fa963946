"""A forge for the tests: a repository with something to fix, and the GitHub that it came from."""

from __future__ import annotations

import functools
import os
import ssl
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_helpers import commit_all, git

sys.path.insert(0, str(Path(__file__).parent))

from fake_github import TOKEN, FakeGitHub
from still_clock import Clock

SAFE = "future.set_result(1)\n"
SLEEP = "time.sleep(1)\n"


@pytest.fixture(autouse=True)
def _no_forge(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the tokens and settings of whoever runs the tests out of them."""
    for name in list(os.environ):
        if (
            name.startswith(("GH_", "GITHUB_"))
            or "proxy" in name.lower()
            or name.endswith(("CA_BUNDLE", "CERT_FILE", "CAINFO"))
        ):
            monkeypatch.delenv(name)
    monkeypatch.setenv("GH_CONFIG_DIR", "/nonexistent")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the client, which waits in no time."""
    from aiomend_cli.forge import command
    from aiomend_cli.forge.github import GitHub
    from aiomend_cli.forge.patience import Pace

    made = Clock()
    monkeypatch.setattr(command, "GitHub", functools.partial(GitHub, pace=Pace(made.pause, lambda: made.now)))
    return made


@pytest.fixture
def tls() -> ssl.SSLContext | None:
    """Nothing: the connection is not encrypted, as it may be on one machine."""
    return None


@pytest.fixture
def forge(
    tmp_path: Path, repo: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext | None
) -> Iterator[FakeGitHub]:
    """GitHub with ``acme/chat``, whose clone is the working directory; nothing that it does not describe may be asked."""
    Path("a.py").write_text(SLEEP + SAFE)
    Path("b.py").write_text(SAFE)
    commit_all()
    bare = tmp_path / "bare"
    git("clone", "-q", "--bare", str(repo), str(bare / "acme" / "chat.git"))
    with FakeGitHub(bare, tls).serving() as found:
        git("remote", "add", "origin", f"{found.url}/acme/chat.git")
        monkeypatch.setenv("GH_ENTERPRISE_TOKEN", TOKEN)
        yield found
    assert "\n".join(found.problems) == ""


@pytest.fixture
def change(forge: FakeGitHub, tmp_path: Path) -> Callable[..., None]:
    """Commit to a branch of the forge as somebody else, from another clone."""

    def commit(branch: str = "main", message: str = "theirs", **files: Any) -> None:
        other = tmp_path / f"other-{len(list(tmp_path.iterdir()))}"
        git("clone", "-q", "-b", branch, str(forge.bare / "acme" / "chat.git"), str(other))
        for name, text in files.items():
            file = other / name.replace("_py", ".py")
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)
        git("add", "-A", cwd=other)
        git("commit", "-q", "--allow-empty", "-m", message, cwd=other)
        git("push", "-q", "origin", branch, cwd=other)

    return commit
