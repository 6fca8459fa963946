"""A note of the files that are being written together, so that a run that is killed between two of them can be finished."""

from __future__ import annotations

import base64
import contextlib
import errno
import hashlib
import json
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiomend_cli.discover import read_regular
from aiomend_cli.notes import NAME, place
from aiomend_cli.writer import Change, Outcome, replace_file, write_together

if TYPE_CHECKING:
    from aiomend_cli.runner import Workspace

_Group = Mapping[str, Mapping[str, Any]]  #: by path: the digest of what was there, and what belongs there


@dataclass(frozen=True, slots=True)
class Half:
    """Files that belong together, of which only some were written."""

    done: tuple[str, ...]
    missing: tuple[str, ...]  #: they are as they were, and can be written
    strange: tuple[str, ...]  #: somebody edited them since


def note_of(workspace: Workspace) -> Path:
    """Return where the note is kept."""
    return place(workspace.root, workspace.found.tree.repository)


def begin(note: Path, changes: Sequence[Change]) -> None:
    """Note down what is going to be written together; raises OSError, but not where this place is not ours to write."""
    group = {
        change.path: {
            "old": None if change.old is None else _digest(change.old),
            "new": base64.b64encode(change.new).decode("ascii"),
        }
        for change in changes
    }
    try:
        _save(note, [*_groups(note), group])
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise


def end(note: Path, changes: Sequence[Change]) -> None:
    """Forget a group: all of it is written, or nothing."""
    paths = {change.path for change in changes}
    with contextlib.suppress(OSError):  # whoever reads the note next sees that nothing is missing
        _save(note, [group for group in _groups(note) if group.keys() != paths])


def notes(workspace: Workspace) -> tuple[str, ...]:
    """Return a sentence for each group that an earlier run left half written."""
    found = (_half(workspace.root, group) for group in _groups(note_of(workspace)))
    return tuple(_sentence(workspace, half) for half in found if half is not None)


def finish(workspace: Workspace, protected: Collection[str] = ()) -> tuple[list[str], list[str]]:
    """Write what an earlier run did not come to, in files that were meant and are not ``protected``.

    Return what was done and what could not be, in sentences. For whoever holds the lock of the project.
    """
    note = note_of(workspace)
    done: list[str] = []
    left: list[str] = []
    kept: list[_Group] = []
    for group in _groups(note):
        half = _half(workspace.root, group)
        if half is None:
            continue  # all of it is there, or nothing
        meant = set(workspace.found.chosen).difference(protected) | {
            path for path, one in group.items() if one["old"] is None
        }
        if half.strange or not set(half.missing) <= meant:
            left.append(_sentence(workspace, half))
            kept += [] if half.strange else [group]
            continue
        changes = [_change(workspace.root, path, group[path]) for path in half.missing]
        outcomes = write_together(workspace.root, changes)
        if any(one.outcome is not Outcome.WRITTEN for one in outcomes):
            left.append(_sentence(workspace, half))
            kept.append(group)
            continue
        names = ", ".join(workspace.shown(path) for path in half.missing)
        done.append(f"finished what an earlier run had begun: {names}")
    with contextlib.suppress(OSError):
        _save(note, kept)
    return done, left


def _half(root: Path, group: _Group) -> Half | None:
    """Return what became of a group; None where it is written whole, or not at all."""
    states: dict[str, list[str]] = {"new": [], "old": [], "strange": []}
    for path, entry in sorted(group.items()):
        states[_state(root / path, entry)].append(path)
    if not states["new"] or len(states["new"]) == len(group):
        return None
    return Half(tuple(states["new"]), tuple(states["old"]), tuple(states["strange"]))


def _state(path: Path, entry: Mapping[str, Any]) -> str:
    try:
        content = read_regular(path)
    except FileNotFoundError:
        return "old" if entry["old"] is None else "strange"
    except OSError:
        return "strange"
    if content == base64.b64decode(entry["new"]):
        return "new"
    return "old" if _digest(content) == entry["old"] else "strange"


def _sentence(workspace: Workspace, half: Half) -> str:
    done, missing, strange = (
        ", ".join(map(workspace.shown, paths)) for paths in (half.done, half.missing, half.strange)
    )
    if strange:
        return f"an earlier run left a fix half written: {done} has it, and {strange} was edited since: a person has to look"
    files = " ".join(shlex.quote(workspace.shown(path)) for path in (*half.done, *half.missing))
    return (
        f"an earlier run left a fix half written: {done} has it, {missing} has not; `aiomend fix {files}` finishes it"
    )


def _change(root: Path, path: str, entry: Mapping[str, Any]) -> Change:
    old = None if entry["old"] is None else read_regular(root / path)
    return Change(path, old, base64.b64decode(entry["new"]))


def _groups(note: Path) -> list[_Group]:
    try:
        known = json.loads(read_regular(note))
        return [dict(group) for group in known["groups"] if all({"old", "new"} <= set(one) for one in group.values())]
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return []  # no note, or none of ours


def _save(note: Path, groups: Sequence[_Group]) -> None:
    if not groups:
        note.unlink(missing_ok=True)
        return
    if note.name != NAME:
        note.parent.mkdir(exist_ok=True)
    replace_file(note, json.dumps({"version": 1, "groups": groups}).encode())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
