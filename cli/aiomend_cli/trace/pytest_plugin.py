"""``pytest --aiomend``: records what each test does to asyncio, and tells it at the end.

pytest loads this by the entry point of an installed aiomend. Under ``aiomend trace -- pytest`` the recorder is there already, and
this does nothing.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiomend_cli.trace.program import Wish

DEFAULT = "trace.jsonl"


def _watched() -> bool:
    return "aiomend_recorder" in sys.modules


def pytest_addoption(parser: Any) -> None:
    """Add the options."""
    group = parser.getgroup("aiomend", "asyncio's complaints (aiomend)")
    strict = "fail a test during which asyncio has something to complain of"
    for name, options in {
        "--aiomend": {"action": "store_true", "help": "record what asyncio's debug mode would complain of, by test"},
        "--aiomend-strict": {"action": "store_true", "help": strict},
        "--aiomend-output": {"default": DEFAULT, "metavar": "FILE", "help": f"where the records go ({DEFAULT})"},
    }.items():
        try:
            group.addoption(name, **options)
        except ValueError:
            continue  # the recorder has it already


def pytest_configure(config: Any) -> None:
    """Begin to record, where that is wanted and nobody does."""
    if not (config.getoption("--aiomend") or config.getoption("--aiomend-strict")) or _watched():
        return
    from aiomend_cli.trace.program import RECORDER, Wish, begin  # most runs of pytest need none of it

    file = Path(config.rootpath, config.getoption("--aiomend-output"))
    wish = Wish(file)
    worker = hasattr(config, "workerinput")
    if not worker:
        begin(wish)
    sys.path.insert(0, str(RECORDER))
    try:
        import aiomend_recorder
        from aiomend_recorder import pytest_plugin as recorder_plugin
    finally:
        sys.path.remove(str(RECORDER))
    aiomend_recorder.start({"AIOMEND_TRACE": str(file)})
    config.pluginmanager.register(recorder_plugin, "aiomend-recorder")
    if not worker:
        config.pluginmanager.register(_Telling(wish), "aiomend-telling")


class _Telling:
    """Tells at the end what the tests of all processes did."""

    def __init__(self, wish: Wish) -> None:
        self.wish = wish

    def pytest_terminal_summary(self, terminalreporter: Any, exitstatus: int) -> None:
        """Write the complaints below pytest's own summary."""
        from aiomend_recorder import records

        from aiomend_cli.trace.program import end
        from aiomend_cli.trace.report import cost, ordered, shown

        records.flush()
        trace = end(self.wish, int(exitstatus))
        complaints = [complaint for complaint in ordered(trace) if complaint.file is not None]
        terminalreporter.section("aiomend")
        for one in complaints:
            first, others = one.tests[:1], len(one.tests) - 1
            tests = "".join(f" in {name}" for name in first) + (f" and {others} more" if others > 0 else "")
            terminalreporter.line(f"{shown(one.file or '')}:{one.line}: {one.kind}, {cost(one)}{tests}")
        name = os.path.relpath(self.wish.file)
        terminalreporter.line(
            f"aiomend trace report {name} says more" if complaints else "asyncio has nothing to complain of"
        )
