"""The report as a unified diff that ``git apply`` and ``patch -p1`` take, and the same diff for people."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from aiomend.model import Finding
from aiomend.report import FileResult, Report
from aiomend_cli.output.order import worst_first
from aiomend_cli.output.words import Piece, changed_words
from aiomend_cli.runner import Run
from aiomend_cli.terminal import Painter, escape, source

_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_LINES_NAMED = 8  #: lines that a heading names for each rule before "..."


def patch(run: Run) -> tuple[bytes, Path | None]:
    """Return the diff of all changed files, and the folder to apply it in unless that is the working one."""
    base = base_of(run)
    return b"".join(diff for _, diff in parts(run)), base


def base_of(run: Run) -> Path | None:
    """Return the folder that names in a patch are relative to: the root of all where a changed file lies outside of
    the working directory, else None."""
    if any(file.path.startswith("../") for file in run.report.changed):
        return Path(os.path.commonpath([workspace.root for workspace in run.workspaces]))
    return None


def parts(run: Run) -> list[tuple[FileResult, bytes]]:
    """Return the changed files with their diffs, in the order of the patch."""
    base = base_of(run)
    return [(file, one_file(file, base)) for file in worst_first(run.report)]


def one_file(file: FileResult, base: Path | None) -> bytes:
    """Return the diff of one file, with names as in a patch to be applied in ``base`` (default: here)."""
    from aiomend.diff import unified

    return unified(file, os.path.relpath(file.path, base).replace(os.sep, "/") if base else file.path)


def heading(report: Report, path: str, paint: Painter) -> list[str]:
    """Return what mends what in a file, a line for each rule, the worst first; for people, no part of a patch."""
    rows: dict[tuple[int, str, str, str, str], list[Finding]] = defaultdict(list)
    for found in report.findings:
        if found.applied and path in found.paths:
            row = found.impact, found.impact.label, found.code, found.name, found.safety.label
            rows[row].append(found)
    lines = []
    for (_, impact, code, name, safety), findings in sorted(rows.items()):
        numbers = [str(found.line) if found.path == path else f"{found.path}:{found.line}" for found in findings]
        more = ", ..." if len(numbers) > _LINES_NAMED else ""
        word = "line" if len(numbers) == 1 else "lines"
        where = escape(f"{word} {', '.join(numbers[:_LINES_NAMED])}{more}")
        lines.append(f"{paint(f'{impact}: {code} {name}', 'bold')} ({safety}), {where}")
    return lines


def on_terminal(diff: bytes, paint: Painter) -> str:
    """Return ``diff`` for people: lines coloured, changed words in reverse, and nothing that could command the
    terminal."""
    lines: list[str] = []
    block: list[str] = []  # neighbours that change
    left = [0, 0]  # lines of the hunk that are still to come, old and new
    for line in diff.decode("utf-8", "surrogateescape").split("\n"):
        kind = line[:1]
        if kind == "\\" or (any(left) and kind in ("-", "+")):
            block.append(line)
        else:
            lines += _block(block, paint)
            block = []
            if match := _HUNK.match(line):
                left = [int(match[group] or 1) for group in (1, 2)]
            lines.append(source(line.removesuffix("\r")) if any(left) and not match else _outside(line, paint))
        if any(left) and kind in (" ", "-", "+", ""):
            left = [left[0] - (kind != "+"), left[1] - (kind != "-")]
    return "\n".join([*lines, *_block(block, paint)])


def _outside(line: str, paint: Painter) -> str:
    """Return a line that is no line of a file: the names, or where a hunk stands."""
    return paint(source(line), "cyan" if line.startswith("@") else "bold")


def _block(block: list[str], paint: Painter) -> list[str]:
    removed, added = ([line[1:].removesuffix("\r") for line in block if line[0] == sign] for sign in "-+")
    old, new = changed_words(removed, added) if paint.enabled else (_whole(removed), _whole(added))
    pieces = {"-": iter(old), "+": iter(new)}
    return [_line(line[0], next(pieces[line[0]]), paint) if line[0] in pieces else source(line) for line in block]


def _whole(lines: Iterable[str]) -> list[list[Piece]]:
    return [[(line, False)] for line in lines]


def _line(sign: str, pieces: list[Piece], paint: Painter) -> str:
    colour = "red" if sign == "-" else "green"
    pieces = [(sign + pieces[0][0], False), *pieces[1:]] if not pieces[0][1] else [(sign, False), *pieces]
    return "".join(paint(source(text), colour, *(("reverse",) if stands_out else ())) for text, stands_out in pieces)
