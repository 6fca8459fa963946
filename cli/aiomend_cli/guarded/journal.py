"""A note of the files that are being tried, so that a run that is killed meanwhile can be taken back."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from aiomend_cli.discover import read_regular
from aiomend_cli.folder import LeavesTreeError, is_locked, locked, opened
from aiomend_cli.notes import TRIAL, trial
from aiomend_cli.writer import Outcome, replace_file, write

if TYPE_CHECKING:
    from aiomend_cli.runner import Workspace

_KEPT = "aiomend-kept"
_TICK = 0.02  #: seconds between two looks at the clock


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: what it was, and the digests of everything that was put in its place."""

    old: bytes | None  #: None: there was no such file
    tried: frozenset[str] = field(default_factory=frozenset)


Journal = Mapping[str, Entry]  #: by path, relative to the root


def place(workspace: Workspace) -> Path:
    """Return where the journal is kept."""
    return trial(workspace.root, workspace.found.tree.repository)


def save(file: Path, journal: Journal) -> None:
    """Write the journal, and forget it where nothing is in it; raises OSError."""
    if not journal:
        file.unlink(missing_ok=True)
        return
    if file.name != TRIAL:
        file.parent.mkdir(exist_ok=True)
    files = {
        path: {
            "old": None if entry.old is None else base64.b64encode(entry.old).decode("ascii"),
            "tried": sorted(entry.tried),
        }
        for path, entry in journal.items()
    }
    replace_file(file, json.dumps({"version": 1, "files": files}).encode())


def load(file: Path) -> Journal:
    """Return what the journal holds; nothing where there is none, or none of ours."""
    try:
        files = json.loads(read_regular(file))["files"]
        return {
            path: Entry(None if one["old"] is None else base64.b64decode(one["old"]), frozenset(one["tried"]))
            for path, one in files.items()
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def notes(workspace: Workspace) -> tuple[str, ...]:
    """Return a sentence where files hold fixes that nobody has proved yet."""
    held = _held(workspace, load(place(workspace)))
    if not held:
        return ()
    names = ", ".join(map(workspace.shown, held))
    if is_locked(workspace.root):
        return (f"another aiomend is running tests: for the time being {names} may hold fixes that are not proved",)
    return (
        f"an earlier run was killed while tests ran: {names} may hold fixes that are not proved; `aiomend fix` takes them back",
    )


def recover(workspace: Workspace) -> tuple[list[str], list[str]]:
    """Take back what a run that was killed was trying; return what was done and what could not be, in sentences."""
    file = place(workspace)
    if not load(file):
        return [], []
    with locked(workspace.root):
        journal = load(file)  # whoever held the lock may have come to an end
        held = _held(workspace, journal)
        left = take_back(workspace, journal, held)
        names = ", ".join(workspace.shown(path) for path in held)
        done = [f"took back what an earlier run was trying when it was killed: {names}"] if held and not left else []
        return done, left


def take_back(workspace: Workspace, journal: Journal, paths: list[str]) -> list[str]:
    """Give ``paths`` the bytes that they had, and forget the journal; return what went wrong, in sentences.

    A file that somebody else changed stays as it is, and what it was is kept beside the journal. Where a file cannot be
    written, the journal stays for the next run.
    """
    file = place(workspace)
    left: list[str] = []
    kept: dict[str, Entry] = {}
    wait_for_another_second(workspace.root / path for path in paths)
    for path in paths:
        entry = journal[path]
        try:
            _restore(workspace.root, path, entry)
        except _StrangeError:
            former = f"; its former content is in {kept_as}" if (kept_as := _keep(file, entry)) else ""
            left.append(
                f"{workspace.shown(path)} was changed while tests ran, by them or by somebody: it stays as it is{former}"
            )
        except OSError as error:
            kept[path] = entry
            left.append(
                f"{workspace.shown(path)} holds fixes that are not proved and cannot be put back: {error.strerror or error}; "
                "the next `aiomend fix` tries again"
            )
    with contextlib.suppress(OSError):
        save(file, kept)
    return left


class _StrangeError(Exception):
    """A file holds what aiomend did not write."""


def _restore(root: Path, path: str, entry: Entry) -> None:
    content = content_of(root, path)
    if content == entry.old:
        return
    if content is None or _digest(content) not in entry.tried:
        raise _StrangeError
    if entry.old is None:
        remove(root, path)
        return
    written = write(root, path, content, entry.old)
    match written.outcome:
        case Outcome.WRITTEN:
            return
        case Outcome.CHANGED | Outcome.GONE | Outcome.OUTSIDE:
            raise _StrangeError
    raise OSError(written.detail or written.outcome.value)


def remove(root: Path, path: str) -> None:
    """Remove a file that aiomend made; raises OSError."""
    try:
        with opened(root, path) as folder:
            folder.unlink(folder.name)
    except LeavesTreeError:
        raise OSError(Outcome.OUTSIDE.value) from None


def note(entry: Entry, content: bytes | None) -> Entry:
    """Return ``entry`` with what is about to be put in the file's place."""
    return entry if content is None else Entry(entry.old, entry.tried | {_digest(content)})


def _held(workspace: Workspace, journal: Journal) -> list[str]:
    """Return the files that are not what they were."""
    return [path for path, entry in sorted(journal.items()) if content_of(workspace.root, path) != entry.old]


def content_of(root: Path, path: str) -> bytes | None:
    """Return what a file holds; None where there is none that can be read."""
    try:
        return read_regular(root / path)
    except OSError:
        return None


def _keep(file: Path, entry: Entry) -> Path | None:
    """Write down what a file was; return where, None where there was no such file or that cannot be done."""
    if entry.old is None:
        return None
    kept = file.parent / f"{'.' if file.name == TRIAL else ''}{_KEPT}-{_digest(entry.old)[:12]}"
    try:
        replace_file(kept, entry.old)
    except OSError:
        return None
    return kept


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def wait_for_another_second(files: Iterable[Path]) -> None:
    """Wait until what is written now gets another modification time, in whole seconds, than any of ``files`` has.

    Python tells by that time and the size whether compiled code is of a file as it is.
    """
    now = time.time()
    times = [int(file.stat().st_mtime) for file in files if file.exists()]
    latest = max((one for one in times if one <= now), default=0)  # a time to come is not the clock's
    while int(time.time()) <= latest:
        time.sleep(_TICK)
