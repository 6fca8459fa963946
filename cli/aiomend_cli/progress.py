"""A progress bar for long runs: on stderr, only where a person watches, gone when the run is over."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from aiomend_cli.terminal import escape, within

if TYPE_CHECKING:
    from rich.progress import Progress

PATIENCE = 0.7  #: seconds before a bar is worth showing
_BREATH = 0.1  #: seconds between two pictures of it


@contextlib.contextmanager
def progress_bar(wanted: bool = True) -> Iterator[Callable[[str, int, int], None] | None]:
    """Yield what the engine reports its progress to, None where nobody watches or it is not ``wanted``."""
    if not wanted or not sys.stderr.isatty():
        yield None
        return
    stream = sys.stderr  # the bar puts something in its place
    bar: Progress | None = None
    task = None
    start = drawn = time.monotonic()

    def advance(path: str, done: int, total: int) -> None:
        nonlocal bar, task, drawn
        if bar is None and time.monotonic() - start >= PATIENCE and done < total:
            bar = _bar()
            bar.start()
            task = bar.add_task("", total=total)
        if bar is not None and task is not None:
            refresh = (now := time.monotonic()) - drawn >= _BREATH
            drawn = now if refresh else drawn
            shown = within(escape(path), stream)[-50:]
            bar.update(task, completed=done, total=total, description=shown, refresh=refresh)

    try:
        yield advance
    finally:
        if bar is not None:
            bar.stop()


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}", markup=False))
    # no thread of its own: a process with threads cannot be forked
    return Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)
