"""AIO008: of what tasks are made, by whom, and where that is safe."""

from __future__ import annotations

import pytest

import aiomend
from aiomend import Safety
from aiomend.settings import EVERYTHING, Selection, Settings, TargetRange

IMPORT = "import asyncio\n\n\n"


def run(code: str, target: str = "3.8-3.15") -> aiomend.Fixed:
    only = Selection(frozenset({"AIO008"}))
    return aiomend.fix_source(
        IMPORT + code, settings=Settings(select=only, unsafe=EVERYTHING, target=TargetRange.parse(target))
    )


def fixed(code: str, target: str = "3.8-3.15") -> str:
    return run(code, target).text.removeprefix(IMPORT)


def levels(code: str, target: str = "3.8-3.15") -> list[Safety]:
    return [finding.safety for finding in run(code, target).findings]


JOB = "async def job(n=0):\n    return n\n\n\n"


def test_silent_where_every_version_takes_coroutines() -> None:
    assert levels(JOB + "async def f():\n    await asyncio.wait([job()])\n", "3.6-3.10") == []


@pytest.mark.parametrize(
    "given",
    ["tasks", "[asyncio.create_task(job())]", "[*tasks]", "(job() for _ in '')", "[tasks[0], tasks[1]]", "[]"],
)
def test_silent_where_no_coroutine_is_known(given: str) -> None:
    assert levels(f"{JOB}async def f(tasks):\n    await asyncio.wait({given})\n") == []


@pytest.mark.parametrize("test", ["one in done", "one not in pending", "[d for d in done if d is one]", "one == done"])
def test_for_a_person_where_a_coroutine_is_looked_for(test: str) -> None:
    code = f"{JOB}async def f():\n    one = job()\n    done, pending = await asyncio.wait([one])\n    return {test}\n"
    (finding,) = run(code).findings
    assert finding.safety is Safety.MANUAL
    assert "looks for a coroutine among tasks" in (finding.reason or "")
    assert finding.evidence[0].line == 11


@pytest.mark.parametrize(
    "code", ["def f():\n    return asyncio.wait([job()])\n", "asyncio.run(asyncio.wait([job()]))\n"]
)
def test_for_a_person_where_no_loop_runs(code: str) -> None:
    assert levels(JOB + code) == [Safety.MANUAL]


def test_unsafe_where_the_waiting_is_handed_on() -> None:
    assert levels(f"{JOB}async def f():\n    return asyncio.wait([job()])\n") == [Safety.UNSAFE]


def test_unsafe_where_only_the_name_of_a_method_says_that_it_makes_coroutines() -> None:
    code = "class Event:\n    async def wait(self): pass\n\n\nasync def f(xs):\n    await asyncio.wait([x.wait() for x in xs])\n"
    (finding,) = run(code).findings
    assert (finding.safety, finding.reason) == (Safety.UNSAFE, "only its name says that `x.wait()` gives a coroutine")
    assert "[asyncio.ensure_future(x.wait()) for x in xs]" in fixed(code)
    assert levels(code.replace("async def wait", "def wait")) == []


@pytest.mark.parametrize(
    ("body", "after", "target"),
    [
        ("await asyncio.wait([job(), x])", "[asyncio.create_task(job()), asyncio.ensure_future(x)]", "3.11"),
        ("await asyncio.wait([job()])", "[asyncio.ensure_future(job())]", "3.6-3.11"),
        ("await asyncio.wait({job(n) for n in x})", "{asyncio.create_task(job(n)) for n in x}", "3.7-3.13"),
        ("await asyncio.wait(fs=(job(),))", "fs=(asyncio.create_task(job()),)", "3.11"),
        ("one = [job()]\n    await asyncio.wait(one)", "[asyncio.ensure_future(coro) for coro in one]", "3.11"),
    ],
)
def test_in_a_coroutine(body: str, after: str, target: str) -> None:
    code = f"{JOB}async def f(x):\n    {body}\n"
    assert levels(code, target) == [Safety.SAFE]
    assert after in fixed(code, target)


@pytest.mark.parametrize(
    ("call", "after"),
    [
        ("loop.run_until_complete(asyncio.wait([job()]))", "asyncio.wait([loop.create_task(job())])"),
        ("loop.run_until_complete(asyncio.wait([job(), x]))", "asyncio.ensure_future(x, loop=loop)"),
        ("asyncio.get_event_loop().run_until_complete(asyncio.wait([job()]))", "[asyncio.ensure_future(job())]"),
    ],
)
def test_outside_of_a_coroutine_the_loop_that_runs_it_makes_the_tasks(call: str, after: str) -> None:
    code = f"{JOB}def f(loop, x):\n    {call}\n"
    assert levels(code) == [Safety.SAFE]
    assert after in fixed(code)


def test_tasks_come_from_where_the_waiting_does() -> None:
    code = f"from compat import asyncio as aio\n\n\n{JOB}async def f():\n    await aio.wait([job()])\n"
    assert levels(code) == []  # nobody knows that module
    assert "[aio.create_task(job())]" in fixed(code.replace("from compat import asyncio", "import asyncio"))
