"""Facts by `sys.monitoring`, from Python 3.12 on: events of the program's own code, switched off where enough was seen."""

import os
import sys
from types import MethodType

from aiomend_recorder import facts, places, records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType
    from typing import Any, Callable, Dict, Optional, Tuple

_Method: "Any" = type([].append)  # a method of C
_Bound = MethodType
_monitoring: "Any" = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
_events, _DISABLE, _MISSING = _monitoring.events, _monitoring.DISABLE, _monitoring.MISSING

_looks: "Dict[Tuple[Any, ...], int]" = {}
_tool = [0]


def install() -> None:
    free = [number for number in (4, 3, 2, 5, 1) if _monitoring.get_tool(number) is None]
    if not free:
        return
    tool = _tool[0] = free[0]
    _monitoring.use_tool_id(tool, "aiomend")
    for event, look in (
        (_events.PY_START, _start),
        (_events.CALL, _call),
        (_events.PY_RETURN, _returned),
    ):
        _monitoring.register_callback(tool, event, _careful(look))
    _monitoring.set_events(tool, _events.PY_START)
    os.register_at_fork(after_in_child=_again)


def _careful(look: "Callable[..., bool]") -> "Callable[..., Any]":
    """Return what Python calls: ``look`` says whether enough was seen at a place."""

    def looked(*given: "Any") -> "Any":
        try:
            return _DISABLE if look(*given) else None
        except Exception as error:
            records.failed(error)
            return _DISABLE

    return looked


def _start(code: "CodeType", offset: int) -> bool:
    """A function begins."""
    if not places.is_own(code.co_filename):
        return True
    count = _looked(code, "start")
    if count == 1:
        own = _events.PY_START | _events.CALL | _events.PY_RETURN
        _monitoring.set_local_events(_tool[0], code, own)
    facts.note_function(code)
    return count >= facts.ENOUGH


def _call(code: "CodeType", offset: int, callee: "Any", first: "Any") -> bool:
    """Something is called, with ``first`` as its first argument."""
    if not places.is_own(code.co_filename):
        return True
    count = _looked(code, "call", offset)
    receiver = None if first is _MISSING else first
    if type(callee) is _Bound:
        callee, receiver = callee.__func__, callee.__self__
    elif type(callee) is _Method and not isinstance(callee.__self__, type(sys)):
        receiver = callee.__self__
    name = getattr(callee, "__name__", None)
    body = getattr(callee, "__code__", None)
    if name in facts.METHODS and receiver is not None:
        facts.note_call(_frame(code), name, receiver)
    elif body is None and name not in facts.METHODS:
        return True
    if getattr(body, "co_flags", 0) & 0x180:
        facts.note_awaitable(_frame(code), callee.__qualname__, "builtins.coroutine")
    elif body is not None and count == 1 and not places.is_own(body.co_filename):
        _monitoring.set_local_events(_tool[0], body, _events.PY_RETURN)
    return count >= facts.ENOUGH


def _returned(code: "CodeType", offset: int, value: "Any") -> bool:
    """A function ends with ``value``."""
    if value is not None and not code.co_flags & (facts.GENERATORS | 0x100) and hasattr(type(value), "__await__"):
        caller = _frame(code).f_back
        if caller is not None and places.is_own(caller.f_code.co_filename):
            facts.note_returned(caller, code, value)
    return _looked(code, "return", offset) >= facts.ENOUGH


def _again() -> None:
    """What the parent has seen enough of is new to a child."""
    _looks.clear()
    _monitoring.restart_events()


def _looked(code: "CodeType", *place: "Any") -> int:
    key = (id(code),) + place
    count = _looks[key] = _looks.get(key, 0) + 1
    return count


def _frame(code: "CodeType") -> "FrameType":
    frame: "Optional[FrameType]" = sys._getframe(2)
    while frame is not None and frame.f_code is not code:
        frame = frame.f_back
    return frame if frame is not None else sys._getframe(2)
