"""The helpers that fixes add to a typed module are typed: `mypy --strict` accepts the result."""

from __future__ import annotations

from pathlib import Path

from mypy import api

import aiomend
from aiomend import EVERYTHING, Settings, TargetRange

PROGRAM = """\
async def tick(seconds: float) -> float:
    await {module}open_connection("localhost", 7)
    return seconds


def start(loop: {module}AbstractEventLoop) -> None:
    loop.create_task(tick(1))
    {module}gather(tick(1), tick(2))


class Clock:
    def __init__(self) -> None:
        self._ticking: "{module}Task[float] | None" = None

    async def start(self) -> None:
        self._ticking = {module}create_task(tick(1))

    def stop(self) -> None:
        if self._ticking is not None:
            self._ticking.cancel()


def later(loop: {module}AbstractEventLoop) -> "{module}Future[int]":
    fut: "{module}Future[int]" = loop.create_future()
    loop.call_later(1, fut.set_result, 1)
    loop.call_later(2, fut.set_exception, OSError())
    return fut


def from_thread(loop: {module}AbstractEventLoop) -> None:
    {module}run_coroutine_threadsafe(tick(1), loop)
"""
MEMBERS = "AbstractEventLoop, Future, Task, create_task, gather, open_connection, run_coroutine_threadsafe"
HEADS = {
    "plain": ("import asyncio\n\n\n", "asyncio."),
    "lazy": ("from __future__ import annotations\n\nimport asyncio\n\n\n", "asyncio."),
    "members": (f"from asyncio import {MEMBERS}\n\n\n", ""),
    "renamed": ("import asyncio as aio\nfrom typing import Any as Anything\n\n\n", "aio."),
    "typing_only": (
        "from __future__ import annotations\n\nimport asyncio\nfrom typing import TYPE_CHECKING\n\n"
        "if TYPE_CHECKING:\n    from concurrent.futures import Future\n    from typing import Any\n\n\n"
        "def wait(future: Future[Any]) -> None:\n    future.result()\n\n\n",
        "asyncio.",
    ),
}
CHOICES = {
    "default": Settings(unsafe=EVERYTHING),
    "new": Settings(unsafe=EVERYTHING, target=TargetRange((3, 9), (3, 13))),
    "old": Settings(unsafe=EVERYTHING, target=TargetRange((3, 7), (3, 13))),
    "chained": Settings(unsafe=EVERYTHING, consume="chain"),
}
NAMES = (
    "keep_task",
    "report_exception",
    "set_result_unless_cancelled",
    "set_exception_unless_cancelled",
    "log_exception",
)


def _program(head: str) -> str:
    start, module = HEADS[head]
    return start + PROGRAM.replace("{module}", module)


def _fixed(head: str, choice: str) -> str:
    return aiomend.fix_source(_program(head), settings=CHOICES[choice]).text


def test_a_module_without_annotations_gets_none() -> None:
    bare = "import asyncio\n\n\nasync def tick():\n    await asyncio.sleep(1)\n\n\ndef run():\n    asyncio.ensure_future(tick())\n"
    assert "def _keep_task(task):" in aiomend.fix_source(bare).text


def test_nothing_is_evaluated_that_the_oldest_target_cannot() -> None:
    assert '_background_tasks: "Set[asyncio.Future[Any]]" = set()\n' in _fixed("plain", "old")
    assert "_background_tasks: set[asyncio.Future[Any]] = set()\n" in _fixed("plain", "new")
    assert "_background_tasks: set[asyncio.Future[Any]] = set()\n" in _fixed("lazy", "old")


def test_nothing_is_evaluated_above_its_import() -> None:
    text = _program("plain").replace("import asyncio\n", "def first() -> None:\n    pass\n\n\nimport asyncio\n")
    fixed = aiomend.fix_source(text, settings=CHOICES["new"]).text
    exec(compile(fixed, "fixed.py", "exec"), {"__name__": "fixed"})


def test_strict_type_checkers_accept_the_result(tmp_path: Path) -> None:
    for choice in CHOICES:
        names = ("handle_exception", *NAMES[2:], NAMES[0]) if choice == "chained" else NAMES
        for head in HEADS:
            fixed = _fixed(head, choice)
            assert [name for name in names if f"def _{name}(" not in fixed] == []
            compile(fixed, head, "exec")
            (tmp_path / f"{choice}_{head}.py").write_text(fixed)
    said, errors, code = api.run(
        ["--strict", "--cache-dir", str(tmp_path / "cache"), "--no-error-summary", str(tmp_path)]
    )
    assert (said, errors, code) == ("", "", 0)
