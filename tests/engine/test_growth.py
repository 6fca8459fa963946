"""Twice the code takes twice the work: what grows with the square of a file or of a project is found by counting calls.

A list of all that there is, looked through once for each place where something is asked, is cheap in a small file and shows in
no test that counts files. So the same functions are written again and again under other names.
"""

from __future__ import annotations

import cProfile
from collections.abc import Callable

import pytest

from aiomend import EVERYTHING, Project, Settings
from aiomend.api import MemorySources
from aiomend.facts import inference

HEAD = """import asyncio
import concurrent.futures
import logging
import os
import subprocess
import threading
import time
import requests
"""
#: What one person's program does, traps and correct code side by side; `_N` makes its names its own.
PARTS = {
    "tasks": """
async def step_N(number):
    await asyncio.sleep(number)
    return number


async def main_N():
    task = asyncio.ensure_future(step_N(1))
    unread = asyncio.ensure_future(step_N(2))
    asyncio.ensure_future(step_N(3))
    tasks_N.append(asyncio.ensure_future(step_N(4)))
    step_N(5)
    return await task


tasks_N = []
""",
    "loops": """
def program_N():
    loop = asyncio.new_event_loop()
    loop.run_until_complete(asyncio.sleep(0))


def other_N():
    loop = asyncio.get_event_loop()
    task = loop.create_task(asyncio.sleep(1))
    try:
        loop.run_until_complete(asyncio.sleep(0))
    finally:
        loop.close()


def shared_N(loop):
    loop.call_soon(print, "later")
    return loop
""",
    "blocking": """
def helper_N(path):
    time.sleep(1)
    return os.path.basename(path)


def reader_N(path):
    with open(path) as file:
        text = file.read()
    return helper_N(text)


async def slow_N(path):
    time.sleep(7)
    requests.get(path)
    subprocess.check_call(["true", path])
    loop = asyncio.get_event_loop()
    await loop.run_in_executor(None, reader_N, path)
    return reader_N(path)
""",
    "futures": """
class Client_N:
    def __init__(self, loop):
        self.loop = loop
        self.answer_N = loop.create_future()

    def heard(self, text):
        self.answer_N.set_result(text)

    def failed(self, error):
        if not self.answer_N.done():
            self.answer_N.set_exception(error)

    async def ask(self):
        fut = self.loop.create_future()
        self.loop.call_later(1, fut.set_result, 1)
        await asyncio.wait_for(fut, 2)
        try:
            return await self.answer_N
        except asyncio.CancelledError:
            pass
""",
    "threads": """
def worker_N(loop, client):
    loop.call_soon(client.heard)
    asyncio.run_coroutine_threadsafe(client.ask(), loop)


async def begin_N(client):
    loop = asyncio.get_event_loop()
    thread = threading.Thread(target=worker_N, args=(loop, client))
    thread.start()
    lock = threading.Lock()
    with lock:
        await client.ask()
    thread.join()
""",
    "generators": """
@asyncio.coroutine
def old_N(loop):
    yield from asyncio.sleep(1, loop=loop)
    answer = yield from older_N()
    return answer


@asyncio.coroutine
def older_N():
    asyncio.ensure_future(old_N(None))
    return 7
""",
    "imports": """
def late_N():
    import asyncio
    from logging import getLogger as log_N

    async def inner_N():
        log_N().info("here")
        await asyncio.gather(*[asyncio.sleep(0) for one_N in range(3)])

    asyncio.run(inner_N())
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
""",
}
FEW, MANY = 5, 20
#: Calls for four times the code, to four times the calls: what a file has once makes it less than one.
MOST = 1.1


def calls(files: dict[str, str]) -> int:
    """Return how many functions are called for a run over files."""
    sources = MemorySources({path: text.encode() for path, text in files.items()})
    project = Project(sources, lambda _: Settings(unsafe=EVERYTHING))
    profile = cProfile.Profile(subcalls=False)
    profile.enable()
    try:
        report = project.run()
    finally:
        profile.disable()
    assert report.findings, "it was looked at"
    return sum(entry.callcount for entry in profile.getstats())


def copies(part: str, count: int) -> list[str]:
    return [PARTS[part].replace("_N", f"_{number}") for number in range(count)]


def in_one_file(part: str, count: int) -> dict[str, str]:
    return {"app.py": HEAD + "\n".join(copies(part, count))}


def in_files_of_their_own(part: str, count: int) -> dict[str, str]:
    return {f"app/m{number}.py": HEAD + text for number, text in enumerate(copies(part, count))}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("write", [in_one_file, in_files_of_their_own])
def test_work_grows_with_the_code_and_no_faster(write: Callable[[str, int], dict[str, str]], part: str) -> None:
    calls(write(part, 1))  # what is made once for a process

    few, many = calls(write(part, FEW)), calls(write(part, MANY))

    assert many / few <= MANY / FEW * MOST


#: Statements that bind names from themselves again, and what is written once in front of them.
BOUND_AGAIN = {
    "one name": ("    found = [job()]\n", "    found = [one for one in found if one != _N]\n"),
    "two names": (
        "    found = kept = [job()]\n",
        "    found = [one for one in kept]\n    kept = [one for one in found]\n",
    ),
    "pairs": ("    found, kept = job(), job\n", "    found, kept = kept, found\n"),
}


@pytest.mark.parametrize("kind", BOUND_AGAIN)
def test_statements_that_bind_a_name_from_itself_are_no_question_each(kind: str) -> None:
    first, again = BOUND_AGAIN[kind]

    def program(count: int) -> dict[str, str]:
        body = "".join(again.replace("_N", str(number)) for number in range(count))
        return {
            "app.py": f"{HEAD}async def job():\n    pass\n\n\ndef main():\n{first}{body}    job()\n    found[0].x()\n"
        }

    calls(program(1))

    few, many = calls(program(3)), calls(program(12))

    assert many / few <= (12 / 3) ** 2, "two names that change places are asked once for each statement of the other"


def test_a_net_of_names_that_all_refer_to_one_another_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where each of eight names may be each other one, there is no end of ways round; that many are followed, and no more."""
    monkeypatch.setattr(inference, "_RINGS", 5)

    def program(count: int) -> dict[str, str]:
        names = [f"a{number}" for number in range(count)]
        first = "".join(f"    {name} = [job()]\n" for name in names)
        body = "".join(f"    {one} = [x for x in {other}]\n" for one in names for other in names if one != other)
        return {"app.py": f"{HEAD}async def job():\n    pass\n\n\ndef main():\n{first}{body}    job()\n    a0[0].x()\n"}

    calls(program(2))

    few, many = calls(program(4)), calls(program(8))

    assert many / few <= (8 / 4) ** 2, "as many more as there are more statements"
