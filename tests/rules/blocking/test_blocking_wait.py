"""AIO404: what it is silent about, what it leaves to a person, and what it writes."""

from __future__ import annotations

import asyncio
import concurrent.futures
import dataclasses
import threading
from typing import Any

import pytest

from aiomend import check_source, fix_source
from aiomend.model import Finding, Safety
from aiomend.settings import EVERYTHING, Selection, Settings, TargetRange

SETTINGS = Settings(select=Selection(frozenset({"AIO404"})), unsafe=EVERYTHING)
HEAD = "import asyncio, concurrent.futures, multiprocessing, queue, threading"
FUTURE = "f: concurrent.futures.Future"


def coroutine(*lines: str, parameters: str = FUTURE) -> str:
    return "\n".join([HEAD, f"async def main({parameters}):", *(f"    {line}" for line in lines), ""])


def findings(*lines: str) -> tuple[Finding, ...]:
    return check_source(coroutine(*lines), settings=SETTINGS)


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["x = asyncio.ensure_future(f); x.result()"], id="an-asyncio-future"),
        pytest.param(["unknown.result()"], id="nobody-knows-what"),
        pytest.param(["if f.done(): f.result()"], id="it-is-done"),
        pytest.param(["while not f.done(): await asyncio.sleep(1)", "f.result()"], id="it-is-done-by-then"),
        pytest.param(["await asyncio.wrap_future(f)", "f.result()"], id="it-was-awaited"),
        pytest.param(["concurrent.futures.wait([f], 0)", "f.result()"], id="it-was-waited-for"),
        pytest.param(["f.result(0)"], id="it-does-not-wait"),
        pytest.param(["now = 0", "f.result(now)"], id="it-does-not-wait-by-another-name"),
        pytest.param(["f.result(end - start)"], id="a-limit-that-may-come-out-as-nothing"),
        pytest.param(["queue.Queue().get(x)"], id="it-may-be-told-not-to-wait"),
        pytest.param(["queue.Queue().get_nowait()"], id="it-does-not-wait-either"),
        pytest.param(["queue.Queue().get(False)"], id="it-is-told-not-to-wait"),
        pytest.param(["queue.Queue().put(1)"], id="there-may-be-room"),
        pytest.param(["t = threading.Thread()", "if not t.is_alive(): t.join()"], id="the-thread-has-ended"),
        pytest.param(["return lambda: f.result()"], id="a-lambda-cannot-wait"),
        pytest.param(["return '-'.join('ab')"], id="another-join"),
    ],
)
def test_it_is_silent_where(lines: list[str]) -> None:
    assert findings(*lines) == ()


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        pytest.param(["f.result(5)"], "another TimeoutError", id="a-time-limit"),
        pytest.param(["f.result(timeout=2.5)"], "another TimeoutError", id="a-time-limit-by-name"),
        pytest.param(["f.result(self.limit)"], "another TimeoutError", id="a-time-limit-of-an-object"),
        pytest.param(["queue.Queue().get(timeout=self.limit)"], "would go on", id="a-queue-with-a-limit-of-an-object"),
        pytest.param(["threading.Lock().acquire(timeout=f)"], "breaks in a thread", id="a-lock-with-some-limit"),
        pytest.param(["f.exception()"], "take the exception from there", id="its-exception"),
        pytest.param(["try: f.result()", "except concurrent.futures.CancelledError: pass"], "is caught", id="caught"),
        pytest.param(["queue.Queue().get()"], "would go on", id="a-queue"),
        pytest.param(["queue.Queue().get(timeout=9)"], "would go on", id="a-queue-with-a-limit"),
        pytest.param(["threading.Event().wait()"], "would go on", id="an-event"),
        pytest.param(["threading.Lock().acquire()"], "breaks in a thread of the pool", id="a-lock"),
        pytest.param(["with self.lock: f.result()"], "is held here", id="a-held-lock"),
        pytest.param(["concurrent.futures.wait([f])"], "would go on", id="several"),
    ],
)
def test_a_person_decides(lines: list[str], reason: str) -> None:
    (finding,) = findings(*lines)

    assert finding.safety is Safety.MANUAL
    assert reason in (finding.reason or "")


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("return f.result()", "return await asyncio.wrap_future(f)"),
        ("return f.result().x", "return (await asyncio.wrap_future(f)).x"),
        ("return f.result()['x']", "return (await asyncio.wrap_future(f))['x']"),
        (
            "loop = asyncio.get_event_loop(); threading.Thread().join()",
            "await loop.run_in_executor(None, threading.Thread().join)",
        ),
    ],
)
def test_it_awaits(line: str, after: str) -> None:
    assert after in fix_source(coroutine(line), settings=SETTINGS).text


LIMITED = (
    HEAD
    + """
LIMIT = 0.01

async def main(f: concurrent.futures.Future, limit):
    return f.result({limit})
"""
)


@pytest.mark.parametrize(
    ("limit", "target", "reason"),
    [
        pytest.param("limit", "3.11-3.13", "where `limit` is 0, asyncio does not look", id="the-limit-may-be-0"),
        pytest.param("LIMIT", "3.7-3.13", "another TimeoutError", id="some-versions-raise-another-error"),
        pytest.param("*limit", "3.11-3.13", None, id="the-limit-cannot-be-seen"),
    ],
)
def test_a_limited_wait_is_for_a_person_where_asyncio_differs(limit: str, target: str, reason: str | None) -> None:
    settings = dataclasses.replace(SETTINGS, target=TargetRange.parse(target))
    found = check_source(LIMITED.format(limit=limit), settings=settings)

    assert [one.safety for one in found] == [Safety.MANUAL] * (reason is not None)
    assert all(reason in (one.reason or "") for one in found if reason)


@pytest.mark.parametrize(
    ("limit", "target", "after"),
    [
        ("LIMIT", "3.11-3.13", "await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(f)), LIMIT)"),
        ("timeout=2", "3.6-3.7", "await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(f)), 2)"),
        ("None", "3.8-3.13", "await asyncio.wrap_future(f)"),
    ],
)
def test_a_limit_goes_around_the_wait(limit: str, target: str, after: str) -> None:
    settings = dataclasses.replace(SETTINGS, target=TargetRange.parse(target))

    assert after in fix_source(LIMITED.format(limit=limit), settings=settings).text


def test_the_work_goes_on_when_the_time_is_over() -> None:
    settings = dataclasses.replace(SETTINGS, target=TargetRange.parse("3.11-3.13"))
    fixed: dict[str, Any] = {}
    exec(fix_source(LIMITED.format(limit="LIMIT"), settings=settings).text, fixed)
    goes_on = threading.Event()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        future = pool.submit(goes_on.wait, 10)
        with pytest.raises(concurrent.futures.TimeoutError):
            asyncio.run(fixed["main"](future, None))
        goes_on.set()

        assert future.result() is True
