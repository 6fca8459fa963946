"""AIO404: what it is silent about, what it leaves to a person, and what it writes."""

from __future__ import annotations

import pytest

from aiomend import check_source, fix_source
from aiomend.model import Finding, Safety
from aiomend.settings import EVERYTHING, Selection, Settings

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
        pytest.param(["f.result(5)"], "a time limit", id="a-time-limit"),
        pytest.param(["f.result(timeout=2.5)"], "a time limit", id="a-time-limit-by-name"),
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
