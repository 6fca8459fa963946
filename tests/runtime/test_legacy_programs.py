"""A program of Python 3.6 that uses what later versions took away: brought to them, it prints the same there."""

from __future__ import annotations

from pathlib import Path

import pytest
from interpreters import of_version, run

import aiomend
from aiomend.settings import EVERYTHING, Selection, Settings, TargetRange

pytestmark = pytest.mark.runtime

PROGRAM = """\
import asyncio
from asyncio.streams import IncompleteReadError


async def step(name, delay, loop):
    await asyncio.sleep(delay, loop=loop)
    return name


async def first(loop):
    done, pending = await asyncio.wait(
        [step("slow", 0.3, loop), step("fast", 0.01, loop)], loop=loop, return_when=asyncio.FIRST_COMPLETED
    )
    print(sorted(task.result() for task in done), len(pending))
    await asyncio.wait(pending)


async def queued(loop):
    queue = asyncio.Queue(2, loop=loop)
    lock = asyncio.Lock(loop=loop)
    async with lock:
        await queue.put("queued")
    return await asyncio.wait_for(queue.get(), 1, loop=loop)


async def short():
    reader = asyncio.StreamReader(loop=asyncio.get_event_loop())
    reader.feed_data(b"ab")
    reader.feed_eof()
    try:
        await reader.readexactly(3)
    except IncompleteReadError as error:
        return error.partial


async def main(loop):
    await first(loop)
    print(await asyncio.gather(queued(loop), short(), loop=loop))
    print(asyncio.get_event_loop() is loop, asyncio.Task.current_task() is not None)
    asyncio.ensure_future(step("late", 30, loop), loop=loop)
    await asyncio.sleep(0)
    for task in asyncio.Task.all_tasks():
        if task is not asyncio.Task.current_task():
            task.cancel()


def program():
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    task = asyncio.async(main(loop))
    loop.run_until_complete(task)
    print(len([one for one in asyncio.Task.all_tasks(loop) if not one.done()]))
    loop.close()


program()
"""
PRINTED = "['fast'] 1\n['queued', b'ab']\nTrue True\n0\n"


def printed(text: str, version: tuple[int, int], folder: Path) -> str:
    interpreter = of_version(version)
    if interpreter is None:
        pytest.skip(f"Python 3.{version[1]} is missing")
    program = folder / "program.py"
    program.write_text(text, encoding="utf-8")
    outcome = run(interpreter, program, folder, ["-W", "ignore"])
    return outcome.out if outcome.code == 0 else outcome.err


def migrated(target: str) -> str:
    settings = Settings(select=Selection(frozenset({"AIO0"})), unsafe=EVERYTHING, target=TargetRange.parse(target))
    return aiomend.fix_source(PROGRAM, path="program.py", settings=settings).text


def test_the_program_runs_on_3_6_and_no_longer_on_3_13(tmp_path: Path) -> None:
    assert printed(PROGRAM, (3, 6), tmp_path) == PRINTED
    assert "SyntaxError" in printed(PROGRAM, (3, 13), tmp_path)


@pytest.mark.parametrize("version", [(3, 7), (3, 9), (3, 10), (3, 11), (3, 13)], ids="{0[0]}.{0[1]}".format)
def test_brought_to_a_range_it_prints_the_same_on_each_version_of_it(version: tuple[int, int], tmp_path: Path) -> None:
    assert printed(migrated("3.7-3.13"), version, tmp_path) == PRINTED


def test_brought_to_one_version_it_prints_the_same_there(tmp_path: Path) -> None:
    assert printed(migrated("3.13"), (3, 13), tmp_path) == PRINTED
