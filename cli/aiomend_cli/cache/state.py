"""What a report depends on, as one digest: files, what governs them, and aiomend itself.

The digest of a file is taken from the last run where its size, its times and its inode are what they were, and where that
run began so long after its last change that a later one would show (what git calls a racy entry is read again).
"""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import sys
import time
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

import aiomend
import aiomend_cli
from aiomend_cli.cache.encoding import plain

if TYPE_CHECKING:
    from aiomend_cli.cache.store import Store
    from aiomend_cli.runner import Workspace

_RACY = 2_000_000_000  #: nanoseconds: the coarsest clock of a file system that is in use
_LIBRARIES = ("libcst", "black", "packaging")

Signature = tuple[int, int, int, int]  #: size in bytes, mtime and ctime in nanoseconds, inode


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as it was: its signature, and the digest of its bytes, or the error for which it cannot be read."""

    signature: Signature | None
    digest: str


@dataclass(frozen=True, slots=True)
class State:
    """A project as it was when its files were looked at, at ``time`` (nanoseconds since the epoch)."""

    root: Path
    time: int
    files: dict[str, Seen]
    key: bytes
    was_read: bool  #: some file had to be read, as nothing was known of it as it is

    def still_holds(self) -> bool:
        """Return True where no file changed since."""
        return all(_signature(f"{self.root}/{path}") == seen.signature for path, seen in self.files.items())


def is_told_by_files(workspace: Workspace) -> bool:
    """Return True where nothing decides about the report that is neither a file of the project nor an option.

    A type checker, the packages of an environment, rules of others, what a program was seen to do, and text that is in no
    file are such things.
    """
    from aiomend_cli.runner import only_own

    others = workspace.types or workspace.library or workspace.evidence or workspace.found.tree.overlay
    return not others and only_own(workspace.rule_files)


def of(workspace: Workspace, store: Store) -> State:
    """Return the state of a project; files that ``store`` knows are not read again."""
    root, began = workspace.root, time.time_ns()
    recorded, known = store.files(root)
    files = {path: _seen(f"{root}/{path}", known.get(path), recorded) for path in workspace.found.tree.files}
    one_in_each = {path.rpartition("/")[0]: path for path in workspace.found.tree.files}
    folders = {folder: workspace.settings(path) for folder, path in one_in_each.items()}
    told = {settings: plain(settings) for settings in set(folders.values())}
    parts = [
        program(),
        [[path, seen.digest] for path, seen in files.items()],
        list(workspace.found.chosen),
        sorted([folder, told[settings]] for folder, settings in folders.items()),
    ]
    key = blake2b(json.dumps(parts).encode("ascii"), digest_size=20).digest()
    return State(root, began, files, key, was_read=any(seen is not known.get(path) for path, seen in files.items()))


def _seen(path: str, known: Seen | None, recorded: int) -> Seen:
    signature = _signature(path)
    if known is not None and signature is not None and known.signature == signature:
        _, changed, moved, _ = signature
        if max(changed, moved) < recorded - _RACY:
            return known
    from aiomend_cli.discover import read_regular

    try:
        return Seen(signature, blake2b(read_regular(Path(path)), digest_size=20).hexdigest())
    except OSError as error:
        return Seen(signature, f"errno {error.errno}")


def _signature(path: str) -> Signature | None:
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


@functools.cache
def program() -> list[object]:
    """Return what stands for aiomend itself, its interpreter and the libraries that write code."""
    own = [
        (entry.path, entry.stat().st_size, entry.stat().st_mtime_ns)
        for package in (aiomend, aiomend_cli)
        for folder, _, _ in os.walk(Path(str(package.__file__)).parent)
        for entry in os.scandir(folder)
        if entry.is_file() and not entry.name.endswith(".pyc")
    ]
    others = [_origin(name) for name in _LIBRARIES]
    return [sys.version, sorted(own), others]


def _origin(name: str) -> tuple[str, int, int] | None:
    """Return where a library is, and when it was put there; it is not imported."""
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        return None
    status = os.stat(found.origin)  # noqa: PTH116
    return found.origin, status.st_size, status.st_mtime_ns
