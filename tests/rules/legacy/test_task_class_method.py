"""AIO004: whether finished tasks matter, and which loop is meant."""

from __future__ import annotations

import pytest

import aiomend
from aiomend import Safety
from aiomend.settings import EVERYTHING, Selection, Settings, TargetRange

IMPORT = "import asyncio\n\n\n"


def run(code: str, target: str = "3.8-3.15") -> aiomend.Fixed:
    only = Selection(frozenset({"AIO004"}))
    return aiomend.fix_source(
        IMPORT + code, settings=Settings(select=only, unsafe=EVERYTHING, target=TargetRange.parse(target))
    )


def fixed(code: str, target: str = "3.8-3.15") -> str:
    return run(code, target).text.removeprefix(IMPORT)


def levels(code: str, target: str = "3.8-3.15") -> list[Safety]:
    return [finding.safety for finding in run(code, target).findings]


def test_silent_where_every_version_has_the_methods() -> None:
    assert levels("async def f():\n    return asyncio.Task.current_task()\n", "3.6-3.8") == []


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(
            "try:\n    from asyncio import all_tasks\nexcept ImportError:\n    def all_tasks(loop):\n"
            "        return asyncio.Task.all_tasks(loop=loop)\n",
            id="in-a-function-that-stands-in-for-the-new-one",
        ),
        pytest.param(
            "try:\n    current = asyncio.current_task\nexcept AttributeError:\n    current = lambda: asyncio.Task.current_task()\n",
            id="in-a-lambda-that-stands-in-for-the-new-one",
        ),
        pytest.param(
            "import sys\nif sys.version_info < (3, 7):\n    class Tasks:\n        def all(self):\n"
            "            return asyncio.Task.all_tasks()\n",
            id="in-a-class-of-old-versions",
        ),
    ],
)
def test_silent_in_what_only_old_versions_define(code: str) -> None:
    assert levels(code) == []


def test_a_handler_that_expects_another_attribute_to_be_lacking_is_no_fallback() -> None:
    code = (
        "async def f(task):\n    try:\n        task.context = asyncio.Task.current_task().context\n"
        "    except AttributeError:\n        task.context = {}\n"
    )
    assert fixed(code) == code.replace("asyncio.Task.current_task", "asyncio.current_task")


def test_what_a_whole_file_asks_for_is_no_branch() -> None:
    code = (
        "import sys\nif sys.version_info < (3, 5):\n    raise ImportError('too old')\n"
        "def f(loop):\n    return asyncio.Task.current_task(loop)\nprint(asyncio.Task.current_task(LOOP))\n"
    )
    assert fixed(code) == code.replace("asyncio.Task.current_task", "asyncio.current_task")


def test_a_function_in_a_try_is_run_outside_of_it() -> None:
    code = "try:\n    def f(loop):\n        return asyncio.Task.current_task(loop)\nexcept ImportError:\n    f = None\n"
    assert fixed(code) == code.replace("asyncio.Task.current_task", "asyncio.current_task")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("for t in asyncio.Task.all_tasks():\n        print(t.result())", "finished tasks matter here"),
        (
            "for t in asyncio.Task.all_tasks():\n        if t.done():\n            t.cancel()",
            "finished tasks matter here",
        ),
        ("n = len(asyncio.Task.all_tasks())", "finished tasks matter here"),
        ("ts = asyncio.Task.all_tasks()\n    print(len(ts))", "finished tasks matter here"),
        ("f = asyncio.Task.current_task", "it is handed on, and may be called where no loop runs"),
    ],
)
def test_for_a_person_where_finished_tasks_matter_or_the_method_is_handed_on(code: str, reason: str) -> None:
    (finding,) = run(f"async def f():\n    {code}\n").findings
    assert finding.safety is Safety.MANUAL
    assert (finding.reason or "").startswith(reason)


def test_for_a_person_where_no_spelling_serves_all_versions() -> None:
    (finding,) = run("async def f():\n    return asyncio.Task.current_task()\n", "3.6-3.9").findings
    assert (finding.safety, finding.reason) == (Safety.MANUAL, "Python 3.6 has nothing else: choose by the version")


@pytest.mark.parametrize(
    "code",
    [
        "return asyncio.Task.all_tasks()",
        "await asyncio.wait(asyncio.Task.all_tasks())",
        "await asyncio.gather(*asyncio.Task.all_tasks())",
        "for t in asyncio.Task.all_tasks():\n        t.cancel()\n        n += 1",
        "for t in asyncio.Task.all_tasks():\n        await t",
        "print([t.cancel() for t in asyncio.Task.all_tasks()])",
    ],
)
def test_unsafe_where_the_tasks_go_somewhere(code: str) -> None:
    assert levels(f"async def f(n=0):\n    {code}\n") == [Safety.UNSAFE]


def test_unsafe_where_the_loop_may_be_missing() -> None:
    code = "def f(loop=None):\n    return asyncio.Task.current_task(loop)\n"
    assert levels(code) == [Safety.UNSAFE]
    assert levels(f"async {code}") == [Safety.SAFE]


@pytest.mark.parametrize(
    "code",
    [
        "return asyncio.Task.current_task()",
        "for t in asyncio.Task.all_tasks():\n        t.cancel()",
        "for t in asyncio.Task.all_tasks():\n        if t is not me and not t.done():\n            print(t)",
        "for t in asyncio.Task.all_tasks():\n        if t.done():\n            continue\n        t.cancel()",
        "[t.cancel() for t in asyncio.Task.all_tasks() if t is not me]",
        "ts = asyncio.Task.all_tasks()\n    ts.discard(me)\n    for t in ts - {me}:\n        t.cancel()",
        "await asyncio.gather(*asyncio.Task.all_tasks(), return_exceptions=True)",
    ],
)
def test_safe_where_finished_tasks_cannot_matter(code: str) -> None:
    assert levels(f"async def f(me):\n    {code}\n") == [Safety.SAFE]


@pytest.mark.parametrize(
    ("code", "after"),
    [
        ("def f():\n    asyncio.Task.current_task()\n", "asyncio.current_task(asyncio.get_event_loop())"),
        ("def f(loop):\n    asyncio.Task.current_task(loop=loop)\n", "asyncio.current_task(loop=loop)"),
        ("loop = asyncio.get_event_loop()\nasyncio.Task.current_task()\n", "asyncio.current_task(loop)"),
        (
            "def f(loop):\n    loop.run_until_complete(asyncio.wait(asyncio.Task.all_tasks()))\n",
            "asyncio.wait(asyncio.all_tasks(loop))",
        ),
        (
            "loop = asyncio.get_event_loop()\nasyncio.set_event_loop(None)\nasyncio.Task.current_task()\n",
            "asyncio.current_task(asyncio.get_event_loop())",
        ),
    ],
)
def test_outside_of_a_coroutine_the_loop_is_named(code: str, after: str) -> None:
    assert after in fixed(code)
