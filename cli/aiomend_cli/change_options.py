"""The options of `diff` and `fix`; `options.py` says how."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from aiomend_cli.options import NarrowedOptions

if TYPE_CHECKING:
    import typer

    from aiomend_cli.shared_options import TestBudget, TestCommand, TestReport, TestTimeout


class Grouping(enum.StrEnum):
    FILE = "file"
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class ChangeOptions(NarrowedOptions):
    """What the commands take that show or make changes."""

    only_fixes: Annotated[
        Path | None,
        typer.Option(
            "--only-fixes",
            metavar="FILE",
            help='Only the fixes that this file names, and what they require: {"version": 1, "fixes": [ids]}.',
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class DiffOptions(ChangeOptions):
    """What `diff` takes."""

    group_by: Annotated[
        Grouping,
        typer.Option("--group-by", help="A file at a time, or a patch for each rule, one on top of the other."),
    ] = Grouping.FILE
    statistics: Annotated[
        bool, typer.Option("--statistics", help="Count the fixes by rule, impact and safety instead.")
    ] = False


@dataclass(frozen=True, slots=True)
class FixOptions(ChangeOptions):
    """What `fix` takes."""

    interactive: Annotated[
        bool, typer.Option("--interactive", "-i", help="Ask for each fix, safe or unsafe, whether it is applied.")
    ] = False
    allow_dirty: Annotated[
        bool, typer.Option("--allow-dirty", help="Also change files that differ from git's index.")
    ] = False
    commit: Annotated[bool, typer.Option("--commit", help="Make one commit a rule on the current branch.")] = False
    test: TestCommand = None
    test_report: TestReport = None
    test_budget: TestBudget = None
    test_timeout: TestTimeout = None
    add_ignores: Annotated[
        str | None,
        typer.Option(
            "--add-ignores", metavar="REASON", help="Change no code: write a comment at each finding that silences it."
        ),
    ] = None
