"""A progress bar for long runs: on stderr, only where a person watches, gone when the run is over."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from aiomend_cli.terminal import escape

if TYPE_CHECKING:
    from rich.progress import Progress

PATIENCE = 0.7  #: seconds before a bar is worth showing


@contextlib.contextmanager
def progress_bar(wanted: bool = True) -> Iterator[Callable[[str, int, int], None] | None]:
    """Yield what the engine reports its progress to, None where nobody watches or it is not ``wanted``."""
    if not wanted or not sys.stderr.isatty():
        yield None
        return
    bar: Progress | None = None
    task = None
    start = time.monotonic()

    def advance(path: str, done: int, total: int) -> None:
        nonlocal bar, task
        if bar is None and time.monotonic() - start >= PATIENCE and done < total:
            bar = _bar()
            bar.start()
            task = bar.add_task("", total=total)
        if bar is not None and task is not None:
            bar.update(task, completed=done, total=total, description=escape(path)[-50:])

    try:
        yield advance
    finally:
        if bar is not None:
            bar.stop()


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}", markup=False))
    return Progress(*columns, console=Console(stderr=True), transient=True)
