"""Where packages of rules that others wrote are installed; nothing of them is loaded."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

GROUP = "aiomend.rules"
_SITES = ("site-packages", "dist-packages")


def announcing() -> dict[str, Path]:
    """Return the metadata folders of the packages that announce rules, by their names; the first one on the path counts.

    They are looked for by name: asking `importlib.metadata` takes as long as a run over a small project.
    """
    found: dict[str, Path] = {}
    for folder in sys.path:
        if os.path.basename(folder) not in _SITES or os.path.realpath(folder) == os.getcwd():  # noqa: PTH109, PTH119
            continue  # no place where packages are installed, or the user's code
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
