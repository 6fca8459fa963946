"""Facts by `sys.monitoring`, from Python 3.12 on: events of the program's own code, switched off where enough was seen."""

import os
import sys
from types import MethodType

from aiomend_recorder import facts, places, records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType
    from typing import Any, Dict, Optional, Tuple

_Method: "Any" = type([].append)  # a method of C
_Bound = MethodType

_looks: "Dict[Tuple[Any, ...], int]" = {}
_tool = [0]


def install() -> None:
    monitoring: "Any" = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
    events = monitoring.events
    free = [number for number in (4, 3, 2, 5, 1) if monitoring.get_tool(number) is None]
    if not free:
        return
    tool = _tool[0] = free[0]
    monitoring.use_tool_id(tool, "aiomend")
    own = events.PY_START | events.CALL | events.PY_RETURN
    disable = monitoring.DISABLE
    missing = monitoring.MISSING

    def start(code: "CodeType", offset: int) -> "Any":
        try:
            if not places.is_own(code.co_filename):
                return disable
            count = _looked(code, "start")
            if count == 1:
                monitoring.set_local_events(tool, code, own)
            facts.note_function(code)
            return disable if count >= facts.ENOUGH else None
        except Exception as error:
            records.failed(error)
            return disable

    def call(code: "CodeType", offset: int, callee: "Any", first: "Any") -> "Any":
        try:
            if not places.is_own(code.co_filename):
                return disable
            count = _looked(code, "call", offset)
            done = disable if count >= facts.ENOUGH else None
            receiver = None if first is missing else first
            if type(callee) is _Bound:
                callee, receiver = callee.__func__, callee.__self__
            elif type(callee) is _Method and not isinstance(callee.__self__, type(sys)):
                receiver = callee.__self__
            name = getattr(callee, "__name__", None)
            body = getattr(callee, "__code__", None)
            flags = getattr(body, "co_flags", 0)
            if name in facts.METHODS and receiver is not None:
                facts.note_call(_frame(code), name, receiver)
            elif body is None and name not in facts.METHODS:
                return disable
            if flags & 0x180:
                facts.note_awaitable(_frame(code), callee.__qualname__, "builtins.coroutine")
            elif body is not None and count == 1 and not places.is_own(body.co_filename):
                monitoring.set_local_events(tool, body, events.PY_RETURN)
            return done
        except Exception as error:
            records.failed(error)
            return disable

    def returned(code: "CodeType", offset: int, value: "Any") -> "Any":
        try:
            if (
                value is not None
                and not code.co_flags & (facts.GENERATORS | 0x100)
                and hasattr(type(value), "__await__")
            ):
                caller = _frame(code).f_back
                if caller is not None and places.is_own(caller.f_code.co_filename):
                    facts.note_returned(caller, code, value)
            return disable if _looked(code, "return", offset) >= facts.ENOUGH else None
        except Exception as error:
            records.failed(error)
            return disable

    monitoring.register_callback(tool, events.PY_START, start)
    monitoring.register_callback(tool, events.CALL, call)
    monitoring.register_callback(tool, events.PY_RETURN, returned)
    monitoring.set_events(tool, events.PY_START)
    os.register_at_fork(after_in_child=_again)


def _again() -> None:
    """What the parent has seen enough of is new to a child."""
    _looks.clear()
    sys.monitoring.restart_events()  # type: ignore[attr-defined,unused-ignore]


def _looked(code: "CodeType", *place: "Any") -> int:
    key = (id(code),) + place
    count = _looks[key] = _looks.get(key, 0) + 1
    return count


def _frame(code: "CodeType") -> "FrameType":
    frame: "Optional[FrameType]" = sys._getframe(2)
    while frame is not None and frame.f_code is not code:
        frame = frame.f_back
    return frame if frame is not None else sys._getframe(2)
