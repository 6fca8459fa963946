"""AIO302: what belongs into the loop's thread, and what a person is told where it cannot be handed over."""

from __future__ import annotations

import textwrap

import pytest

from aiomend import Finding, Settings, check_source, fix_source
from aiomend.settings import EVERYTHING, Selection, TargetRange

ONLY = Selection(frozenset({"AIO302"}))

RADIO = """
import asyncio
import threading

class Radio:
    def __init__(self):
        {loop} = asyncio.get_event_loop()
        self.news, self.on = asyncio.Queue(), asyncio.Event()
        self.task = asyncio.ensure_future(self.news.join())
        self.answer = asyncio.get_event_loop().create_future()
        threading.Thread(target=self._listen).start()

    def _listen(self):
        {use}
"""


def check(use: str, loop: str = "self.loop") -> list[Finding]:
    code = textwrap.dedent(RADIO).format(use=use.replace("\n", "\n        "), loop=loop)
    return list(check_source(code, path="app.py", settings=Settings(select=ONLY)))


@pytest.mark.parametrize(
    "use",
    [
        "self.news.qsize()",
        "self.on.is_set()",
        "self.loop.call_soon_threadsafe(self.on.set)",
        "self.loop.call_soon_threadsafe(lambda: self.answer.set_result(1))",
        "self.other.set()",
        "self.loop.time()",
    ],
)
def test_nothing_to_say(use: str) -> None:
    assert check(use) == []


@pytest.mark.parametrize(
    ("use", "reason"),
    [
        ("if self.task.cancel(): pass", "its value is used, and it would not be known here any more"),
        (
            "try:\n    self.news.put_nowait(1)\nexcept (OSError, asyncio.QueueFull): pass",
            "QueueFull is caught here, and would be raised in the loop instead",
        ),
        (
            "try:\n    self.answer.set_result(1)\nexcept asyncio.InvalidStateError: pass",
            "InvalidStateError is caught here, and would be raised in the loop instead",
        ),
        (
            "self.task.cancel(msg='enough')",
            "`call_soon_threadsafe()` would take the keyword arguments for its own",
        ),
        (
            "asyncio.get_event_loop().stop()",
            "a thread has no current event loop, and asking for it raises: give the thread the loop that runs",
        ),
    ],
)
def test_what_cannot_be_handed_over_is_for_a_person(use: str, reason: str) -> None:
    (finding,) = check(use)

    assert (finding.safety.label, finding.reason) == ("manual", reason)


def test_without_a_loop_in_reach_a_person_has_to_give_one() -> None:
    (finding,) = check("self.on.set()", loop="current")

    assert (finding.safety.label, finding.reason) == (
        "manual",
        "no event loop is in reach: give the thread the loop that runs",
    )


@pytest.mark.parametrize(
    ("use", "what"),
    [
        ("self.on.set()", "an asyncio `Event`"),
        ("self.news.put_nowait(1)", "an asyncio `Queue`"),
        ("self.task.cancel()", "an asyncio `Future`"),
        ("self.answer.set_result(1)", "an asyncio future"),
        ("self.loop.stop()", "the loop's own method"),
        ("self.loop.add_reader(0, print)", "the loop's own method"),
    ],
)
def test_what_belongs_into_the_loop_is_handed_to_it(use: str, what: str) -> None:
    (finding,) = check(use)

    assert finding.safety.label == "unsafe"
    assert (
        f"{what} is not thread-safe and does not wake the loop; `self.loop.call_soon_threadsafe()`" in finding.message
    )
    assert [one.line for one in finding.evidence] == [11]


@pytest.mark.parametrize(("target", "safety"), [("3.6-3.13", "manual"), ("3.7-3.13", "unsafe")])
def test_a_future_knows_its_loop_from_python_3_7_on(target: str, safety: str) -> None:
    code = RADIO.format(use="self.answer.set_result(1)", loop="current")
    settings = Settings(select=ONLY, target=TargetRange.parse(target))
    (finding,) = check_source(code, path="app.py", settings=settings)

    assert finding.safety.label == safety


def test_the_guard_of_the_settings_is_in_the_helper() -> None:
    code = RADIO.format(use="self.answer.set_result(1)", loop="self.loop")
    settings = Settings(select=ONLY, unsafe=EVERYTHING, future_guard="done")

    assert (
        "self.loop.call_soon_threadsafe(_set_result_unless_done, self.answer, 1)"
        in fix_source(code, path="app.py", settings=settings).text
    )
