"""AIO407: what it is silent about, when it is sure, and what it leaves to a person."""

from __future__ import annotations

import pytest

from aiomend import check_source, fix_source
from aiomend.model import Finding, Safety
from aiomend.settings import EVERYTHING, Selection, Settings

SETTINGS = Settings(select=Selection(frozenset({"AIO407"})), unsafe=EVERYTHING)


def function(*lines: str, head: str = "import asyncio, time") -> str:
    return "\n".join([head, "async def main(x, loop, self):", *(f"    {line}" for line in lines), ""])


def findings(*lines: str, head: str = "import asyncio, time") -> tuple[Finding, ...]:
    return check_source(function(*lines, head=head), settings=SETTINGS)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("loop.call_at(loop.time() + 5, x)", id="the-right-clock"),
        pytest.param("loop.call_at(time.monotonic() + 5, x)", id="the-clock-that-it-mostly-is"),
        pytest.param("loop.call_at(loop.time() + x - time.time(), x)", id="a-duration-is-added"),
        pytest.param("loop.call_at(x - time.time(), x)", id="a-duration"),
        pytest.param("loop.call_at(f(time.time()), x)", id="whatever-becomes-of-it"),
        pytest.param("loop.call_at(x, time.time())", id="it-is-not-the-deadline"),
        pytest.param("loop.call_later(time.time() + 5, x)", id="that-takes-a-duration"),
        pytest.param("x.call_at(time.time() + 5, x)", id="nothing-says-that-it-is-a-loop"),
    ],
)
def test_it_is_silent_where(line: str) -> None:
    assert findings(line) == ()


def test_it_is_silent_where_the_loop_may_be_tornados() -> None:
    assert findings("loop.call_at(time.time() + 5, x)", head="import time, tornado.ioloop") == ()


@pytest.mark.parametrize(
    ("line", "safety"),
    [
        pytest.param("asyncio.get_running_loop().call_at(time.time() + 5, x)", Safety.SAFE, id="known"),
        pytest.param("loop.call_at(time.time() + 5, x)", Safety.UNSAFE, id="called-so"),
        pytest.param("self._loop.call_at(5 + time.time(), x)", Safety.UNSAFE, id="called-so-too"),
        pytest.param("w = time.time() + 5; loop.call_at(w, x)", Safety.MANUAL, id="made-elsewhere"),
    ],
)
def test_how_sure_it_is(line: str, safety: Safety) -> None:
    (finding,) = findings(line)

    assert finding.safety is safety


def test_the_argument_may_be_named() -> None:
    text = fix_source(function("loop.call_at(when=time.time() + 1, callback=x)"), settings=SETTINGS).text

    assert "loop.call_at(when=loop.time() + 1, callback=x)" in text
    assert text.startswith("import asyncio\n")
