"""Clones of the repositories of a fleet, kept in the cache: what is not needed is not fetched, and no file is checked out."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from aiomend_cli.cache import store
from aiomend_cli.errors import UserError
from aiomend_cli.forge.branch import is_sealed
from aiomend_cli.forge.command import Online, reached
from aiomend_cli.forge.remote import base_of, parsed, remote_of
from aiomend_cli.forge.settings import PREFIX
from aiomend_cli.git import Repository, git


def refreshed(url: str, wanted: str | None) -> Path:
    """Return the clone of ``url``, with the last commits of the branch ``wanted`` (None: its default) and of aiomend's own.

    Raises UserError where it cannot be made or brought up to date.
    """
    folder = store.folder().absolute() / "clones" / _name(url)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise UserError(f"{folder}: cannot be made for the clone: {error.strerror or error}") from error
    if not (folder / ".git" / "config").is_file():
        git(folder, "init", "--quiet", "--template=")
    clone = Repository(folder, folder / ".git")
    clone.git("config", "remote.origin.url", url)
    online = reached(clone, remote_of(clone, "origin"))
    if not isinstance(online, Online):
        raise UserError(online)
    branches = online.connection.branches(wanted)
    base, _ = base_of(branches, wanted)
    ours = [name for name in branches.shas if name.startswith(PREFIX)]
    shallow = clone.git_dir / "shallow"
    whole = bool(clone.git("for-each-ref", "--count=1", "refs/fetched/")) and not shallow.exists()
    online.connection.bring(branches, [base, *ours], *([] if whole else ["--depth=1"]))
    if shallow.exists() and any(is_sealed(clone, branches.shas[name]) is None for name in ours):
        online.connection.fetch([base, *ours], "--unshallow")  # whether the base has a person's commit, history tells
    return folder


def _name(url: str) -> str:
    plain = re.sub(r"[^\w.-]+", "-", parsed("origin", url).slug or "", flags=re.ASCII)
    return f"{plain}-{hashlib.sha256(url.encode('utf-8', 'surrogateescape')).hexdigest()[:12]}"
