"""AIO603: which level, which reason, and what the words say."""

from __future__ import annotations

import pytest

from aiomend import Finding, Safety, Settings, check_source
from aiomend.settings import Selection


def check(code: str) -> tuple[Finding, ...]:
    return check_source(f"import asyncio\n{code}\n", settings=Settings(select=Selection(frozenset({"AIO603"}))))


@pytest.mark.parametrize("signature", ["name", "*, name", "first, second=1"])
def test_what_to_pass_is_for_a_person(signature: str) -> None:
    (finding,) = check(f"async def main({signature}): pass\nasyncio.run(main)")

    assert finding.safety is Safety.MANUAL
    assert (finding.reason or "").startswith("`main()` needs arguments: `")


@pytest.mark.parametrize("signature", ["", "name=1", "*names", "**options", "*, name=1"])
def test_a_call_without_arguments_is_safe(signature: str) -> None:
    (finding,) = check(f"async def main({signature}): pass\nasyncio.run(main)")

    assert finding.safety is Safety.SAFE


def test_the_message_names_both_sides() -> None:
    (finding,) = check("async def main(): pass\nasyncio.run(main)")

    assert finding.message == (
        "`asyncio.run()` is given the function `main` and raises: it wants the coroutine that `main()` makes"
    )


RUNNER = "async def main(): pass\ndef start(): asyncio.run(main)\n"
EXPECTED = "def attempt(call):\n    try:\n        call()\n    except ValueError:\n        pass\n"


@pytest.mark.parametrize(
    "uses",
    [
        pytest.param("start()", id="all of its callers are seen"),
        pytest.param("table = {'start': start}", id="nobody in the project names an exception of the call"),
    ],
)
def test_a_function_whose_callers_expect_nothing_is_safe(uses: str) -> None:
    (finding,) = check(RUNNER + uses)

    assert finding.safety is Safety.SAFE


@pytest.mark.parametrize(
    "uses",
    [
        pytest.param("attempt(start)", id="a callback"),
        pytest.param("def more(): start()\nattempt(more)", id="a callback that calls the function"),
    ],
)
def test_whoever_calls_a_callback_may_expect_the_exception(uses: str) -> None:
    (finding,) = check(RUNNER + EXPECTED + uses)

    assert finding.safety is Safety.UNSAFE
    assert "is handed on as a value" in (finding.reason or "")
