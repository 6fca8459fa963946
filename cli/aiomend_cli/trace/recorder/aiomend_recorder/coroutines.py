"""Coroutines that nobody awaited, and the line that made them.

Python knows the line where it is told to remember it. What the program itself asked for, and what its warnings say, stays
as it would be.
"""

import os
import sys
import threading
import warnings

from aiomend_recorder import places, records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_EVENTS = os.path.join("asyncio", "events.py")
DEPTH = 2  #: calls that Python remembers of each coroutine; libraries make some for their callers


def install() -> None:
    _hear_wrappers()
    if not hasattr(sys, "set_coroutine_origin_tracking_depth"):
        from aiomend_recorder import coroutines36

        coroutines36.install()
        return
    _share_depth()
    _in_new_threads()
    _hear_warnings()


_wanted = threading.local()  # the depth that the program asked for, by thread
_set_depth: "Any" = getattr(sys, "set_coroutine_origin_tracking_depth", None)
_most_wanted = [0]


def _share_depth() -> None:
    _wanted.depth = sys.get_coroutine_origin_tracking_depth()
    _most_wanted[0] = _wanted.depth

    def set_coroutine_origin_tracking_depth(depth: int) -> None:
        _set_depth(depth if depth < 0 else max(depth, DEPTH))
        _wanted.depth = depth
        _most_wanted[0] = max(depth, _most_wanted[0])

    def get_coroutine_origin_tracking_depth() -> int:
        return int(getattr(_wanted, "depth", 0))

    sys.set_coroutine_origin_tracking_depth = set_coroutine_origin_tracking_depth
    sys.get_coroutine_origin_tracking_depth = get_coroutine_origin_tracking_depth
    _set_depth(max(_wanted.depth, DEPTH))


def _in_new_threads() -> None:
    begin = threading.Thread._bootstrap_inner  # type: ignore[attr-defined]

    def _bootstrap_inner(self: "Any") -> None:
        _set_depth(DEPTH)
        begin(self)

    threading.Thread._bootstrap_inner = _bootstrap_inner  # type: ignore[attr-defined]


def _hear_warnings() -> None:
    def _warn_unawaited_coroutine(coro: "Any") -> None:
        try:
            note(coro, coro.cr_origin or ())
        except Exception as error:
            records.failed(error)
        origin = (coro.cr_origin or ())[: _most_wanted[0]]
        text = "coroutine '%s' was never awaited\n" % coro.__qualname__
        if origin:
            text += _created(origin)
        # Python's own function warns at the same depth, so the warning names the same line
        warnings.warn(text.rstrip("\n"), category=RuntimeWarning, stacklevel=2, source=coro)

    if hasattr(warnings, "_warn_unawaited_coroutine"):
        warnings._warn_unawaited_coroutine = _warn_unawaited_coroutine


def _created(origin: "Any") -> str:
    import linecache
    import traceback

    def frames() -> "Any":
        for file, line, function in reversed(origin):
            yield file, line, function, linecache.getline(file, line)

    return "Coroutine created at (most recent call last)\n" + "".join(traceback.format_list(list(frames())))


def _hear_wrappers() -> None:
    """Hear of generators with `@asyncio.coroutine` that nobody ran: asyncio wraps them in debug mode, up to 3.10."""
    from asyncio import coroutines

    kind: "Any" = getattr(coroutines, "CoroWrapper", None)
    if kind is None:
        return
    end = kind.__del__
    failed = records.failed  # when Python ends, an object may outlive this module's names

    def __del__(self: "Any") -> None:
        try:
            inner: "Any" = getattr(self, "gen", None)
            frame = getattr(inner, "gi_frame", None) or getattr(inner, "cr_frame", None)
            if frame is not None and frame.f_lasti == -1:
                made = [frame[:3] for frame in reversed(getattr(self, "_source_traceback", None) or ())]
                defined = places.of_code(frame.f_code)
                name = inner.__qualname__
                site = places.first_own([tuple(line) for line in made])
                records.add("never-awaited", site, name, coroutine=name, defined=defined and defined[:2])
        except Exception as error:
            failed(error)
        end(self)

    kind.__del__ = __del__


def note(coro: "Any", origin: "Any") -> None:
    """Note that ``coro`` was never awaited; ``origin`` is the stack that made it, innermost first."""
    code = coro.cr_code
    if origin and origin[0][2] == "_run" and origin[0][0].endswith(_EVENTS):
        return  # its function was a callback: that is noted where it was scheduled
    defined = places.of_code(code)
    records.add(
        "never-awaited",
        places.first_own(origin),
        coro.__qualname__,
        stack=[(places.absolute(file), line, function) for file, line, function in origin],
        coroutine=coro.__qualname__,
        defined=defined and defined[:2],
    )
