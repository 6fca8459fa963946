"""The work of a round for the processes of any `concurrent.futures.Executor`, on this machine or on others.

What travels is data (`aiomend.errands`): how the project stands, and the paths of a batch of files; not what is in them, which each
process reads for itself. Whatever goes wrong with an executor, the engine does the work that did not come back. Fixes cannot
travel, so they are proved by the engine alone.
"""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent import futures
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from aiomend import errands
from aiomend.sharing import Errand, T
from aiomend_cli.limits import limit_memory

#: What makes an executor, in the process that needs it; leaving the block ends it.
Opening = Callable[[], AbstractContextManager[futures.Executor]]

LEAST = 2_000_000  #: bytes of code; with less, reading a project once more costs more than others bring
_BATCH = 500_000  #: bytes of code, and so many files at least:
FILES = 64
_AHEAD = 16  #: batches that are under way at a time
_PATIENCE = 120.0  #: seconds without any answer, after which none is waited for; and so many for each file:
_READING = 0.01


def pool(processes: int, megabytes: int) -> futures.Executor:
    """Return an executor of new processes on this machine, which take so much memory each (0: no limit)."""
    context = multiprocessing.get_context("spawn")
    return futures.ProcessPoolExecutor(processes, context, initializer=limit_memory, initargs=(megabytes,))


@dataclass(slots=True)
class Team:
    """A crew of the processes of an executor, which is shut down where it fails or stays silent."""

    executor: futures.Executor
    patience: float = _PATIENCE
    trouble: str | None = None  #: the first that went wrong
    is_lost: bool = False  #: nothing is asked of it any more

    def share(
        self,
        sizes: Sequence[tuple[str, int]],
        work: Callable[[str], T | None],
        errand: Callable[[], Errand] | None = None,
    ) -> Generator[tuple[str, T | None], None, None]:
        """Yield each file once, with what was seen in it: see `aiomend.sharing.Crew`."""
        if errand is None or self.is_lost or sum(size for _, size in sizes) < LEAST:
            yield from ((path, None) for path, _ in sizes)
            return
        order = errand()
        # less travels than is looked at, however many files the project has
        left = deque(_batches(sizes, max(_BATCH, len(order.project) + len(order.changes))))
        sent: dict[futures.Future[Any], list[str]] = {}
        try:
            while left or sent:
                while left and len(sent) < _AHEAD and (future := self._sent(order, left[0])) is not None:
                    sent[future] = left.popleft()
                patience = self.patience + _READING * len(sizes)
                done, _ = futures.wait(sent, patience, futures.FIRST_COMPLETED)
                if sent and not done:
                    self._ends(f"no answer for {patience:.0f} seconds")
                for future in done:
                    seen = self._answer(future)
                    yield from ((path, seen.get(path)) for path in sent.pop(future))
                if self.is_lost:
                    batches = [*sent.values(), *left]
                    yield from ((path, None) for batch in batches for path in batch)
                    return
        finally:
            for future in sent:
                future.cancel()

    def _sent(self, order: Errand, batch: Sequence[str]) -> futures.Future[Any] | None:
        """Return what will come of a batch; None where nothing can be asked of the executor."""
        if self.is_lost:
            return None
        try:
            codes = {path: order.codes[path] for path in batch}
            return self.executor.submit(errands.look, order.project, order.changes, codes)
        except Exception as error:
            self._ends(_said(error))
            return None

    def _answer(self, future: futures.Future[Any]) -> Mapping[str, Any]:
        """Return what came of a batch, nothing where that failed."""
        try:
            seen = future.result()
        except Exception as error:  # of the process that did it, or on the way: other batches may arrive
            self.trouble = self.trouble or _said(error)
            return {}
        match seen:
            case dict():
                return seen
            case str():
                self._ends(seen)
        return {}

    def _ends(self, why: str) -> None:
        self.trouble, self.is_lost = self.trouble or why, True
        self.executor.shutdown(wait=False)


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _batches(sizes: Sequence[tuple[str, int]], least: int) -> list[list[str]]:
    """Return the files in batches of at least so many bytes, neighbours together: they ask the same questions."""
    batches: list[list[str]] = []
    total = least
    for path, size in sizes:
        if total >= least and (not batches or len(batches[-1]) >= FILES):
            batches.append([])
            total = 0
        batches[-1].append(path)
        total += size
    return batches
