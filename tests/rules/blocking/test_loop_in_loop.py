"""AIO405: what it is silent about, what it leaves to a person, and that it stops at nested plain functions."""

from __future__ import annotations

import pytest

from aiomend import check_source, fix_source
from aiomend.model import Finding, Safety
from aiomend.settings import EVERYTHING, Selection, Settings

SETTINGS = Settings(select=Selection(frozenset({"AIO405"})), unsafe=EVERYTHING)


def coroutine(*lines: str) -> str:
    return "\n".join(["import asyncio", "async def main(x, loop):", *(f"    {line}" for line in lines), ""])


def findings(*lines: str, path: str = "source.py") -> tuple[Finding, ...]:
    return check_source(coroutine(*lines), path=path, settings=SETTINGS)


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["x.run(x)"], id="another-run"),
        pytest.param(["x.run_until_complete(x)"], id="nothing-says-that-it-is-a-loop"),
        pytest.param(["try: asyncio.run(x)", "except RuntimeError: await x"], id="the-error-is-expected"),
        pytest.param(["def inner(): asyncio.run(x)"], id="it-may-run-in-a-thread"),
        pytest.param(["return lambda: asyncio.run(x)"], id="so-may-a-lambda"),
        pytest.param(["await asyncio.run(x)"], id="it-is-not-what-it-seems"),
        pytest.param(["import nest_asyncio", "asyncio.run(x)"], id="loops-may-be-nested"),
        pytest.param(["if False: asyncio.run(x)"], id="it-never-runs"),
    ],
)
def test_it_is_silent_where(lines: list[str]) -> None:
    assert findings(*lines) == ()


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        pytest.param(["asyncio.run(x, debug=True)"], "more than a coroutine", id="options"),
        pytest.param(["loop.run_forever()"], "the loop runs without it", id="for-ever"),
        pytest.param(["asyncio.new_event_loop().run_until_complete(x)"], "a loop is made", id="a-loop-of-its-own"),
        pytest.param(["with x.lock: asyncio.run(x)"], "is held here", id="a-held-lock"),
    ],
)
def test_a_person_decides(lines: list[str], reason: str) -> None:
    (finding,) = findings(*lines)

    assert finding.safety is Safety.MANUAL
    assert reason in (finding.reason or "")


def test_in_a_test_a_person_decides() -> None:
    (finding,) = findings("asyncio.run(x)", path="tests/test_it.py")

    assert finding.reason == "a test may expect the error"


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("return asyncio.run(x)", "return await x"),
        ("return loop.run_until_complete(x).y", "return (await x).y"),
        ("return not loop.run_until_complete(x or loop)", "return not await (x or loop)"),
        ("return asyncio.get_event_loop().run_until_complete(x())", "return await x()"),
    ],
)
def test_what_it_ran_is_awaited(line: str, after: str) -> None:
    assert f"    {after}\n" in fix_source(coroutine(line), settings=SETTINGS).text
