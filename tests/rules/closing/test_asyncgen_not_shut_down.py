"""AIO1003: which asynchronous generators may be left open, and what the finding says."""

from __future__ import annotations

import pytest

import aiomend
from aiomend import Safety
from aiomend.settings import EVERYTHING, Selection, Settings

ONLY = Settings(select=Selection(frozenset({"AIO1003"})), unsafe=EVERYTHING)
CLEANS = "async def rows():\n    try:\n        yield 1\n    finally:\n        print('off')\n\n\n"
COUNTS = "async def rows():\n    yield 1\n    yield 2\n\n\n"
LOOP = "\n\nloop = asyncio.new_event_loop()\nloop.run_until_complete(main(loop))\nloop.close()\n"


def fix(rows: str, body: str) -> aiomend.Fixed:
    code = f"import asyncio\n\n\n{rows}async def main(loop):\n    {body}\n{LOOP}"
    return aiomend.fix_source(code, path="script.py", settings=ONLY)


@pytest.mark.parametrize("body", ["async for row in rows(): print(row)", "return [row async for row in rows()]"])
def test_silent_for_one_with_nothing_to_clean_up_that_runs_to_its_end(body: str) -> None:
    assert fix(COUNTS, body).findings == ()
    assert len(fix(CLEANS, body).findings) == 1


@pytest.mark.parametrize("body", ["await rows().aclose()", "from contextlib import aclosing; print(aclosing(rows()))"])
def test_silent_for_one_that_is_closed(body: str) -> None:
    assert fix(CLEANS, body).findings == ()


@pytest.mark.parametrize("body", ["return await rows().__anext__()", "async for row in rows(): break"])
def test_one_that_is_broken_off_counts_whatever_it_does(body: str) -> None:
    assert len(fix(COUNTS, body).findings) == 1


def test_it_is_unsafe_and_names_the_generator() -> None:
    (finding,) = fix(CLEANS, "async for row in rows(): break").findings

    assert finding.safety is Safety.UNSAFE
    assert finding.message == (
        "`loop` is closed while `rows()` may be open: `shutdown_asyncgens()` runs what it has to clean up"
    )
    assert [one.line for one in finding.evidence] == [12]
