"""Calls that only the loop's thread may make: on which objects, how sure, and whose error somebody expects."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aiomend.facts.loop_objects import expected_error, loop_calls
from aiomend.facts.view import Module

See = Callable[..., Module]
HEAD = "import asyncio, threading, queue\nloop = asyncio.new_event_loop()\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("def f(x): x.set()", id="nobody knows what"),
        pytest.param("threading.Event().set()", id="an event of threads"),
        pytest.param("queue.Queue().put_nowait(1)", id="a queue of threads"),
        pytest.param("threading.Lock().release()", id="a lock of threads"),
        pytest.param("asyncio.Event().is_set()", id="a question"),
        pytest.param("asyncio.Queue().qsize()", id="another question"),
        pytest.param("asyncio.Event().cancel()", id="a method of another class"),
        pytest.param("asyncio.Future().add_done_callback(x)", id="of a future, what the loop does not look at"),
        pytest.param("asyncio.Future().set", id="no call"),
        pytest.param("(asyncio.Event() if x else threading.Event()).set()", id="now one and now another"),
        pytest.param("(asyncio.Event() if x else y()).set()", id="now one and now nobody knows"),
        pytest.param("(asyncio.Lock() if x else asyncio.Semaphore()).release()", id="two classes that both have it"),
        pytest.param("x = None\nx.set()", id="None"),
        pytest.param("def f(x): x.set()\nf(asyncio.Event())\nf(threading.Event())", id="callers pass one and another"),
        pytest.param("def f(x): x.stop()", id="what is stopped may be a song"),
        pytest.param("asyncio.Event().clear()", id="to clear an event wakes nobody"),
        pytest.param("loop.close()", id="a method that closes the loop"),
        pytest.param("loop.call_soon_threadsafe(x)", id="what a thread may do"),
        pytest.param("asyncio.Future().set_result()", id="a setter without a result"),
        pytest.param("asyncio.Future().set_result(1, 2)", id="a setter with two"),
        pytest.param("asyncio.Future().set_result(1, x=2)", id="a setter with another one by its name"),
    ],
)
def test_calls_that_any_thread_may_make(see: See, text: str) -> None:
    assert list(loop_calls(see(f"{HEAD}{text}\n"))) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("asyncio.Future().set_result(1)", "future"),
        ("asyncio.Future().set_exception(x)", "future"),
        ("asyncio.Future().set_result(result=1)", "future"),
        ("asyncio.Future().cancel()", "Future"),
        ("asyncio.ensure_future(x()).cancel()", "Future"),
        ("asyncio.Event().set()", "Event"),
        ("asyncio.Queue().put_nowait(1)", "Queue"),
        ("asyncio.PriorityQueue().get_nowait()", "Queue"),
        ("asyncio.Queue().task_done()", "Queue"),
        ("asyncio.Lock().release()", "Lock"),
        ("asyncio.BoundedSemaphore().release()", "Semaphore"),
        ("asyncio.Condition().notify_all()", "Condition"),
        ("asyncio.Condition().release()", "Condition"),
        ("def f(x: asyncio.Transport): x.write(1)", "BaseTransport"),
        ("def f(x: asyncio.StreamWriter): x.write(1)", "StreamWriter"),
        ("def f(x: asyncio.AbstractServer): x.close()", "AbstractServer"),
        ("def f(x: asyncio.TimerHandle): x.cancel()", "TimerHandle"),
        ("def f(x: 'asyncio.Event | None'): x.set()", "Event"),
        ("def f(x): x.set()\nf(asyncio.Event())", "Event"),
        ("(asyncio.Event() if x else asyncio.Event()).set()", "Event"),
        ("loop.stop()", "loop"),
        ("loop.add_reader(x, y)", "loop"),
        ("def f(loop): loop.remove_writer(1)", "loop"),
    ],
)
def test_calls_of_the_loops_thread(see: See, text: str, kind: str) -> None:
    (found,) = loop_calls(see(f"{HEAD}{text}\n"))
    assert (found.kind, found.is_known) == (kind, True)
    assert found.call.func is found.attribute


def test_a_future_by_its_name_is_not_known_to_be_one(see: See) -> None:
    (found,) = loop_calls(see(f"{HEAD}def f(fut): fut.set_result(1)\n"))
    assert (found.kind, found.is_known) == ("future", False)


def test_they_come_in_the_order_of_the_file(see: See) -> None:
    text = f"{HEAD}loop.stop()\nasyncio.Event().set()\nasyncio.Future().set_result(1)\nloop.stop()\n"
    assert [one.kind for one in loop_calls(see(text))] == ["loop", "Event", "future", "loop"]


@pytest.mark.parametrize(
    ("call", "handler", "error"),
    [
        ("asyncio.Queue().get_nowait()", "asyncio.QueueEmpty", "QueueEmpty"),
        ("asyncio.Queue().put_nowait(1)", "(OSError, asyncio.QueueFull)", "QueueFull"),
        ("asyncio.Queue().task_done()", "ValueError", "ValueError"),
        ("asyncio.Lock().release()", "RuntimeError", "RuntimeError"),
        ("asyncio.Future().set_result(1)", "asyncio.InvalidStateError", "InvalidStateError"),
        ("asyncio.Future().set_exception(x)", "asyncio.InvalidStateError", "InvalidStateError"),
        ("asyncio.Queue().get_nowait()", "asyncio.QueueFull", None),
        ("asyncio.Queue().get_nowait()", "Exception", None),
        ("asyncio.Queue().get_nowait()", "(OSError, ValueError)", None),
        ("asyncio.Queue().get_nowait()", "", None),
        ("asyncio.Event().set()", "ValueError", None),
    ],
)
def test_an_error_that_code_around_it_names(see: See, call: str, handler: str, error: str | None) -> None:
    module = see(f"{HEAD}try: {call}\nexcept {handler}: pass\n")
    (found,) = loop_calls(module)
    said = expected_error(module, found)
    assert (said and said.split()[0]) == error
