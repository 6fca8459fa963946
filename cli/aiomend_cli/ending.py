"""How a command ends: its exit code, and one line for people instead of a traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from aiomend_cli.errors import OutputError, UserError
from aiomend_cli.terminal import escape, say

ERROR = 2
INTERRUPTED = 130
PIPE_CLOSED = 141  # what a shell reports of a program that wrote to a reader who had gone


def exit_code(work: Callable[[], int]) -> int:
    """Return what ``work`` returns, or the code of the contract for how it failed, with a message on
    stderr."""
    try:
        return work()
    except KeyboardInterrupt:
        complain("interrupted; every file is whole")
        return INTERRUPTED
    except BrokenPipeError:
        _drop_output()
        return PIPE_CLOSED
    except OutputError as error:
        _drop_output()
        complain(f"the report could not be written: {error.reason}")
        return ERROR
    except Exception as error:
        if _is_for_the_user(error):
            complain(str(error))
            return ERROR
        if os.environ.get("AIOMEND_TRACEBACK"):
            import traceback

            traceback.print_exc()
        complain(
            f"internal error: {type(error).__name__}: {error}\n"
            "This is a bug in aiomend. AIOMEND_TRACEBACK=1 shows where; please report it."
        )
        return ERROR


def _is_for_the_user(error: Exception) -> bool:
    """True for what the user can put right. Whatever raised it has loaded the library's settings; most runs end without."""
    from aiomend.settings import SettingsError

    return isinstance(error, UserError | SettingsError)


def _drop_output() -> None:
    """Forget what is still buffered: nobody gets it, and Python would complain of that at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(text: str) -> None:
    """Say on stderr what is wrong: a line with the name of the program, and more below it."""
    first, *rest = text.splitlines() or [""]
    say(f"aiomend: {escape(first)}", *(f"  {escape(line)}" for line in rest))
