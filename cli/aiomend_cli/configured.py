"""Which file configures aiomend for a folder: its nearest `aiomend.toml`, or `pyproject.toml` with a table of ours."""

from __future__ import annotations

from pathlib import Path

from aiomend_cli.projectfiles import table, toml, upwards

_FILES = ("aiomend.toml", "pyproject.toml")


def governing(folder: Path, root: Path) -> Path | None:
    """Return the nearest file up to ``root`` that configures aiomend, None where nothing does.

    Raises UserError for a file that means to and cannot be read.
    """
    for place in upwards(folder, root):
        for name in _FILES:
            path = place / name
            if (name == "aiomend.toml" and path.is_file()) or "aiomend" in table(toml(path), "tool"):
                return path
    return None
