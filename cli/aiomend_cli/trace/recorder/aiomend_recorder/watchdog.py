"""A thread that looks where the callbacks are which take long.

It is no thread of `threading`, so that a program which counts its threads counts its own. It ends before the process forks:
Python warns of forks in processes with threads.
"""

import os
import sys
from _thread import allocate_lock, start_new_thread
from time import perf_counter, sleep

from aiomend_recorder import records, stalls

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict

INTERVAL = 0.005  #: seconds between two looks, or a tenth of what is slow where that is less
QUIET = 0.2  #: of what is slow: a callback is not looked at before
FLUSH = 1.0  #: seconds between two writings of what grew


class _State:
    running: "Dict[int, Any]" = {}
    process = 0  # the one in which the thread runs
    wanted = True
    ended = allocate_lock()


def install(running: "Dict[int, Any]") -> None:
    _State.running = running
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=_end, after_in_parent=_again, after_in_child=_child)


def wake() -> None:
    """Begin to look, where nothing does yet."""
    if _State.process != os.getpid():
        _State.process = os.getpid()
        _State.wanted = True
        _State.ended = allocate_lock()
        _State.ended.acquire()
        start_new_thread(_look, (_State.ended,))


def _end() -> None:
    if _State.process == os.getpid():
        _State.wanted = False
        _State.ended.acquire()  # held by the thread until it has nothing left to do
        _State.process = 0


def _again() -> None:
    if _State.running:
        wake()


def _child() -> None:
    _State.running.clear()


def _look(ended: "Any") -> None:
    interval = min(INTERVAL, stalls.slow / 10)
    quiet = stalls.slow * QUIET
    looked: "Dict[int, float]" = {}
    flushed = perf_counter()
    pause = quiet
    try:
        while _State.wanted:
            sleep(pause)
            now = perf_counter()
            pause = quiet
            for thread, ready in list(_State.running.items()):
                started = ready.started
                if ready.handle is None or now - started < quiet:
                    continue
                pause = interval  # something takes long: look closely
                frame = sys._current_frames().get(thread)
                if frame is None or ready.started != started:
                    continue
                # by time and not by looks: a call that does not let other threads run gives one look, late
                since = max(started, looked.get(thread, 0.0))
                looked[thread] = now
                stalls.look(ready, started, frame, now - since)
                del frame
            if now - flushed >= FLUSH:
                flushed = now
                records.flush()
    except Exception as error:
        records.failed(error)
    finally:
        ended.release()
