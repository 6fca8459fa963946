"""AIO006: which calls run in the running loop."""

from __future__ import annotations

import pytest

import aiomend
from aiomend import Safety
from aiomend.settings import EVERYTHING, Selection, Settings, TargetRange

IMPORT = "import asyncio\n\n\n"


def run(code: str, target: str = "3.8-3.15") -> aiomend.Fixed:
    only = Selection(frozenset({"AIO006"}))
    return aiomend.fix_source(
        IMPORT + code, settings=Settings(select=only, unsafe=EVERYTHING, target=TargetRange.parse(target))
    )


def fixed(code: str, target: str = "3.8-3.15") -> str:
    return run(code, target).text.removeprefix(IMPORT)


def levels(code: str, target: str = "3.8-3.15") -> list[Safety]:
    return [finding.safety for finding in run(code, target).findings]


@pytest.mark.parametrize("target", ["3.6", "3.6-3.15"])
def test_silent_where_a_version_has_no_get_running_loop(target: str) -> None:
    assert levels("async def f():\n    return asyncio.get_event_loop()\n", target) == []


@pytest.mark.parametrize(
    "code",
    [
        "async def f(loop=asyncio.get_event_loop()):\n    return loop\n",
        "async def f():\n    return lambda: asyncio.get_event_loop()\n",
        "async def f():\n    def g(loop=asyncio.get_event_loop()):\n        return asyncio.get_event_loop()\n    return g\n",
        "async def f():\n    class A:\n        loop = asyncio.get_event_loop()\n    return A\n",
        "async def f():\n    return asyncio.get_event_loop_policy().get_event_loop()\n",
        "async def f():\n    import trio\n    return asyncio.get_event_loop()\n",
        "async def f(asyncio):\n    return asyncio.get_event_loop()\n",
        "async def f():\n    return asyncio.get_event_loop()\n\n\nf().send(None)\n",
        "async def f():\n    return asyncio.get_event_loop()\n\n\nasyncio.get_event_loop = None\n",
    ],
)
def test_silent_where_no_loop_need_run(code: str) -> None:
    assert levels(code) == []


def test_other_functions_of_that_name_and_texts_are_no_reason_for_silence() -> None:
    code = "async def f(self):\n    self.get_event_loop = 1\n    print('get_event_loop')\n    return asyncio.get_event_loop()\n"
    assert levels(code) == [Safety.SAFE]


@pytest.mark.parametrize(
    "body",
    [
        "return asyncio.get_event_loop()",
        "return [asyncio.get_event_loop() for _ in '']",
        "yield asyncio.get_event_loop()",
        "try:\n        return asyncio.get_event_loop()\n    except RuntimeError:\n        return None",
    ],
)
def test_safe_where_the_coroutine_runs(body: str) -> None:
    code = f"async def f():\n    {body}\n"
    assert levels(code) == [Safety.SAFE]
    assert fixed(code) == code.replace("get_event_loop", "get_running_loop")


def test_the_name_is_written_as_the_file_writes_names() -> None:
    only = Settings(select=Selection(frozenset({"AIO006"})))
    code = "from asyncio import get_event_loop as loop\n\n\nasync def f():\n    return loop()\n"
    assert aiomend.fix_source(code, settings=only).text == (
        "from asyncio import get_running_loop\n\n\nasync def f():\n    return get_running_loop()\n"
    )
