"""Loops, transports, servers, writers and child processes that nobody closes, and the line that made them."""

import functools
import sys
import weakref
from asyncio import base_events, base_subprocess, selector_events, streams

from aiomend_recorder import places, records
from aiomend_recorder.places import SITE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict

#: What there is of each kind, while it is there.
living: "Dict[str, weakref.WeakSet[Any]]" = {}
_HELD = "_aiomend_held"  #: the attribute of a transport that something else closes


def install() -> None:
    _watch(base_events.BaseEventLoop, "loop", lambda loop: bool(loop.is_closed()))
    _watch(streams.StreamWriter, "writer", lambda writer: bool(writer._transport.is_closing()))
    _watch(base_events.Server, "server", _server_closed)
    selectors: "Any" = selector_events
    _watch(selectors._SelectorTransport, "transport", _transport_closed)
    _watch(base_subprocess.BaseSubprocessTransport, "subprocess", _subprocess_closed)
    try:
        from asyncio import unix_events
    except ImportError:
        return
    pipes: "Any" = unix_events
    for kind in (pipes._UnixReadPipeTransport, pipes._UnixWritePipeTransport):
        _watch(kind, "transport", _transport_closed)


def _server_closed(server: "Any") -> bool:
    return (server._sockets if hasattr(server, "_sockets") else server.sockets) is None


def _transport_closed(transport: "Any") -> bool:
    if getattr(transport, _HELD, False) or transport._closing:
        return True
    return getattr(transport, "_sock", None) is None and getattr(transport, "_pipe", None) is None


def _subprocess_closed(transport: "Any") -> bool:
    # once the process has ended and its pipes are closed, asyncio closes the rest by itself
    return bool(transport._closed or transport._loop is None or transport._protocol is None)


_closed: "Dict[str, Callable[[Any], bool]]" = {}


def _watch(kind: "Any", name: str, closed: "Callable[[Any], bool]") -> None:
    alive = living.setdefault(name, weakref.WeakSet())
    _closed.setdefault(name, closed)
    start = kind.__init__

    @functools.wraps(start)
    def __init__(self: "Any", *args: "Any", **named: "Any") -> None:
        start(self, *args, **named)
        try:
            _enter(self, name, places.site(sys._getframe(1)))
            alive.add(self)
        except Exception as error:
            records.failed(error)

    kind.__init__ = __init__
    end = kind.__dict__.get("__del__")
    site, look, failed = SITE, note, records.failed  # when Python ends, an object may outlive this module's names

    def __del__(self: "Any", *args: "Any", **named: "Any") -> None:
        try:
            if hasattr(self, site):  # else its own `__init__` failed
                look(self, name)
        except Exception as error:
            failed(error)
        if end is not None:
            end(self, *args, **named)

    kind.__del__ = __del__


def _enter(made: "Any", name: str, site: "Any") -> None:
    if name == "loop":
        from aiomend_recorder import stalls

        stalls.enter(made)
    elif name == "writer":
        setattr(made._transport, _HELD, True)  # closing the writer closes it
        if site is None:
            site = places.of_callable(getattr(made._protocol, "_client_connected_cb", None))
    elif name == "transport" and type(getattr(made, "_protocol", None)).__name__.endswith("SubprocessPipeProto"):
        setattr(made, _HELD, True)
    if site is None:  # accepted by a server: that is the only line of the program behind it
        site = getattr(getattr(made, "_server", None), SITE, None)
    setattr(made, SITE, site)


def note(made: "Any", name: str) -> None:
    """Note that ``made`` is open where it should not be any more; once each."""
    if getattr(made, _NOTED, False) or _closed[name](made):
        return
    setattr(made, _NOTED, True)
    records.add("unclosed-" + name, getattr(made, SITE, None), type(made).__name__, type=type(made).__name__)


_NOTED = "_aiomend_noted"


def note_open(loop: "Any") -> None:
    """Note everything of ``loop`` that is still open."""
    for name, alive in living.items():
        if name != "loop":
            for made in list(alive):
                if getattr(made, "_loop", None) is loop:
                    note(made, name)


def forget() -> None:
    """Leave what a parent process made to it."""
    for alive in living.values():
        for made in list(alive):
            setattr(made, _NOTED, True)
        alive.clear()
