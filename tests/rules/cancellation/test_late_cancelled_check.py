"""AIO203: manual, but for those who select it by its code."""

from __future__ import annotations

import pytest

import aiomend
from aiomend.model import Finding, Safety
from aiomend.settings import EVERYTHING, Selection, Settings


def findings(body: str, selected: str = "AIO203", path: str = "work.py") -> list[Finding]:
    """Return the findings in the body of a coroutine function that is given a future."""
    text = f"import asyncio\n\nasync def work(fut: asyncio.Future, compute):\n    {body}\n"
    settings = Settings(select=Selection(frozenset({selected})), unsafe=EVERYTHING)
    return list(aiomend.check_source(text, path=path, settings=settings))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("await fut", id="nothing-before"),
        pytest.param("print('waiting'); await fut", id="a-log-entry-before"),
        pytest.param("compute(fut); await fut", id="passed-on-before"),
        pytest.param("compute(); await compute", id="something-else"),
        pytest.param("compute(); await asyncio.wait([fut])", id="waited-for-with-others"),
    ],
)
def test_it_is_silent(body: str) -> None:
    assert findings(body) == []


def test_tests_pass_what_they_made() -> None:
    assert findings("compute(); await fut", path="test_work.py") == []


def test_a_person_decides() -> None:
    (finding,) = findings("compute(); await fut", "AIO2")

    assert finding.safety is Safety.MANUAL
    assert finding.message == "`work()` works before it waits for `fut`, which may be cancelled already"


def test_selected_by_its_code_it_is_unsafe() -> None:
    (finding,) = findings("compute(); await fut")

    assert finding.safety is Safety.UNSAFE
    assert finding.message.endswith("; `if fut.cancelled(): return` comes first")
