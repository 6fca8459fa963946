"""AIO005: where a loop is one too many, and how sure that is."""

from __future__ import annotations

import pytest

import aiomend
from aiomend import Safety
from aiomend.settings import EVERYTHING, Selection, Settings, TargetRange

IMPORT = "import asyncio\n\n\n"


def run(code: str, target: str = "3.8-3.15") -> aiomend.Fixed:
    only = Selection(frozenset({"AIO005"}))
    return aiomend.fix_source(
        IMPORT + code, settings=Settings(select=only, unsafe=EVERYTHING, target=TargetRange.parse(target))
    )


def fixed(code: str, target: str = "3.8-3.15") -> str:
    return run(code, target).text.removeprefix(IMPORT)


def levels(code: str, target: str = "3.8-3.15") -> list[Safety]:
    return [finding.safety for finding in run(code, target).findings]


# ---- silent ---


@pytest.mark.parametrize("target", ["3.6", "3.6-3.9", "3.9"])
def test_silent_where_every_version_takes_a_loop(target: str) -> None:
    assert levels("async def f(loop):\n    await asyncio.sleep(1, loop=loop)\n", target) == []


@pytest.mark.parametrize(
    "call", ["asyncio.ensure_future(x, loop=loop)", "asyncio.Future(loop=loop)", "asyncio.StreamReader(loop=loop)"]
)
def test_silent_where_the_loop_is_still_taken(call: str) -> None:
    assert levels(f"def f(x, loop):\n    return {call}\n") == []


# ---- for a person ---


def test_a_loop_in_a_mapping_is_for_a_person() -> None:
    code = "async def f(loop, **others):\n    others['loop'] = loop\n    await asyncio.open_connection(**others)\n"
    (finding,) = run(code).findings
    assert finding.safety is Safety.MANUAL
    assert finding.reason == "the loop is in the mapping that is handed over with `**`: leave it out there"


def test_a_subclass_that_uses_the_private_loop_is_for_a_person() -> None:
    code = (
        "class Q(asyncio.Queue):\n    def __init__(self, loop):\n        super().__init__(loop=loop)\n\n"
        "    def now(self):\n        return self._loop.time()\n"
    )
    assert levels(code, "3.10") == [Safety.MANUAL]


# ---- unsafe ---


@pytest.mark.parametrize("call", ["asyncio.Lock(loop=loop)", "asyncio.Queue(3, loop=self.loop)"])
def test_a_lock_may_belong_to_another_loop_up_to_3_9(call: str) -> None:
    code = f"class A:\n    def __init__(self, loop):\n        self.it = {call}\n"
    assert levels(code, "3.7-3.13") == [Safety.UNSAFE]
    assert levels(code, "3.10-3.13") == [Safety.SAFE]


@pytest.mark.parametrize("call", ["asyncio.gather(a, loop=loop)", "asyncio.shield(a, loop=loop)"])
def test_what_makes_tasks_at_once_may_mean_another_loop(call: str) -> None:
    assert levels(f"def f(a, loop):\n    return {call}\n", "3.10") == [Safety.UNSAFE]
    assert levels(f"async def f(a, loop):\n    return {call}\n") == [Safety.UNSAFE]


def test_a_call_in_the_argument_is_not_made_any_more() -> None:
    (finding,) = run("async def f(self):\n    await asyncio.sleep(1, loop=self.find())\n").findings
    assert (finding.safety, finding.reason) == (Safety.UNSAFE, "`self.find()` is not called any more")


def test_a_new_loop_that_nothing_makes_current_is_for_a_person() -> None:
    code = "def f():\n    loop = asyncio.new_event_loop()\n    lock = asyncio.Lock(loop=loop)\n"
    assert levels(code) == [Safety.MANUAL]


def test_none_is_current_where_it_is_taken_away_and_none_is_set() -> None:
    code = "def f():\n    loop = asyncio.get_event_loop()\n    asyncio.set_event_loop(None)\n    lock = asyncio.Lock(loop=loop)\n"
    assert levels(code) == [Safety.MANUAL]
    assert levels(f"{code}def g(loop):\n    asyncio.set_event_loop(loop)\n") == [Safety.UNSAFE]


