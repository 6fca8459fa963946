"""Which files git could not bring back: those that differ from its index and that aiomend did not write."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from aiomend_cli.git import Repository, names
from aiomend_cli.writer import replace_file


def dirty(repository: Repository, *, forgive_own: bool = True) -> frozenset[str]:
    """Return the paths that differ from git's index, those that it does not know included.

    What is staged is not dirty. With ``forgive_own`` neither is a file whose bytes aiomend wrote last.
    """
    filters = repository.without_filters()  # programs of the repository's own choice
    changed = repository.git(*filters, "diff", "--name-only", "-z", "--no-ext-diff", "--no-textconv", "--no-renames")
    unknown = repository.git("ls-files", "-z", "--others", "--exclude-standard")
    found = {*names(changed), *names(unknown)}
    if forgive_own:
        ours = _written(repository)
        found = {path for path in found if path not in ours or _digest(repository.root / path) not in ours[path]}
    return frozenset(found)


@contextlib.contextmanager
def remembered(repository: Repository | None, planned: Mapping[str, bytes]) -> Iterator[None]:
    """Note that the block writes ``planned`` (content by path), so that a second run may change these files again.

    What is noted before the block counts where the block is never left, and only for files that hold these bytes. None:
    no repository, and nothing to note.
    """
    if repository is None or not planned:
        yield
        return
    before = _written(repository)
    digests = {path: hashlib.sha256(content).hexdigest() for path, content in planned.items()}
    _save(repository, before | {path: [*before.get(path, ()), digest] for path, digest in digests.items()})
    try:
        yield
    finally:
        known = {path: known for path, known in before.items() if (repository.root / path).exists()}
        written = {path: [one] for path, one in digests.items() if _digest(repository.root / path) == one}
        _save(repository, known | written)


def _save(repository: Repository, known: Mapping[str, Sequence[str]]) -> None:
    note = _note(repository)
    with contextlib.suppress(OSError):  # without the note these files count as dirty, which is the safe side
        note.parent.mkdir(exist_ok=True)
        replace_file(note, json.dumps(known, indent=0, sort_keys=True).encode())


def _note(repository: Repository) -> Path:
    return repository.git_dir / "aiomend" / "written"


def _written(repository: Repository) -> dict[str, list[str]]:
    """Return the digests of what aiomend wrote last, by path."""
    try:
        known = json.loads(_note(repository).read_bytes())
    except (OSError, ValueError):
        return {}  # no note, or not ours: then nothing is forgiven
    entries = known.items() if isinstance(known, dict) else ()
    return {path: one if isinstance(one, list) else [one] for path, one in entries}


def _digest(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() if not os.path.islink(path) else None  # noqa: PTH114
    except OSError:
        return None
