"""How long each callback holds the loop, and in which line; how long the loop waits, and how long it works.

Nothing of this stands on the stack while a callback runs: the loop's own queue tells when one begins, and a thread looks
now and then where it is.
"""

import sys
from _thread import get_ident
from asyncio import base_events, events
from collections import deque
from time import perf_counter
from weakref import ref

from aiomend_recorder import places, records, scheduling

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional, Tuple

    from aiomend_recorder.records import Site

    Described = Tuple[str, Optional[Site]]
    Sample = Tuple[float, Optional[Site], Optional[Site], List[Site]]

slow = 0.1  #: seconds that a callback may take
SHARE = 0.15  #: of a stall, below which a line is not worth a record
MOST = 500  #: samples of one callback

_running: "Dict[int, _Ready]" = {}  # by thread
_pop, _push = deque.popleft, deque.append
_Timer = events.TimerHandle
_steps, _is_plain = scheduling.steps, scheduling.is_plain


class _Ready(deque):  # type: ignore[type-arg]
    """A loop's queue of callbacks, which knows the one that runs."""

    __slots__ = ("busy", "described", "handle", "idle", "sampled", "samples", "started", "woke")

    def __init__(self, content: "Any" = ()) -> None:
        super().__init__(content)
        self.handle: "Any" = None  # a weak reference: what the callback alone refers to goes as it would
        self.started = 0.0
        self.described: "Optional[Described]" = None  # what was looked at last
        self.samples: "List[Sample]" = []
        self.sampled = 0.0  # when the callback began that these two are of
        self.woke = self.busy = self.idle = 0.0

    def popleft(self) -> "Any":
        now = perf_counter()
        if now - self.started >= slow:
            self.end(now)
        handle = _pop(self)
        self.handle = ref(handle)
        self.started = now
        return handle

    def append(self, handle: "Any") -> None:
        callback = handle._callback
        if not (type(callback) in _steps or _is_plain(callback) or type(handle) is _Timer):
            try:
                scheduling.look(callback, sys._getframe(1))
            except Exception as error:
                records.failed(error)
        _push(self, handle)

    def end(self, now: float) -> None:
        """The callback that ran has ended."""
        running, seconds = self.handle, now - self.started
        self.handle = None
        if running is not None and seconds >= slow:
            try:
                looked = self.sampled == self.started
                handle = running()  # gone where it was the last before the loop waits
                said = describe(handle) if handle is not None else self.described if looked else None
                _note(said or ("?", None), seconds, self.samples if looked else [])
            except Exception as error:
                records.failed(error)


def install() -> None:
    kind: "Any" = base_events.BaseEventLoop
    name = "_set_coroutine_origin_tracking" if sys.version_info >= (3, 7) else "_set_coroutine_wrapper"
    tell = getattr(kind, name)

    def told(self: "Any", enabled: bool) -> None:  # the first and the last that a loop does when it is run
        tell(self, enabled)
        try:
            if get_ident() in _running:
                _leave(self)
            else:
                _run(self)
        except Exception as error:
            records.failed(error)

    setattr(kind, name, told)
    from aiomend_recorder import watchdog

    watchdog.install(_running)


def enter(loop: "Any") -> None:
    """Watch ``loop`` from now on."""
    if type(loop._ready) is deque:
        loop._ready = _Ready(loop._ready)


def _run(loop: "Any") -> None:
    """``loop`` begins to run in this thread."""
    ready = loop._ready
    if type(ready) is not _Ready:
        return
    from aiomend_recorder import watchdog

    selector = getattr(loop, "_selector", None)
    ready.woke = ready.started = perf_counter()
    ready.handle = None
    ready.busy = ready.idle = 0.0
    _running[get_ident()] = ready
    watchdog.wake()
    if selector is None or "select" in getattr(selector, "__dict__", ("select",)):
        return
    wait = selector.select

    def select(timeout: "Any" = None) -> "Any":
        now = perf_counter()
        ready.end(now)
        ready.busy += now - ready.woke
        found = wait(timeout)
        ready.woke = woke = perf_counter()
        ready.idle += woke - now
        return found

    selector.select = select


def _leave(loop: "Any") -> None:
    """The loop of this thread stops."""
    ready = _running.pop(get_ident(), None)
    if ready is None:
        return
    now = perf_counter()
    ready.end(now)
    ready.busy += now - ready.woke
    selector = getattr(loop, "_selector", None)
    getattr(selector, "__dict__", {}).pop("select", None)
    site = getattr(loop, places.SITE, None)
    records.add(
        "loop",
        site,
        seconds=ready.busy + ready.idle,
        type=type(loop).__name__,
        callbacks=ready.busy,
        selector=ready.idle,
    )


def look(ready: "_Ready", started: float, frame: "Any", weight: float) -> None:
    """Note where the callback is that began at ``started``; ``weight`` is the time since the last look, in seconds."""
    if ready.sampled != started:
        running = ready.handle  # None where it has just ended
        handle = running() if running is not None else None
        ready.described = describe(handle) if handle is not None else None
        ready.samples, ready.sampled = [], started
    if len(ready.samples) < MOST:
        ready.samples.append((weight, places.site(frame), places.coroutine_site(frame), places.stack(frame)))


def _note(said: "Described", seconds: float, samples: "List[Sample]") -> None:
    """Note a callback that took ``seconds``, and the lines that took them."""
    name, site = said
    records.add("slow-callback", site, name, seconds=seconds, callback=name)
    total = sum(sample[0] for sample in samples)
    lines: "Dict[Site, List[Sample]]" = {}
    for sample in samples:
        if sample[1] is not None:
            lines.setdefault(sample[1], []).append(sample)
    for line, found in lines.items():
        share = sum(sample[0] for sample in found) / total if total else 0.0
        if share >= SHARE:
            _, _, within, stack = found[-1]
            records.add(
                "blocking-call",
                line,
                name,
                seconds=share * seconds,
                stack=stack,
                within=within and within[:2],
                callback=name,
            )


def describe(handle: "Any") -> "Described":
    """Return the name of what a handle runs and where it begins."""
    callback = getattr(handle, "_callback", None)
    task: "Any" = getattr(callback, "__self__", None)
    coroutine = task.get_coro() if hasattr(task, "get_coro") else getattr(task, "_coro", None)
    if coroutine is not None:
        code = getattr(coroutine, "cr_code", None) or getattr(coroutine, "gi_code", None)
        return str(getattr(coroutine, "__qualname__", "?")), places.of_code(code) if code is not None else None
    name = getattr(callback, "__qualname__", None) or type(callback).__name__
    return str(name), places.of_callable(callback)
