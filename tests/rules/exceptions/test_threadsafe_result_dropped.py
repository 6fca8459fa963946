"""AIO703: whose exception is lost between two threads, and what the finding says."""

from __future__ import annotations

import textwrap

import pytest

from aiomend import Finding, Settings, check_source, fix_source
from aiomend.settings import EVERYTHING, Selection

ONLY = Selection(frozenset({"AIO703"}))

BELL = """
import asyncio

async def ring(times):
    print(10 / times)

def press(loop, log):
    {use}
"""


def check(code: str, path: str = "app.py") -> tuple[Finding, ...]:
    return check_source(textwrap.dedent(code), path=path, settings=Settings(select=ONLY))


@pytest.mark.parametrize(
    "use",
    [
        "return asyncio.run_coroutine_threadsafe(ring(1), loop)",
        "asyncio.run_coroutine_threadsafe(ring(1), loop).result()",
        "log(asyncio.run_coroutine_threadsafe(ring(1), loop))",
        "bell = asyncio.run_coroutine_threadsafe(ring(1), loop); bell.cancel()",
        "bell = asyncio.run_coroutine_threadsafe(ring(1), loop); log(locals())",
        "log.bell = asyncio.run_coroutine_threadsafe(ring(1), loop)",
        "global bell; bell = asyncio.run_coroutine_threadsafe(ring(1), loop)",
        "_, last = asyncio.run_coroutine_threadsafe(ring(1), loop), 1",
        "asyncio.run_coroutine_threadsafe(*log)",
        "asyncio.run_coroutine_threadsafe(asyncio.sleep(1), loop)",
        "asyncio.run_coroutine_threadsafe(ring(1), loop) and log()",
        "log.on_press(lambda: asyncio.run_coroutine_threadsafe(ring(1), loop))",
    ],
)
def test_a_future_in_somebodys_hands_keeps_the_rule_silent(use: str) -> None:
    assert check(BELL.format(use=use)) == ()


def test_tests_drop_futures_on_purpose() -> None:
    code = BELL.format(use="asyncio.run_coroutine_threadsafe(ring(1), loop)")

    assert check(code, "tests/test_bell.py") == ()


@pytest.mark.parametrize(
    ("use", "beginning"),
    [
        ("asyncio.run_coroutine_threadsafe(ring(0), loop)", "nothing keeps"),
        ("asyncio.run_coroutine_threadsafe(coro=ring(0), loop=loop)", "nothing keeps"),
        ("_ = asyncio.run_coroutine_threadsafe(ring(0), loop)", "`_` does not keep"),
        ("bell = asyncio.run_coroutine_threadsafe(ring(0), loop)", "`bell`, which is never read, is all that keeps"),
    ],
)
def test_a_dropped_future_is_an_unsafe_fix(use: str, beginning: str) -> None:
    (finding,) = check(BELL.format(use=use))

    assert (finding.safety.label, finding.line) == ("unsafe", 8)
    assert finding.message == (
        f"{beginning} the future of `asyncio.run_coroutine_threadsafe()`, so that an exception of the coroutine is lost "
        "without a word; `_log_exception()` logs it"
    )


def test_a_function_of_the_same_name_that_asks_unsafely_is_not_the_helper() -> None:
    code = BELL.format(use="asyncio.run_coroutine_threadsafe(ring(0), loop)")
    code += "\ndef _log_exception(future):\n    print(future.exception())\n"

    fixed = fix_source(code, path="app.py", settings=Settings(select=ONLY, unsafe=EVERYTHING)).text

    assert "loop).add_done_callback(_log_exception_2)" in fixed


def test_a_logging_handler_would_be_called_again() -> None:
    code = BELL.format(use="pass") + (
        "\nfrom logging import Handler\n\nclass Bells(Handler):\n    def emit(self, record):\n"
        "        asyncio.run_coroutine_threadsafe(ring(record), self.loop)\n"
    )
    (finding,) = check(code)

    assert (finding.safety.label, finding.reason) == (
        "manual",
        "a callback that logs it would call this logging handler again",
    )
