"""The file that lists the repositories of a fleet: tables ``[[repository]]``, checked key by key."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from aiomend.settings import SettingsError
from aiomend_cli import runner
from aiomend_cli.config import Reader, suggestion
from aiomend_cli.errors import UserError
from aiomend_cli.forge.remote import parsed
from aiomend_cli.forge.settings import SplitBy
from aiomend_cli.projectfiles import toml

_HEADER = re.compile(r"^[ \t]*\[\[\s*repository\s*\]\]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Listed:
    """One repository, and what holds for it before the options of the command."""

    key: str  #: the URL, or the whole path: by which the next run knows it
    name: str  #: for people: ``owner/name`` where it is on a forge
    url: str | None  #: None: it is at ``path``
    path: Path | None
    base: str | None = None
    options: Mapping[str, Any] | None = None  #: fields of PrOptions

    def matches(self, pattern: str) -> bool:
        return fnmatchcase(self.name, pattern) or fnmatchcase(self.key, pattern)


def listed(file: Path) -> tuple[Listed, ...]:
    """Return the repositories that ``file`` lists, in its order.

    Raises UserError where it cannot be read, says something unknown, or lists one twice.
    """
    if not file.is_file():
        raise UserError(f"{file}: no such file; it lists repositories as [[repository]] with a url or a path")
    content = toml(file, ours=True)
    if others := [key for key in content if key != "repository"]:
        raise UserError(f"{file}: unknown key {others[0]!r}; there is [[repository]] alone")
    tables = content.get("repository")
    if not isinstance(tables, list) or not tables or not all(isinstance(one, Mapping) for one in tables):
        raise UserError(f'{file}: lists no repositories; one is [[repository]] with url = "https://..." below it')
    known = runner.known_rules()
    found: dict[str, Listed] = {}
    for one, place in zip(tables, _places(file, len(tables)), strict=True):
        read = _read(Reader(file, f"{place}: ", known), one)
        if read.key in found:
            raise UserError(f"{file}: {place}: {read.key} is listed before")
        found[read.key] = read
    return tuple(found.values())


def _places(file: Path, number: int) -> Sequence[str]:
    """Return in words where each table is, with its line where that is plain."""
    text = file.read_text("utf-8")
    lines = [text.count("\n", 0, match.start()) + 1 for match in _HEADER.finditer(text)]
    if len(lines) != number:
        return [f"repository {index}" for index in range(1, number + 1)]
    return [f"repository {index} (line {line})" for index, line in enumerate(lines, start=1)]


def _read(reader: Reader, table: Mapping[str, Any]) -> Listed:
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in KEYS:
            raise UserError(f"{reader.path}: {reader.where}unknown key {key!r}{suggestion(key, KEYS)}")
        try:
            values[key] = KEYS[key](reader, key, value)
        except SettingsError as error:
            raise UserError(str(error)) from error
    if ("url" in values) == ("path" in values):
        raise UserError(f"{reader.path}: {reader.where}needs a url, or the path of a clone, and not both")
    options = {FIELDS[key]: value for key, value in values.items() if key in FIELDS}
    if (path := values.get("path")) is not None:
        return Listed(str(path), str(table["path"]), None, path, values.get("base"), options)
    remote = parsed("origin", values["url"])
    name = remote.slug or remote.url
    return Listed(remote.url, name, remote.url, None, values.get("base"), options)


# ---- single values ---


def _text(reader: Reader, key: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable() or value.startswith("-"):
        raise reader.wrong(key, value, "must be a string")
    return value


def _url(reader: Reader, key: str, value: object) -> str:
    text = _text(reader, key, value)
    remote = parsed("origin", text)
    if remote.password is not None:
        said = f"{reader.path}: {reader.where}{key}: has a password in it; tokens come from the environment, gh, or git"
        raise UserError(said)
    if remote.host is None or remote.slug is None:
        raise reader.wrong(key, value, 'must be a URL such as "https://github.com/owner/name"; a clone has a path')
    return text


def _clone(reader: Reader, key: str, value: object) -> Path:
    return (reader.path.parent / Path(_text(reader, key, value)).expanduser()).resolve()


def _rules(reader: Reader, key: str, value: object) -> tuple[str, ...]:
    reader.selection(key, value)
    return reader.strings(key, value)


def _split_by(reader: Reader, key: str, value: object) -> SplitBy:
    return SplitBy(reader.choice(key, value, tuple(SplitBy)))


#: Every key of a table, and how its value is read.
KEYS: dict[str, Callable[[Reader, str, object], Any]] = {
    "url": _url,
    "path": _clone,
    "base": _text,
    "select": _rules,
    "ignore": _rules,
    "unsafe": _rules,
    "exclude": Reader.strings,
    "split-by": _split_by,
    "labels": Reader.strings,
    "reviewers": Reader.strings,
    "test": _text,
}

#: The options of ``aiomend pr`` that these stand for.
FIELDS = {
    "select": "select",
    "ignore": "ignore",
    "unsafe": "unsafe_rules",
    "exclude": "exclude",
    "split-by": "split_by",
    "labels": "label",
    "reviewers": "reviewer",
    "test": "test",
}
