"""What code cannot say of itself: the class of a receiver, the thread of a function, the calls that give awaitables.

Classes and functions are named; no value is looked at.
"""

import sys

from aiomend_recorder import places, records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType
    from typing import Any

#: Methods whose meaning rests on the class of their receiver.
METHODS = frozenset(
    {
        "add_done_callback",
        "call_at",
        "call_later",
        "call_soon",
        "call_soon_threadsafe",
        "cancel",
        "close",
        "create_task",
        "exception",
        "get_nowait",
        "put_nowait",
        "result",
        "set",
        "set_exception",
        "set_result",
        "stop",
    }
)
ENOUGH = 40  #: looks at one place
OPTIMIZED = 0x01  #: a function, and no body of a class or a module
GENERATORS = 0x20 | 0x80 | 0x200  #: bodies that do not run when they are called


def install() -> None:
    try:
        if sys.version_info >= (3, 12):
            from aiomend_recorder import monitoring

            monitoring.install()
        else:
            from aiomend_recorder import profiling

            profiling.install()
    except Exception as error:
        records.failed(error)


def note_call(frame: "FrameType", method: str, receiver: "Any") -> None:
    """Note the class of the ``receiver`` of a method that ``frame`` calls."""
    name = class_name(receiver)
    thread = records.thread_kind()
    records.add(
        "fact-receiver", places.of_frame(frame), "%s %s %s" % (method, name, thread), method=method, receiver=name
    )


def note_function(code: "CodeType") -> None:
    """Note that a function of the program's own runs, and in which kind of thread."""
    if code.co_flags & OPTIMIZED:
        records.add("fact-function", places.of_code(code), records.thread_kind())


def note_awaitable(frame: "FrameType", function: str, kind: str) -> None:
    """Note that a call of ``function`` in ``frame`` gave an awaitable."""
    records.add("fact-awaitable", places.of_frame(frame), "%s %s" % (function, kind), callee=function, gives=kind)


def note_returned(frame: "FrameType", code: "CodeType", value: "Any") -> None:
    """Note an awaitable that ``code`` gave to ``frame``, under the name of the coroutine where it is one."""
    name = getattr(value, "__qualname__", None) or places.name_of(code).rpartition(">.")[2]
    note_awaitable(frame, name, class_name(value))


def class_name(value: "Any") -> str:
    """Return the full name of the class of ``value``, or that it is a module."""
    kind = type(value)
    if kind is type(sys):
        return "module"
    return "%s.%s" % (kind.__module__, kind.__qualname__)
