"""What is handed to the loop as a callback: a future's own setter, or a function that makes a coroutine for nobody."""

import asyncio
import functools
import sys
from asyncio import base_events
from types import BuiltinMethodType, MethodType

from aiomend_recorder import places, records
from aiomend_recorder.futures import SCHEDULED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Set

_SETTERS = frozenset({"set_result", "set_exception"})
_COROUTINE = 0x80 | 0x100

steps: "Set[type]" = set()  #: the types of callbacks that are a task's own steps


def install() -> None:
    _learn_steps()
    kind: "Any" = base_events.BaseEventLoop
    for name in ("call_later", "call_at"):
        _watch(kind, name)
    check = kind._check_callback

    def _check_callback(self: "Any", callback: "Any", method: str) -> None:
        try:
            look(callback, sys._getframe(1))
        except Exception as error:
            records.failed(error)
        check(self, callback, method)

    kind._check_callback = _check_callback  # in debug mode it raises before anything is scheduled


def _learn_steps() -> None:
    """Find the type of a task's step without a loop that runs."""

    abstract: "Any" = asyncio.AbstractEventLoop

    class Loop(abstract):  # type: ignore[misc]
        def call_soon(self, callback: "Any", *args: "Any", **named: "Any") -> "Any":
            steps.add(type(callback))

        def get_debug(self) -> bool:
            return False

        def call_exception_handler(self, context: "Any") -> None:
            pass  # the task goes without having run

    async def nothing() -> None:
        pass

    coroutine = nothing()
    # with a name of its own it takes no number from the program's tasks
    named: "Any" = {"name": "aiomend"} if sys.version_info >= (3, 8) else {}
    task = asyncio.Task(coroutine, loop=Loop(), **named)
    task._log_destroy_pending = False  # type: ignore[attr-defined]
    coroutine.close()
    steps.discard(type(look))
    steps.discard(type(records.add))


def _watch(kind: "Any", name: str) -> None:
    method = getattr(kind, name)

    @functools.wraps(method)
    def wrapped(self: "Any", when: "Any", callback: "Any", *args: "Any", **named: "Any") -> "Any":
        try:
            frame = sys._getframe(1)
            if frame.f_code is not later:
                look(callback, frame)
        except Exception as error:
            records.failed(error)
        return method(self, when, callback, *args, **named)

    later = kind.call_later.__code__ if name == "call_at" else None
    setattr(kind, name, wrapped)


def is_plain(callback: "Any") -> bool:
    """Return True for a method that needs no look: what wakes tasks, and most of what readers and writers are."""
    kind = type(callback)
    if kind is BuiltinMethodType:
        return callback.__name__ not in _SETTERS
    try:
        return kind is MethodType and not callback.__func__.__code__.co_flags & _COROUTINE
    except AttributeError:
        return False


def look(callback: "Any", frame: "Any") -> None:
    """Note a ``callback`` that ``frame`` schedules, where it is one of those."""
    while isinstance(callback, functools.partial):
        callback = callback.func
    function = getattr(callback, "__func__", callback)
    code = getattr(function, "__code__", None)
    if code is not None:
        if code.co_flags & _COROUTINE:
            name = places.name_of(code)
            site = places.site(frame) or places.of_code(code)
            records.add("coroutine-function-as-callback", site, name, callback=name)
    elif getattr(callback, "__name__", None) in _SETTERS:
        future = getattr(callback, "__self__", None)
        if asyncio.isfuture(future):
            site = places.site(frame)
            setattr(future, SCHEDULED, site)
            if site is not None:
                records.add("scheduled-setter", site, setter=callback.__name__)
