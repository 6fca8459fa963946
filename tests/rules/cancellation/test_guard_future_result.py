"""AIO201: how far each fix may be trusted, what it says, and what it leaves to a person."""

from __future__ import annotations

import asyncio
import runpy
import textwrap
from pathlib import Path

import pytest

import aiomend
from aiomend.api import MemorySources
from aiomend.engine import Project
from aiomend.model import Finding, Safety
from aiomend.settings import EVERYTHING, Selection, Settings

ONLY = Selection(frozenset({"AIO201"}))
FIXTURES = Path(__file__).parents[3] / "fixtures/cancellation/guard_future_result"


def findings(body: str, future_guard: str = "cancelled") -> list[Finding]:
    """Return the findings in the body of a coroutine function with a known future ``fut`` and unknown other names."""
    text = "import asyncio\n\n\nasync def run(self, fut: asyncio.Future, x, future):\n" + textwrap.indent(body, "    ")
    return list(aiomend.check_source(text, settings=Settings(select=ONLY, future_guard=future_guard)))


def only(body: str, future_guard: str = "cancelled") -> Finding:
    (finding,) = findings(body, future_guard)
    return finding


# ---- silence ---


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("x.set_result(1)\n", id="nothing-says-future"),
        pytest.param("self.reader.set_exception(x)\n", id="a-reader"),
        pytest.param("self.set_result(x)\n", id="its-own-method"),
        pytest.param("super().set_result(x)\n", id="super"),
        pytest.param("fut.set_result(1, 2)\n", id="no-future-takes-two-arguments"),
        pytest.param("if not fut.done():\n    fut.set_result(1)\n", id="tested-with-done"),
        pytest.param("if not fut.cancelled():\n    fut.set_result(1)\n", id="tested-with-cancelled"),
        pytest.param("try:\n    fut.set_result(1)\nexcept Exception:\n    pass\n", id="caught"),
        pytest.param("asyncio.ensure_future(x).set_result(1)\n", id="a-task-has-no-setters"),
        pytest.param("mine = asyncio.Future()\nmine.set_result(1)\n", id="just-made"),
    ],
)
def test_it_is_silent(body: str) -> None:
    assert findings(body) == []


def test_a_name_suggests_nothing_where_asyncio_is_not_known() -> None:
    assert not aiomend.check_source("def f(fut):\n    fut.set_result(1)\n", settings=Settings(select=ONLY))


DAEMON = textwrap.dedent(
    """\
    import asyncio


    class Daemon:
        def __init__(self):
            self._exit = asyncio.Future()

        def stop(self):
            self._exit.set_result(0)

        def feed(self):
            if not self._exit.done():
                self.finish()

        def finish(self):
            self._exit.set_result(1)
            {cancel}
    """
)


def in_project(other: str, cancel: str = "") -> list[int]:
    """Return the lines of the findings in a class with a private future, beside another file."""
    files = {"daemon.py": DAEMON.format(cancel=cancel or "pass").encode(), "other.py": other.encode()}
    report = Project(MemorySources(files), lambda _: Settings(select=ONLY)).run(accept=lambda _: False)
    return [finding.line for finding in report.findings]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param("print('nothing')\n", id="no-user"),
        pytest.param("def run(loop, daemon):\n    loop.run_until_complete(daemon._exit)\n", id="run"),
        pytest.param("import asyncio\n\nasync def f(d):\n    await asyncio.shield(d._exit)\n", id="shielded"),
    ],
)
def test_it_is_silent_where_the_whole_project_only_watches(other: str) -> None:
    assert in_project(other) == []


@pytest.mark.parametrize(
    "other",
    [
        pytest.param("async def f(daemon):\n    await daemon._exit\n", id="awaited"),
        pytest.param("def f(daemon):\n    daemon._exit.cancel()\n", id="cancelled"),
        pytest.param("def f(daemon, sink):\n    sink(daemon._exit)\n", id="handed-on"),
        pytest.param("def f(daemon):\n    return getattr(daemon, '_exit')\n", id="by-its-name"),
        pytest.param("def f(daemon, fut):\n    daemon._exit = fut\n", id="another-one-is-put-there"),
    ],
)
def test_another_file_may_cancel_a_private_future(other: str) -> None:
    assert in_project(other) == [9]


