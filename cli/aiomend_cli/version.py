"""The version of aiomend that is installed."""

from __future__ import annotations

import contextlib
import os

_LINE = "Version: "


def version() -> str:
    """Return the installed version, ``unknown`` when run from source that was never installed."""
    return _beside() or _anywhere()


def _beside() -> str | None:
    """Return what the metadata in the folder of this package say; None where none, or several, are there, as of a checkout.

    `importlib.metadata` takes longer to load than Python takes to start.
    """
    folder = os.path.dirname(os.path.dirname(__file__))  # noqa: PTH120 - pathlib takes a quarter of that
    with contextlib.suppress(OSError, ValueError):
        [name] = (one for one in os.listdir(folder) if one.startswith("aiomend-") and one.endswith(".dist-info"))  # noqa: PTH208
        with open(f"{folder}/{name}/METADATA", encoding="utf-8") as metadata:  # noqa: PTH123
            return next((line.removeprefix(_LINE).strip() for line in metadata if line.startswith(_LINE)), None)
    return None


def _anywhere() -> str:
    from importlib import metadata

    try:
        return metadata.version("aiomend")
    except metadata.PackageNotFoundError:
        return "unknown"
