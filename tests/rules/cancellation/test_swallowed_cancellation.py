"""AIO205: which handlers keep a cancellation, what is said of them, and where a person has to decide."""

from __future__ import annotations

import asyncio
import textwrap
from typing import Any

import pytest

import aiomend
from aiomend.model import Finding, Safety
from aiomend.settings import EVERYTHING, Selection, Settings, TargetRange

ONLY = Selection(frozenset({"AIO205"}))


def findings(
    handler: str, *, loop: str = "while True", path: str = "poll.py", target: str = "3.8-3.15"
) -> list[Finding]:
    """Return the findings in a loop whose body waits under a `try` with this handler."""
    text = (
        f"import asyncio\nimport sys\n\nasync def poll(self, fetch, fut, stop):\n    {loop}:\n        try:\n"
        f"            await fetch()\n{textwrap.indent(textwrap.dedent(handler), ' ' * 8)}\n"
    )
    settings = Settings(select=ONLY, target=TargetRange.parse(target))
    return list(aiomend.check_source(text, path=path, settings=settings))


def only(handler: str, *, loop: str = "while True", target: str = "3.8-3.15") -> Finding:
    (finding,) = findings(handler, loop=loop, target=target)
    return finding


@pytest.mark.parametrize(
    "handler",
    [
        pytest.param("except BaseException:\n    raise\n", id="raises"),
        pytest.param("except BaseException:\n    sys.exit(1)\n", id="ends-the-program"),
        pytest.param("except BaseException as e:\n    fut.set_exception(e)\n", id="hands-the-exception-on"),
        pytest.param("except BaseException as e:\n    if isinstance(e, SystemExit): raise\n", id="tells-apart"),
        pytest.param("except OSError:\n    pass\n", id="another-exception"),
        pytest.param("except Exception:\n    pass\n", id="no-cancellation-is-an-Exception-from-3.8"),
        pytest.param("except asyncio.CancelledError:\n    break\n", id="ends-the-loop"),
        pytest.param("except asyncio.CancelledError:\n    if stop: return\n", id="ends-where-it-sees-a-reason"),
        pytest.param("except asyncio.TimeoutError:\n    pass\n", id="a-timeout"),
        pytest.param("except (asyncio.TimeoutError, OSError):\n    pass\n", id="several-others"),
    ],
)
def test_it_is_silent(handler: str) -> None:
    assert findings(handler) == []


@pytest.mark.parametrize("path", ["tests/poll.py", "test_poll.py"])
def test_tests_take_what_they_raise(path: str) -> None:
    assert findings("except BaseException:\n    pass\n", path=path) == []


def test_a_named_cancellation_may_end_a_loop_by_its_condition() -> None:
    assert findings("except asyncio.CancelledError:\n    pass\n", loop="while self.running") == []


def test_no_fix_is_safe() -> None:
    assert only("except BaseException:\n    pass\n").safety is Safety.UNSAFE
    assert only("except asyncio.CancelledError:\n    pass\n").safety is Safety.UNSAFE


def test_the_message_says_what_takes_it_and_what_comes_of_it() -> None:
    assert only("except:\n    pass\n").message == (
        "a bare `except` takes the cancellation of `poll()`, and its loop goes on for ever; "
        "`except asyncio.CancelledError: raise` before it lets the task end"
    )
    assert only("except asyncio.CancelledError:\n    print('no')\n").message.endswith(
        "`raise` at its end lets the task end"
    )


def test_exception_counts_where_the_range_reaches_below_3_8() -> None:
    finding = only("except Exception:\n    pass\n", target="3.7-3.12")

    assert "takes the cancellation of `poll()` up to Python 3.7" in finding.message


def test_a_raise_on_some_paths_lets_no_cancellation_through() -> None:
    handler = """\
        except BaseException:
            if stop:
                raise
        """

    assert only(handler).safety is Safety.UNSAFE


def test_a_person_decides_where_the_handler_does_something() -> None:
    finding = only("except BaseException:\n    fut.set_result(None)\n")

    assert finding.safety is Safety.MANUAL
    assert finding.reason == (
        "`fut.set_result(None)` in the handler may have to run for a cancelled task as well: say what of it does, then `raise`"
    )


def test_a_person_decides_where_something_is_closed_behind_it() -> None:
    finding = only("except BaseException:\n    pass\nself.writer.close()\n")

    assert finding.safety is Safety.MANUAL
    assert finding.reason == "`self.writer.close()` in line 10 would not run: move it into a `finally`"


