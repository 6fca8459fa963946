"""The command line: each command hands its options to the module that does the work."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated

import typer

from aiomend_cli.change_options import DiffOptions, FixOptions
from aiomend_cli.commands import takes
from aiomend_cli.ending import exit_code
from aiomend_cli.entry import main
from aiomend_cli.help import Command, Group
from aiomend_cli.options import CheckOptions, Format
from aiomend_cli.other_options import FleetOptions, PrOptions, ReviewOptions, SuggestOptions, VerifyOptions
from aiomend_cli.trace.parsing import REPORT, SEPARATED, ProgramCommand

__all__ = ["app", "main"]

app = typer.Typer(
    name="aiomend",
    cls=Group,
    help='Rewrites asyncio code to follow the guide "Develop with asyncio", and proves each edit.',
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

RuleFiles = Annotated[
    list[Path] | None,
    typer.Option("--rules", metavar="FILE", help="Also the rules of this Python file; its code is run."),
]
OutputFormat = Annotated[Format, typer.Option("--output-format", help="How the answer is written.")]


class CacheAction(enum.StrEnum):
    CLEAR = "clear"


def _version(wanted: bool) -> None:
    if wanted:
        from aiomend_cli.version import version

        typer.echo(f"aiomend {version()}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


@app.command(cls=Command)
@takes(CheckOptions)
def check(options: CheckOptions) -> int:
    """List findings. Exit 0: none; 1: some; 2: usage or internal error."""
    from aiomend_cli.check import check

    return check(options)


@app.command(cls=Command)
@takes(DiffOptions)
def diff(options: DiffOptions) -> int:
    """Print what `fix` would change as a unified diff. Exit 0: nothing; 1: something; 2: error."""
    from aiomend_cli.diff import diff

    return diff(options)


@app.command(cls=Command)
@takes(FixOptions)
def fix(options: FixOptions) -> int:
    """Rewrite files in place; `-` filters stdin. Exit 0: done; 2: error."""
    from aiomend_cli.fix import fix

    return fix(options)


@app.command(cls=Command)
@takes(ReviewOptions)
def review(options: ReviewOptions) -> int:
    """Write a page for a browser, to read and choose fixes on. Exit 0: written; 2: error."""
    from aiomend_cli.review import review

    return review(options)


@app.command(cls=Command)
@takes(PrOptions)
def pr(options: PrOptions) -> int:
    """Make branches with one commit a rule, and pull requests. Exit 0: done; 1: something is held back; 2: error."""
    from aiomend_cli.forge.command import pr

    return pr(options)


@app.command(cls=Command)
@takes(SuggestOptions)
def suggest(options: SuggestOptions) -> int:
    """Comment on the lines of a pull request, with fixes as suggestions. Exit 0: done; 2: some failed."""
    from aiomend_cli.forge.suggest import suggest

    return suggest(options)


@app.command(cls=Command)
@takes(FleetOptions)
def fleet(options: FleetOptions) -> int:
    """Do the same as `pr` for many repositories. Exit 0: done; 1: something is held back; 2: some failed."""
    from aiomend_cli.fleet.command import fleet

    return fleet(options)


@app.command(cls=Command)
def rules(files: RuleFiles = None, output_format: OutputFormat = Format.TEXT) -> None:
    """List the rules by section of the guide."""
    from aiomend_cli.rules_command import rules

    raise typer.Exit(exit_code(lambda: rules(output_format, files or [])))


@app.command(cls=Command)
def explain(
    rule: Annotated[str, typer.Argument(metavar="CODE", help="A code such as AIO401, or a name.")],
    files: RuleFiles = None,
) -> None:
    """Explain a rule: why, before and after, and when its fix is safe."""
    from aiomend_cli.rules_command import explain

    raise typer.Exit(exit_code(lambda: explain(rule, files or [])))


@app.command(cls=Command)
def config(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The file or folder whose settings are shown.")] = Path(),
    file: Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Use this configuration file.")] = None,
    files: RuleFiles = None,
    output_format: OutputFormat = Format.TEXT,
) -> None:
    """Show the settings that govern a file, and where they come from."""
    from aiomend_cli.config_command import config

    raise typer.Exit(exit_code(lambda: config(path, file, output_format, files or [])))


@app.command(cls=ProgramCommand)
def trace(
    context: typer.Context,
    command: Annotated[
        list[str] | None,
        typer.Argument(metavar="CMD", help="The program and its arguments; or `report` and the file of a trace."),
    ] = None,
    facts: Annotated[
        bool,
        typer.Option(
            "--facts", help="Also the classes of receivers, the threads of functions, the calls that give awaitables."
        ),
    ] = False,
    slow: Annotated[float, typer.Option("--slow", metavar="SECONDS", help="What is slow for a callback.")] = 0.1,
    debug: Annotated[bool, typer.Option("--debug", help="Turn asyncio's debug mode on, as the guide says.")] = False,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where the records go.")] = Path(
        "trace.jsonl"
    ),
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing beyond what the program says.")] = False,
    output_format: OutputFormat = Format.TEXT,
) -> None:
    """Run a program and record what asyncio's debug mode would complain of; exit as it does. `report FILE` tells it."""
    from aiomend_cli.trace.command import report, trace
    from aiomend_cli.trace.program import Wish

    words = command or []
    if words[:1] == [REPORT] and len(words) == 2 and not context.meta[SEPARATED]:
        raise typer.Exit(exit_code(lambda: report(Path(words[1]), output_format)))
    wish = Wish(Path.cwd() / output, slow, facts, debug)
    raise typer.Exit(exit_code(lambda: trace(words, wish, quiet=quiet)))


@app.command(cls=ProgramCommand)
@takes(VerifyOptions)
def verify(options: VerifyOptions) -> int:
    """Run a program on the original and on the fixed code, and compare the complaints. Exit 0: verified; 1: not; 2: error."""
    from aiomend_cli.trace.verify import verify

    return verify(options)


@app.command(cls=Command)
def cache(
    action: Annotated[CacheAction | None, typer.Argument(metavar="ACTION", help="`clear` removes it.")] = None,
) -> None:
    """Say where reports of earlier runs are kept, and how many bytes they take; `clear` removes them."""
    from aiomend_cli.cache.command import cache

    raise typer.Exit(exit_code(lambda: cache(clear=action is not None)))
