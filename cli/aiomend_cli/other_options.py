"""The options of the commands that work on branches, pages and whole programs; `options.py` says how."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from aiomend_cli.change_options import ChangeOptions
from aiomend_cli.options import Options, Strings

if TYPE_CHECKING:
    import typer

    from aiomend_cli.forge.settings import SplitBy
    from aiomend_cli.shared_options import TestBudget, TestCommand, TestReport, TestTimeout, Verify


@dataclass(frozen=True, slots=True)
class ReviewOptions(Options):
    """What `review` takes."""

    leaves_out: ClassVar[frozenset[str]] = frozenset({"output_format", "color", "stdin_filename"})

    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write the page to this file (review.html); `-` is stdout."
        ),
    ] = None
    runs: Annotated[
        int,
        typer.Option(
            "--runs", metavar="N", help="How often the engine may run to learn what parts of a selection make (8)."
        ),
    ] = 8
    verify: Verify = None


@dataclass(frozen=True, slots=True)
class PrOptions(Options):
    """What `pr` takes."""

    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print every operation with its whole text, and do none of them.")
    ] = False
    base: Annotated[
        str | None, typer.Option("--base", metavar="BRANCH", help="The branch to fix (default: the remote's own).")
    ] = None
    remote: Annotated[str, typer.Option("--remote", metavar="NAME", help="The remote that gets the branches.")] = (
        "origin"
    )
    push_to: Annotated[
        str | None,
        typer.Option(
            "--push-to",
            metavar="NAME",
            help="The remote of your fork: it gets the branches, where you may not write to the other one.",
        ),
    ] = None
    split_by: Annotated[
        SplitBy | None,
        typer.Option("--split-by", help="One pull request a rule, a directory, or the owners by CODEOWNERS."),
    ] = None
    label: Annotated[Strings, typer.Option("--label", metavar="NAME", help="Give new pull requests this label.")] = ()
    reviewer: Annotated[
        Strings,
        typer.Option("--reviewer", metavar="NAME", help="Ask this user, or this team (organisation/team), to review."),
    ] = ()
    reopen: Annotated[
        bool, typer.Option("--reopen", help="Open another one for fixes whose pull request somebody closed.")
    ] = False
    test: TestCommand = None
    test_report: TestReport = None
    test_budget: TestBudget = None
    test_timeout: TestTimeout = None
    verify: Verify = None
    verdicts: Annotated[
        Path | None,
        typer.Option(
            "--verdicts",
            metavar="FILE",
            help="With --test or --verify: write to this file what they said. Without: go by it, and run nothing.",
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class SuggestOptions(Options):
    """What `suggest` takes."""

    leaves_out: ClassVar[frozenset[str]] = frozenset({"color", "stdin_filename"})

    pr: Annotated[
        int | None,
        typer.Option(
            "--pr", metavar="N", min=1, help="The pull request (default: in a workflow, the one that it runs for)."
        ),
    ] = None
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print every comment with its whole text, and make none.")
    ] = False
    remote: Annotated[str, typer.Option("--remote", metavar="NAME", help="The remote that has the pull request.")] = (
        "origin"
    )
    limit: Annotated[
        int,
        typer.Option("--limit", metavar="N", min=1, help="No more comments than this on one pull request (20)."),
    ] = 20


@dataclass(frozen=True, slots=True)
class FleetOptions(PrOptions):
    """What `fleet` takes: what holds for all repositories, and which of them have their turn."""

    leaves_out: ClassVar[frozenset[str]] = frozenset(
        {
            *(
                "paths",
                "base",
                "remote",
                "push_to",
                "test",
                "test_report",
                "test_budget",
                "test_timeout",
            ),  # of one repository
            *("verify", "verdicts"),
            *("rules", "python", "evidence", "only_evidence"),
            *("output_format", "output", "color", "stdin_filename"),
        }
    )

    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The repositories: tables [[repository]] with a url or a path.")
    ] = Path("repos.toml")
    filter: Annotated[
        str | None,
        typer.Option("--filter", metavar="GLOB", help="Only repositories with such a name, or such a URL."),
    ] = None
    limit: Annotated[
        int | None,
        typer.Option("--limit", metavar="N", min=1, help="Stop after this many; the next run goes on behind them."),
    ] = None
    subset: Annotated[
        int | None,
        typer.Option("--subset", metavar="N", min=1, help="Only the first ones, to see how these fare."),
    ] = None


@dataclass(frozen=True, slots=True)
class VerifyOptions(ChangeOptions):
    """What `verify` takes."""

    leaves_out: ClassVar[frozenset[str]] = frozenset({"color", "stdin_filename", "strict"})

    paths: Annotated[  # the words of the program: the project is that of the working directory
        Strings, typer.Argument(metavar="CMD", help="The program and its arguments, behind `--`.")
    ] = ()
    runs: Annotated[int, typer.Option("--runs", metavar="N", help="How often each of the two programs runs.")] = 1
    slow: Annotated[float, typer.Option("--slow", metavar="SECONDS", help="What is slow for a callback.")] = 0.1
    time_limit: Annotated[float, typer.Option("--time-limit", metavar="SECONDS", help="How long a run may take.")] = (
        600.0
    )
