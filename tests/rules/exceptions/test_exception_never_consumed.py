"""AIO701: who may ask for a task's exception, and what the finding says."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from aiomend import Finding, Project, Settings, check_source
from aiomend.api import MemorySources
from aiomend.settings import Selection

ONLY = Selection(frozenset({"AIO701"}))

PULSE = """
import asyncio
import threading

class Pulse:
    def start(self):
        self._beating = asyncio.ensure_future(self.beat())

    async def beat(self):
        await asyncio.sleep(1)
        self.pump()

    def other(self):
        {use}
"""


def check(code: str, path: str = "app.py", **options: Any) -> tuple[Finding, ...]:
    return check_source(textwrap.dedent(code), path=path, settings=Settings(select=ONLY, **options))


@pytest.mark.parametrize(
    "use",
    [
        "return self._beating",
        "return [self._beating]",
        "self.wait(self._beating)",
        "self._beating.add_done_callback(self.finished)",
        "print(self._beating.exception())",
        "print(self._beating.result())",
        "task = self._beating",
        "return self._beating or None",
        "return getattr(self, '_beating')",
        "cancel = self._beating.cancel",
        "with self._beating: pass",
    ],
)
def test_whatever_may_ask_for_the_exception_keeps_the_rule_silent(use: str) -> None:
    assert check(PULSE.format(use=use)) == ()


@pytest.mark.parametrize(
    "use",
    [
        "self._beating.cancel()",
        "if self._beating: self._beating.cancel()",
        "if self._beating is not None and not self._beating.done(): self._beating.cancel()",
        "self._beating = None",
        "del self._beating",
        "return 1 if self._beating else 2",
    ],
)
def test_cancelling_and_looking_whether_it_is_there_asks_for_nothing(use: str) -> None:
    (finding,) = check(PULSE.format(use=use))

    assert (finding.safety.label, finding.line) == ("safe", 7)
    assert finding.message == (
        "`self._beating` keeps the task of `asyncio.ensure_future()`, but nothing asks for its exception, which stays "
        "unseen as long as the task is kept; `_report_exception()` reports it when the task is done"
    )


def test_a_file_that_cannot_be_read_may_ask_for_anything() -> None:
    files = {"app.py": PULSE.format(use="pass").encode(), "broken.py": b"self._beating.result(\n"}
    report = Project(MemorySources(files), lambda _: Settings(select=ONLY)).run()

    assert report.findings == ()


def test_tests_look_at_what_they_want_to_see() -> None:
    assert check(PULSE.format(use="pass"), "tests/test_pulse.py") == ()


def test_a_task_of_another_thread_is_a_trap_of_its_own() -> None:
    use = "threading.Thread(target=self.start).start()"

    assert check(PULSE.format(use=use)) == ()


def test_a_task_of_two_threads_is_for_a_person() -> None:
    (finding,) = check(PULSE.format(use="self.pool.submit(self.start); self.start()"))

    assert finding.safety.label == "manual"
    assert finding.reason is not None
    assert "in another thread" in finding.reason


@pytest.mark.parametrize(
    "body",
    [
        "try: self.pump()\n        except Exception: print('stopped')",
        "while True:\n            try: self.pump()\n            except: pass\n            await asyncio.sleep(1)",
        "'''Beat.'''\n        self.on = True\n        try: self.pump()\n        except (OSError, Exception) as e: print(e)",
    ],
)
def test_a_coroutine_that_handles_everything_leaves_nothing_to_report(body: str) -> None:
    code = PULSE.format(use="pass").replace("await asyncio.sleep(1)\n        self.pump()", body)

    assert check(code) == ()


@pytest.mark.parametrize(
    "body",
    [
        "try: self.pump()\n        except OSError: pass",
        "try: self.pump()\n        except Exception: raise",
        "self.pump()\n        try: pass\n        except Exception: pass",
    ],
)
def test_a_coroutine_that_handles_some_errors_may_still_fail(body: str) -> None:
    code = PULSE.format(use="pass").replace("await asyncio.sleep(1)\n        self.pump()", body)

    assert len(check(code)) == 1
