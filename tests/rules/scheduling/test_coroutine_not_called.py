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