def test_another_file_may_call_a_method_without_the_test() -> None:
    cancelled = "self._exit.cancel()"

    assert in_project("print('nothing')\n", cancelled) == [9, 16]
    assert in_project("def f(daemon):\n    daemon._exit.cancel()\n") == [9]
    assert in_project("def f(daemon):\n    daemon._exit.cancel()\n    daemon.finish()\n") == [9, 16]


def test_with_done_a_future_that_is_only_watched_may_still_be_set_twice() -> None:
    text = DAEMON.format(cancel="pass")
    found = aiomend.check_source(text, settings=Settings(select=ONLY, future_guard="done"))

    assert [finding.line for finding in found] == [9]


# ---- safety ---


@pytest.mark.parametrize(
    "argument",
    [
        "x",
        "self.x.y",
        "None",
        "-1",
        "'text'",
        "[1, x, (self.y, {'a': x})]",
        "f'{x} of {self.y}'",
        "lambda: x()",
        "ValueError('no', x)",
        "asyncio.TimeoutError()",
    ],
)
def test_it_is_safe_where_skipping_the_argument_leaves_nothing_undone(argument: str) -> None:
    assert only(f"fut.set_result({argument})\n").safety is Safety.SAFE


@pytest.mark.parametrize("argument", ["x()", "x.pop(0)", "x[0]", "x + 1", "ValueError(x())", "[x()]", "f'{x()}'"])
def test_it_is_unsafe_where_evaluating_the_argument_may_do_something(argument: str) -> None:
    finding = only(f"fut.set_result({argument})\n")

    assert finding.safety is Safety.UNSAFE
    assert finding.reason is not None
    assert "would skip" in finding.reason


def test_it_is_unsafe_where_only_the_name_suggests_a_future() -> None:
    finding = only("future.set_result(1)\n")

    assert finding.safety is Safety.UNSAFE
    assert finding.reason == "only its name says that `future` is an asyncio future"


def test_it_is_unsafe_where_it_comes_from_places_that_say_nothing_as_well() -> None:
    text = textwrap.dedent(
        """\
        import asyncio


        def chain(source, following=None):
            if following is None:
                following = asyncio.get_event_loop().create_future()

            def forward(value):
                following.set_result(value)

            source.subscribe(forward)
            return following
        """
    )
    (finding,) = aiomend.check_source(text, settings=Settings(select=ONLY))

    assert finding.safety is Safety.UNSAFE
    assert finding.reason == "only some of the places that it comes from say that `following` is an asyncio future"


def test_it_is_unsafe_where_only_the_callers_pass_a_future() -> None:
    text = textwrap.dedent(
        """\
        import asyncio


        def stamp(ticket, *, copy=None):
            ticket.set_result(1)
            copy.set_result(2)


        def later(ticket):
            asyncio.get_event_loop().call_soon(stamp, ticket)


        later(asyncio.Future())
        stamp(asyncio.Future(), copy=asyncio.Future())
        """
    )
    first, second = aiomend.check_source(text, settings=Settings(select=ONLY))

    assert (first.safety, second.safety) == (Safety.UNSAFE, Safety.UNSAFE)
    assert first.reason == "only its callers say that `ticket` is an asyncio future"


def test_it_is_silent_where_a_caller_passes_another_class() -> None:
    text = textwrap.dedent(
        """\
        import asyncio


        class Board:
            def set_result(self, points): ...


        def stamp(ticket):
            ticket.set_result(1)


        stamp(asyncio.Future())
        stamp(Board())
        """
    )

    assert not aiomend.check_source(text, settings=Settings(select=ONLY))


