"""AIO303: which coroutines are handed to the loop, and what a person is told about the others."""

from __future__ import annotations

import textwrap

import pytest

from aiomend import Finding, Settings, check_source, fix_source
from aiomend.settings import EVERYTHING, Selection

ONLY = Selection(frozenset({"AIO303"}))
ALL = Settings(unsafe=EVERYTHING)

POST = """
import asyncio
import threading

async def post(what):
    return len(what)

def write(loop, lock):
    {use}

async def main():
    threading.Thread(target=write, args=(asyncio.get_running_loop(), threading.Lock())).start()
"""


def program(use: str) -> str:
    return textwrap.dedent(POST).format(use=use.replace("\n", "\n    "))


def check(use: str, path: str = "app.py") -> list[Finding]:
    return list(check_source(program(use), path=path, settings=Settings(select=ONLY)))


@pytest.mark.parametrize(
    "use",
    [
        "asyncio.run_coroutine_threadsafe(post('x'), loop)",
        "letter = post('x')\nasyncio.run_coroutine_threadsafe(letter, loop)",
        "asyncio.run(post('x'))\nloop.create_task(post('y'))",
        "loop.call_soon_threadsafe(lambda: loop.create_task(post('x')))",
        "loop.call_soon_threadsafe(loop.create_task, post('x'))",
    ],
)
def test_nothing_to_say(use: str) -> None:
    assert check(use) == []


def test_tests_drop_tasks_on_purpose() -> None:
    assert check("loop.create_task(post('x'))", "tests/test_post.py") == []


@pytest.mark.parametrize(
    ("use", "reason"),
    [
        (
            "write.task = loop.create_task(post('x'))",
            "the task is kept or used: a concurrent future is no task, and cannot be awaited",
        ),
        (
            "loop.create_task(post('x'), name='x')",
            "`run_coroutine_threadsafe()` takes no name and no context for the task",
        ),
        (
            "asyncio.ensure_future(lock.letter, loop=loop)",
            "nothing says that `lock.letter` is a coroutine, and no future can be handed over",
        ),
        (
            "asyncio.ensure_future(post('x'), loop=asyncio.get_event_loop())",
            "a thread has no current event loop, and asking for it raises: give the thread the loop that runs",
        ),
        (
            "with lock:\n    print(post('x') + 1)",
            "a threading lock is held here while the thread would wait",
        ),
    ],
)
def test_what_cannot_be_handed_over_is_for_a_person(use: str, reason: str) -> None:
    (finding,) = check(use)

    assert (finding.safety.label, finding.reason) == ("manual", reason)


@pytest.mark.parametrize(
    ("use", "after"),
    [
        (
            "loop.create_task(post('x'))",
            "asyncio.run_coroutine_threadsafe(post('x'), loop).add_done_callback(_log_exception)",
        ),
        ("post('x')", "asyncio.run_coroutine_threadsafe(post('x'), loop).add_done_callback(_log_exception)"),
        ("print(post('x') + 1)", "print(asyncio.run_coroutine_threadsafe(post('x'), loop).result() + 1)"),
    ],
)
def test_a_coroutine_is_handed_over_and_never_dropped(use: str, after: str) -> None:
    (finding,) = check(use)
    fixed = fix_source(program(use), path="app.py", settings=ALL)

    assert finding.safety.label == "unsafe"
    assert [one.line for one in finding.evidence] == [12]
    assert f"    {after}\n" in fixed.text


@pytest.mark.parametrize("use", ["loop.create_task(post('x'))", "post('x')", "print(post('x') + 1)"])
def test_safe_fixes_first_and_unsafe_ones_later_come_to_the_same(use: str) -> None:
    safe = fix_source(program(use), path="app.py", settings=Settings()).text
    both = fix_source(safe, path="app.py", settings=ALL).text

    assert (
        both
        == fix_source(program(use), path="app.py", settings=ALL).text
        == fix_source(both, path="app.py", settings=ALL).text
    )


@pytest.mark.parametrize("use", ["loop.create_task(post('x'))", "post('x')", "print(post('x') + 1)"])
def test_no_other_rule_speaks_of_the_same_place(use: str) -> None:
    assert {one.code for one in check_source(program(use), path="app.py", settings=Settings())} == {"AIO303"}
