"""The version of aiomend that is installed."""

from importlib import metadata


def version() -> str:
    """Return the installed version, ``unknown`` when run from source that was never installed."""
    try:
        return metadata.version("aiomend")
    except metadata.PackageNotFoundError:
        return "unknown"
