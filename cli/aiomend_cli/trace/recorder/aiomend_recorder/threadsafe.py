"""What `run_coroutine_threadsafe()` gives, dropped with an exception that nobody asked for.

asyncio takes the exception out of the task, so that nothing in Python ever speaks of it again.
"""

import asyncio
import functools
import sys
from asyncio import tasks
from concurrent.futures import Future

from aiomend_recorder import places, records
from aiomend_recorder.places import SITE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_READ = "_aiomend_read"


class _Watched(Future):  # type: ignore[type-arg]
    """A future that knows whether somebody read its exception, under the name of its base."""

    @property
    def _exception(self) -> "Any":
        self.__dict__[_READ] = True
        return self.__dict__.get("_exception")

    @_exception.setter
    def _exception(self, value: "Any") -> None:
        self.__dict__["_exception"] = value

    def __repr__(self) -> str:
        read = self.__dict__.get(_READ)
        text = super().__repr__()
        self.__dict__[_READ] = read  # showing it is not hearing of it
        return text

    def __del__(self, failed: "Any" = records.failed) -> None:  # Python's end takes the names of the module first
        try:
            exception = self.__dict__.get("_exception")
            if exception is not None and not self.__dict__.get(_READ):
                name, raised = type(exception).__name__, places.raised(exception)
                site = self.__dict__.get(SITE)
                records.add("threadsafe-exception-dropped", site, name, exception=name, raised=raised and raised[:2])
        except Exception as error:
            failed(error)


_Watched.__name__, _Watched.__qualname__, _Watched.__module__ = "Future", "Future", Future.__module__


def install() -> None:
    original = tasks.run_coroutine_threadsafe

    @functools.wraps(original)
    def run_coroutine_threadsafe(coro: "Any", loop: "Any") -> "Any":
        future = original(coro, loop)
        try:
            if type(future) is Future:
                state = future.__dict__
                state[SITE] = places.site(sys._getframe(1))
                future.__class__ = _Watched
        except Exception as error:
            records.failed(error)
        return future

    tasks.run_coroutine_threadsafe = run_coroutine_threadsafe
    asyncio.run_coroutine_threadsafe = run_coroutine_threadsafe