@pytest.mark.parametrize(
    "before",
    [
        "loop = asyncio.new_event_loop()\nasyncio.set_event_loop(find())\n",
        "",
    ],
)
def test_a_loop_that_is_not_the_current_one(before: str) -> None:
    body = f"{before}lock = asyncio.Lock(loop=loop)\n"
    code = "def f(loop):\n" + "".join(f"    {line}\n" for line in body.splitlines())
    assert levels(code if not before else code.replace("def f(loop)", "def f()")) == [Safety.UNSAFE]


# ---- safe ---


@pytest.mark.parametrize(
    "call",
    [
        "asyncio.sleep(1, loop=loop)",
        "asyncio.wait_for(a, 1, loop=self._loop)",
        "asyncio.wait(a, loop=loop)",
        "asyncio.start_server(a, loop=loop)",
        "asyncio.Event(loop=None)",
        "asyncio.Event(loop=asyncio.get_event_loop())",
    ],
)
def test_a_coroutine_runs_in_its_own_loop_and_none_is_none(call: str) -> None:
    assert levels(f"def f(self, a, loop):\n    return {call}\n") == [Safety.SAFE]


def test_what_is_awaited_on_the_spot_is_of_the_running_loop() -> None:
    assert levels("async def f(a, loop):\n    return await asyncio.gather(a, a, loop=loop)\n") == [Safety.SAFE]


@pytest.mark.parametrize("getter", ["get_running_loop", "get_event_loop"])
def test_a_loop_that_was_got_in_the_coroutine_is_the_running_one(getter: str) -> None:
    code = f"async def f():\n    loop = asyncio.{getter}()\n    return asyncio.Lock(loop=loop), loop\n"
    assert levels(code) == [Safety.SAFE]


def test_a_loop_that_was_made_the_current_one_is_the_current_one() -> None:
    code = "loop = asyncio.new_event_loop()\nasyncio.set_event_loop(loop)\nlock = asyncio.Lock(loop=loop)\n"
    assert levels(code) == [Safety.SAFE]


# ---- what is written ---


def test_a_name_goes_with_its_last_use_and_not_before() -> None:
    got = "async def f(x):\n    loop = asyncio.get_event_loop()\n    await asyncio.sleep(1, loop=loop)\n"
    assert fixed(got) == "async def f(x):\n    await asyncio.sleep(1)\n"
    assert fixed(f"{got}    x(loop)\n") == got.replace(", loop=loop", "") + "    x(loop)\n"


def test_parameters_stay() -> None:
    code = "async def f(*, loop=None):\n    await asyncio.sleep(1, loop=loop)\n"
    assert fixed(code) == "async def f(*, loop=None):\n    await asyncio.sleep(1)\n"


@pytest.mark.parametrize(
    ("call", "after"),
    [
        ("asyncio.gather(loop=loop)", "asyncio.gather()"),
        ("asyncio.wait_for(a,\n        loop=loop, timeout=3)", "asyncio.wait_for(a,\n        timeout=3)"),
        ("asyncio.sleep(loop=loop, delay=1)", "asyncio.sleep(delay=1)"),
    ],
)
def test_the_other_arguments_stay_as_they_are(call: str, after: str) -> None:
    assert fixed(f"async def f(a, loop):\n    await {call}\n") == f"async def f(a, loop):\n    await {after}\n"


def test_a_loop_that_nobody_needs_goes_where_another_rule_writes_it_anew() -> None:
    both = Settings(select=Selection(frozenset({"AIO005", "AIO006"})), target=TargetRange.parse("3.8-3.15"))
    code = "async def f():\n    loop = asyncio.get_event_loop()\n    await asyncio.sleep(1, loop=loop)\n"
    text = aiomend.fix_source(IMPORT + code, settings=both).text
    assert text == f"{IMPORT}async def f():\n    await asyncio.sleep(1)\n"
