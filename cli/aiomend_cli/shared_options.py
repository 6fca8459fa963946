"""Options that several commands take, as typer has them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

TestCommand = Annotated[
    str | None,
    typer.Option(
        "--test",
        metavar="COMMAND",
        help="Run these tests before and after, and drop the fixes with which they fail.",
    ),
]
TestReport = Annotated[
    Path | None,
    typer.Option(
        "--test-report",
        metavar="FILE",
        help="The JUnit file that the tests write, to compare them one by one (pytest is asked for its own).",
    ),
]
TestBudget = Annotated[
    float | None,
    typer.Option("--test-budget", metavar="SECONDS", help="For all runs of the tests together (1800)."),
]
TestTimeout = Annotated[
    float | None,
    typer.Option(
        "--test-timeout",
        metavar="SECONDS",
        help="For one run of the tests (three times the first one, and 60 more).",
    ),
]
Verify = Annotated[
    str | None,
    typer.Option(
        "--verify",
        metavar="COMMAND",
        help="Watch this program with and without the fixes, and tell what asyncio complains of; it holds nothing back.",
    ),
]
