"""AIO206: what is shielded, what is said of it, and where the task is made."""

from __future__ import annotations

import pytest

import aiomend
from aiomend.model import Finding, Safety
from aiomend.settings import EVERYTHING, Selection, Settings

ONLY = Settings(select=Selection(frozenset({"AIO206"})), unsafe=EVERYTHING)


def findings(line: str, path: str = "store.py") -> list[Finding]:
    """Return the findings in a coroutine function that consists of one line, beside one that can be shielded."""
    text = f"import asyncio\n\nasync def save(x): ...\n\nasync def main(loop, x, client):\n    {line}\n"
    return list(aiomend.check_source(text, path=path, settings=ONLY))


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("await asyncio.shield(x)", id="nobody-knows-what"),
        pytest.param("await asyncio.shield(client.save())", id="a-call-of-nobody-knows-what"),
        pytest.param("await asyncio.shield(asyncio.ensure_future(save(x)))", id="a-task-that-somebody-makes"),
        pytest.param("await asyncio.shield(loop.create_future())", id="a-future"),
        pytest.param("loop.run_until_complete(asyncio.shield(save(x)))", id="run-until-complete"),
        pytest.param("await client.shield(save(x))", id="another-shield"),
        pytest.param("await asyncio.shield(*x)", id="nobody-sees-the-argument"),
    ],
)
def test_it_is_silent(line: str) -> None:
    assert findings(line) == []


def test_tests_end_before_it_matters() -> None:
    assert findings("await asyncio.shield(save(x))", path="tests/test_store.py") == []


def test_it_is_unsafe_and_says_what_is_bound() -> None:
    (finding,) = findings("await asyncio.shield(save(x))")

    assert finding.safety is Safety.UNSAFE
    assert finding.message == (
        "nothing refers to the task of `save(x)` once the shielded waiting is cancelled: it may be destroyed while it is "
        "pending; `task` is bound to it first, and `_hold_task()` holds it until it is done"
    )


def test_a_shield_that_nobody_waits_for_is_reported_as_well() -> None:
    text = "import asyncio\n\nasync def save(): ...\n\nasync def main():\n    asyncio.shield(save())\n"

    assert "asyncio.shield(_keep_task(asyncio.ensure_future(save())))" in aiomend.fix_source(text, settings=ONLY).text


def test_a_module_gets_the_helper_once() -> None:
    text = (
        "import asyncio\n\nasync def save(): ...\n\nasync def main():\n    await asyncio.shield(save())\n"
        "    await asyncio.shield(save())\n"
    )
    fixed = aiomend.fix_source(text, settings=ONLY).text

    assert fixed.count("def _hold_task(") == 1
    assert aiomend.fix_source(fixed, settings=ONLY).text == fixed
