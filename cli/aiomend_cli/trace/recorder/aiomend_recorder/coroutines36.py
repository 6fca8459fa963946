"""Coroutines that nobody awaited, under Python 3.6, which tells nobody of them but through a warning.

Each coroutine is looked at when it is made, and once more when it goes: a frame that never took a step was never awaited.
"""

import sys
import threading
import weakref

from aiomend_recorder import places, records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Optional, Tuple

    from aiomend_recorder.records import Site

_set_wrapper: "Any" = getattr(sys, "set_coroutine_wrapper", None)
_watched: "Dict[int, Tuple[Any, Any, Optional[Site], str]]" = {}
_wanted: "Any" = [None]  # the wrapper that the program asked for


def install() -> None:
    if _set_wrapper is None:
        return

    def set_coroutine_wrapper(wrapper: "Any") -> None:
        _wanted[0] = wrapper
        _set_wrapper(_noticed)

    def get_coroutine_wrapper() -> "Any":
        return _wanted[0]

    sys.set_coroutine_wrapper = set_coroutine_wrapper  # type: ignore[attr-defined]
    sys.get_coroutine_wrapper = get_coroutine_wrapper  # type: ignore[attr-defined]
    _set_wrapper(_noticed)
    _in_new_threads()


def _in_new_threads() -> None:
    begin = threading.Thread._bootstrap_inner  # type: ignore[attr-defined]

    def _bootstrap_inner(self: "Any") -> None:
        _set_wrapper(_noticed)
        begin(self)

    threading.Thread._bootstrap_inner = _bootstrap_inner  # type: ignore[attr-defined]


def started(coro: "Any") -> None:
    """Forget a coroutine that somebody runs: its frame must not live longer for us."""
    _watched.pop(id(coro), None)


def _noticed(coro: "Any") -> "Any":
    if _wanted[0] is not None:
        return _wanted[0](coro)  # asyncio's debug mode, which looks at it itself
    try:
        key = id(coro)
        frame, maker = coro.cr_frame, sys._getframe(1)
        if id(maker.f_code) in places.barriers:
            return coro  # its function is a callback: that is noted where it was scheduled
        made_by = places.site(maker)
        _watched[key] = (weakref.ref(coro, lambda _: _gone(key)), frame, made_by, coro.__qualname__)
    except Exception as error:
        records.failed(error)
    return coro


def _gone(key: int) -> None:
    known = _watched.pop(key, None)
    if known is None:
        return
    _, frame, made_by, name = known
    try:
        if frame.f_lasti == -1:
            defined = places.of_code(frame.f_code)
            records.add("never-awaited", made_by, name, coroutine=name, defined=defined and defined[:2])
    except Exception as error:
        records.failed(error)
