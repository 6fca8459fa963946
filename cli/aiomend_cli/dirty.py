"""Which files git could not bring back: those that differ from its index and that aiomend did not write."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from aiomend_cli.git import Repository, names
from aiomend_cli.writer import replace_file


def dirty(repository: Repository, *, forgive_own: bool = True) -> frozenset[str]:
    """Return the paths that differ from git's index, those that it does not know included.

    What is staged is not dirty. With ``forgive_own`` neither is a file whose bytes aiomend wrote last.
    """
    changed = repository.git("diff", "--name-only", "-z", "--no-ext-diff", "--no-textconv", "--no-renames")
    unknown = repository.git("ls-files", "-z", "--others", "--exclude-standard")
    found = {*names(changed), *names(unknown)}
    if forgive_own:
        ours = _written(repository)
        found = {path for path in found if path not in ours or _digest(repository.root / path) != ours[path]}
    return frozenset(found)


def remember(repository: Repository, written: Mapping[str, bytes]) -> None:
    """Note that aiomend wrote ``written`` (content by path), so that a second run may change these files
    again."""
    if not written:
        return
    known = {path: digest for path, digest in _written(repository).items() if (repository.root / path).exists()}
    known |= {path: hashlib.sha256(content).hexdigest() for path, content in written.items()}
    note = _note(repository)
    with contextlib.suppress(OSError):  # without the note these files count as dirty, which is the safe side
        note.parent.mkdir(exist_ok=True)
        replace_file(note, json.dumps(known, indent=0, sort_keys=True).encode())


def _note(repository: Repository) -> Path:
    return repository.git_dir / "aiomend" / "written"


def _written(repository: Repository) -> dict[str, str]:
    try:
        known = json.loads(_note(repository).read_bytes())
    except (OSError, ValueError):
        return {}  # no note, or not ours: then nothing is forgiven
    return known if isinstance(known, dict) else {}


def _digest(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() if not os.path.islink(path) else None  # noqa: PTH114
    except OSError:
        return None
