"""The way in: a command line that can be read at a glance is run at once, typer reads all others.

Loading typer takes longer than looking at a file in which nothing is to be found.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, NoReturn

from aiomend_cli.ending import INTERRUPTED, exit_code

#: Trees and facts live as long as the run: looking through them for garbage at every turn takes as long as parsing.
COLLECTOR = (1_000_000, 20, 20)

_COMMANDS = ("check", "diff", "fix")
_FLAGS = {
    "-q": "quiet",
    "--quiet": "quiet",
    "--unsafe": "unsafe",
    "--strict": "strict",
    "--no-cache": "no_cache",
}
_LISTS = {"--select": "select", "--ignore": "ignore", "--unsafe-rules": "unsafe_rules", "--exclude": "exclude"}
_WORDS = {"--target-version": "target_version", "--since": "since"}
_FORMATS = ("text", "json", "sarif", "github", "markdown")


def main() -> None:
    """Run the command line and exit with the code of the contract."""
    for name in ("SIGTERM", "SIGHUP"):  # so that what is open is cleaned up
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, _terminated)
    gc.set_threshold(*COLLECTOR)
    try:
        if (command := understood(sys.argv[1:])) is not None:
            sys.exit(exit_code(command))
        from aiomend_cli.app import app

        app(prog_name="aiomend")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def understood(arguments: list[str]) -> Callable[[], int] | None:
    """Return what a plain command line asks for; None for one that typer has to read, if only to say what is wrong."""
    if not arguments or "_AIOMEND_COMPLETE" in os.environ:
        return None
    if arguments == ["--version"]:
        return _version
    if arguments[0] not in _COMMANDS:
        return None
    given = _options(arguments[1:])
    return (lambda: _run(arguments[0], given)) if given is not None else None


def _options(words: list[str]) -> dict[str, Any] | None:
    """Return the options in the words behind a command, None where one of them is not understood."""
    given: dict[str, Any] = {}
    todo = list(words)
    while todo:
        word = todo.pop(0)
        if not word or not _is_plain(word):
            return None
        if word in _FLAGS:
            given[_FLAGS[word]] = True
            continue
        if word == "-" or not word.startswith("-"):
            given["paths"] = (*given.get("paths", ()), word)
            continue
        name, joined, value = word.partition("=")
        if not joined:
            value = todo.pop(0) if todo else ""
            if value.startswith("-"):
                return None
        if not value or not _is_plain(value):
            return None
        if name in _LISTS:
            given[_LISTS[name]] = (*given.get(_LISTS[name], ()), value)
        elif name in _WORDS:
            given[_WORDS[name]] = value
        elif name == "--output-format" and value in _FORMATS:
            given["output_format"] = value
        elif name == "--jobs" and _is_count(value):
            given["jobs"] = int(value)
        else:
            return None
    return given


def _is_count(word: str) -> bool:
    """True for a number of processes that nobody has to doubt."""
    return word.isascii() and word.isdecimal() and len(word) <= 4 and int(word) > 0


def _is_plain(word: str) -> bool:
    """True for text that is not made of bytes in another encoding."""
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True


def _version() -> int:
    from aiomend_cli.output import emit
    from aiomend_cli.version import version

    emit(f"aiomend {version()}\n")
    return 0


def _run(command: str, given: dict[str, Any]) -> int:
    from aiomend_cli.options import CheckOptions, ReportFormat

    if "output_format" in given:
        given["output_format"] = ReportFormat(given["output_format"])
    match command:
        case "check":
            from aiomend_cli.check import check

            return check(CheckOptions(**given))
        case "diff":
            from aiomend_cli.change_options import DiffOptions
            from aiomend_cli.diff import diff

            return diff(DiffOptions(**given))
        case _:
            from aiomend_cli.change_options import FixOptions
            from aiomend_cli.fix import fix

            return fix(FixOptions(**given))


def _terminated(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)
