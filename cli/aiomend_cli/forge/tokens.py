"""The token for a forge: where it is kept already, and how it stays out of sight."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from aiomend_cli.forge.remote import Remote
from aiomend_cli.git import GitError, Repository

_PATIENCE = 20  #: seconds for `gh` and for helpers of git
_PUBLIC = ("GH_TOKEN", "GITHUB_TOKEN")
_ENTERPRISE = ("GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")


@dataclass(frozen=True, slots=True)
class Token:
    """A secret; no text of this object holds it."""

    value: str = field(repr=False)
    source: str  #: in words

    def hidden(self, text: str) -> str:
        """Return ``text`` with the token taken out, however it is spelled there."""
        for secret in (self.value, quote(self.value, safe=""), self.as_basic()):
            text = text.replace(secret, "[token]")
        return text

    def as_basic(self) -> str:
        """Return it as git and curl send it with a user name."""
        return base64.b64encode(f"x-access-token:{self.value}".encode()).decode()


def token_for(remote: Remote, work: Repository, environ: Mapping[str, str]) -> Token | None:
    """Return the token for the host of ``remote``, None where nobody has one.

    Variables come first, then a password in the remote's URL, ``gh``, and the credential helpers of the user's git.
    ``work`` is where git is asked: helpers that only the user's repository names are not run.
    """
    if remote.host is None:
        return None
    for name in _variables(remote.host, environ):
        if value := environ.get(name, "").strip():
            return Token(value, f"the variable {name}")
    if remote.password:
        return Token(remote.password, f"the URL of {remote.name}")
    asked: tuple[tuple[Callable[[], str | None], str], ...] = (
        (lambda: _of_gh(str(remote.host), environ), "gh"),
        (lambda: _of_git(remote, work), "git's credential helper"),
    )
    for ask, source in asked:
        if value := (ask() or "").strip():
            return Token(value, source)
    return None


def _variables(host: str, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the variables whose tokens are for ``host``; as in ``gh``, that of github.com goes nowhere else."""
    server = urlsplit(environ.get("GITHUB_SERVER_URL", "")).netloc
    if host == "github.com" or host.endswith(".ghe.com") or host in (server, environ.get("GH_HOST")):
        yield from _PUBLIC
    if host != "github.com":
        yield from _ENTERPRISE


def _of_gh(host: str, environ: Mapping[str, str]) -> str | None:
    others = {name: value for name, value in environ.items() if name not in (*_PUBLIC, *_ENTERPRISE)}
    command = ["gh", "auth", "token", "--hostname", host]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            env=others | {"GH_PROMPT_DISABLED": "1", "GH_NO_UPDATE_NOTIFIER": "1"},
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _of_git(remote: Remote, work: Repository) -> str | None:
    """Return the password that git would use, which asks helpers and never a person."""
    scheme = "http" if remote.scheme == "http" else "https"
    question = f"protocol={scheme}\nhost={remote.host}\npath={remote.slug}.git\n\n"
    quiet = {"GIT_ASKPASS": "", "SSH_ASKPASS": ""}
    try:
        said = work.git("-c", "core.askPass=", "credential", "fill", stdin=question.encode(), variables=quiet)
    except GitError:
        return None
    fields = dict(line.partition("=")[::2] for line in said.decode("utf-8", "replace").splitlines())
    return fields.get("password")
