"""How a project formats its code, read from the settings of its formatters and linters."""

from __future__ import annotations

from pathlib import Path

from aiomend.settings import Style
from aiomend_cli.projectfiles import Table, ini, table, toml, upwards

_LENGTHS = (  #: sections of INI files, and an option that is written with hyphens or underscores
    ("flake8", "max-line-length"),
    ("pycodestyle", "max-line-length"),
    ("pep8", "max-line-length"),
    ("isort", "line-length"),
    ("settings", "line-length"),
)


def style_of(folder: Path, root: Path) -> Style:
    """Return the style that governs ``folder``: a formatter's settings first, then a linter's line length.

    Without a formatter quotes stay as they are: nothing says that the project wants them changed.
    """
    length: int | None = None
    for place in upwards(folder, root):
        if style := _formatter(place):
            return style
        length = length or _linter_length(place)
    return Style(line_length=length or Style().line_length, preserve_quotes=True, follows_file=length is None)


def _formatter(place: Path) -> Style | None:
    """Return what black or ruff are told in ``place``, None where neither is."""
    tools = table(toml(place / "pyproject.toml"), "tool")
    if "black" in tools:
        black = table(tools, "black")
        return Style(
            line_length=_length(black.get("line-length")) or 88,
            preserve_quotes=black.get("skip-string-normalization") is True,
            magic_trailing_comma=black.get("skip-magic-trailing-comma") is not True,
        )
    for ruff in (toml(place / ".ruff.toml"), toml(place / "ruff.toml"), table(tools, "ruff")):
        if ruff:
            return _ruff(ruff, _linter_length(place))
    return None


def _ruff(ruff: Table, other_length: int | None) -> Style:
    layout = table(ruff, "format")
    quotes = layout.get("quote-style", "double")
    return Style(
        line_length=_length(ruff.get("line-length")) or other_length or 88,
        # without a [format] table ruff may be the linter alone, and its quotes are then nobody's rule
        preserve_quotes=quotes == "preserve" or not layout,
        single_quotes=quotes == "single",
        magic_trailing_comma=layout.get("skip-magic-trailing-comma") is not True,
    )


def _linter_length(place: Path) -> int | None:
    isort = table(toml(place / "pyproject.toml"), "tool", "isort")
    if length := _length(isort.get("line_length")) or (88 if isort.get("profile") == "black" else None):
        return length
    for name in ("setup.cfg", "tox.ini", ".flake8", ".pycodestyle", ".isort.cfg"):
        sections = ini(place / name)
        for section, key in _LENGTHS:
            options = {option.replace("_", "-"): value for option, value in sections.get(section, {}).items()}
            if length := _length(options.get(key)):
                return length
    return None


def _length(value: object) -> int | None:
    """Return ``value`` where it is a usable line length.

    A linter that is told 1000 means no limit and counts for nothing.
    """
    match value:
        case bool():
            return None
        case int() if 40 <= value <= 320:
            return value
        case str() if value.strip().isdigit():
            return _length(int(value.strip()))
    return None