@pytest.mark.parametrize(
    "name", ["fut", "future", "waiter", "fut2", "reply_fut", "closeFuture", "self._drain_waiter", "state.future"]
)
def test_a_name_may_suggest_a_future(name: str) -> None:
    text = f"import asyncio\n\n\ndef f({name.partition('.')[0]}):\n    {name}.set_result(1)\n"
    if name.startswith("self"):
        text = f"import asyncio\n\n\ndef f(x):\n    x.{name}.set_result(1)\n"
    (finding,) = aiomend.check_source(text, settings=Settings(select=ONLY))

    assert finding.safety is Safety.UNSAFE


@pytest.mark.parametrize("name", ["reader", "protocol", "stream", "request", "futile", "await_result", "x"])
def test_other_names_suggest_nothing(name: str) -> None:
    text = f"import asyncio\n\n\ndef f({name}):\n    {name}.set_exception(1)\n"

    assert not aiomend.check_source(text, settings=Settings(select=ONLY))


@pytest.mark.parametrize(
    ("body", "safety"),
    [
        pytest.param("fut.set_exception(x.exception())\n", Safety.UNSAFE, id="never-asked"),
        pytest.param("if x:\n    fut.set_exception(x.exception())\n", Safety.UNSAFE, id="another-test"),
        pytest.param("if self.exception():\n    fut.set_exception(x.exception())\n", Safety.UNSAFE, id="another-task"),
        pytest.param(
            "if x.exception():\n    await self\n    fut.set_exception(x.exception())\n", Safety.UNSAFE, id="long-ago"
        ),
        pytest.param("if x.exception():\n    fut.set_result(x.result())\n", Safety.UNSAFE, id="the-result-raises"),
        pytest.param("if self or x.exception():\n    fut.set_exception(x.exception())\n", Safety.UNSAFE, id="perhaps"),
        pytest.param("if x.exception():\n    fut.set_exception(x.exception())\n", Safety.SAFE, id="asked"),
        pytest.param("if x.exception() is None:\n    fut.set_result(x.result())\n", Safety.SAFE, id="gave-none"),
        pytest.param(
            "if x.exception() is not None:\n    return\nfut.set_result(x.result())\n", Safety.SAFE, id="left-early"
        ),
    ],
)
def test_what_a_test_has_asked_for_may_be_skipped(body: str, safety: Safety) -> None:
    assert only(body).safety is safety


def test_an_argument_that_is_waited_for_is_not_skipped() -> None:
    assert only("fut.set_result(await x())\n").safety is Safety.SAFE


# ---- for a person ---


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param("y = fut.set_result(1)\n", "the value of the call is used", id="assigned"),
        pytest.param("x(lambda: fut.set_result(1))\n", "the value of the call is used", id="lambda-for-anybody"),
        pytest.param(
            "fut.set_result(*await x())\n", "the argument is waited for between the test and the call", id="starred"
        ),
        pytest.param(
            "self.futures.pop().set_result(await x())\n",
            "the receiver is computed, and then the argument is waited for",
            id="receiver-and-argument",
        ),
        pytest.param(
            "fut = waiter = 1\nself.waiters.pop().set_result(lambda fut: future)\n",
            "no name is free to bind the future to",
            id="no-free-name",
        ),
    ],
)
def test_a_person_decides(body: str, reason: str) -> None:
    finding = next(one for one in findings(body) if one.safety is Safety.MANUAL)

    assert finding.reason == reason
    assert finding.fix is None


def test_a_person_decides_for_code_of_the_loop_and_of_a_thread() -> None:
    text = textwrap.dedent(
        """\
        import asyncio
        import threading


        def work(fut: asyncio.Future):
            fut.set_result(1)


        async def main(one: asyncio.Future, other: asyncio.Future):
            POOL.submit(work, one)  # of threads or of processes
            work(other)
        """
    )
    (finding,) = aiomend.check_source(text, settings=Settings(select=ONLY))

    assert finding.safety is Safety.MANUAL
    assert finding.reason == "it runs in the event loop and in another thread as well"


