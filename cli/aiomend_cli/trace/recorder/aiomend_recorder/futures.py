"""Where futures and tasks were made, what becomes of their exceptions, and results that come too late."""

import asyncio
import functools
import linecache
import sys
from asyncio import base_events

from aiomend_recorder import places, records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional

    from aiomend_recorder.records import Site

_EAGER = sys.version_info >= (3, 12)  #: exceptions are made where they are raised, not where they are caught


def install() -> None:
    _watch_creation()
    _watch_handler()
    _watch_invalid_state()


def _watch_creation() -> None:
    kind: "Any" = base_events.BaseEventLoop
    make_task, make_future = kind.create_task, kind.create_future
    mark, _getframe = places.mark, sys._getframe
    if sys.version_info < (3, 7):
        from aiomend_recorder.coroutines36 import started
    else:
        started = None

    @functools.wraps(make_task)
    def task(self: "Any", coro: "Any", **named: "Any") -> "Any":
        if started is not None:
            started(coro)
        made = make_task(self, coro, **named)
        mark(made, _getframe(1))
        return made

    @functools.wraps(make_future)
    def future(self: "Any") -> "Any":
        made = make_future(self)
        maker = _getframe(1)
        code = maker.f_code
        if not code.co_flags & places.CO_COROUTINE or places.is_own(code.co_filename):
            mark(made, maker)  # else a library's coroutine makes it to wait for it itself
        return made

    for name, wrapped in (("create_task", task), ("create_future", future)):
        setattr(kind, name, wrapped)


def _watch_handler() -> None:
    kind: "Any" = base_events.BaseEventLoop
    handler = kind.call_exception_handler

    @functools.wraps(handler)
    def call_exception_handler(self: "Any", context: "Any") -> "Any":
        try:
            _hear(context)
        except Exception as error:
            records.failed(error)
        return handler(self, context)

    kind.call_exception_handler = call_exception_handler


def _hear(context: "Any") -> None:
    message = context.get("message") or ""
    exception = context.get("exception")
    subject = context.get("task") or context.get("future")
    name = type(exception).__name__
    late = isinstance(exception, asyncio.InvalidStateError)
    if "exception was never retrieved" in message:
        raised = places.raised(exception)
        records.add("exception-never-retrieved", created(subject), name, exception=name, raised=raised and raised[:2])
        if late and raised is not None and not _EAGER:
            records.add("set-on-finished-future", raised)
    elif "destroyed but it is pending" in message:
        coroutine = coroutine_of(subject)
        waits = places.waiting(coroutine)
        records.add(
            "task-destroyed-pending",
            created(subject) or places.of_code(code_of(coroutine)),
            coroutine=qualified(coroutine),
            waits=waits and waits[:2],
        )
    elif late and "callback" in message.lower():
        raised = places.raised(exception)
        if raised is None:
            callback = getattr(context.get("handle"), "_callback", None)
            raised = getattr(getattr(callback, "__self__", None), SCHEDULED, None)
            records.add("set-on-finished-future", raised)
        elif not _EAGER:
            records.add("set-on-finished-future", raised)
    elif exception is not None and "Exception in callback" in message:
        callback = getattr(context.get("handle"), "_callback", None)
        raised = places.raised(exception) or places.of_callable(callback)
        records.add("callback-exception", raised, name, exception=name)


SCHEDULED = "_aiomend_scheduled"  #: the attribute of a future that holds where its setter was scheduled


def created(subject: "Any") -> "Optional[Site]":
    """Return where a future or task was made."""
    made: "Optional[Site]" = places.marked(subject)
    if made is None:
        trace = getattr(subject, "_source_traceback", None) or ()
        made = places.first_own((frame[0], frame[1], frame[2]) for frame in reversed(trace))
    return made


def coroutine_of(task: "Any") -> "Any":
    return task.get_coro() if hasattr(task, "get_coro") else getattr(task, "_coro", None)


def code_of(coroutine: "Any") -> "Any":
    return getattr(coroutine, "cr_code", None) or getattr(coroutine, "gi_code", None)


def qualified(coroutine: "Any") -> str:
    return str(getattr(coroutine, "__qualname__", type(coroutine).__name__))


def _watch_invalid_state() -> None:
    """Hear of each result that comes too late, also where the program catches what asyncio raises then."""

    def __init__(self: "Any", *args: "Any") -> None:
        Exception.__init__(self, *args)
        try:
            if not (args and "is not set" in str(args[0])):
                _too_late(sys._getframe(1))
        except Exception as error:
            records.failed(error)

    asyncio.InvalidStateError.__init__ = __init__  # type: ignore[method-assign]


def _too_late(frame: "Any") -> None:
    found = places.own_frame(frame)
    if found is None:
        return  # a scheduled setter; the exception handler hears of it
    here = places.of_frame(found)
    if not _EAGER:
        # the exception is made where it is caught: only the line can say whether that is where it was raised
        line = linecache.getline(here[0], here[1])
        if "set_result" not in line and "set_exception" not in line:
            return
    records.add("set-on-finished-future", here, stack=places.stack(found))
