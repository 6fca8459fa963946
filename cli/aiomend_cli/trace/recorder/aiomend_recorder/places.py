"""Whose code a frame runs, and which line of the program's own code is meant."""

import dis
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType, TracebackType
    from typing import Any, Dict, Iterable, List, Optional, Set

    from aiomend_recorder.records import Site

DEEPEST = 60  #: frames that a search goes up
SHOWN = 12  #: frames that a record shows
SITE = "_aiomend_site"  #: the attribute of an object that holds where it was made
CO_COROUTINE = 0x80 | 0x100 | 0x200  #: a coroutine, native or not, or an async generator

_STARTED_IN = os.getcwd()
_LIBRARY = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
_SCRIPTS = os.path.join(os.path.abspath(sys.prefix), "bin") + os.sep
_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_INSTALLED = (os.sep + "site-packages" + os.sep, os.sep + "dist-packages" + os.sep)

_absolute: "Dict[str, str]" = {}
_own: "Dict[str, bool]" = {}

#: The `id` of the code that runs a callback: what is above it did not bring it about. (To hash code takes long.)
barriers: "Set[int]" = set()


def absolute(file: str) -> str:
    """Return the whole path of ``file``, also where the program went to another folder since."""
    known = _absolute.get(file)
    if known is None:
        known = _absolute[file] = os.path.normpath(os.path.join(_STARTED_IN, file))
    return known


def is_own(file: str) -> bool:
    """Return True where ``file`` is the program's own: neither Python's nor installed."""
    known = _own.get(file)
    if known is None:
        path = absolute(file)
        known = not (
            file.startswith("<")
            or path.startswith((_LIBRARY, _SCRIPTS, _HERE))
            or any(part in path for part in _INSTALLED)
        )
        _own[file] = known
    return known


def name_of(code: "Any") -> str:
    """Return the qualified name of what ``code`` is the body of, as far as this Python knows it."""
    return str(getattr(code, "co_qualname", code.co_name))


def of_frame(frame: "FrameType") -> "Site":
    return absolute(frame.f_code.co_filename), frame.f_lineno or frame.f_code.co_firstlineno, name_of(frame.f_code)


def of_code(code: "CodeType") -> "Optional[Site]":
    """Return where ``code`` begins, None where it is not the program's own."""
    if not is_own(code.co_filename):
        return None
    return absolute(code.co_filename), code.co_firstlineno, name_of(code)


def own_frame(frame: "Optional[FrameType]") -> "Optional[FrameType]":
    """Return the innermost frame of the program's own code, at or above ``frame`` and below the event loop."""
    for _ in range(DEEPEST):
        if frame is None:
            return None
        code = frame.f_code
        file = code.co_filename
        if _own[file] if file in _own else is_own(file):
            return frame
        if id(code) in barriers:
            return None
        frame = frame.f_back
    return None


def site(frame: "Optional[FrameType]") -> "Optional[Site]":
    """Return the innermost own line at or above ``frame``."""
    found = own_frame(frame)
    return of_frame(found) if found is not None else None


class Mark:
    """A place to be told later: what the line is takes long to find out, and few are asked for."""

    __slots__ = ("code", "step")

    def __init__(self, frame: "FrameType") -> None:
        self.code = frame.f_code
        self.step = frame.f_lasti

    def site(self) -> "Site":
        line = self.code.co_firstlineno
        for step, number in dis.findlinestarts(self.code):
            if step > self.step:
                break
            line = number or line
        return absolute(self.code.co_filename), line, name_of(self.code)


def mark(made: "Any", frame: "Optional[FrameType]") -> None:
    """Leave at ``made`` which own line at or above ``frame`` made it."""
    found = own_frame(frame)
    try:
        made._aiomend_site = Mark(found) if found is not None else None
    except AttributeError:
        pass  # an object of the program's own kind may take no attributes


def marked(made: "Any") -> "Optional[Site]":
    """Return the line that was left at ``made``."""
    left = getattr(made, SITE, None)
    return left.site() if isinstance(left, Mark) else left


def coroutine_site(frame: "Optional[FrameType]") -> "Optional[Site]":
    """Return the innermost own line that stands in a coroutine, at or above ``frame``."""
    for _ in range(DEEPEST):
        if frame is None or id(frame.f_code) in barriers:
            return None
        if frame.f_code.co_flags & CO_COROUTINE and is_own(frame.f_code.co_filename):
            return of_frame(frame)
        frame = frame.f_back
    return None


def stack(frame: "Optional[FrameType]") -> "List[Site]":
    """Return the frames at and above ``frame``, innermost first, up to the event loop."""
    found: "List[Site]" = []
    for _ in range(DEEPEST):
        if frame is None or len(found) == SHOWN or id(frame.f_code) in barriers:
            break
        if not absolute(frame.f_code.co_filename).startswith(_HERE):
            found.append(of_frame(frame))
        frame = frame.f_back
    return found


def first_own(frames: "Iterable[Site]") -> "Optional[Site]":
    """Return the first of ``frames``, innermost first, that is the program's own."""
    for file, line, function in frames:
        if is_own(file):
            return absolute(file), line, function
        if function == "_run" and file.endswith(os.path.join("asyncio", "events.py")):
            return None
    return None


def raised(error: "Optional[BaseException]") -> "Optional[Site]":
    """Return the innermost own line that an exception came through."""
    trace: "Optional[TracebackType]" = getattr(error, "__traceback__", None)
    found = None
    while trace is not None:
        code = trace.tb_frame.f_code
        if is_own(code.co_filename):
            found = absolute(code.co_filename), trace.tb_lineno, name_of(code)
        trace = trace.tb_next
    return found


def of_callable(function: "Any") -> "Optional[Site]":
    """Return where a function, a method or a partial of the program begins."""
    for _ in range(10):
        function = getattr(function, "func", None) or getattr(function, "__wrapped__", None) or function
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    return of_code(code) if code is not None else None


def waiting(awaitable: "Any") -> "Optional[Site]":
    """Return the innermost own line at which a suspended coroutine waits."""
    found = None
    for _ in range(DEEPEST):
        frame = _attribute(awaitable, "frame")
        if frame is not None and is_own(frame.f_code.co_filename):
            found = of_frame(frame)
        awaitable = _attribute(awaitable, "await") or getattr(awaitable, "gi_yieldfrom", None)
        if awaitable is None:
            break
    return found


def _attribute(awaitable: "Any", name: str) -> "Any":
    for prefix in ("cr_", "gi_", "ag_"):
        value = getattr(awaitable, prefix + name, None)
        if value is not None:
            return value
    return None