# ---- what it says ---


def test_the_message_names_what_was_seen_and_what_will_be_done() -> None:
    assert only("fut.set_result(1)\n").message == (
        "`fut.set_result()` raises InvalidStateError if `fut` was cancelled; test `fut.cancelled()` first"
    )


def test_setters_that_share_a_test_are_one_finding() -> None:
    finding = only("if x:\n    fut.set_exception(x)\nelse:\n    fut.set_result(1)\n")

    assert finding.message.startswith("`fut.set_exception()` and `fut.set_result()` raise InvalidStateError")
    assert finding.evidence == ()


def test_another_setter_of_the_same_future_is_named_and_done_is_offered() -> None:
    first, second = findings("fut.set_result(1)\nawait x()\nfut.set_exception(x)\n")

    assert 'line 7 sets it too: with `future-guard = "done"` the test covers both' in first.message
    assert [(one.line, one.note) for one in first.evidence] == [(7, "sets `fut` as well")]
    assert "line 5 sets it too" in second.message


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("if x:\n    fut.set_result(1)\n    x()\nelse:\n    fut.set_result(2)\n", id="other-branch"),
        pytest.param("if x:\n    fut.set_result(1)\n    return\nfut.set_result(2)\n", id="left-early"),
        pytest.param(
            "try:\n    x()\nexcept OSError:\n    fut.set_result(1)\nelse:\n    fut.set_result(2)\n", id="else"
        ),
        pytest.param("fut.set_result(1)\nfuture.set_result(2)\n", id="another-future"),
        pytest.param(
            "for one in x:\n    fut2 = one\n    fut2.set_result(1)\nfut2 = x\nfut2.set_result(2)\n", id="renamed"
        ),
    ],
)
def test_a_setter_that_runs_instead_is_no_other_setter(body: str) -> None:
    assert [finding.message for finding in findings(body) if "sets it too" in finding.message] == []


def test_a_setter_behind_a_loop_that_binds_the_name_anew_is_no_other_setter() -> None:
    body = (
        "while True:\n    fut2 = x.get()\n    if x.last:\n        break\n    fut2.set_result(1)\nfut2.set_result(2)\n"
    )

    assert len(findings(body)) == 2
    assert [finding.message for finding in findings(body) if "sets it too" in finding.message] == []


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            "while True:\n    fut2 = x.get()\n    fut2.set_result(1)\n    break\nfut2.set_result(2)\n",
            id="the-loop-ends-below-it",
        ),
        pytest.param(
            "while x:\n    fut2 = x.get()\n    fut2.set_result(1)\nfut2.set_result(2)\n", id="its-test-ends-it"
        ),
        pytest.param("for fut2 in x:\n    fut2.set_result(1)\nfut2.set_result(2)\n", id="the-last-element"),
        pytest.param(
            "fut2 = x.get()\nwhile True:\n    fut2.set_result(1)\n    if x:\n        break\nfut2.set_result(2)\n",
            id="bound-above-the-loop",
        ),
    ],
)
def test_a_setter_behind_a_loop_may_set_the_same_future(body: str) -> None:
    assert all("sets it too" in finding.message for finding in findings(body))


def test_with_done_nothing_is_left_to_offer() -> None:
    first, second = findings("fut.set_result(1)\nfut.set_result(2)\n", future_guard="done")

    assert first.message == (
        "`fut.set_result()` raises InvalidStateError if `fut` was cancelled or is done; test `fut.done()` first"
    )
    assert second.evidence == ()


def test_safe_fixes_need_no_option() -> None:
    text = "import asyncio\n\n\ndef f(fut: asyncio.Future, future):\n    fut.set_result(1)\n    future.set_result(2)\n"

    assert aiomend.fix_source(text).text == text.replace(
        "    fut.set_result(1)\n", "    if not fut.cancelled():\n        fut.set_result(1)\n"
    )
    assert aiomend.fix_source(text, settings=Settings(unsafe=EVERYTHING)).text.count("cancelled") == 2


