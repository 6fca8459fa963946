"""The files in which a project says how it is built and formatted, read as data and never executed."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiomend_cli.errors import UserError

if TYPE_CHECKING:
    from email.message import Message

Table = Mapping[str, Any]

#: The names of such files, in small letters as some file systems know no others, and what folders with them end with.
TELLING = frozenset(
    {
        "aiomend.toml",
        "pyproject.toml",
        ".ruff.toml",
        "ruff.toml",
        "setup.cfg",
        "setup.py",
        "tox.ini",
        ".flake8",
        ".pycodestyle",
        ".isort.cfg",
        "pkg-info",
    }
)
_BUILT = (".dist-info", ".egg-info")


def may_tell(folder: Path) -> bool:
    """Return False where no file in ``folder`` can say how a project is built, formatted or configured."""
    try:
        names = os.listdir(folder)  # noqa: PTH208 - pathlib takes three times as long
    except OSError:
        return True  # what can be read in it has still to be found out
    return any(name in TELLING or name.endswith(_BUILT) for name in map(str.casefold, names))


@functools.lru_cache(maxsize=4096)
def toml(path: Path, *, ours: bool = False) -> Table:
    """Return the content of a TOML file, {} where there is none.

    Raises UserError with the place where the file is not TOML and speaks of aiomend, or is known to be ``ours``; any
    other such file counts as empty.
    """
    try:
        raw = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return {}
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error
    import tomllib

    try:
        return tomllib.loads(raw.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        if ours or path.name == "aiomend.toml" or b"tool.aiomend" in raw:
            raise UserError(f"{path}: not valid TOML: {error}") from error
        return {}


@functools.lru_cache(maxsize=4096)
def ini(path: Path) -> Mapping[str, Mapping[str, str]]:
    """Return the sections of an INI file such as ``setup.cfg``, {} where there is none or it cannot be
    parsed."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return {}
    import configparser

    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return {}
    return {name: dict(parser.items(name)) for name in parser.sections()}


@functools.lru_cache(maxsize=4096)
def core_metadata(folder: Path) -> tuple[tuple[str, Message], ...]:
    """Return the core metadata of the distribution whose code ``folder`` holds, as (file, headers): an unpacked sdist or
    wheel, or what a build left.

    Empty where there is none, or where several distributions are side by side: which of them code is of, their names do
    not say.
    """
    found = [path for path in (folder / "PKG-INFO",) if path.is_file()]
    if not found:
        found = [*folder.glob("*.dist-info/METADATA"), *folder.glob("*.egg-info/PKG-INFO")]
    if len(found) != 1:
        return ()
    from email.parser import HeaderParser

    try:
        text = found[0].read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ()
    return ((found[0].relative_to(folder).as_posix(), HeaderParser().parsestr(text)),)


def table(data: object, *keys: str) -> Table:
    """Return the table that ``keys`` lead to, {} where a step is missing or no table."""
    for key in keys:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data if isinstance(data, Mapping) else {}


def upwards(folder: Path, root: Path) -> Iterator[Path]:
    """Yield ``folder`` and its parents up to ``root``, both included.

    Only ``folder`` where it is not below ``root``.
    """
    yield folder
    if folder.is_relative_to(root):
        while folder != root:
            folder = folder.parent
            yield folder
