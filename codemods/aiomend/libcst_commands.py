"""Every rule as a LibCST command: ``python -m libcst.tool codemod -x --no-format aiomend.libcst_commands.AIO401 PATH``.

For those who run a family of codemods through LibCST's own tool. A command knows one file at a time and applies every
fix of its rule, the unsafe ones too. Without ``--no-format`` the tool runs black over each changed file.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import ClassVar

import libcst
from libcst.codemod import CodemodCommand, CodemodContext, SkipFile

from aiomend.api import MemorySources
from aiomend.engine import Project
from aiomend.report import Report
from aiomend.rules import registry
from aiomend.settings import EVERYTHING, Selection, Settings, SettingsError, TargetRange


class RuleCommand(CodemodCommand):
    """One rule for `libcst.tool codemod`; a subclass for each rule is made below, under its code."""

    CODE: ClassVar[str]

    def __init__(self, context: CodemodContext, target_version: TargetRange | None = None) -> None:
        super().__init__(context)
        self._settings = Settings(
            target=target_version or TargetRange(), select=Selection(frozenset({self.CODE})), unsafe=EVERYTHING
        )

    @staticmethod
    def add_args(arg_parser: argparse.ArgumentParser) -> None:
        """Add what a user may decide for one run."""
        arg_parser.add_argument(
            "--target-version",
            type=_target,
            metavar="RANGE",
            help="The Python versions that the result must run on: 3.8, or 3.6-3.13",
        )

    def transform_module_impl(self, tree: libcst.Module) -> libcst.Module:
        """Return the module after the fixes; raises SkipFile where it cannot be worked on, and says why."""
        data = tree.bytes
        if self.context.filename is not None and Path(self.context.filename).read_bytes() != data:
            raise SkipFile("LibCST would not give it back byte for byte; `aiomend fix` does")
        path = Path(self.context.filename or "stdin.py").name
        report = Project(MemorySources({path: data}), lambda _: self._settings).run()
        self._tell(report)
        if not report.changed:
            return tree
        new = report.changed[0].new or b""
        changed = libcst.parse_module(new)
        if changed.bytes != new:
            raise SkipFile("LibCST would not write the result as it is; `aiomend fix` does")
        return changed

    def _tell(self, report: Report) -> None:
        for file in report.files:
            if file.skip is not None:
                raise SkipFile(f"{file.skip.value}: {file.detail}" if file.detail else file.skip.value)
        for finding in report.findings:
            if not finding.applied:
                self.warn(f"line {finding.line}: {finding.code} {finding.message} ({finding.reason})")


def _target(text: str) -> TargetRange:
    try:
        return TargetRange.parse(text)
    except SettingsError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _commands() -> dict[str, type[RuleCommand]]:
    return {
        code: type(code, (RuleCommand,), {"CODE": code, "DESCRIPTION": rule.summary(), "__module__": __name__})
        for code, rule in registry().items()
        if code != "AIO000"  # it rewrites nothing
    }


globals().update(_commands())  # by name, so that LibCST finds them and its worker processes can load them