@pytest.mark.parametrize(
    ("begun", "waited", "setter"), [(False, "_opened", "on_open"), (True, "_consumed", "was_seen")]
)
def test_a_cancelled_caller_leaves_what_it_waits_for_alone(begun: bool, waited: str, setter: str) -> None:
    kind = runpy.run_path(str(FIXTURES / "skip_waited_for_by_callers.py"))["Connection"]

    async def main() -> None:
        connection = kind(asyncio.get_running_loop())
        if begun:
            connection.on_open()
        runner = asyncio.ensure_future(connection.run())
        for _ in range(9):
            await asyncio.sleep(0)
        future = getattr(connection, waited)
        runner.cancel()
        await asyncio.gather(runner, return_exceptions=True)
        getattr(connection, setter)()
        assert runner.cancelled()
        assert future.result() is None

    asyncio.run(main())


def test_a_cancelled_caller_leaves_what_a_collection_holds_alone() -> None:
    fixture = runpy.run_path(str(FIXTURES / "skip_shielded_in_collections.py"))

    async def main() -> list[bool]:
        outbox = fixture["Outbox"](asyncio.get_running_loop())
        waits = [fixture["send"](outbox, "x"), fixture["send"](outbox, "y"), outbox.ask(1), outbox.when_idle()]
        callers = [asyncio.ensure_future(one) for one in waits]
        await asyncio.sleep(0)
        for caller in callers:
            caller.cancel()
        await asyncio.gather(*callers, return_exceptions=True)
        outbox.on_sent()
        outbox.on_error(OSError("gone"))
        outbox.on_answer(1, "z")
        outbox.on_idle()
        return [caller.cancelled() for caller in callers]

    assert asyncio.run(main()) == [True] * 4


# ---- tests ---

IN_TEST = """
import asyncio
import pytest


async def test_it(bus):
    called = asyncio.get_running_loop().create_future()

    def handler(event):
        called.set_result(event)

    bus.on("door", handler)
    {wait}
    bus.send("door")
"""


def in_test(wait: str, path: str = "tests/test_bus.py") -> int:
    """Return the number of findings in a test that waits for its own future."""
    return len(aiomend.check_source(IN_TEST.format(wait=wait), path=path, settings=Settings(select=ONLY)))


@pytest.mark.parametrize(
    "wait",
    [
        "await called",
        "await asyncio.wait_for(called, 2)",
        "assert await bus.first(called)",
        "await asyncio.wait_for(asyncio.gather(called, bus.closed), 4)",
    ],
)
def test_a_test_whose_wait_ends_early_has_failed(wait: str) -> None:
    assert in_test(wait) == 0


@pytest.mark.parametrize(
    "wait",
    [
        "bus.first(called).cancel()",
        "with pytest.raises(asyncio.TimeoutError): await asyncio.wait_for(called, 2)",
        "with pytest.raises(TimeoutError): await asyncio.wait_for(called, 2)",
        "with suppress(asyncio.CancelledError): await bus.first(called)",
    ],
)
def test_a_test_may_give_up_a_wait_and_go_on(wait: str) -> None:
    assert in_test(wait) == 1


def test_no_other_code_is_a_test() -> None:
    assert in_test("await asyncio.wait_for(called, 2)", path="bus.py") == 1


@pytest.mark.parametrize(("limit", "number"), [("asyncio.wait_for(self.called, 2)", 1), ("self.called", 0)])
def test_what_serves_tests_may_be_given_up_by_its_timeouts(limit: str, number: int) -> None:
    text = f"""
import asyncio


class Client:
    def __init__(self):
        self.called = asyncio.get_running_loop().create_future()

    def on_door(self, event):
        self.called.set_result(event)

    async def wait(self):
        await {limit}
"""
    assert len(aiomend.check_source(text, path="tests/client.py", settings=Settings(select=ONLY))) == number
