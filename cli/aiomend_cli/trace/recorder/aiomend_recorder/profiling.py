"""Facts by a profiler's events, up to Python 3.11: they come for all code, and cost their time."""

import atexit
import sys
import threading

from aiomend_recorder import facts, places, records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any, Dict, Tuple

_looks: "Dict[Tuple[Any, ...], int]" = {}


def install() -> None:
    threading.setprofile(_look)
    sys.setprofile(_look)
    atexit.register(sys.setprofile, None)  # while Python takes its modules apart there is nothing to look with


def _enough(*place: "Any") -> bool:
    count = _looks[place] = _looks.get(place, 0) + 1
    return count > facts.ENOUGH


def _look(frame: "FrameType", event: str, argument: "Any") -> None:
    try:
        if event == "c_call":
            name = argument.__name__
            if name in facts.METHODS and places.is_own(frame.f_code.co_filename):
                receiver = argument.__self__
                if receiver is not None and not _enough(id(frame.f_code), frame.f_lasti):
                    facts.note_call(frame, name, receiver)
        elif event == "call":
            _called(frame)
        elif event == "return" and argument is not None:
            _returned(frame, argument)
    except Exception as error:
        records.failed(error)


def _called(frame: "FrameType") -> None:
    code = frame.f_code
    if places.is_own(code.co_filename) and not _enough(id(code)):
        facts.note_function(code)
    caller = frame.f_back
    if code.co_name not in facts.METHODS or caller is None or not code.co_argcount:
        return
    if places.is_own(caller.f_code.co_filename) and not _enough(id(caller.f_code), caller.f_lasti):
        receiver = frame.f_locals.get(code.co_varnames[0])
        if receiver is not None:
            facts.note_call(caller, code.co_name, receiver)


def _returned(frame: "FrameType", value: "Any") -> None:
    code, caller = frame.f_code, frame.f_back
    if code.co_flags & (facts.GENERATORS | 0x100) or caller is None or not places.is_own(caller.f_code.co_filename):
        return
    if hasattr(type(value), "__await__") and not _enough(id(caller.f_code), caller.f_lasti, "return"):
        facts.note_returned(caller, code, value)
