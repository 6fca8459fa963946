"""The command line as data: the fields of these classes are the options, and their help.

Nothing is loaded for it: `commands.py` gives the fields to typer where typer reads the command line. Each class has a
docstring: without one, `dataclass` writes out the signature, which takes as long as a first look at a file. Making a class
takes a millisecond and more, a third of it for `__repr__` and `__eq__`: so a command finds its own here, in
`change_options.py` or in `other_options.py`, and what every run needs does without these where nobody compares it.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

if TYPE_CHECKING:
    import typer


class Format(enum.StrEnum):
    TEXT = "text"
    JSON = "json"


class ReportFormat(enum.StrEnum):
    """How findings are written: for people, and for the tools that read them."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"
    MARKDOWN = "markdown"


#: Formats whose readers lay the findings over the files as they are.
NAMING_LINES = (ReportFormat.SARIF, ReportFormat.GITHUB)


class Color(enum.StrEnum):
    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class Offload(enum.StrEnum):
    RUN_IN_EXECUTOR = "run_in_executor"
    TO_THREAD = "to_thread"


Strings = tuple[str, ...]

_RULES = "(a code, a section such as AIO4, or a name)"


@dataclass(frozen=True, slots=True, init=False, repr=False, eq=False)  # nobody makes one of these
class Options:
    """What every command that looks at files takes."""

    leaves_out: ClassVar[frozenset[str]] = frozenset()  #: names of options that a command has no use for

    paths: Annotated[
        Strings,
        typer.Argument(metavar="PATHS", help="Files and folders to report on or change; `-` is stdin."),
    ] = (".",)
    select: Annotated[
        Strings,
        typer.Option("--select", metavar="RULES", help=f"Only these rules {_RULES}; replaces the configured choice."),
    ] = ()
    ignore: Annotated[
        Strings, typer.Option("--ignore", metavar="RULES", help="Not these rules, in the same words.")
    ] = ()
    rules: Annotated[
        Strings,
        typer.Option("--rules", metavar="FILE", help="Also the rules of this Python file; its code is run."),
    ] = ()
    unsafe: Annotated[
        bool, typer.Option("--unsafe", help="Accept unsafe fixes, too; `aiomend explain CODE` says what makes them so.")
    ] = False
    unsafe_rules: Annotated[
        Strings,
        typer.Option(
            "--unsafe-rules", metavar="RULES", help="Accept the unsafe fixes of these rules, in the same words."
        ),
    ] = ()
    offload: Annotated[Offload | None, typer.Option("--offload", help="How blocking calls leave the event loop.")] = (
        None
    )
    executor: Annotated[
        str | None,
        typer.Option(
            "--executor",
            metavar="NAME",
            help="The executor for them, as package.module:name. As dask://host:port, the cluster that shares the work.",
        ),
    ] = None
    helpers: Annotated[
        str | None,
        typer.Option(
            "--helpers", metavar="WHERE", help="Where helper functions go: auto, module, or a module such as pkg.mod."
        ),
    ] = None
    target_version: Annotated[
        str | None,
        typer.Option("--target-version", metavar="VERSIONS", help="What new code must run on: 3.8, or 3.6-3.13."),
    ] = None
    config: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", help="Use this configuration file for every file."),
    ] = None
    python: Annotated[
        Path | None,
        typer.Option(
            "--python",
            metavar="PATH",
            help="Learn from the typed packages of this interpreter or virtual environment; nothing of it is run.",
        ),
    ] = None
    evidence: Annotated[
        Path | None,
        typer.Option(
            "--evidence", metavar="FILE", help="What a program was seen to do: the file of `aiomend trace --facts`."
        ),
    ] = None
    only_evidence: Annotated[
        bool, typer.Option("--only-evidence", help="Apply the fixes of what was seen, and no others.")
    ] = False
    types: Annotated[
        bool | None,
        typer.Option(
            "--types/--no-types",
            help="Ask the type checker pyrefly for what is not known otherwise (needs aiomend[types]).",
        ),
    ] = None
    file_timeout: Annotated[
        float | None,
        typer.Option("--file-timeout", metavar="SECONDS", help="Give a file up that takes longer (30; 0: never)."),
    ] = None
    memory_limit: Annotated[
        int | None,
        typer.Option("--memory-limit", metavar="MB", help="Give a file up for which the engine needs more memory."),
    ] = None
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs", metavar="N", min=1, help="Processes that share the work (as many as there are processors)."
        ),
    ] = None
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Find everything out anew, and keep nothing (also: AIOMEND_NO_CACHE).")
    ] = False
    exclude: Annotated[
        Strings,
        typer.Option("--exclude", metavar="PATTERN", help="Leave these alone (patterns as in .gitignore)."),
    ] = ()
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="Exit with 2 when a file could not be looked at or written, or a fix failed its proof.",
        ),
    ] = False
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print the findings or the patch, and nothing around them.")
    ] = False
    output_format: Annotated[ReportFormat, typer.Option("--output-format", help="How the report is written.")] = (
        ReportFormat.TEXT
    )
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write the report to this file instead of stdout."),
    ] = None
    color: Annotated[
        Color, typer.Option("--color", help="Colour on terminals, always, or never (also: NO_COLOR, FORCE_COLOR).")
    ] = Color.AUTO
    stdin_filename: Annotated[
        str | None, typer.Option("--stdin-filename", metavar="FILE", help="The file that stdin stands for.")
    ] = None


@dataclass(frozen=True, slots=True, init=False, repr=False, eq=False)  # nobody makes one of these
class NarrowedOptions(Options):
    """What the commands take that can look at a part of the findings."""

    since: Annotated[
        str | None,
        typer.Option("--since", metavar="REF", help="Only findings on lines changed since this commit or branch."),
    ] = None
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", metavar="FILE", help="Only findings that are not in this file of known ones."),
    ] = None


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class CheckOptions(NarrowedOptions):
    """What `check` takes."""

    statistics: Annotated[bool, typer.Option("--statistics", help="Count the findings by rule, impact and safety.")] = (
        False
    )
    all: Annotated[bool, typer.Option("--all", help="List every finding, however many there are.")] = False
    write_baseline: Annotated[
        bool, typer.Option("--write-baseline", help="Write the findings to the baseline instead of listing them.")
    ] = False
