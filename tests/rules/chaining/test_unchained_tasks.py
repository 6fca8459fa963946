"""AIO801: what counts as a sign of order, what as a proof of an end, and who owns the tasks."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from aiomend import Finding, Settings, check_source, fix_source
from aiomend.settings import EVERYTHING, Selection

TASKS = Selection(frozenset({"AIO801", "AIO901"}))


def check(code: str, **options: Any) -> list[Finding]:
    """Return the findings of both rules that may own a task."""
    settings = Settings(select=TASKS, **options)
    return list(check_source(f"import asyncio\n{textwrap.dedent(code)}", path="app.py", settings=settings))


def step(body: str) -> str:
    """Return a program with a sign of order whose first step has the given body."""
    return (
        "import queue, subprocess\nimport functools\n"
        f"async def open_box(box, loop=asyncio.get_event_loop()):\n{textwrap.indent(textwrap.dedent(body), '    ')}\n"
        "async def idle(): await asyncio.sleep(1)\n"
        "async def close_box(): await asyncio.sleep(1)\n"
        "async def main(box):\n    asyncio.ensure_future(open_box(box))\n    asyncio.ensure_future(close_box())\n"
    )


def levels(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.code, finding.safety.label) for finding in findings]


# ---- what may never end is not waited for ---


@pytest.mark.parametrize(
    ("body", "doubt"),
    [
        ("pass", "it is meant to be overridden"),
        ("await box.get()", "it waits for `box.get()`"),
        ("await box", "it waits for `box`"),
        ("await asyncio.wait_for(box.get(), None)", "it waits for `asyncio.wait_for(box.get(), None)`"),
        ("await asyncio.wait_for(box.get(), timeout=box.patience)", "it waits for `asyncio.wait_for"),
        ("await asyncio.gather(idle(), box.get())", "it waits for `box.get()`"),
        ("await loop.run_in_executor(None, queue.Queue().get)", "it waits for `queue.Queue().get` in a thread"),
        ("await asyncio.to_thread(box.read)", "it waits for `box.read` in a thread"),
        ("await open_box(box)", "it waits for `open_box(box)`"),
        ("while box: await asyncio.sleep(1)", "it has a `while` loop"),
        ("async for lid in box: pass", "it has an `async for` loop"),
        ("[lid async for lid in box]", "it has an `async for` loop"),
        ("async with box.lock: pass", "it enters `async with box.lock`"),
        ("for lid in box.lids(): await asyncio.sleep(1)", "it iterates over `box.lids()`"),
        ("for lid in iter(box.take, None): pass", "it iterates over `iter(box.take, None)`"),
    ],
)
def test_a_step_that_may_never_end_is_for_a_person(body: str, doubt: str) -> None:
    (finding,) = check(step(body))

    assert levels([finding]) == [("AIO801", "manual")]
    assert finding.reason is not None
    assert finding.reason.startswith(f"`open_box(box)` may never end: {doubt}")


@pytest.mark.parametrize(
    "body",
    [
        "while True: await asyncio.sleep(1)",
        "while 1:\n    await asyncio.sleep(1)\n    print(box)",
        "await asyncio.ensure_future(read_loop())\nasync def read_loop(): pass",
    ],
)
def test_endless_work_is_kept_and_never_chained(body: str) -> None:
    assert levels(check(f"async def read_loop(): pass\n{step(body)}")) == [("AIO901", "safe")] * 2


@pytest.mark.parametrize("name", ["read_loop", "serve_forever", "heartbeat", "pollServer", "worker", "keep_alive"])
def test_names_of_background_work_are_never_chained(name: str) -> None:
    findings = check(f"""
        async def {name}(): await asyncio.sleep(1)
        async def send(): await asyncio.sleep(1)
        async def close(): await asyncio.sleep(1)
        async def main(loop):
            loop.create_task({name}())
            loop.create_task(send())
            loop.create_task(close())
            loop.stop()
        """)

    assert levels(findings) == [("AIO901", "safe")] * 3


@pytest.mark.parametrize(
    "body",
    [
        "print(box)",
        "for _ in range(3): await asyncio.sleep(1)",
        "for lid in box: await idle()",
        "await asyncio.gather(idle(), idle())",
        "await asyncio.wait_for(box.get(), 5)",
        "await asyncio.wait({box.lid}, timeout=5)",
        "await asyncio.shield(idle())",
        "await asyncio.create_task(idle())",
        "await loop.create_task(idle())",
        "await loop.run_in_executor(None, subprocess.check_output, ['ls'])",
        "await loop.run_in_executor(None, functools.partial(subprocess.run, ['ls'], check=True))",
        "await asyncio.to_thread(print, box)",
        "async def later():\n    await box.get()\nprint(later)",
        "while_true = lambda: box.get()",
    ],
)
def test_a_step_that_ends_is_waited_for(body: str) -> None:
    assert levels(check(step(body))) == [("AIO801", "unsafe")]


# ---- a main program that ends before its tasks ---


def main_program(ending: str) -> str:
    return (
        "async def sweep(): await asyncio.sleep(1)\nasync def dust(): await asyncio.sleep(1)\n"
        "async def main(room):\n    asyncio.ensure_future(sweep())\n    asyncio.ensure_future(dust())\n"
        f"{textwrap.indent(ending, '    ')}\nasyncio.run(main(None))\n"
    )


@pytest.mark.parametrize(
    "ending",
    [
        "while True: await asyncio.sleep(1)",
        "while not room.clean: await asyncio.sleep(0.1)",
        "await asyncio.sleep(float('inf'))",
        "await asyncio.sleep(24 * 3600)",
        "await asyncio.Event().wait()",
        "await room.clean()",
        "async with room: pass",
    ],
)
def test_a_program_that_waits_for_something_gives_its_tasks_time(ending: str) -> None:
    assert levels(check(main_program(ending))) == [("AIO901", "safe")] * 2


def test_a_program_that_waits_for_all_tasks_may_handle_their_exceptions() -> None:
    assert levels(check(main_program("await asyncio.gather(*asyncio.all_tasks())"))) == [("AIO901", "unsafe")] * 2


@pytest.mark.parametrize(
    "ending", ["pass", "await asyncio.sleep(2)", "await asyncio.sleep(PAUSE)", "for _ in 'abc': await asyncio.sleep(1)"]
)
def test_a_program_that_only_sleeps_may_end_before_its_tasks(ending: str) -> None:
    (finding,) = check(main_program(ending))

    assert levels([finding]) == [("AIO801", "unsafe")]
    assert finding.message.endswith("although the program ends when `main()` returns")


# ---- who owns the tasks ---

SIDE_BY_SIDE = """
async def sweep(): await asyncio.sleep(1)
async def dust(): await asyncio.sleep(1)
async def tidy(evening):
    asyncio.ensure_future(sweep())
    asyncio.ensure_future(dust())
    await evening.wait()
