"""Writes files whole or not at all, only those that are still what was read, and those that belong together as one."""

from __future__ import annotations

import contextlib
import enum
import errno
import os
import re
import secrets
import signal
import stat
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from aiomend_cli.folder import Folder, LeavesTreeError, opened


class Outcome(enum.Enum):
    """What became of one file; the value completes "left alone: "."""

    WRITTEN = "written"
    CHANGED = "changed while aiomend was running"
    GONE = "removed while aiomend was running"
    THERE = "made by somebody else while aiomend was running"
    OUTSIDE = "a link that leaves the tree"
    FAILED = "cannot be written"
    TIED = "not written without the file that it belongs together with"


@dataclass(frozen=True, slots=True)
class Written:
    """The outcome for one file (path relative to its tree); ``detail`` explains a failure."""

    path: str
    outcome: Outcome
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """New bytes for one file. ``old`` are those that must be there; None: there is no such file yet."""

    path: str
    old: bytes | None
    new: bytes


def write(root: Path, path: str, old: bytes | None, new: bytes) -> Written:
    """Put ``new`` in the place of ``old`` in the file ``path`` below ``root``; None: there is no such file yet.

    Never raises OSError, the outcome tells.
    """
    [written] = write_together(root, [Change(path, old, new)])
    return written


def write_together(root: Path, changes: Sequence[Change], *, begin: Callable[[], None] = lambda: None) -> list[Written]:
    """Write all ``changes`` or none of them; return the outcome of each, in their order.

    ``begin`` is called when everything is ready and nothing is in its place yet. Only where a file system breaks down
    between two renames can some be written and others not. Never raises OSError, the outcomes tell.
    """
    staged: dict[str, str] = {}
    with interrupts_held():
        try:
            trouble = _each(root, changes, lambda folder, change: staged.update({change.path: _stage(folder, change)}))
            trouble = trouble or _each(root, changes, _check)
            if not trouble:
                try:
                    begin()
                except OSError as error:
                    why = f"no note of it can be made: {error.strerror or error}"
                    return [Written(change.path, Outcome.FAILED, why) for change in changes]
                trouble = _each(root, changes, lambda folder, change: _place(folder, change, staged), go_on=True)
                return [trouble.get(change.path) or Written(change.path, Outcome.WRITTEN) for change in changes]
            culprit = next(iter(trouble))
            tied = Outcome.TIED
            return [
                trouble.get(change.path) or Written(change.path, tied, f"{tied.value}: {culprit}") for change in changes
            ]
        finally:
            for path, name in staged.items():
                with contextlib.suppress(OSError, LeavesTreeError), opened(root, path) as folder:
                    folder.unlink(name)


def _each(
    root: Path, changes: Sequence[Change], step: Callable[[Folder, Change], object], *, go_on: bool = False
) -> dict[str, Written]:
    """Take one step for each change; return those that failed: the first one, or all where the others ``go_on``."""
    failed: dict[str, Written] = {}
    for change in changes:
        if failed and not go_on:
            break
        try:
            with opened(root, change.path) as folder:
                step(folder, change)
        except LeavesTreeError:
            failed[change.path] = Written(change.path, Outcome.OUTSIDE)
        except FileNotFoundError:
            failed[change.path] = Written(change.path, Outcome.GONE)
        except FileExistsError:
            failed[change.path] = Written(change.path, Outcome.THERE)
        except _ChangedError:
            failed[change.path] = Written(change.path, Outcome.CHANGED)
        except OSError as error:
            failed[change.path] = Written(change.path, Outcome.FAILED, error.strerror or str(error))
    return failed


class _ChangedError(Exception):
    """The file is no longer what was read."""


def _stage(folder: Folder, change: Change) -> str:
    """Write the new bytes beside the file; return the name of what holds them. Raises OSError, and leaves nothing then."""
    before = _check(folder, change)
    name = _temporary(folder, change.new, before)
    if before is not None and not folder.writable(folder.name):
        folder.unlink(name)
        raise PermissionError(errno.EACCES, "the file is read-only")
    return name


def _check(folder: Folder, change: Change) -> os.stat_result | None:
    """Return the status of the file; raises _ChangedError or OSError where it is not what was read."""
    if change.old is None:
        if folder.exists(folder.name):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        return None
    descriptor = folder.open(folder.name, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        # one byte more than there was is enough to know
        if not stat.S_ISREG(status.st_mode) or file.read(len(change.old) + 1) != change.old:
            raise _ChangedError
        return status


def _place(folder: Folder, change: Change, staged: dict[str, str]) -> None:
    """Put what was staged in the place of the file, which is looked at once more."""
    _check(folder, change)
    if change.old is None:
        folder.create(staged[change.path], folder.name)
        return  # the other name of it goes at the end
    folder.replace(staged[change.path], folder.name)
    del staged[change.path]


def _temporary(folder: Folder, content: bytes, before: os.stat_result | None) -> str:
    """Make a file with ``content``, and mode and owner as ``before``; return its name."""
    name = f".aiomend-{os.getpid()}-{secrets.token_hex(6)}.tmp"
    descriptor = folder.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            if before is None:
                _mode(descriptor, folder, name, 0o666 & ~_umask())
            else:
                _keep_owner(descriptor, before)
                _mode(descriptor, folder, name, stat.S_IMODE(before.st_mode))  # after chown, which clears set-id bits
            os.fsync(descriptor)
    except BaseException:
        with contextlib.suppress(OSError):
            folder.unlink(name)
        raise
    return name


def replace_file(path: Path, content: bytes) -> None:
    """Put ``content`` in the place of whatever ``path`` holds: readers see the old file or the new one, never a part.

    Raises OSError.
    """
    with opened(path.parent, path.name) as folder:
        before = path.stat() if path.exists() else None
        name = _temporary(folder, content, before)
        try:
            folder.replace(name, folder.name)
        except BaseException:
            with contextlib.suppress(OSError):
                folder.unlink(name)
            raise


def _mode(descriptor: int, folder: Folder, name: str, mode: int) -> None:
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, mode)
    else:
        (folder.path / name).chmod(mode)


def _keep_owner(descriptor: int, before: os.stat_result) -> None:
    now = os.fstat(descriptor)
    if hasattr(os, "fchown") and (now.st_uid, now.st_gid) != (before.st_uid, before.st_gid):
        with contextlib.suppress(OSError):  # only root may give files away
            os.fchown(descriptor, before.st_uid, before.st_gid)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


_LEFTOVER = re.compile(r"\.aiomend-(\d+)-[0-9a-f]{12}\.tmp")


def clear_leftovers(folder: Path) -> None:
    """Remove the temporary files in ``folder`` of runs that were killed. For whoever holds the lock of the project."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            match = _LEFTOVER.fullmatch(entry.name)
            if match and entry.is_file(follow_symlinks=False) and not _is_running(int(match[1])):
                with contextlib.suppress(OSError):
                    os.unlink(entry.path)  # noqa: PTH108


def _is_running(pid: int) -> bool:
    if os.name == "nt":
        return True  # asking there would end it
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


@contextlib.contextmanager
def interrupts_held() -> Iterator[None]:
    """Hold back Ctrl-C, SIGTERM and SIGHUP until the block is through, then let them act.

    Signals reach the main thread only; elsewhere the block runs as it is.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []

    def hold(number: int, _frame: FrameType | None) -> None:
        held.append(number)

    numbers = (signal.SIGINT, signal.SIGTERM, *((signal.SIGHUP,) if hasattr(signal, "SIGHUP") else ()))
    heard = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
    former = {number: signal.signal(number, hold) for number in heard}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
        for caught in held:
            signal.raise_signal(caught)
