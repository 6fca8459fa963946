"""Git over the network: what a remote has, and pushes that overwrite nothing of others. No token is on a command line."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from aiomend_cli.errors import UserError
from aiomend_cli.forge.pull import ForgeError
from aiomend_cli.forge.remote import Branches, Remote
from aiomend_cli.forge.settings import PREFIX
from aiomend_cli.forge.tokens import Token
from aiomend_cli.git import GitError, Repository

#: Where git would write down what it sends and is told.
_TRACES = (
    "GIT_TRACE", "GIT_TRACE_CURL", "GIT_TRACE_PACKET", "GIT_TRACE_PACKFILE", "GIT_TRACE_SETUP", "GIT_TRACE2",
    "GIT_TRACE2_EVENT", "GIT_TRACE2_PERF", "GIT_TRACE_REFS", "GIT_TRACE_SHALLOW",
    "GIT_TRACE_FSMONITOR", "GIT_TRACE_PERFORMANCE", "GIT_TRACE_PACK_ACCESS",
)  # fmt: skip
_PATIENCE = [("http.lowSpeedLimit", "1"), ("http.lowSpeedTime", "60")]  #: a minute of silence is the end
_HEADS = "refs/heads/"
_DENIED = re.compile(r"\b403\b|\bdenied\b")  #: of a push, over http or ssh


class MovedError(ForgeError):
    """A branch is not where it was seen."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A scratch repository and the remote that it talks to."""

    work: Repository
    remote: Remote
    token: Token

    def branches(self, base: str | None) -> Branches:
        """Return the remote's default branch, and where that, ``base`` and aiomend's own stand."""
        wanted = ["HEAD", f"{_HEADS}{PREFIX}*", *([f"{_HEADS}{base}"] if base else [])]
        said = self._git("ls-remote", "--symref", self.remote.url, *wanted)
        default: str | None = None
        shas: dict[str, str] = {}
        for line in said.decode("utf-8", "surrogateescape").splitlines():
            what, _, ref = line.partition("\t")
            if what.startswith("ref: ") and ref == "HEAD":
                default = what.removeprefix(f"ref: {_HEADS}")
            elif ref == "HEAD" and default is not None:
                shas[default] = what
            elif ref.startswith(_HEADS):
                shas[ref.removeprefix(_HEADS)] = what
        return Branches(default, shas, f"as of now on {self.remote.name}")

    def bring(self, branches: Branches, names: Iterable[str], *options: str) -> None:
        """Fetch the commits of branches that are not here yet; raises MovedError where one has moved meanwhile.

        ``options`` are those of ``git fetch`` that say how much of their history comes along.
        """
        missing = [name for name in names if not self._has(branches.shas[name])]
        if not missing:
            return
        self.fetch(missing, *options)
        if moved := [name for name in missing if not self._has(branches.shas[name])]:
            raise MovedError(f"{moved[0]} moved on {self.remote.name} while it was read; run it again")

    def bring_one(self, ref: str, sha: str) -> None:
        """Fetch the one commit that ``ref`` is at, without its history; raises MovedError where that is not ``sha``."""
        if self._has(sha):
            return
        self._fetch([f"+{ref}:refs/fetched/one"], "--depth=1")
        if not self._has(sha):
            raise MovedError(f"{ref} moved on {self.remote.name} while it was read; run it again")

    def fetch(self, names: Iterable[str], *options: str) -> None:
        """Fetch branches, whether they are here or not."""
        self._fetch([f"+{_HEADS}{name}:refs/fetched/{name}" for name in names], *options)

    def _fetch(self, specs: Iterable[str], *options: str) -> None:
        quiet = ("--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head")
        self._git("fetch", *quiet, *options, self.remote.url, *specs)

    def _has(self, sha: str) -> bool:
        try:
            self.work.git("cat-file", "-e", f"{sha}^{{commit}}")
        except GitError:
            return False
        return True

    def push(self, branch: str, sha: str, expected: str) -> None:
        """Have ``branch`` at ``sha`` where it is at ``expected`` (empty: nowhere), or is there already.

        Raises MovedError where it is elsewhere by now, ForgeError where the remote does not take it or cannot be reached.
        """
        ref = f"{_HEADS}{branch}"
        options = ("--porcelain", "--no-signed", "--no-verify", f"--force-with-lease={ref}:{expected}")
        quiet = ("-c", "push.followTags=false", "-c", "push.recurseSubmodules=no")
        try:
            self._git(*quiet, "push", *options, self.remote.url, f"{sha}:{ref}")
        except ForgeError as error:
            there = self.branches(None).shas.get(branch, "")  # an answer that was lost is no failure
            if there == sha:
                return
            if there != expected:
                raise MovedError(
                    f"{branch} is not where it was: somebody pushed to it meanwhile; run it again"
                ) from None
            if _DENIED.search(str(error)):
                raise ForgeError(
                    f"{error}\na fork of yours can have the branches: --push-to NAME of its remote"
                ) from None
            raise

    def _git(self, *arguments: str) -> bytes:
        try:
            return self.work.git(*arguments, variables=self._variables())
        except GitError as error:
            said = str(error).replace(f" in {self.work.root}", f" for {self.remote.url}")
            raise ForgeError(self.token.hidden(said)) from None

    def _variables(self) -> Mapping[str, str]:
        """Return what git needs to log in: only the program that sends the token sees it, and nobody is asked."""
        settings = [*_PATIENCE, ("credential.helper", "")]  # none is asked, and none can write the token down
        if self.remote.scheme in ("http", "https"):
            parts = urlsplit(self.remote.url)
            key = f"http.{parts.scheme}://{parts.netloc}/.extraHeader"
            settings += [(key, ""), (key, f"Authorization: Basic {self.token.as_basic()}")]
        count = os.environ.get("GIT_CONFIG_COUNT", "")
        first = int(count) if count.isdecimal() else 0
        variables = {"GIT_CONFIG_COUNT": str(first + len(settings))}
        for number, (key, value) in enumerate(settings, start=first):
            variables |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
        variables |= dict.fromkeys(_TRACES, "0") | {"GIT_ASKPASS": "", "SSH_ASKPASS": ""}
        variables |= {"GIT_ALLOW_PROTOCOL": self.remote.scheme}
        if self.remote.scheme == "ssh" and "GIT_SSH_COMMAND" not in os.environ and "GIT_SSH" not in os.environ:
            variables["GIT_SSH_COMMAND"] = "ssh -o BatchMode=yes"
        if (bundle := certificates("GIT_SSL_CAINFO")) is not None:
            variables["GIT_SSL_CAINFO"] = bundle
        return variables


def certificates(own: str) -> str | None:
    """Return the file of certificates that the user has named for the program with the variable ``own``, or for others of
    his programs; None where the system's count."""
    for name in (own, "REQUESTS_CA_BUNDLE", "GIT_SSL_CAINFO", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        if value := os.environ.get(name):
            return value
    return None


def check_safe(remote: Remote) -> None:
    """Raise UserError where a token would go over the network in clear text."""
    if remote.scheme != "http":
        return
    host = (urlsplit(remote.url).hostname or "").strip("[]")
    try:
        is_local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_local = host == "localhost"
    if not is_local:
        raise UserError(f"{remote.url} is not encrypted, and a token would be sent to it; use https")
