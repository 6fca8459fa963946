"""The report as a unified diff that ``git apply`` and ``patch -p1`` take."""

from __future__ import annotations

import os
from pathlib import Path

from aiomend_cli.output.text import new_first
from aiomend_cli.runner import Run
from aiomend_cli.terminal import Painter, source


def patch(run: Run) -> tuple[bytes, Path | None]:
    """Return the diff of all changed files, and the folder to apply it in unless that is the working one.

    Names are relative to the working directory, or to the project's root where a changed file lies outside
    of it.
    """
    from aiomend.diff import unified

    outside = any(file.path.startswith("../") for file in run.report.changed)
    base = Path.cwd()
    if outside:
        base = Path(os.path.commonpath([workspace.root for workspace in run.workspaces]))
    parts = []
    for file in new_first(run.report.changed):
        name = os.path.relpath(file.path, base).replace(os.sep, "/") if outside else file.path
        parts.append(unified(file, name))
    return b"".join(parts), base if outside else None


def on_terminal(diff: bytes, paint: Painter) -> str:
    """Return ``diff`` for people: whole lines coloured, and nothing in it that could command the terminal."""
    lines = []
    for line in diff.decode("utf-8", "surrogateescape").split("\n"):
        text = source(line.removesuffix("\r"))
        match line[:1]:
            case "+" if not line.startswith("+++ "):
                text = paint(text, "green")
            case "-" if not line.startswith("--- "):
                text = paint(text, "red")
            case "@":
                text = paint(text, "cyan")
            case " " | "\\" | "":
                pass
            case _:
                text = paint(text, "bold")
        lines.append(text)
    return "\n".join(lines)
