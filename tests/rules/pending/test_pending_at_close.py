"""AIO902: what counts as a task that is left, and where it is ended."""

from __future__ import annotations

import dataclasses

import pytest

import aiomend
from aiomend import Safety
from aiomend.settings import EVERYTHING, Selection, Settings, TargetRange

ONLY = Settings(select=Selection(frozenset({"AIO902"})), unsafe=EVERYTHING)
HEAD = "import asyncio\n\n\nasync def tick():\n    while True:\n        await asyncio.sleep(1)\n\n\n"
LOOP = "loop = asyncio.new_event_loop()\n"


def fix(code: str, target: str = "3.8-3.15", *, codes: tuple[str, ...] = ("AIO902",)) -> aiomend.Fixed:
    settings = dataclasses.replace(ONLY, select=Selection(frozenset(codes)), target=TargetRange.parse(target))
    return aiomend.fix_source(HEAD + code, path="script.py", settings=settings)


def ending(code: str, target: str = "3.8-3.15") -> list[str]:
    """Return the lines of the last `finally` after the fix; none without a fix."""
    result = fix(code, target)
    _, found, rest = result.text.rpartition("finally:\n") if result.findings else ("", "", "")
    return [line.strip() for line in rest.splitlines()] if found else []


# ---- silent ---


@pytest.mark.parametrize(
    "task",
    [
        "loop.run_until_complete(loop.create_task(tick()))\n",
        "loop.create_task(asyncio.sleep(1)).add_done_callback(print)\nloop.run_forever()\n",
        "ticking = loop.create_task(tick())\nloop.call_later(3, ticking.cancel)\nloop.run_forever()\n",
    ],
)
def test_silent_for_tasks_that_somebody_has(task: str) -> None:
    assert fix(LOOP + task + "loop.close()\n").findings == ()


def test_silent_where_the_tasks_are_cancelled_elsewhere_in_the_file() -> None:
    end = "def end():\n    for task in asyncio.all_tasks(loop):\n        task.cancel()\n\n\n"
    code = LOOP + "loop.create_task(tick())\nloop.run_forever()\nloop.close()\n"

    assert fix(end + code).findings == ()
    assert len(fix("def end():\n    print(asyncio.all_tasks(loop))\n\n\n" + code).findings) == 1


def test_silent_in_tests() -> None:
    code = HEAD + LOOP + "loop.create_task(tick())\nloop.run_forever()\nloop.close()\n"

    assert aiomend.fix_source(code, path="tests/test_tick.py", settings=ONLY).findings == ()


# ---- what is written ---

FOREVER = LOOP + "loop.create_task(tick())\nloop.run_forever()\nloop.close()\n"


@pytest.mark.parametrize(
    ("target", "executor"), [("3.6", False), ("3.8-3.15", False), ("3.9-3.15", True), ("3.12", True)]
)
def test_the_target_decides_about_the_executor(target: str, executor: bool) -> None:
    lines = ["_cancel_tasks(loop)", "loop.run_until_complete(loop.shutdown_asyncgens())"]
    lines += ["loop.run_until_complete(loop.shutdown_default_executor())"] if executor else []

    assert ending(FOREVER, target) == [*lines, "loop.close()"]


@pytest.mark.parametrize(
    ("target", "asked"),
    [
        ("3.6", "[task for task in asyncio.Task.all_tasks(loop) if not task.done()]"),
        ("3.6-3.8", "[task for task in asyncio.Task.all_tasks(loop) if not task.done()]"),
        ("3.6-3.15", "[task for task in all_tasks(loop) if not task.done()]"),
        ("3.7-3.15", "asyncio.all_tasks(loop)"),
    ],
)
def test_the_target_decides_who_is_asked_for_the_tasks(target: str, asked: str) -> None:
    assert f"    tasks = {asked}\n" in fix(FOREVER, target).text


def test_what_is_there_is_not_repeated() -> None:
    done = "loop.run_until_complete(loop.shutdown_default_executor())"
    code = FOREVER.replace("loop.run_forever()\nloop", f"try:\n    loop.run_forever()\nfinally:\n    {done}\n    loop")

    assert ending(code, "3.9-3.15") == [
        "_cancel_tasks(loop)",
        "loop.run_until_complete(loop.shutdown_asyncgens())",
        done,
        "loop.close()",
    ]


def test_a_helper_of_that_name_is_used_and_another_thing_is_not() -> None:
    assert fix("_cancel_tasks = 3\n" + FOREVER).text.count("_cancel_tasks_2") == 2


def test_alone_it_writes_what_it_writes_with_the_rule_that_closes() -> None:
    assert fix(FOREVER).text == fix(FOREVER, codes=("AIO902", "AIO1001")).text


def test_it_is_unsafe_and_names_the_task() -> None:
    (finding,) = fix(FOREVER).findings

    assert finding.safety is Safety.UNSAFE
    assert finding.message == (
        "`loop` is closed while the task of `tick()` may be pending: what is left has to be cancelled and waited for"
    )
    assert [(one.line, one.note) for one in finding.evidence] == [
        (10, "nothing waits for this task before the loop is closed")
    ]


def test_asyncio_run_where_that_does_it() -> None:
    main = "async def main():\n    ticking = asyncio.ensure_future(tick())\n\n\n"

    text = fix(main + "loop = asyncio.get_event_loop()\nloop.run_until_complete(main())\nloop.close()\n").text
    assert text.endswith("\n\n\nasyncio.run(main())\n")
