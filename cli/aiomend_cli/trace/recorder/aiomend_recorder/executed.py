"""Which of some lines were executed: a complaint that is gone proves nothing where its line did not run."""

import sys
import threading

from aiomend_recorder import places, records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType
    from typing import Any, Dict, List, Optional, Set

_wanted: "Dict[str, Set[int]]" = {}


def install(file: str) -> None:
    """Note the lines that ``file`` names: a line, a tab and an absolute path in each row."""
    with open(file, encoding="utf-8", errors="surrogateescape") as rows:
        for row in rows:
            line, _, path = row.rstrip("\n").partition("\t")
            _wanted.setdefault(path, set()).add(int(line))
    try:
        if sys.version_info >= (3, 12):
            _monitor()
        else:
            threading.settrace(_trace)
            sys.settrace(_trace)
            for frame in _running():
                frame.f_trace = _line
    except Exception as error:
        records.failed(error)


def _running() -> "List[FrameType]":
    """Return the frames that run already, such as that of the module which imports asyncio."""
    found = []
    frame: "Optional[FrameType]" = sys._getframe(1)
    while frame is not None:
        if places.absolute(frame.f_code.co_filename) in _wanted:
            found.append(frame)
        frame = frame.f_back
    return found


def _note(code: "CodeType", line: int) -> None:
    file = places.absolute(code.co_filename)
    if line in _wanted.get(file, ()):
        records.add("executed", (file, line, places.name_of(code)))


def _monitor() -> None:
    monitoring: "Any" = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
    tool = next(number for number in (3, 4, 5, 2, 1) if monitoring.get_tool(number) is None)
    monitoring.use_tool_id(tool, "aiomend lines")
    events = monitoring.events

    def start(code: "CodeType", offset: int) -> "Any":
        try:
            if places.absolute(code.co_filename) in _wanted:
                monitoring.set_local_events(tool, code, events.LINE)
        except Exception as error:
            records.failed(error)
        return monitoring.DISABLE

    def line(code: "CodeType", number: int) -> "Any":
        try:
            _note(code, number)
        except Exception as error:
            records.failed(error)
        return monitoring.DISABLE

    monitoring.register_callback(tool, events.PY_START, start)
    monitoring.register_callback(tool, events.LINE, line)
    monitoring.set_events(tool, events.PY_START)
    for frame in _running():
        monitoring.set_local_events(tool, frame.f_code, events.LINE)


def _trace(frame: "FrameType", event: str, argument: "Any") -> "Any":
    try:
        return _line if places.absolute(frame.f_code.co_filename) in _wanted else None
    except Exception:  # Python ends, and its modules are going
        return None


def _line(frame: "FrameType", event: str, argument: "Any") -> "Any":
    if event == "line":
        try:
            _note(frame.f_code, frame.f_lineno)
        except Exception as error:
            records.failed(error)
    return _line
