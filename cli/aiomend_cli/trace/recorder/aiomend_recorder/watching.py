"""Puts everything in place once asyncio is there."""

from asyncio import base_events, events

from aiomend_recorder import (
    coroutines,
    crossings,
    endings,
    futures,
    generators,
    places,
    records,
    resources,
    scheduling,
    settings,
    stalls,
    threadsafe,
)


def install(wanted: "settings.Settings") -> None:
    """Begin to watch; what cannot be watched under this Python is noted, and left out."""
    records.add("asyncio", None)
    places.barriers.add(id(events.Handle._run.__code__))
    places.barriers.add(id(base_events.BaseEventLoop._run_once.__code__))  # type: ignore[attr-defined]
    stalls.slow = wanted.slow
    for watcher in (
        scheduling,  # before coroutines: it makes one
        coroutines,
        crossings,
        futures,
        threadsafe,
        generators,
        resources,
        endings,
        stalls,
    ):
        try:
            watcher.install()
        except Exception as error:
            records.failed(error)
    if wanted.facts:
        from aiomend_recorder import facts

        facts.install()
    if wanted.lines:
        from aiomend_recorder import executed

        executed.install(wanted.lines)