def test_an_assignment_behind_it_may_be_meant_for_a_cancelled_task_or_not() -> None:
    finding = only("except BaseException:\n    pass\nself.next_id = 0\n")

    assert finding.safety is Safety.MANUAL
    assert finding.reason == (
        "`self.next_id = 0` in line 10 would not run: where a cancelled task has to do that too, move it into a `finally`"
    )


def test_what_another_handler_closes_is_not_skipped() -> None:
    after = "try:\n    await fetch()\nexcept OSError:\n    self.writer.close()\n"

    assert findings(f"except BaseException:\n    pass\n{after}")[0].safety is Safety.UNSAFE


def test_a_try_that_would_only_raise_goes() -> None:
    assert only("except asyncio.CancelledError:\n    pass\n").message.endswith("without the handler the task ends")


def test_without_the_try_a_cancelled_task_ends_there() -> None:
    text = """\
import asyncio

async def run(done):
    try:
        await asyncio.sleep(5)
    except asyncio.CancelledError:
        pass
    done.append("went on")
    await asyncio.sleep(0)
"""

    def what_is_done(code: str) -> list[str]:
        space: dict[str, Any] = {}
        exec(compile(code, "app.py", "exec"), space)
        done: list[str] = []

        async def main() -> None:
            task = asyncio.ensure_future(space["run"](done))
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            done.append("cancelled" if task.cancelled() else "done")

        asyncio.run(main())
        return done

    fixed = aiomend.fix_source(text, settings=Settings(select=ONLY, unsafe=EVERYTHING)).text

    assert "try:" not in fixed
    assert what_is_done(text) == ["went on", "done"]
    assert what_is_done(fixed) == ["cancelled"]


def test_a_try_that_has_other_handlers_stays() -> None:
    handler = "except asyncio.CancelledError:\n    pass\nexcept ValueError:\n    pass\n"

    assert only(handler).message.endswith("`raise` at its end lets the task end")


@pytest.mark.parametrize(
    "handler",
    [
        pytest.param("except asyncio.CancelledError:\n    pass  # why\n", id="beside-what-it-does"),
        pytest.param("except asyncio.CancelledError:  # why\n    pass\n", id="at-the-handler"),
        pytest.param("# why\nexcept asyncio.CancelledError:\n    pass\n", id="above-the-handler"),
        pytest.param("    # why\nexcept asyncio.CancelledError:\n    pass\n", id="below-what-it-guards"),
        pytest.param("except asyncio.CancelledError:\n    pass\n\n    # why\n", id="below-what-it-does"),
        pytest.param("except asyncio.CancelledError:\n    pass\nelse:  # why\n    stop()\n", id="at-its-else"),
        pytest.param("except asyncio.CancelledError:\n    pass\nelse:\n    stop()\n    # why\n", id="below-its-else"),
    ],
)
def test_a_comment_at_a_try_that_would_only_raise_is_a_persons(handler: str) -> None:
    finding = only(handler)

    assert finding.safety is Safety.MANUAL
    assert finding.reason is not None
    assert "would only raise: take it out, and find a place for the comment in line" in finding.reason


def test_a_try_stays_where_only_a_cancelled_task_gets_past_it() -> None:
    text = """\
import asyncio

async def insist(connect, hosts):
    for host in hosts:
        try:
            return await connect(host)
        except asyncio.CancelledError:
            continue
"""
    (finding,) = aiomend.check_source(text, settings=Settings(select=ONLY))

    assert finding.safety is Safety.MANUAL
    assert finding.reason == "only a cancelled task gets past the `try`: say what is to become of the way on from there"


def test_the_caller_that_goes_on_is_named() -> None:
    text = """\
import asyncio

async def pause():
    try:
        await asyncio.sleep(1)
    except asyncio.CancelledError:
        pass

async def main(serve):
    await pause()
    await serve()
"""
    (finding,) = aiomend.check_source(text, settings=Settings(select=ONLY))

    assert [(one.line, one.note) for one in finding.evidence] == [(10, "waits for `pause()`")]


@pytest.mark.parametrize("comment", ["# aiomend: ignore[AIO205]", "# noqa: ASYNC103"])
def test_a_comment_at_the_handler_silences_it(comment: str) -> None:
    assert findings(f"except BaseException:  {comment}\n    pass\n") == []
