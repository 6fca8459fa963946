"""Writes files whole or not at all, and only those that are still what was read."""

from __future__ import annotations

import contextlib
import enum
import os
import signal
import stat
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType


class Outcome(enum.Enum):
    """What became of one file; the value completes "left alone: "."""

    WRITTEN = "written"
    CHANGED = "changed while aiomend was running"
    GONE = "removed while aiomend was running"
    THERE = "made by somebody else while aiomend was running"
    OUTSIDE = "a link that leaves the tree"
    FAILED = "cannot be written"


@dataclass(frozen=True, slots=True)
class Written:
    """The outcome for one file (path relative to its tree); ``detail`` explains a failure."""

    path: str
    outcome: Outcome
    detail: str | None = None


def write(root: Path, path: str, old: bytes | None, new: bytes) -> Written:
    """Put ``new`` in the place of ``old`` in the file ``path`` below ``root``; None: there is no such file yet.

    Never raises OSError, the outcome tells.
    """
    whole = root / path
    try:
        if whole.is_symlink() or whole.resolve() != root.resolve() / path:
            return Written(path, Outcome.OUTSIDE)
        with interrupts_held():
            if old is None:
                create_file(whole, new)
                return Written(path, Outcome.WRITTEN)
            if whole.read_bytes() != old:
                return Written(path, Outcome.CHANGED)
            replace_file(whole, new, expected=old)
    except FileNotFoundError:
        return Written(path, Outcome.GONE)
    except FileExistsError:
        return Written(path, Outcome.THERE)
    except _ChangedError:
        return Written(path, Outcome.CHANGED)
    except OSError as error:
        return Written(path, Outcome.FAILED, error.strerror or str(error))
    return Written(path, Outcome.WRITTEN)


class _ChangedError(Exception):
    """The file is no longer what was read."""


def create_file(path: Path, content: bytes) -> None:
    """Make a file with ``content``, whole or not at all; raises FileExistsError where there is one, OSError."""
    handle, name = tempfile.mkstemp(prefix=".aiomend-", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.chmod(name, 0o666 & ~_umask())  # noqa: PTH101
            os.fsync(file.fileno())
        try:
            os.link(name, path)  # unlike a rename, it replaces nothing
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            with path.open("xb") as file:
                file.write(content)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)  # noqa: PTH108


def replace_file(path: Path, content: bytes, expected: bytes | None = None) -> None:
    """Replace ``path`` by a file with ``content``: readers see the old file or the new one, never a part.

    Mode and, where permitted, owner are kept; an existing file that may not be written is not replaced.
    Raises OSError; with ``expected``, also where the file holds something else when its replacement is ready.
    """
    before = _status(path)
    if before is not None and not os.access(path, os.W_OK):
        raise PermissionError(13, "the file is read-only", str(path))
    handle, name = tempfile.mkstemp(prefix=".aiomend-", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            if before is not None:
                os.chmod(name, stat.S_IMODE(before.st_mode))  # noqa: PTH101
                _keep_owner(name, before)
            else:
                os.chmod(name, 0o666 & ~_umask())  # noqa: PTH101
            os.fsync(file.fileno())
        if expected is not None and path.read_bytes() != expected:
            raise _ChangedError
        os.replace(name, path)  # noqa: PTH105
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)  # noqa: PTH108
        raise


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _keep_owner(name: str, before: os.stat_result) -> None:
    now = os.stat(name)  # noqa: PTH116
    if hasattr(os, "chown") and (now.st_uid, now.st_gid) != (before.st_uid, before.st_gid):
        with contextlib.suppress(OSError):  # only root may give files away
            os.chown(name, before.st_uid, before.st_gid)
            os.chmod(name, stat.S_IMODE(before.st_mode))  # noqa: PTH101 - chown clears set-id bits


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


@contextlib.contextmanager
def interrupts_held() -> Iterator[None]:
    """Hold back Ctrl-C and SIGTERM until the block is through, then let them act.

    Signals reach the main thread only; elsewhere the block runs as it is.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []

    def hold(number: int, _frame: FrameType | None) -> None:
        held.append(number)

    numbers = (signal.SIGINT, signal.SIGTERM)
    former = {number: signal.signal(number, hold) for number in numbers}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
        for caught in held:
            signal.raise_signal(caught)
