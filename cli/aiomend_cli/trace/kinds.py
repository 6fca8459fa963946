"""The kinds of records: what each means to somebody who has never seen asyncio complain."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of complaint."""

    name: str  #: as in a trace
    section: int  #: of the guide; 0 for none
    rules: tuple[str, ...]  #: the codes that may mend it, most likely first
    what: str  #: what happened at the line
    why: str  #: what that leads to


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "blocking-call",
            4,
            ("AIO401", "AIO402", "AIO404", "AIO403", "AIO406"),
            "this line held the event loop",
            "nothing else could run meanwhile: no other task, no timeout, no answer to anybody",
        ),
        Kind(
            "slow-callback",
            4,
            ("AIO401", "AIO402", "AIO403", "AIO404", "AIO406"),
            "a step of this function held the event loop",
            "nothing else could run meanwhile; which line took the time was not seen",
        ),
        Kind(
            "never-awaited",
            6,
            ("AIO601", "AIO602", "AIO603", "AIO604"),
            "a coroutine was made here, and nobody awaited it",
            "the body of the function never ran",
        ),
        Kind(
            "coroutine-function-as-callback",
            6,
            ("AIO603", "AIO601"),
            "the event loop was given a coroutine function to call",
            "it calls the function and drops the coroutine: the body never runs",
        ),
        Kind(
            "set-on-finished-future",
            2,
            ("AIO201", "AIO202"),
            "a result or an exception was set on a future that was done or cancelled",
            "asyncio raises InvalidStateError here",
        ),
        Kind(
            "scheduled-setter",
            2,
            ("AIO202",),
            "a future's own setter was handed to the event loop",
            "should the future be cancelled before the loop calls it, the error has no line of yours in it",
        ),
        Kind(
            "wrong-thread",
            3,
            ("AIO301", "AIO302", "AIO303"),
            "another thread used what belongs to the event loop's thread",
            "the loop may wake up late, or never; data of asyncio may break",
        ),
        Kind(
            "not-main-thread",
            3,
            ("AIO304",),
            "a signal handler was asked for outside of the main thread",
            "Python allows that in the main thread only, and raises here",
        ),
        Kind(
            "threadsafe-exception-dropped",
            7,
            ("AIO703",),
            "a coroutine was handed to the loop from another thread, and failed",
            "nobody asked for its result: the exception is gone without a word",
        ),
        Kind(
            "exception-never-retrieved",
            7,
            ("AIO701", "AIO702"),
            "a task or future was made here, and failed",
            "nobody asked for its result: asyncio speaks of it when the object goes, which may be late",
        ),
        Kind(
            "callback-exception",
            7,
            (),
            "a callback of the event loop raised here",
            "the loop logs it and goes on; whoever waited for the callback goes on waiting",
        ),
        Kind(
            "task-destroyed-pending",
            9,
            ("AIO901", "AIO801", "AIO902", "AIO206"),
            "a task was made here, and went before it had ended",
            "what it had still to do was not done",
        ),
        Kind(
            "pending-at-close",
            9,
            ("AIO902", "AIO801", "AIO901"),
            "a task was made here, and had not ended when its loop did",
            "what it had still to do was not done; its `finally` blocks did not run in the loop",
        ),
        Kind(
            "unclosed-loop",
            10,
            ("AIO1001", "AIO007"),
            "an event loop was made here, and nobody closed it",
            "its descriptors and its threads stay until the program ends",
        ),
        Kind(
            "unclosed-writer",
            10,
            ("AIO1002",),
            "a stream was opened here, and nobody closed it",
            "the other side may wait for ever, and the descriptor stays in use",
        ),
        Kind(
            "unclosed-transport",
            10,
            ("AIO1002",),
            "a connection was made here, and nobody closed it",
            "the other side may wait for ever, and the descriptor stays in use",
        ),
        Kind(
            "unclosed-server",
            10,
            ("AIO1002",),
            "a server was started here, and nobody closed it",
            "its port stays taken, and its connections stay open",
        ),
        Kind(
            "unclosed-subprocess",
            10,
            ("AIO1002",),
            "a child process was started here, and nobody waited for its end",
            "it may go on running, and its pipes stay open",
        ),
        Kind(
            "leaked-async-generator",
            10,
            ("AIO1003",),
            "an async generator was begun here, and neither ended nor closed",
            "its `finally` blocks did not run while they could",
        ),
        Kind(
            "use-of-closed-loop",
            10,
            (),
            "an event loop was used after it was closed",
            "asyncio raises RuntimeError here",
        ),
    )
}
