"""A loop that is used from another thread, or after it was closed.

asyncio asks each time whether the loop is closed. The answer comes from here, and the thread is looked at on the way: nothing
stands on the stack, and nothing is raised but by asyncio itself. Its own check of the thread raises when the state has
changed already, and can leave a program waiting for ever.
"""

import sys
import threading
from _thread import get_ident
from asyncio import base_events, locks, queues

from aiomend_recorder import places, records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

#: Methods of a loop that belong to its thread. `call_soon_threadsafe` and `run_in_executor` do not.
_OF_THE_THREAD = frozenset({"call_soon", "call_at", "_add_reader", "_add_writer"})

_inside = threading.local()


def install() -> None:
    _watch_loops()
    _watch_stop()
    _watch_signals()
    for kind, names in (
        (locks.Event, ("set", "clear")),
        (queues.Queue, ("put_nowait", "get_nowait", "task_done")),
        (locks.Lock, ("release",)),
        (locks.Semaphore, ("release",)),
    ):
        for name in names:
            _watch_method(kind, name)


def _watch_loops() -> None:
    kind: "Any" = base_events.BaseEventLoop
    check = kind._check_closed

    def _check_closed(self: "Any") -> None:
        if self._closed or self._thread_id != get_ident():
            try:
                _look(self, sys._getframe(1))
            except Exception as error:
                records.failed(error)
            check(self)

    kind._check_closed = _check_closed


def _look(loop: "Any", frame: "FrameType") -> None:
    method = frame.f_code.co_name
    if loop._closed:
        records.add("use-of-closed-loop", places.site(frame), stack=places.stack(frame), method=method)
    elif loop._thread_id is not None and method in _OF_THE_THREAD and not getattr(_inside, "method", False):
        note(frame, method)


def note(frame: "FrameType", method: str) -> None:
    """Note that ``frame`` uses what belongs to another thread, through ``method``."""
    own = places.own_frame(frame)
    through = frame if frame is not own else None
    while through is not None and through.f_back is not own and own is not None:
        through = through.f_back
    if through is not None and own is not None:
        method = places.name_of(through.f_code)
    records.add("wrong-thread", places.site(frame), stack=places.stack(frame), method=method)


def _watch_stop() -> None:
    kind: "Any" = base_events.BaseEventLoop
    stop = kind.stop

    def wrapped(self: "Any") -> None:
        if self._thread_id is not None and self._thread_id != get_ident():
            try:
                note(sys._getframe(1), "stop")
            except Exception as error:
                records.failed(error)
        stop(self)

    wrapped.__name__, wrapped.__qualname__, wrapped.__doc__ = stop.__name__, stop.__qualname__, stop.__doc__
    kind.stop = wrapped


def _watch_method(kind: "Any", name: str) -> None:
    """Watch a method of what a loop's tasks share; while it runs, what it does to the loop is not noted once more."""
    method = kind.__dict__.get(name)
    if method is None:
        return

    def wrapped(self: "Any", *args: "Any", **named: "Any") -> "Any":
        loop = getattr(self, "_loop", None)
        owner = getattr(loop, "_thread_id", None)
        if type(owner) is not int or owner == get_ident():
            return method(self, *args, **named)  # a loop that is a mock has something else there
        outer = getattr(_inside, "method", False)
        try:
            if not outer:
                frame = sys._getframe(1)
                records.add(
                    "wrong-thread", places.site(frame), stack=places.stack(frame), method=kind.__name__ + "." + name
                )
        except Exception as error:
            records.failed(error)
        _inside.method = True
        try:
            return method(self, *args, **named)
        finally:
            _inside.method = outer

    wrapped.__name__, wrapped.__qualname__, wrapped.__doc__ = name, method.__qualname__, method.__doc__
    wrapped.__wrapped__ = method  # type: ignore[attr-defined]
    setattr(kind, name, wrapped)


def _watch_signals() -> None:
    try:
        from asyncio import unix_events
    except ImportError:
        return  # Windows has no signal handlers in loops
    kind: "Any" = unix_events._UnixSelectorEventLoop
    check = kind._check_signal

    def _check_signal(self: "Any", number: int) -> None:
        try:
            if threading.current_thread() is not threading.main_thread():
                frame = sys._getframe(1)
                records.add(
                    "not-main-thread", places.site(frame), stack=places.stack(frame), method=frame.f_code.co_name
                )
        except Exception as error:
            records.failed(error)
        check(self, number)

    kind._check_signal = _check_signal
