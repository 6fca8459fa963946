"""Where reports, and what else is kept, are: one SQLite file in the user's cache folder, of bounded size, shared by runs that go on at once."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import stat
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiomend_cli.cache.state import Seen, State

FOLDER_VARIABLE = "AIOMEND_CACHE_DIR"
OFF_VARIABLE = "AIOMEND_NO_CACHE"
LARGEST = 200_000_000  #: bytes of all that is kept together; what was longest of no use goes
_LARGEST_ONE = 50_000_000
_PATIENCE = 0.5  #: seconds that another run may hold the file
_REFRESH = 3600  #: seconds after which a use is noted again
_TABLES = """
PRAGMA auto_vacuum = FULL;
CREATE TABLE IF NOT EXISTS entries (key BLOB PRIMARY KEY, used REAL NOT NULL, data BLOB NOT NULL) WITHOUT ROWID;
PRAGMA user_version = 1;
"""
_VERSION = 1


def is_off() -> bool:
    """True where AIOMEND_NO_CACHE says that nothing is kept."""
    return bool(os.environ.get(OFF_VARIABLE))


def folder() -> Path:
    """Return the folder of the cache, whether it is there or not: AIOMEND_CACHE_DIR, else as the XDG specification says."""
    if named := os.environ.get(FOLDER_VARIABLE):
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path("~/.cache").expanduser()) / "aiomend"


def file() -> Path:
    """Return the file of the cache, whether it is there or not."""
    return folder() / "reports.sqlite"


def size() -> int:
    """Return the bytes that the cache takes on disk; raises OSError where they cannot be told."""
    return sum(one.stat().st_size for one in _files())


def clear() -> int:
    """Remove the cache and return the bytes that it took; raises OSError where it cannot be removed."""
    freed = size()
    for one in _files():
        one.unlink(missing_ok=True)
    return freed


def _files() -> list[Path]:
    """Return what SQLite keeps there: the file, and what it writes beside it for a moment."""
    return sorted(folder().glob(f"{file().name}*"))


class _Other(sqlite3.DatabaseError):
    """The file has tables that this aiomend does not know."""


@dataclass(slots=True)
class Store:
    """An open cache. What fails in it is as if nothing were kept."""

    _connection: sqlite3.Connection

    @classmethod
    def open(cls) -> Store | None:
        """Return the cache; None where it is turned off, or cannot be had, or others may write to it."""
        if is_off():
            return None
        try:
            folder().mkdir(parents=True, exist_ok=True, mode=0o700)
            status = folder().stat()
            if hasattr(os, "geteuid") and (status.st_uid != os.geteuid() or status.st_mode & stat.S_IWOTH):
                return None
            try:
                return cls(_connected())
            except sqlite3.DatabaseError as error:
                if not _is_useless(error):
                    raise
            file().unlink()
            return cls(_connected())
        except (OSError, RuntimeError, sqlite3.Error):
            return None

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()

    def files(self, root: Path) -> tuple[int, dict[str, Seen]]:
        """Return when the files below ``root`` were looked at last (nanoseconds since the epoch), and as what."""
        from aiomend_cli.cache.state import Seen

        kept = self._entry(_key(root))
        if kept is None:
            return 0, {}
        try:
            recorded, rows = json.loads(zlib.decompress(kept))
            return int(recorded), {path: Seen(tuple(signature), digest) for path, signature, digest in rows}
        except (ValueError, TypeError, zlib.error):
            return 0, {}

    def kept(self, key: bytes) -> bytes | None:
        """Return what ``remember`` kept under the key of a state, or ``keep`` under another one."""
        return self._entry(key)

    def keep(self, key: bytes, data: bytes) -> None:
        """Keep data under a key, in the place of what was there."""
        self._write([(key, data)], ())

    def use(self, key: bytes) -> None:
        """Note that what is kept under a key was of use."""
        self._write([], (key,))

    def remember(self, state: State, report: bytes | None = None) -> None:
        """Keep the files of ``state``, and ``report`` for it where one is given."""
        new: list[tuple[bytes, bytes]] = []
        rows = [[path, seen.signature, seen.digest] for path, seen in state.files.items() if seen.signature is not None]
        if state.was_read:
            new.append((_key(state.root), zlib.compress(json.dumps([state.time, rows]).encode("ascii"), 1)))
        if report is not None:
            new.append((state.key, report))
        self._write(new, (_key(state.root), state.key))

    def _entry(self, key: bytes) -> bytes | None:
        try:
            row = self._connection.execute("SELECT data FROM entries WHERE key = ?", (key,)).fetchone()
        except sqlite3.Error as error:
            if _is_useless(error):
                with contextlib.suppress(OSError):
                    file().unlink()  # the next run begins a new one
            return None
        return row[0] if row is not None and isinstance(row[0], bytes) else None

    def _write(self, new: list[tuple[bytes, bytes]], used: tuple[bytes, ...]) -> None:
        now = time.time()
        with contextlib.suppress(sqlite3.Error), self._connection:
            for key, value in new:
                if len(value) <= _LARGEST_ONE:
                    self._connection.execute("REPLACE INTO entries VALUES (?, ?, ?)", (key, now, value))
            stale = [(now, key, now - _REFRESH) for key in used]
            if new or self._is_stale(used, now):
                self._connection.executemany("UPDATE entries SET used = ? WHERE key = ? AND used < ?", stale)
            if new:
                self._connection.executemany("DELETE FROM entries WHERE key = ?", [(key,) for key in self._surplus()])

    def _is_stale(self, used: tuple[bytes, ...], now: float) -> bool:
        query = "SELECT 1 FROM entries WHERE key = ? AND used < ?"
        return any(self._connection.execute(query, (key, now - _REFRESH)).fetchone() for key in used)

    def _surplus(self) -> Iterator[bytes]:
        """Yield the keys of what is too much, the longest unused first to go."""
        total = 0
        for key, size in self._connection.execute(
            "SELECT key, length(data) FROM entries ORDER BY used DESC, key"
        ).fetchall():
            total += size
            if total > LARGEST:
                yield key


def _connected() -> sqlite3.Connection:
    connection = sqlite3.connect(file(), timeout=_PATIENCE)
    try:
        [version] = connection.execute("PRAGMA user_version").fetchone()
        if version != _VERSION:
            if version != 0:
                raise _Other("of another aiomend")
            connection.executescript(_TABLES)
    except BaseException:
        connection.close()
        raise
    return connection


def _is_useless(error: Exception) -> bool:
    """True where no later try will do better: the file is damaged, or of another aiomend."""
    damaged = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
    return isinstance(error, _Other) or getattr(error, "sqlite_errorcode", None) in damaged


def _key(root: Path) -> bytes:
    return b"files " + os.fsencode(root)
