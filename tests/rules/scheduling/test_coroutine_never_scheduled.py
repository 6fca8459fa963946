"""AIO601: which level, which reason, and what the words say."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from aiomend import Finding, Safety, Settings, check_source, fix_source
from aiomend.settings import EVERYTHING, Selection, TargetRange

ONLY = Selection(frozenset({"AIO601"}))

RING = """
import asyncio
import threading

async def ring():
    await asyncio.sleep(1)
"""


def check(code: str, path: str = "app.py", **options: Any) -> tuple[Finding, ...]:
    return check_source(RING + textwrap.dedent(code), path=path, settings=Settings(select=ONLY, **options))


def fixed(code: str, target: str) -> str:
    settings = Settings(select=ONLY, unsafe=EVERYTHING, target=TargetRange.parse(target))
    return fix_source(RING + textwrap.dedent(code), settings=settings).text


# ---- for a person ---


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("def start(): ring()", "`start()` is a plain function"),
        ("class Bell:\n    def __del__(self): ring()", "`__del__()` is a plain function"),
        ("class Bell: ring()", "when the module is imported"),
        ("loop = asyncio.new_event_loop()\nring()", "runs an event loop already"),
        (
            "def work(): ring()\npool.submit(work)",
            "runs in another thread than the event loop",
        ),
        ("lock = threading.Lock()\nasync def main():\n    with lock: ring()", "whoever wants it next"),
        ("async def ticker():\n    while True: await ring()\nasync def main(): ticker()", "run beside it"),
        (
            "class Bell:\n    async def strike(self): await ring()\n"
            "async def toll(bell): bell.strike()\nasync def main(): await toll(Bell())",
            "only its callers in the project",
        ),
    ],
)
def test_what_is_for_a_person_says_why(code: str, reason: str) -> None:
    (finding,) = check(code)

    assert (finding.safety, finding.fix) == (Safety.MANUAL, None)
    assert reason in (finding.reason or "")


def test_a_callback_that_is_called_from_elsewhere_too_is_for_a_person() -> None:
    (finding,) = check("""
        def start(): ring()
        def public(): start()
        async def main(): asyncio.get_running_loop().call_soon(start)
        """)

    assert finding.safety is Safety.MANUAL


# ---- fixed ---


@pytest.mark.parametrize(
    "code",
    [
        "async def main(): ring()",
        "def start(): ring()\nasync def main(): start()",
        "def start(task): ring()\nasync def main(task: asyncio.Task): task.add_done_callback(start)",
        "ring()",
    ],
)
def test_code_that_starts_to_run_is_never_safe(code: str) -> None:
    (finding,) = check(code)

    assert finding.safety is Safety.UNSAFE


def test_the_message_names_what_was_seen_and_what_will_be_done() -> None:
    (finding,) = check("async def main(): ring()")

    assert finding.message == "`ring()` only makes a coroutine, which nobody runs; `await` runs it"
    assert [(one.line, one.note) for one in finding.evidence] == [(5, "`ring()` is a coroutine function")]


@pytest.mark.parametrize(("target", "line"), [("3.7-3.13", "asyncio.run(ring())"), ("3.6-3.13", "    loop.close()")])
def test_a_program_runs_its_coroutine_with_what_every_target_has(target: str, line: str) -> None:
    assert fixed("ring()", target).splitlines()[-1] == line


@pytest.mark.parametrize("code", ["ring()\nring()", "for _ in range(2): ring()", "loop = 1\nring()"])
def test_before_asyncio_run_a_program_can_run_one_coroutine(code: str) -> None:
    assert fixed(code, "3.6-3.13") == RING + code
