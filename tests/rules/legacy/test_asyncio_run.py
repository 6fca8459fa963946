"""AIO007: which programs keep their loop, and what is written for the others."""

from __future__ import annotations

import dataclasses

import pytest

import aiomend
from aiomend import Finding, Safety
from aiomend.api import MemorySources
from aiomend.engine import Project
from aiomend.settings import EVERYTHING, Selection, Settings, TargetRange

ONLY = Settings(select=Selection(frozenset({"AIO007"})), unsafe=EVERYTHING)
JOB = "import asyncio\n\n\nasync def job():\n    print('job')\n\n\n"
GOT = "loop = asyncio.get_event_loop()\n"
RUN = "loop.run_until_complete(job())\n"
CLOSE = "loop.close()\n"


def findings(code: str, path: str = "script.py", target: str = "3.8-3.15", **others: str) -> list[Finding]:
    """Return the findings of one file; ``others`` are further files, by their module's name."""
    files = {path: (JOB + code).encode(), **{f"{name}.py": text.encode() for name, text in others.items()}}
    settings = dataclasses.replace(ONLY, target=TargetRange.parse(target))
    report = Project(MemorySources(files), lambda _: settings).run(accept=lambda _: False)
    return [finding for finding in report.findings if finding.path == path]


def fixed(code: str, target: str = "3.8-3.15") -> str:
    settings = dataclasses.replace(ONLY, target=TargetRange.parse(target))
    return aiomend.fix_source(JOB + code, path="script.py", settings=settings).text.removeprefix(JOB)


# ---- silent ---


@pytest.mark.parametrize("target", ["3.6", "3.6-3.15"])
def test_silent_where_a_version_has_no_asyncio_run(target: str) -> None:
    assert findings(GOT + RUN + CLOSE, target=target) == []


@pytest.mark.parametrize(
    "before",
    [
        "lock = asyncio.Lock()\n",
        "class Jobs(asyncio.Queue):\n    pass\n\n\njobs = Jobs()\n",
        "def lock():\n    return asyncio.Lock()\n\n\none = lock()\n",
        "class Door:\n    lock = asyncio.Lock()\n",
    ],
)
def test_silent_where_a_lock_or_a_queue_took_the_loop_below_3_10(before: str) -> None:
    assert findings(before + GOT + RUN + CLOSE) == []
    assert len(findings(before + GOT + RUN + CLOSE, target="3.10-3.15")) == 1


@pytest.mark.parametrize(
    "before",
    [
        "done = asyncio.Future()\n",
        "both = asyncio.gather(job(), job())\n",
        "def start():\n    asyncio.ensure_future(job())\n\n\nstart()\n",
        "class App:\n    def __init__(self):\n        self.done = asyncio.Future()\n\n\napp = App()\n",
    ],
)
def test_silent_where_a_future_is_made_before_the_run(before: str) -> None:
    assert findings(before + GOT + RUN + CLOSE, target="3.10-3.15") == []


def test_a_lock_that_a_coroutine_makes_belongs_to_the_running_loop() -> None:
    assert len(findings("async def other():\n    return asyncio.Lock()\n\n\n" + GOT + RUN + CLOSE)) == 1


@pytest.mark.parametrize(
    "before",
    [
        "import aiohttp\n\nsession = aiohttp.ClientSession()\n",
        "from tornado.platform.asyncio import AsyncIOMainLoop\n\nAsyncIOMainLoop().install()\n",
        "import shop\n\nclient = shop.Client()\n\n\nasync def buy():\n    await client.buy()\n\n\n",
    ],
)
def test_silent_where_what_another_package_makes_may_have_the_loop(before: str) -> None:
    assert findings(before + GOT + RUN + CLOSE) == []


@pytest.mark.parametrize(
    "before",
    [
        "import requests\n\nsession = requests.Session()\n",
        "import shop\n\nversion = shop.version()\nprint(version)\n",
        "import logging\n\nlog = logging.getLogger('app')\n",
        "import uvloop\n\nuvloop.install()\n",
        "import uvloop\n\nasyncio.set_event_loop_policy(uvloop.EventLoopPolicy())\n",
    ],
)
def test_what_has_no_loop_or_reaches_no_coroutine_keeps_nobody(before: str) -> None:
    assert len(findings(before.replace("print(version)", "version += 1") + GOT + RUN + CLOSE)) == 1


def test_silent_where_an_imported_module_of_the_project_sets_the_loop() -> None:
    code = "import setup\n\n" + GOT + RUN + CLOSE

    assert findings(code, setup="import asyncio\n\nasyncio.set_event_loop(asyncio.SelectorEventLoop())\n") == []
    assert len(findings(code, setup="import asyncio\n\nLIMIT = 3\n")) == 1


@pytest.mark.parametrize(
    "behind",
    ["again()\n", "stream.close()\n", "asyncio.get_event_loop().run_until_complete(job())\n", "loop.run_forever()\n"],
)
def test_silent_where_something_behind_the_run_needs_the_loop(behind: str) -> None:
    again = "def again():\n    asyncio.get_event_loop().call_soon(print)\n\n\n"

    assert findings(again + GOT + RUN + behind) == []


def test_silent_in_tests_and_for_functions_that_may_run_again() -> None:
    assert findings(GOT + RUN + CLOSE, "tests/test_job.py") == []
    assert findings("def run():\n    " + GOT + "    " + RUN + "\n\nrun()\nrun()\n") == []
    assert len(findings("def run():\n    " + GOT + "    " + RUN + "\n\nrun()\n")) == 1


def test_silent_where_the_debug_mode_may_have_changed_by_then() -> None:
    assert findings(GOT + "loop.set_debug(ask())\n" + RUN + CLOSE) == []
    assert findings(GOT + RUN + "loop.set_debug(True)\n" + CLOSE) == []


def test_silent_where_a_test_puts_a_loop_of_its_own_in_its_place() -> None:
    assert findings("def main():\n    " + GOT + "    " + RUN + "\npatch('job.asyncio.get_event_loop')\n") == []


# ---- what is said and written ---


def test_it_is_unsafe_and_says_what_takes_over() -> None:
    (finding,) = findings(GOT + RUN + CLOSE)

    assert finding.safety is Safety.UNSAFE
    assert finding.message == (
        "`loop` only runs `job()`: `asyncio.run()` makes a loop for it, cleans up behind it and closes it"
    )


def test_the_debug_mode_is_an_argument() -> None:
    assert fixed(GOT + "loop.set_debug(True)\n" + RUN + CLOSE) == "asyncio.run(job(), debug=True)\n"


def test_an_empty_handler_and_comments_stay() -> None:
    code = f"# ours\n{GOT}try:\n    {RUN}except OSError:\n    # too late\n    {CLOSE}else:\n    {CLOSE}"

    assert fixed(code) == (
        "# ours\ntry:\n    asyncio.run(job())\nexcept OSError:\n    # too late\n    pass\nelse:\n    pass\n"
    )


def test_its_value_goes_where_it_went() -> None:
    assert fixed(GOT + "print(loop.run_until_complete(job()))\n" + CLOSE) == "print(asyncio.run(job()))\n"


def test_blank_lines_part_what_they_parted() -> None:
    assert fixed("x = 1\n\n" + GOT + "\n" + RUN + CLOSE + "\ny = 2\n") == "x = 1\n\nasyncio.run(job())\n\ny = 2\n"
