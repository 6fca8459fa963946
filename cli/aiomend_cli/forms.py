"""What form single values have, wherever they come from: an option or a configuration file."""

from __future__ import annotations

import keyword
import re

DOTTED = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"

TIMEOUT_FORM = "must be the seconds that one file may take, or 0 for no limit"
MEMORY_FORM = "must be the megabytes of memory that the engine may take, from 256, or 0 for no limit"


def is_timeout(seconds: float) -> bool:
    """Return True for a number of seconds to wait, or 0; not for what is no number."""
    return 0 <= seconds < float("inf")


def is_memory(megabytes: int) -> bool:
    """Return True for 0, and for as much memory as the engine needs for one small file."""
    return megabytes == 0 or megabytes >= 256


HELPERS_FORM = 'must be "auto", "module", or the module that gets them, such as "package.helpers"'


def is_home(text: str) -> bool:
    """Return True where ``text`` says where helper functions go: a word for it, or the dotted name of a module."""
    parts = text.split(".")
    return all(part.isidentifier() and not keyword.iskeyword(part) for part in parts)


EXECUTOR_FORM = 'must name an executor as "package.module:name"'


def is_executor(text: str) -> bool:
    """Return True where ``text`` has the form ``package.module:name``."""
    return re.fullmatch(rf"{DOTTED}:{DOTTED}", text) is not None


def is_address(text: str) -> bool:
    """Return True for what `--executor` takes besides, and no file: who does the work of aiomend itself."""
    return "://" in text
