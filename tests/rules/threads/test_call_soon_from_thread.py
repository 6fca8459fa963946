"""AIO301: how sure a fix is, and what a person is told."""

from __future__ import annotations

import textwrap

import pytest

from aiomend import Finding, Settings, check_source
from aiomend.settings import Selection

ONLY = Settings(select=Selection(frozenset({"AIO301"})))

METER = """
import asyncio
import threading

def measure(loop, note):
    {use}

async def main():
    threading.Thread(target=measure, args=(asyncio.get_running_loop(), print)).start()
"""


def check(use: str, more: str = "") -> list[Finding]:
    return list(check_source(textwrap.dedent(METER.format(use=use) + more), path="app.py", settings=ONLY))


@pytest.mark.parametrize("use", ["loop.call_soon_threadsafe(note)", "note.call_soon(1)", "soon = loop.call_soon"])
def test_nothing_to_say(use: str) -> None:
    assert check(use) == []


def test_other_frameworks_have_threads_of_their_own() -> None:
    assert check("loop.call_soon(note)", "import trio\n") == []


@pytest.mark.parametrize(
    ("use", "safety", "reason"),
    [
        ("loop.call_soon(note, 1)", "safe", None),
        ("loop.call_soon(note, context=None)", "safe", None),
        ("handle = loop.call_soon(note)", "unsafe", "its value is used"),
        ("loop.call_later(1, note)", "unsafe", None),
        (
            "timer = loop.call_later(1, note)",
            "manual",
            "the handle is used: cancelling that of `call_soon_threadsafe()` would not stop the timer",
        ),
        (
            "loop.call_at(1, note, context=None)",
            "manual",
            "`call_soon_threadsafe()` would take the keyword arguments for its own",
        ),
        (
            "asyncio.get_event_loop().call_soon(note)",
            "manual",
            "a thread has no current event loop, and asking for it raises: give the thread the loop that runs",
        ),
    ],
)
def test_how_sure_a_fix_is(use: str, safety: str, reason: str | None) -> None:
    (finding,) = check(use)

    assert (finding.safety.label, finding.reason) == (safety, reason)


def test_the_finding_names_where_the_thread_begins() -> None:
    (finding,) = check("loop.call_soon(note)")

    assert finding.message == (
        "`loop.call_soon()` runs in another thread, where it does not wake the event loop; "
        "`loop.call_soon_threadsafe()` does"
    )
    assert [(one.path, one.line) for one in finding.evidence] == [("app.py", 9)]


def test_a_function_of_both_sides_is_for_a_person() -> None:
    (finding,) = check("loop.call_soon(note)", "    measure(asyncio.get_running_loop(), print)\n")

    assert (finding.safety.label, finding.reason) == ("manual", "it may run outside that thread as well (app.py:10)")
    assert [one.line for one in finding.evidence] == [9, 10]
