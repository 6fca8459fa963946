"""Which tasks may be pending when a program's loop is closed, each condition by itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aiomend.facts.left_tasks import left_tasks
from aiomend.facts.loops import loops
from aiomend.facts.view import Module

See = Callable[..., Module]
HEAD = "import asyncio\nloop = asyncio.new_event_loop()\n"
WORK = "async def work(): await asyncio.sleep(1)\n"
FOREVER = "async def work():\n    while True: await asyncio.sleep(1)\n"
RUN = "loop.run_until_complete(main())\n"


def _left(module: Module) -> list[tuple[str, int]]:
    (loop,) = loops(module)
    return [(left.module.path, left.made.call.lineno) for left in left_tasks(module, loop)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{WORK}async def main(): await work()\n{RUN}", id="none is made"),
        pytest.param(f"{WORK}async def main(): await asyncio.create_task(work())\n{RUN}", id="it is awaited"),
        pytest.param(f"{WORK}async def main():\n    t = asyncio.create_task(work())\n    await t\n{RUN}", id="later"),
        pytest.param(
            f"async def work(): print()\nasync def main(): asyncio.create_task(work())\n{RUN}", id="done at once"
        ),
        pytest.param(
            f"{WORK}async def main(): asyncio.create_task(work())\n{RUN}for t in asyncio.all_tasks(loop): t.cancel()",
            id="somebody takes care of all",
        ),
        pytest.param(
            "async def work():\n    await asyncio.sleep(1)\n    loop.stop()\n"
            "async def main(): asyncio.create_task(work())\nloop.run_forever()\n",
            id="the loop stops when it is done",
        ),
        pytest.param(
            f"{WORK}def start():\n    asyncio.ensure_future(work())\nstart()\nloop.run_forever()\n",
            id="it ends, and only an exception stops the loop",
        ),
        pytest.param(
            f"{FOREVER}tasks = []\ndef start():\n    tasks.append(asyncio.ensure_future(work()))\n"
            f"start()\n{RUN}for t in tasks: t.cancel()\n",
            id="its collection is gone through",
        ),
    ],
)
def test_none_is_left(see: See, text: str) -> None:
    assert _left(see(f"{HEAD}{text}")) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param(f"{WORK}async def main(): asyncio.create_task(work())\n{RUN}", 4, id="nobody waits"),
        pytest.param(f"async def main(): asyncio.create_task(x())\n{RUN}", 3, id="of something unknown"),
        pytest.param(
            f"{WORK}async def main(): asyncio.create_task(work())\n{RUN}print(len(asyncio.all_tasks(loop)))\n",
            4,
            id="all are only counted",
        ),
        pytest.param(
            "async def work():\n    loop.stop()\n    await asyncio.sleep(1)\n"
            "async def main(): asyncio.create_task(work())\nloop.run_until_complete(main())\n",
            6,
            id="it stops the loop and goes on",
        ),
        pytest.param(
            "async def work():\n    await asyncio.sleep(1)\n    service.stop()\n"
            f"async def main(): asyncio.create_task(work())\n{RUN}",
            6,
            id="it stops something else",
        ),
        pytest.param(
            f"{FOREVER}def start():\n    asyncio.ensure_future(work())\nstart()\nloop.run_forever()\n",
            6,
            id="it never ends, and only an exception stops the loop",
        ),
        pytest.param(
            f"{WORK}def start():\n    asyncio.ensure_future(work())\nstart()\nloop.call_later(1, loop.stop)\n"
            "loop.run_forever()\n",
            5,
            id="it ends, and something stops the loop",
        ),
        pytest.param(
            f"{WORK}def start():\n    asyncio.ensure_future(work())\nstart()\n{RUN}",
            5,
            id="it ends, and the loop runs until something else is done",
        ),
    ],
)
def test_one_may_be_left(see: See, text: str, line: int) -> None:
    assert _left(see(f"{HEAD}{text}")) == [("main.py", line)]


PROGRAM = f"from other import start\n{HEAD}async def main(): start()\nstart()\n{RUN}"
OTHER = "import asyncio\nasync def work():\n    while True: await asyncio.sleep(1)\n"


def test_another_file_that_the_program_calls_leaves_what_never_ends(see: See) -> None:
    other = f"{OTHER}def start(): asyncio.ensure_future(work())\n"
    assert _left(see(PROGRAM, other=other)) == [("other.py", 4)]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(
            "import asyncio\nasync def work(): await asyncio.sleep(1)\ndef start(): asyncio.ensure_future(work())\n",
            id="it ends",
        ),
        pytest.param(
            "import asyncio\nasync def work():\n    while True: print()\ndef start(): asyncio.ensure_future(work())\n",
            id="it never lets go",
        ),
        pytest.param(
            "import asyncio\nasync def work():\n    while x: await asyncio.sleep(1)\n"
            "def start(): asyncio.ensure_future(work())\n",
            id="its loop has an end",
        ),
        pytest.param(f"{OTHER}def start(): pass\ndef other(): asyncio.ensure_future(work())\n", id="it is not called"),
        pytest.param(
            f"{OTHER}def start(): asyncio.ensure_future(work())\ndef end():\n"
            "    for t in asyncio.all_tasks(): t.cancel()\n",
            id="it takes care of all that are left",
        ),
        pytest.param("import asyncio\ndef start(): asyncio.ensure_future(x())\n", id="of something unknown"),
    ],
)
def test_another_file_leaves_nothing_that_is_sure(see: See, other: str) -> None:
    assert _left(see(PROGRAM, other=other)) == []


def test_an_object_of_another_file_begins_its_own(see: See) -> None:
    other = f"{OTHER}class Service:\n    def __init__(self): asyncio.ensure_future(work())\n"
    program = PROGRAM.replace("import start", "import Service").replace("start()", "Service()")
    assert _left(see(program, other=other)) == [("other.py", 5)]


@pytest.mark.parametrize(
    ("helper", "is_left"),
    [
        pytest.param("kept.add(task)\n    task.add_done_callback(kept.discard)", True, id="held until it is done"),
        pytest.param("kept.append(task)\n    task.add_done_callback(kept.remove)", True, id="in a list"),
        pytest.param("kept.add(task)\n    other.add_done_callback(kept.discard)", False, id="another one is let go"),
        pytest.param("kept.add(other)\n    task.add_done_callback(kept.discard)", False, id="another one is held"),
        pytest.param("kept.add(task)\n    task.add_done_callback(print)", False, id="never let go"),
    ],
)
def test_a_helper_only_holds_it(see: See, helper: str, is_left: bool) -> None:
    """What else a function does with a task that it gets is its own affair."""
    text = (
        f"{HEAD}{WORK}kept = set()\ndef hold(task):\n    {helper}\nasync def main():\n"
        f"    hold(asyncio.create_task(work()))\n{RUN}"
    )
    assert bool(_left(see(text))) is is_left
    for cancels in ("for task in kept: task.cancel()\n", "kept.cancel()\n", "[task.cancel() for task in list(kept)]\n"):
        assert _left(see(f"{text}{cancels}")) == []