"""


def test_tasks_without_a_sign_of_order_are_kept() -> None:
    assert levels(check(SIDE_BY_SIDE)) == [("AIO901", "safe")] * 2


def test_tasks_without_a_sign_of_order_are_chained_where_the_configuration_says_so() -> None:
    (finding,) = check(SIDE_BY_SIDE, chain_without_evidence=True)

    assert levels([finding]) == [("AIO801", "unsafe")]


def test_the_configuration_does_not_chain_what_may_never_end() -> None:
    code = SIDE_BY_SIDE.replace("dust(): await asyncio.sleep(1)", "dust(): await room.door.wait()")

    assert levels(check(code, chain_without_evidence=True)) == [("AIO901", "safe")] * 2


def test_one_task_alone_that_is_needed_at_once_is_for_a_person() -> None:
    (finding,) = check("""
        class Line:
            async def connect(self):
                await asyncio.sleep(1)
                self.wire = object()
            async def greet(self):
                asyncio.ensure_future(self.connect())
                await asyncio.sleep(2)
                print(self.wire)
        """)

    assert levels([finding]) == [("AIO801", "manual")]
    assert finding.message == (
        "nobody waits for `self.connect()`, although later code reads `self.wire`, which `connect()` writes"
    )


def test_one_task_alone_is_kept_where_the_attribute_is_set_here_too() -> None:
    findings = check("""
        class Line:
            async def connect(self):
                await asyncio.sleep(1)
                self.wire = object()
            async def greet(self):
                self.wire = None
                asyncio.ensure_future(self.connect())
                print(self.wire)
        """)

    assert levels(findings) == [("AIO901", "safe")]


# ---- what the message and the evidence say ---

DIARY = """
class Diary:
    async def open(self):
        await asyncio.sleep(1)
        self.lines = []
    async def write(self):
        await asyncio.sleep(1)
        print(self.lines)
    async def day(self, loop):
        loop.create_task(self.open())
        loop.create_task(self.write())
        await asyncio.sleep(1)
        loop.stop()
"""


def test_the_message_names_the_evidence_and_the_report_its_places() -> None:
    (finding,) = check(DIARY)

    assert finding.message == (
        "`self.open()` and `self.write()` run side by side and nobody waits for them, although `day()` stops the loop "
        "without waiting for them, and `write()` reads `self.lines`, which `open()` writes, and `open()`, `write()` are "
        "the steps of a life cycle"
    )
    assert [(place.line, place.note) for place in finding.evidence] == [
        (14, "`loop.stop()` stops the loop whether they are done or not"),
        (6, "`open()` writes `self.lines` here"),
        (9, "`write()` reads it here"),
        (11, "the first step is started here, and nobody waits for it"),
    ]


@pytest.mark.parametrize(
    ("chain", "written"), [("await", "await self.open()"), ("task", "await loop.create_task(self.open())")]
)
def test_both_forms_of_the_guide(chain: str, written: str) -> None:
    settings = Settings(select=TASKS, unsafe=EVERYTHING, chain=chain)

    assert f"        {written}\n" in fix_source(f"import asyncio\n{DIARY}", settings=settings).text


def test_without_unsafe_nothing_changes() -> None:
    text = f"import asyncio\n{DIARY}"

    assert fix_source(text, settings=Settings(select=TASKS)).text == text
