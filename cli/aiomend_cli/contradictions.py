"""Options that make no sense together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiomend_cli.errors import UserError

if TYPE_CHECKING:
    from aiomend_cli.change_options import ChangeOptions
    from aiomend_cli.options import CheckOptions, NarrowedOptions


def refuse_in_check(options: CheckOptions, *, stdin: bool) -> None:
    """Raise UserError for options of ``check`` that contradict each other; ``stdin`` where that is what it looks at."""
    if options.write_baseline and options.baseline is None:
        raise UserError("--write-baseline needs --baseline FILE, which says where")
    if options.write_baseline and options.since is not None:
        raise UserError("--write-baseline cannot be used with --since: the baseline would lose what is older")
    _refuse_stdin(options, stdin)


def refuse_in_changes(options: ChangeOptions, *, stdin: bool) -> None:
    """Raise UserError for options of ``diff`` or ``fix`` that contradict each other, likewise."""
    if options.only_fixes is not None and is_narrowed(options):
        raise UserError("--only-fixes names the fixes; leave out --since and --baseline")
    _refuse_stdin(options, stdin)


def is_narrowed(options: NarrowedOptions) -> bool:
    """True where only a part of the findings is asked for."""
    return options.since is not None or options.baseline is not None


def _refuse_stdin(options: NarrowedOptions, stdin: bool) -> None:
    if stdin and is_narrowed(options):
        raise UserError("--since and --baseline look at files, and `-` is stdin")
