"""The repository that gets the branches: where it is, and what is known here of its branches."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from aiomend_cli.errors import UserError
from aiomend_cli.forge.settings import PREFIX
from aiomend_cli.git import Repository

_SCP = re.compile(r"(?:[^@/:\s]+@)?(?P<host>[^/:\s]+):(?P<path>[^:].*)")


@dataclass(frozen=True, slots=True)
class Remote:
    """Where branches are pushed to."""

    name: str
    url: str  #: without a password
    host: str | None = None  #: with a port, where it has one; None: no host on a network
    slug: str | None = None  #: ``owner/name``
    scheme: str = ""
    password: str | None = field(default=None, repr=False)  #: that the URL had in it

    @property
    def owner(self) -> str | None:
        return self.slug.partition("/")[0] if self.slug else None

    @property
    def web(self) -> str | None:
        """Where people see the repository."""
        if self.host is None or self.slug is None:
            return None
        return f"{'http' if self.scheme == 'http' else 'https'}://{self.host}/{self.slug}"


@dataclass(frozen=True, slots=True)
class Branches:
    """Branches of the remote, and where they stand."""

    default: str | None
    shas: Mapping[str, str]  #: of the base branch, and of those with our prefix
    source: str  #: where that is known from


def remote_of(origin: Repository, name: str) -> Remote | None:
    """Return the remote called ``name``, None where the repository has no remotes.

    Raises UserError where it has others.
    """
    known = origin.git("remote").decode("utf-8", "replace").split("\n")[:-1]
    if not known:
        return None
    if name not in known:
        raise UserError(f"--remote {name}: {origin.root} has no such remote; it has {', '.join(known)}")
    url = origin.git("remote", "get-url", "--push", "--", name).decode("utf-8", "surrogateescape").strip()
    return parsed(name, url)


def parsed(name: str, url: str) -> Remote:
    """Return what a URL of git says, ``git@host:owner/name.git`` and paths included."""
    if "://" in url:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ssh"):
            host = parts.hostname or ""
            shown = f"[{host}]" if ":" in host else host
            port = f":{parts.port}" if parts.port else ""
            user = f"{parts.username}@" if parts.username and parts.scheme == "ssh" else ""
            plain = f"{parts.scheme}://{user}{shown}{port}{parts.path}"
            web = shown + (port if parts.scheme != "ssh" else "")
            password = unquote(parts.password or "") or None
            return Remote(name, plain, web, _slug(parts.path), parts.scheme, password)
    elif (found := _SCP.fullmatch(url)) and "/" not in url.partition(":")[0]:
        return Remote(name, url, found["host"], _slug(found["path"]), "ssh")
    return Remote(name, url)


def _slug(path: str) -> str | None:
    plain = path.strip("/").removesuffix(".git")
    return plain if re.fullmatch(r"[\w.-]+/[\w.-]+", plain) else None


def known_here(origin: Repository, remote: Remote | None) -> Branches:
    """Return what was last fetched of the remote; without one, the branches of the repository itself."""
    if remote is None:
        current = _name(origin.git("symbolic-ref", "--quiet", "HEAD", accept=(0, 1)), "refs/heads/")
        return Branches(current, _shas(origin, "refs/heads/"), f"the branches of {origin.root}")
    place = f"refs/remotes/{remote.name}/"
    default = _name(origin.git("symbolic-ref", "--quiet", f"{place}HEAD", accept=(0, 1)), place)
    return Branches(default, _shas(origin, place), f"what was last fetched from {remote.name}")


def _name(said: bytes, place: str) -> str | None:
    return said.decode("utf-8", "surrogateescape").strip().removeprefix(place) or None


def _shas(origin: Repository, place: str) -> dict[str, str]:
    listed = origin.git("for-each-ref", "--format=%(objectname) %(refname)", place)
    pairs = (line.split(" ", 1) for line in listed.decode("utf-8", "surrogateescape").splitlines())
    return {ref.removeprefix(place): sha for sha, ref in pairs}


def base_of(branches: Branches, wanted: str | None) -> tuple[str, str]:
    """Return the branch to fix and its commit; raises UserError where it is not known."""
    name = wanted or branches.default
    if name is None:
        raise UserError(f"nothing says which branch is to be fixed ({branches.source}); name it with --base")
    if name.startswith(PREFIX):
        raise UserError(f"--base {name}: that is a branch of aiomend's own")
    if name not in branches.shas:
        raise UserError(f"--base {name}: there is no such branch ({branches.source})")
    return name, branches.shas[name]
