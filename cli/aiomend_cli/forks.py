"""The work of one round for several processes: forks of the engine's own, which know all that it knows.

A fork takes files from a queue and writes what came of each to a file of its own, from which the engine reads while it works itself. Where
a fork dies, or stays too long with one file, what it has not said is left to the engine: that ends in the same way there, and
whoever watches the engine learns which file it is (`isolation.py`). So forks need no watch of their own.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import signal
import struct
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

from aiomend.sharing import Errand, T

#: With less work for each (bytes of code), finding out what others know costs more than a fork brings.
LEAST = 1_000_000
_CHUNK = 60_000  #: bytes of code: some files of usual size, which ask the same questions
_MOST_CHUNKS = 8_000  #: that fit into a pipe with 4 bytes each
#: Bytes of code that one process looks at: what it learns stays in its memory. A fork ends then, and another one goes on from what
#: this process knows, which itself leaves the rest to forks.
_ENOUGH = 20_000_000
_AHEAD = 16  #: this process does so much of the work, one part in 16, before it is copied: what most files ask is found out then
_TICK = 0.005  #: seconds between two looks at forks that are not yet done
_NUMBER = struct.Struct("=I")


def processors() -> int:
    """Return how many processes run at once for us on this machine."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def may_fork() -> bool:
    """A copy of this process is the fastest helper, where other threads hold no locks that it would wait for."""
    return hasattr(os, "fork") and sys.platform != "darwin" and threading.active_count() == 1


