"""What is left when a loop is closed, and when the program ends."""

import asyncio
import atexit
import os
from asyncio import base_events

from aiomend_recorder import futures, generators, places, records, resources

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def install() -> None:
    kind: "Any" = base_events.BaseEventLoop
    close = kind.close

    def wrapped(self: "Any") -> None:
        try:
            if not self.is_closed() and not self.is_running():
                _look(self)
        except Exception as error:
            records.failed(error)
        close(self)

    wrapped.__name__, wrapped.__qualname__, wrapped.__doc__ = close.__name__, close.__qualname__, close.__doc__
    kind.close = wrapped
    atexit.register(_at_exit)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=resources.forget)


def _look(loop: "Any") -> None:
    for task in _tasks(loop):
        if not task.done():
            coroutine = futures.coroutine_of(task)
            waits = places.waiting(coroutine)
            records.add(
                "pending-at-close",
                futures.created(task) or places.of_code(futures.code_of(coroutine)),
                coroutine=futures.qualified(coroutine),
                waits=waits and waits[:2],
            )
    for generator in list(getattr(loop, "_asyncgens", None) or ()):
        generators.note(generator)
    resources.note_open(loop)


def _tasks(loop: "Any") -> "Any":
    find: "Any" = getattr(asyncio, "all_tasks", None) or asyncio.Task.all_tasks  # type: ignore[attr-defined]
    return find(loop)


def _at_exit() -> None:
    for loop in list(resources.living["loop"]):
        try:
            if not loop.is_closed() and not loop.is_running():  # a daemon thread may still run one
                _look(loop)
                resources.note(loop, "loop")
        except Exception as error:
            records.failed(error)
    records.flush()
