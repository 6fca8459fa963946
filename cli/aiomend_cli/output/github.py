"""The report as workflow commands, which GitHub shows at the lines of a pull request."""

from __future__ import annotations

import os
from pathlib import Path

from aiomend.model import Finding, Impact
from aiomend_cli.runner import Run
from aiomend_cli.terminal import escape

LEVELS = {Impact.BUG: "error", Impact.HANG: "error", Impact.SLOW: "warning", Impact.TIDY: "notice"}


def to_github(run: Run) -> str:
    """Return a line for each finding. Paths are relative to the checkout where a workflow runs this, else to the
    working directory."""
    return "".join(f"{_command(finding)}\n" for finding in run.report.findings)


def _command(finding: Finding) -> str:
    properties: dict[str, str | int] = {"file": _path(finding.path), "line": finding.line, "endLine": finding.end_line}
    if finding.line == finding.end_line:  # elsewhere GitHub refuses columns
        properties |= {"col": finding.column, "endColumn": finding.end_column}
    properties["title"] = f"{finding.code} {finding.name}"
    named = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    reason = f" ({finding.reason})" if finding.reason else ""
    return f"::{LEVELS[finding.impact]} {named}::{_data(f'{finding.message}{reason}')}"


def _path(shown: str) -> str:
    checkout = os.environ.get("GITHUB_WORKSPACE")
    if checkout is None:
        return shown
    whole = Path.cwd() / shown
    return os.path.relpath(os.path.normpath(whole), os.path.realpath(checkout)).replace(os.sep, "/")


def _data(text: str) -> str:
    """Return ``text`` so that a command ends where its line does; line ends within are written ``\\n``."""
    return escape(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