@dataclass(slots=True)
class Forks:
    """A crew of ``jobs`` processes, this one among them; ``seconds`` is how long one file may take, 0 is no limit."""

    jobs: int
    seconds: float = 0
    is_fork: bool = False  #: this is one of the others

    def unwatched(self, watch: Callable[[str | None], None]) -> Callable[[str | None], None]:
        """Return a watch that is told nothing by the other processes."""
        return lambda path: None if self.is_fork else watch(path)

    def share(
        self,
        sizes: Sequence[tuple[str, int]],
        work: Callable[[str], T | None],
        errand: Callable[[], Errand] | None = None,
    ) -> Generator[tuple[str, T | None], None, None]:
        """Yield each file once, with the result of the work on it: see `aiomend.sharing.Crew`."""
        others = min(self.jobs, len(sizes), sum(size for _, size in sizes) // LEAST) - 1
        if others < 1 or not may_fork():
            yield from ((path, None) for path, _ in sizes)
            return
        chunks = _chunks(sizes)
        queue = _queue(len(chunks))
        forks = _Others(lambda out: self._serve(chunks, queue, work, out), self.seconds, len(chunks))
        try:
            yield from self._together(chunks, queue, forks, others)
        finally:
            gc.unfreeze()
            os.close(queue)
            forks.end()

    def _together(
        self, chunks: Sequence[_Chunk], queue: int, forks: _Others, others: int
    ) -> Generator[tuple[str, Any], None, None]:
        """Yield what the forks did as soon as it is there, and between that what this process took from the queue."""
        missing = {path for chunk in chunks for path in chunk.paths}
        ahead = sum(chunk.size for chunk in chunks) // _AHEAD
        looked = 0

        def arrived() -> Iterator[tuple[str, Any]]:
            for path, result in forks.said():
                missing.discard(path)
                yield path, result

        while looked < _ENOUGH:
            if looked >= ahead:
                forks.keep(others, queue)
            if (number := _next(queue)) is None:
                break
            for path in chunks[number].paths:
                yield from arrived()
                missing.discard(path)
                yield path, None
            looked += chunks[number].size
        while forks.keep(others + 1, queue):
            yield from arrived()
            time.sleep(_TICK)
        yield from arrived()
        yield from ((path, None) for path in sorted(missing))

    def _serve(self, chunks: Sequence[_Chunk], queue: int, work: Callable[[str], object], out: IO[bytes]) -> None:
        self.is_fork = True
        parent = os.getppid()
        looked = 0
        while looked < _ENOUGH and (number := _next(queue)) is not None:
            for path in chunks[number].paths:
                if os.getppid() != parent:
                    return  # nobody waits for it any more
                data = pickle.dumps((path, work(path)), pickle.HIGHEST_PROTOCOL)
                if out.write(_NUMBER.pack(len(data)) + data) != _NUMBER.size + len(data):
                    return  # the disk is full
            looked += chunks[number].size


@dataclass(slots=True)
class _Others:
    """The forks of one round; who ends while there is work left is replaced."""

    work: Callable[[IO[bytes]], None]
    seconds: float
    most: int  #: forks that are begun at all: each takes something from the queue
    forks: list[_Fork] = field(default_factory=list)

    def keep(self, number: int, queue: int) -> bool:
        """Have so many at work as long as there is something to take; return whether any is."""
        at_work = sum([fork.is_at_work(self.seconds) for fork in self.forks])
        with contextlib.suppress(OSError):  # as many as there can be
            while at_work < number and self.most and _is_left(queue):
                self.most -= 1
                gc.freeze()  # what is there stays shared: nobody looks through it for garbage
                self.forks.append(_forked(self.work))
                at_work += 1
        return at_work > 0

    def said(self) -> Iterator[tuple[str, Any]]:
        """Yield what they said since the last time."""
        for fork in list(self.forks):
            is_last = fork.has_ended
            yield from fork.said()
            if is_last:
                self.forks.remove(fork)

    def end(self) -> None:
        """End all of them."""
        for fork in self.forks:
            fork.end()


@dataclass(slots=True)
class _Fork:
    """A process that works on files, as the one that made it sees it."""

    pid: int
    out: IO[bytes]  #: what it says; both processes have it open, at one and the same place
    read: int = 0  #: bytes of that which were read
    since: float = field(default_factory=time.monotonic)  #: when it last said something
    has_ended: bool = False

    def said(self) -> Iterator[tuple[str, Any]]:
        """Yield what it said since the last time."""
        if not (size := self._unread()):
            return
        data = os.pread(self.out.fileno(), size, self.read)
        self.since = time.monotonic()
        while len(data) >= _NUMBER.size:
            end = _NUMBER.size + _NUMBER.unpack_from(data)[0]
            if end > len(data):
                return  # the rest is still on its way
            said, data = data[_NUMBER.size : end], data[end:]
            self.read += end
            yield pickle.loads(said)

    def _unread(self) -> int:
        return os.fstat(self.out.fileno()).st_size - self.read

    def is_at_work(self, seconds: float) -> bool:
        """True while it may still say something; one that is silent for too long is ended."""
        if not self.has_ended:
            self.has_ended = os.waitpid(self.pid, os.WNOHANG)[0] == self.pid
        if not self.has_ended and seconds and not self._unread() and time.monotonic() - self.since > seconds:
            self.end()
        return not self.has_ended

    def end(self) -> None:
        """End the process, if it has not ended."""
        if not self.has_ended:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.has_ended = True


def _forked(work: Callable[[IO[bytes]], None]) -> _Fork:
    """Begin ``work`` in a copy of this process; raises OSError where there can be none."""
    import tempfile  # most runs have too little work for a fork

    out: IO[bytes] = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
    if pid := os.fork():
        return _Fork(pid, out)
    try:
        work(out)
    finally:
        os._exit(0)  # whatever it raised: the engine does what is missing


@dataclass(slots=True)
class _Chunk:
    """Some files that are taken together, and their size (bytes of code)."""

    paths: list[str] = field(default_factory=list)
    size: int = 0


def _chunks(sizes: Sequence[tuple[str, int]]) -> list[_Chunk]:
    """Return the files in portions of about the same size, the largest first: at the end nobody waits for long."""
    most = max(_CHUNK, sum(size for _, size in sizes) // _MOST_CHUNKS + 1)
    chunks: list[_Chunk] = []
    for path, size in sizes:
        if not chunks or chunks[-1].size + size > most:
            chunks.append(_Chunk())
        chunks[-1].paths.append(path)
        chunks[-1].size += size
    return sorted(chunks, key=lambda chunk: -chunk.size)


def _queue(length: int) -> int:
    """Return a pipe with the numbers below ``length``: who reads one has it for himself, and at the end it is empty for all."""
    queue, end = os.pipe()
    os.set_blocking(end, False)
    os.write(end, b"".join(map(_NUMBER.pack, range(length))))
    os.close(end)
    return queue


def _is_left(queue: int) -> bool:
    """True where somebody could read a number."""
    import fcntl
    import termios

    return fcntl.ioctl(queue, termios.FIONREAD, bytes(4)) != bytes(4)


def _next(queue: int) -> int | None:
    data = os.read(queue, _NUMBER.size)
    return _NUMBER.unpack(data)[0] if data else None
