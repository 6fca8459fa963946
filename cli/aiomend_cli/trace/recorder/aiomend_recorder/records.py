"""The file of records: a JSON object a line, appended in one write; a site is written once, then as its count grows."""

import os
import sys
from _thread import RLock, get_ident
from time import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List, Optional, Tuple

    Site = Tuple[str, int, str]  # file, line, function

MOST = 20000  #: sites that are kept apart; what comes after is only counted
VERSION = "%d.%d" % sys.version_info[:2]

# the program may replace these: what is bound now goes on working
_open, _write, _close, _getpid = os.open, os.write, os.close, os.getpid


class _Entry:
    """One site, and how often it was seen."""

    def __init__(self, number: int, fields: "Dict[str, Any]") -> None:
        self.number = number
        self.fields = fields
        self.count = 0
        self.seconds = 0.0
        self.written = 0


class _State:
    def __init__(self) -> None:
        self.file = ""
        self.pid = 0
        self.process = ""
        self.test: "Optional[str]" = None
        self.busy: "Optional[int]" = None
        self.lost = 0
        self.entries: "Dict[Tuple[Any, ...], _Entry]" = {}
        # reentrant: a destructor may run in the middle of `add`, and have something to add
        self.lock = RLock()


_state = _State()


def begin(file: str) -> None:
    """Append to ``file``, and say that this process is watched."""
    _state.file = file
    _born()
    import atexit

    atexit.register(flush)
    leave = os._exit

    def _exit(status: int) -> None:
        flush()
        leave(status)

    os._exit = _exit  # type: ignore[assignment]


def set_test(name: "Optional[str]") -> None:
    """Say which test runs from now on."""
    _state.test = name


def add(
    kind: str,
    site: "Optional[Site]",
    key: str = "",
    stack: "Iterable[Site]" = (),
    seconds: float = 0.0,
    times: int = 1,
    **more: "Any",
) -> None:
    """Note that ``kind`` happened at ``site``; ``key`` keeps apart what happens at one site."""
    state = _state
    if _getpid() != state.pid:
        _born()
    with state.lock:
        index = (kind, site and site[:2], key, state.test)
        entry = state.entries.get(index)
        if entry is None:
            if len(state.entries) >= MOST:
                state.lost += 1
                return
            fields: "Dict[str, Any]" = {"kind": kind}
            if site is not None:
                fields["file"], fields["line"], fields["function"] = site
            fields["thread"] = thread_kind()
            if state.test is not None:
                fields["test"] = state.test
            fields.update(more)
            above = [list(frame) for frame in stack]
            if above:
                fields["stack"] = above
            entry = state.entries[index] = _Entry(len(state.entries), fields)
        entry.count += times
        entry.seconds += seconds
        if entry.count >= 2 * entry.written:
            _append(entry)


#: Kinds that say what is so, and complain of nothing.
_PLAIN = frozenset({"asyncio", "executed", "loop", "recorder-error"})


def complaints() -> "List[Dict[str, Any]]":
    """Return what this process has noted that somebody should look at, in order."""
    with _state.lock:
        fields = [entry.fields for entry in _state.entries.values()]
    return [one for one in fields if one["kind"] not in _PLAIN and not one["kind"].startswith("fact-")]


def flush() -> None:
    """Write the counts that grew."""
    if _getpid() != _state.pid:
        return  # a child that noted nothing of its own
    with _state.lock:
        for entry in list(_state.entries.values()):
            if entry.count != entry.written:
                _append(entry)
        if _state.lost:
            _line({"kind": "lost", "process": _state.process, "count": _state.lost})
            _state.lost = 0


def failed(error: "BaseException") -> None:
    """Note that the recorder itself failed; the program must not notice."""
    try:
        if sys.is_finalizing():
            return  # Python takes its modules apart, and what they need is gone
        trace, place = error.__traceback__, ""
        while trace is not None:
            place = "%s:%d" % (os.path.basename(trace.tb_frame.f_code.co_filename), trace.tb_lineno)
            trace = trace.tb_next
        add("recorder-error", None, type(error).__name__ + place, error=type(error).__name__, place=place)
    except Exception:
        pass


def thread_kind() -> str:
    """Return what runs: a `loop`, the `main` thread, one of a `pool`, another `thread`."""
    ident = get_ident()
    asyncio = sys.modules.get("asyncio")
    running = getattr(asyncio, "_get_running_loop", None)
    try:
        if running is not None and running() is not None:
            return "loop"
    except RuntimeError:
        pass
    threading = sys.modules.get("threading")
    # `current_thread()` would enter a thread that Python does not know
    thread = getattr(threading, "_active", {}).get(ident)
    if threading is None or thread is None:
        return "main" if threading is None else "thread"
    if thread is threading.main_thread():
        return "main"
    return "pool" if thread.name.startswith(("ThreadPoolExecutor", "asyncio_")) else "thread"


def _born() -> None:
    """This process is a new one: it starts with an empty table and a lock that nobody holds."""
    _state.lock = RLock()
    _state.pid = _getpid()
    _state.process = "%d-%x" % (_state.pid, int(time() * 1e6))
    _state.entries = {}
    _state.lost = 0
    _line(
        {"kind": "watched", "process": _state.process, "python": VERSION, "executable": sys.executable or ""},
    )


def _append(entry: "_Entry") -> None:
    entry.written = entry.count
    fields = dict(entry.fields)
    fields["count"] = entry.count
    if entry.seconds:
        fields["seconds"] = round(entry.seconds, 6)
    fields["process"] = _state.process
    fields["number"] = entry.number
    _line(fields)


def _line(fields: "Dict[str, Any]") -> None:
    data = (to_json(fields) + "\n").encode("ascii")
    try:
        # opened anew: a program may close all descriptors, and use the number for a socket
        descriptor = _open(_state.file, os.O_WRONLY | os.O_APPEND | getattr(os, "O_CLOEXEC", 0))
    except OSError:
        return  # the file is gone, or this user may not write it
    try:
        _write(descriptor, data)
    except OSError:
        pass  # a full disk is no reason to disturb the program
    finally:
        _close(descriptor)


def to_json(value: "Any") -> str:
    """Return ``value`` as JSON; the module `json` may be hidden by one of the program."""
    if value is None:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, dict):
        return "{%s}" % ", ".join("%s: %s" % (_quoted(str(key)), to_json(item)) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return "[%s]" % ", ".join(to_json(item) for item in value)
    return _quoted(str(value))


def _quoted(text: str) -> str:
    parts: "List[str]" = []
    for character in text:
        code = ord(character)
        if character in '"\\':
            parts.append("\\" + character)
        elif 32 <= code < 127:
            parts.append(character)
        elif code < 0x10000:
            parts.append("\\u%04x" % code)
        else:
            code -= 0x10000
            parts.append("\\u%04x\\u%04x" % (0xD800 + (code >> 10), 0xDC00 + (code & 0x3FF)))
    return '"%s"' % "".join(parts)
