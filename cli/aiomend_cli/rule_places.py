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
        for announced in Path(folder).glob("*.dist-info/entry_points.txt"):
            with contextlib.suppress(OSError):  # nothing that could be loaded
                if GROUP.encode() in announced.read_bytes():
                    name = announced.parent.stem.rpartition("-")[0].replace("_", "-")
                    found.setdefault(name, announced.parent)
    return found
