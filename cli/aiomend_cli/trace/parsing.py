"""Command lines that hold another one: where the program begins, its options are its own."""

from __future__ import annotations

from typing import Any

from aiomend_cli.help import Command

SEPARATED = "aiomend.separated"  #: of the context: whether `--` stood in front of the program
REPORT = "report"


class ProgramCommand(Command):
    """A command whose arguments are a program with its options, or ``report`` and a file."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take options only in front of the program; around ``report`` anywhere."""
        ctx.meta[SEPARATED] = "--" in args
        ctx.allow_interspersed_args = args[:1] == [REPORT]
        return super().parse_args(ctx, args)
