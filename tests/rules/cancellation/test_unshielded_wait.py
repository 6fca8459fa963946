"""AIO204: for those who select it by its code; what is said of whom else waits."""

from __future__ import annotations

import aiomend
from aiomend.model import Finding, Safety
from aiomend.settings import EVERYTHING, Selection, Settings

TEXT = """\
import asyncio


class Connection:
    def __init__(self, loop):
        self.ready = loop.create_future()

    async def read(self):
        await self.ready

    async def write(self):
        await asyncio.wait_for(self.ready, 1)
"""


def findings(text: str, selected: str = "AIO204", path: str = "connection.py") -> list[Finding]:
    settings = Settings(select=Selection(frozenset({selected})), unsafe=EVERYTHING)
    return list(aiomend.check_source(text, path=path, settings=settings))


def test_it_runs_only_when_it_is_selected_by_its_code() -> None:
    assert findings(TEXT, "AIO2") == []


def test_tests_own_what_they_wait_for() -> None:
    assert findings(TEXT, path="test_connection.py") == []


def test_one_waiter_is_nobody_else_s_business() -> None:
    assert findings(TEXT.partition("    async def write")[0]) == []


def test_it_says_who_else_waits() -> None:
    first, second = findings(TEXT)

    assert first.safety is Safety.UNSAFE
    assert first.message == (
        "whoever is cancelled here cancels `self.ready`, which others wait for as well; `asyncio.shield()` keeps it for them"
    )
    assert [(one.line, one.note) for one in first.evidence] == [(12, "waits for `self.ready` as well")]
    assert [(one.line, one.note) for one in second.evidence] == [(9, "waits for `self.ready` as well")]
