"""Runs programs in asyncio's debug mode, one after the other in one process, and says what each did.

    python -X dev benchmarks/trust_bench.py < programs.json > outcomes.json

Programs are texts; an outcome holds what was printed, the exit code and the complaints. Nothing here depends on how fast
the machine is: what would block is answered at once and complained about where an event loop runs in that thread, and
work that is handed to threads is done when it was handed over.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import io
import json
import linecache
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

_SECONDS = 20  #: for one program; composed ones take a few milliseconds

_COMPLAINTS = {
    "never awaited": re.compile(r"was never awaited"),
    "exception never retrieved": re.compile(r"exception was never retrieved"),
    "pending task destroyed": re.compile(r"Task was destroyed but it is pending"),
    "unclosed event loop": re.compile(r"unclosed event loop"),
    "unclosed transport": re.compile(r"unclosed transport"),
    "non-thread-safe operation": re.compile(r"Non-thread-safe operation"),
    "InvalidStateError": re.compile(r"^(?:asyncio\.\S*)?InvalidStateError", re.MULTILINE),
    "blocking call": re.compile(r"^blocking call", re.MULTILINE),
    "deprecated": re.compile(r"DeprecationWarning"),
}
_UNCAUGHT = re.compile(r"^uncaught (\w+)", re.MULTILINE)


class _Late(Exception):
    """The program did not end."""


def main() -> None:
    """Run what stdin holds."""
    programs: list[str] = json.load(sys.stdin)
    _answer_at_once()
    _work_when_handed_over()
    out = sys.stdout
    json.dump([run(text) for text in programs], out)


def run(text: str) -> dict[str, Any]:
    """Return what a program did: ``out``, ``code`` and ``complaints``, with ``err`` for people."""
    out, err = io.StringIO(), io.StringIO()
    policy = asyncio.get_event_loop_policy()
    code = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), warnings.catch_warnings():
        warnings.simplefilter("always")
        signal.signal(signal.SIGALRM, _too_late)
        signal.alarm(_SECONDS)
        try:
            exec(compile(text, "<program>", "exec"), _globals())
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else int(error.code is not None)
        except BaseException as error:
            code = 1
            sys.stderr.write(f"uncaught {type(error).__name__}\n{traceback.format_exc()}")
            error.__traceback__ = None
        finally:
            signal.alarm(0)
        with contextlib.suppress(Exception):
            policy.set_event_loop(None)
        gc.collect()
    linecache.clearcache()
    said = err.getvalue()
    complaints = {name for name, pattern in _COMPLAINTS.items() if pattern.search(said)}
    complaints |= set(_UNCAUGHT.findall(said))
    return {"out": out.getvalue(), "code": code, "complaints": sorted(complaints), "err": said}


def _globals() -> dict[str, Any]:
    return {"__name__": "__main__", "__builtins__": __builtins__}


def _too_late(*_: object) -> None:
    raise _Late


def _answer_at_once() -> None:
    answers: list[tuple[object, str, object]] = [
        (time, "sleep", None),
        (subprocess, "check_output", b"out"),
        (subprocess, "call", 0),
        (socket, "gethostbyname", "127.0.0.1"),
    ]
    for module, name, answer in answers:
        setattr(module, name, _complaining(f"{getattr(module, '__name__', '')}.{name}", answer))


def _complaining(name: str, answer: object) -> Callable[..., object]:
    def call(*arguments: object, **options: object) -> object:
        if asyncio._get_running_loop() is not None:
            sys.stderr.write(f"blocking call: {name}\n")
        return answer

    call.__name__ = call.__qualname__ = name.rpartition(".")[2]
    return call


def _work_when_handed_over() -> None:
    submit = ThreadPoolExecutor.submit

    def submit_and_wait(self: ThreadPoolExecutor, /, *arguments: Any, **options: Any) -> Future[Any]:
        future = submit(self, *arguments, **options)
        done = threading.Event()
        future.add_done_callback(lambda _: done.set())
        done.wait(_SECONDS)
        return future

    setattr(ThreadPoolExecutor, submit.__name__, submit_and_wait)


if __name__ == "__main__":
    main()
