"""One folder of a tree, held by a descriptor: whatever happens to its name meanwhile, links included, it stays that folder."""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aiomend_cli.errors import UserError

PATIENCE = 30.0  #: seconds to wait for another run that is writing
_HAS_DESCRIPTORS = {os.open, os.stat, os.unlink, os.rename, os.link} <= os.supports_dir_fd
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)


class LeavesTreeError(Exception):
    """A link on the way to a file, or in its place, leads out of the tree or to another file of it."""


@dataclass(frozen=True, slots=True)
class Folder:
    """Where one file is: its folder, and its ``name`` there. Names in the methods are those of files in the folder."""

    path: Path
    name: str
    descriptor: int | None  #: None where the system has none for folders

    def open(self, name: str, flags: int, mode: int = 0o777) -> int:
        """Return a descriptor for a file; raises LeavesTreeError for a link, else OSError."""
        flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        try:
            return os.open(self._at(name), flags, mode, dir_fd=self.descriptor)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.EMLINK):
                raise LeavesTreeError(name) from None
            raise

    def exists(self, name: str) -> bool:
        """True where something has that name, a link to nothing included."""
        try:
            os.stat(self._at(name), dir_fd=self.descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True

    def writable(self, name: str) -> bool:
        effective = os.access in os.supports_effective_ids
        return os.access(self._at(name), os.W_OK, dir_fd=self.descriptor, effective_ids=effective)

    def replace(self, name: str, old: str) -> None:
        """Give a file the name of another one, which is gone then."""
        os.replace(self._at(name), self._at(old), src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor)

    def create(self, name: str, new: str) -> None:
        """Give a file a name that nothing may have yet; raises FileExistsError."""
        here = self.descriptor
        try:
            os.link(
                self._at(name), self._at(new), src_dir_fd=here, dst_dir_fd=here
            )  # unlike a rename, it replaces nothing
        except FileExistsError:
            raise
        except OSError as error:
            if self.exists(new):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
            if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK):
                raise
            self.replace(name, new)  # a file system without links

    def unlink(self, name: str) -> None:
        os.unlink(self._at(name), dir_fd=self.descriptor)

    def _at(self, name: str) -> str:
        return name if self.descriptor is not None else str(self.path / name)


@contextlib.contextmanager
def opened(root: Path, path: str) -> Iterator[Folder]:
    """Hold the folder of ``path``, which is below ``root`` and reached without a link.

    Raises LeavesTreeError where a link is on the way, OSError where there is no such folder.
    """
    *folders, name = path.split("/")
    if not {"", ".", ".."}.isdisjoint((*folders, name)):
        raise LeavesTreeError(path)
    whole = root.joinpath(*folders)
    if not _HAS_DESCRIPTORS:
        if (whole / name).is_symlink() or whole.resolve() != root.resolve().joinpath(*folders):
            raise LeavesTreeError(path)
        yield Folder(whole, name, None)
        return
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for step in folders:
            try:
                inner = os.open(step, _FOLDER, dir_fd=descriptor)
            except OSError as error:
                if error.errno in (errno.ELOOP, errno.EMLINK, errno.ENOTDIR):
                    raise LeavesTreeError(path) from None
                raise
            os.close(descriptor)
            descriptor = inner
        yield Folder(whole, name, descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def locked(root: Path) -> Iterator[None]:
    """Keep other runs of aiomend from writing to the project at ``root`` meanwhile; readers see no difference.

    Raises UserError where another one does not come to an end.
    """
    try:
        import fcntl
    except ImportError:
        yield  # a system without such locks
        return
    try:
        descriptor = os.open(root, os.O_RDONLY)
    except OSError:
        yield  # it is gone, or not ours to read: writing will say what is wrong
        return
    try:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > end:
                    raise UserError(
                        f"another aiomend has been writing to {root} for {PATIENCE:.0f} seconds\n"
                        "Nothing was changed. End it, and run this again"
                    ) from None
                time.sleep(0.05)
            except OSError:
                break  # a file system without locks
            else:
                break
        yield
    finally:
        os.close(descriptor)


def is_locked(root: Path) -> bool:
    """Return True where another run of aiomend is writing to the project at ``root``."""
    try:
        import fcntl

        descriptor = os.open(root, os.O_RDONLY)
    except (ImportError, OSError):
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False  # a file system without locks
    finally:
        os.close(descriptor)
    return False
