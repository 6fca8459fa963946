"""AIO009: what has another name, what has none any more, and on which versions."""

from __future__ import annotations

import pytest

import aiomend
from aiomend import Finding, Safety
from aiomend.settings import EVERYTHING, Selection, Settings, TargetRange

IMPORT = "import asyncio\n\n\n"


def run(code: str, target: str = "3.8-3.15") -> aiomend.Fixed:
    only = Selection(frozenset({"AIO009"}))
    settings = Settings(select=only, unsafe=EVERYTHING, target=TargetRange.parse(target))
    return aiomend.fix_source(IMPORT + code, settings=settings)


def only(code: str, target: str = "3.8-3.15") -> Finding:
    (finding,) = run(code, target).findings
    return finding


# ---- silent ---


@pytest.mark.parametrize(
    ("code", "target"),
    [
        ("asyncio.futures.CancelledError\n", "3.6-3.7"),
        ("asyncio.selectors\n", "3.6"),
        ("asyncio.get_child_watcher()\n", "3.8-3.13"),
        ("asyncio.set_event_loop_policy(None)\n", "3.8-3.15"),
        ("asyncio.iscoroutinefunction(f)\n", "3.8-3.15"),
        ("loop = asyncio.get_event_loop()\n", "3.8-3.13"),
        ("asyncio.set_event_loop(x)\nloop = asyncio.get_event_loop()\n", "3.14"),
        ("def f():\n    return asyncio.get_event_loop()\n", "3.14"),
        ("asyncio.coroutine\nasyncio.Task.all_tasks\n", "3.8-3.15"),
        ("asyncio.TimeoutError\nasyncio.futures.Future\n", "3.8-3.15"),
        ("def f(asyncio):\n    return asyncio.futures.CancelledError\n", "3.8-3.15"),
    ],
)
def test_silent_where_every_version_has_it_or_another_rule_does(code: str, target: str) -> None:
    assert run(code, target).findings == ()


def test_the_loop_that_asyncio_run_takes_the_place_of_is_another_rules() -> None:
    code = "async def main():\n    pass\n\n\nloop = asyncio.get_event_loop()\nloop.run_until_complete(main())\nloop.close()\n"
    assert run(code, "3.14").findings == ()
    assert only(code.replace("loop.close()", "loop.run_forever()"), "3.14").safety is Safety.MANUAL


# ---- for a person ---


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("asyncio.compat.PY35\n", "ask sys.version_info"),
        ("from asyncio.test_utils import TestCase\n", "it was made for asyncio's own tests: copy what is used"),
        ("asyncio.SafeChildWatcher\n", "the event loop watches child processes itself since Python 3.8"),
        ("loop = asyncio.get_event_loop()\n", "get the loop in a coroutine, or make one"),
        ("from asyncio import selectors\n", "take it from where `selectors` is, in an import of its own"),
        ("from asyncio.futures import CancelledError, _STUCK\n", "take it from where `asyncio.CancelledError` is"),
        (
            "asyncio.futures.TimeoutError\npatch('work.asyncio.futures.TimeoutError')\n",
            "source.py:5 puts something in its place by that name",
        ),
        ("from asyncio import JoinableQueue\nQueue = 1\n", "take it from where `asyncio.Queue` is"),
    ],
)
def test_for_a_person_where_nothing_takes_its_place(code: str, reason: str) -> None:
    finding = only(code)
    assert finding.safety is Safety.MANUAL
    assert (finding.reason or "").startswith(reason)


def test_policies_are_reported_where_all_targets_would_warn() -> None:
    assert only("asyncio.set_event_loop_policy(None)\n", "3.14-3.15").safety is Safety.MANUAL


# ---- with another name ---


@pytest.mark.parametrize(
    ("code", "after"),
    [
        ("asyncio.futures.CancelledError\n", "asyncio.CancelledError\n"),
        ("from asyncio.futures import TimeoutError, Future\n", "from asyncio import TimeoutError, Future\n"),
        ("from asyncio.streams import IncompleteReadError as E\n", "from asyncio import IncompleteReadError as E\n"),
        ("from asyncio import JoinableQueue\nJoinableQueue()\n", "from asyncio import Queue\nQueue()\n"),
        ("from asyncio.queues import JoinableQueue as Q\n", "from asyncio.queues import Queue as Q\n"),
    ],
)
def test_safe_where_another_name_has_the_same_thing(code: str, after: str) -> None:
    fixed = run(code)
    assert {finding.safety for finding in fixed.findings} == {Safety.SAFE}
    assert fixed.text == IMPORT + after


def test_inspect_knows_no_marks() -> None:
    fixed = run("asyncio.iscoroutinefunction(f)\n", "3.14")
    assert fixed.findings[0].safety is Safety.UNSAFE
    assert fixed.text == "import inspect\n\n\ninspect.iscoroutinefunction(f)\n"
