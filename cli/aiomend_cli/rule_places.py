"""Where packages of rules that others wrote are installed; nothing of them is loaded."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from pathlib import Path

GROUP = "aiomend.rules"
_SITES = ("site-packages", "dist-packages")


def announcing() -> dict[str, Path]:
    """Return the metadata folders of the packages that announce rules, by their names; the first one on the path counts.

    They are looked for by name: asking `importlib.metadata` takes as long as a run over a small project.
    """
    here = os.getcwd()  # noqa: PTH109
    sites = [folder for folder in sys.path if os.path.basename(folder) in _SITES]  # noqa: PTH119
    return _announced(tuple(folder for folder in sites if os.path.realpath(folder) != here))  # that is the user's code


@functools.cache
def _announced(folders: tuple[str, ...]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for folder in folders:
        with contextlib.suppress(OSError):  # no folder
            for name in os.listdir(folder):  # noqa: PTH208 - pathlib takes three times as long
                if name.endswith(".dist-info") and _announces(f"{folder}/{name}/entry_points.txt"):
                    package = name.removesuffix(".dist-info").rpartition("-")[0].replace("_", "-")
                    found.setdefault(package, Path(folder, name))
    return found


def _announces(file: str) -> bool:
    """True where the entry points in a file are, some of them, of rules."""
    try:
        with open(file, "rb") as points:  # noqa: PTH123 - as above
            return GROUP.encode() in points.read()
    except OSError:
        return False  # nothing that could be loaded
