"""A program that is run on the code as it is, and with the fixes, for a table in a pull request or on a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aiomend_cli.errors import UserError
from aiomend_cli.guarded.command import parse
from aiomend_cli.other_options import VerifyOptions
from aiomend_cli.runner import Run, Workspace
from aiomend_cli.tested import Traced


@dataclass(frozen=True, slots=True)
class Watched:
    """The program of ``--verify COMMAND``."""

    text: str  #: as it was typed
    words: tuple[str, ...]


def watched(text: str, found: Callable[[str], str] = str) -> Watched:
    """Return the program that ``text`` is; ``found`` says where its first word is. Raises UserError where it is none."""
    command = parse(text, "--verify")
    words = (found(command.words[0]), *command.words[1:])
    if command.variables:
        words = ("env", *(f"{name}={value}" for name, value in command.variables.items()), *words)
    return Watched(text, words)


def traced(workspace: Workspace, fixed: Run, program: Watched) -> Traced:
    """Return what asyncio has to complain of before and after; raises UserError where the program cannot be run."""
    from aiomend_cli.trace.table import cells, summary
    from aiomend_cli.trace.verify import verified

    try:
        result = verified(workspace, fixed, program.words, VerifyOptions())
    except OSError as error:
        said = f"--verify {program.text}: there is no copy that it could run on: {error.strerror or error}"
        raise UserError(said) from error
    return Traced(program.text, tuple(map(cells, result.rows)), tuple(summary(result)))
