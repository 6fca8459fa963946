"""The project's choices: `[tool.aiomend]` in `pyproject.toml`, or `aiomend.toml`, checked key by key."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiomend.settings import Selection, Settings, TargetRange
from aiomend_cli.errors import UserError
from aiomend_cli.forge.settings import (
    AUTHOR_FORM,
    TEMPLATE_FORM,
    TRAILER_FORM,
    PullRequests,
    SplitBy,
    is_author,
    is_template,
    is_trailer,
)
from aiomend_cli.forms import (
    DOTTED,
    EXECUTOR_FORM,
    HELPERS_FORM,
    MEMORY_FORM,
    TIMEOUT_FORM,
    is_executor,
    is_home,
    is_memory,
    is_timeout,
)
from aiomend_cli.projectfiles import table, toml

OFFLOADS = ("run_in_executor", "to_thread")
CALL_KINDS = ("executor", "manual", "none")


@dataclass(frozen=True, slots=True)
class Config:
    """One configuration file, checked. ``values`` are fields of Settings.

    ``exclude`` is relative to the file's folder; ``python`` no more.
    """

    path: Path
    values: Mapping[str, Any]
    line_length: int | None = None
    exclude: tuple[str, ...] = ()
    python: Path | None = None  #: the interpreter or the environment whose packages tell what they give
    types: bool = False  #: whether a type checker is asked for what is not known otherwise
    file_timeout: float | None = None  #: seconds that the engine may take for one file
    memory_limit: int | None = None  #: megabytes that it may take
    pr: PullRequests = field(default_factory=PullRequests)
    keys: frozenset[str] = frozenset()  #: as the file spells them


def load(path: Path, known: Mapping[str, str]) -> Config:
    """Return the configuration in ``path``.

    Raises UserError where it cannot be read or says something unknown.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such configuration file")
    return _load(path, tuple(known.items()))


@functools.lru_cache(maxsize=1024)
def _load(path: Path, known: tuple[tuple[str, str], ...]) -> Config:
    content = toml(path, ours=True)
    is_shared = path.name == "pyproject.toml" or "aiomend" in table(content, "tool")
    where = "[tool.aiomend] " if is_shared else ""
    data = table(content, "tool", "aiomend") if where else content
    reader = Reader(path, where, dict(known))
    values = {}
    for key, value in data.items():
        if key not in KEYS:
            raise UserError(f"{path}: {where}unknown key {key!r}{suggestion(key, KEYS)}")
        values[key.replace("-", "_")] = KEYS[key](reader, key, value)
    exclude = values.pop("exclude", ())
    python = values.pop("python", None)
    types = values.pop("types", False)
    file_timeout = values.pop("file_timeout", None)
    memory_limit = values.pop("memory_limit", None)
    line_length = values.pop("line_length", None)
    pull_requests = values.pop("pr", PullRequests())
    target = values.pop("target_version", None)
    if target is not None:
        values["target"] = target
    keys = frozenset(data)
    return Config(path, values, line_length, exclude, python, types, file_timeout, memory_limit, pull_requests, keys)


def suggestion(word: str, choices: Mapping[str, object] | tuple[str, ...]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(word.replace("_", "-"), list(choices), n=1) or get_close_matches(word, list(choices), n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(choices)}"


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads single values of one file; every refusal names the file, the key and what would be right."""

    path: Path
    where: str
    known: Mapping[str, str]

    def wrong(self, key: str, value: object, wanted: str) -> UserError:
        return UserError(f"{self.path}: {self.where}{key} = {value!r}: {wanted}")

    def choice(self, key: str, value: object, choices: tuple[str, ...]) -> str:
        if not isinstance(value, str) or value not in choices:
            hint = suggestion(value, choices) if isinstance(value, str) else f"; there are {', '.join(choices)}"
            raise self.wrong(key, value, f"not a valid value{hint}")
        return value

    def strings(self, key: str, value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(key, value, 'must be a list of strings, such as ["..."]')
        return tuple(value)

    def selection(self, key: str, value: object) -> Selection:
        return Selection.parse(self.strings(key, value), self.known, f"{self.path}: {self.where}{key}")

    def flag(self, key: str, value: object) -> bool:
        if not isinstance(value, bool):
            raise self.wrong(key, value, "must be true or false")
        return value

    def target(self, key: str, value: object) -> TargetRange:
        if not isinstance(value, str):
            raise self.wrong(key, value, 'must be a string, such as "3.8" or "3.6-3.13"')
        found = TargetRange.parse(value, f"{self.path}: {self.where}{key}")
        return TargetRange(found.low, found.high, f"{self.path.name} {self.where}{key}")

    def length(self, key: str, value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not 40 <= value <= 320:
            raise self.wrong(key, value, "must be a number of characters from 40 to 320")
        return value

    def timeout(self, key: str, value: object) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool) or not is_timeout(value):
            raise self.wrong(key, value, TIMEOUT_FORM)
        return float(value)

    def memory(self, key: str, value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not is_memory(value):
            raise self.wrong(key, value, MEMORY_FORM)
        return value

    def calls(self, key: str, value: object) -> tuple[tuple[str, str], ...]:
        if not isinstance(value, Mapping):
            raise self.wrong(key, value, 'must be a table, such as {"package.function" = "executor"}')
        flat = dict(_flattened(value))
        for name, kind in flat.items():
            if not re.fullmatch(DOTTED, name) or "." not in name:
                raise self.wrong(f"{key}.{name}", kind, f"{name!r} is no dotted name, such as package.function")
            self.choice(f"{key}.{name}", kind, CALL_KINDS)
        return tuple(sorted(flat.items()))

    def place(self, key: str, value: object) -> Path:
        if not isinstance(value, str) or not value:
            raise self.wrong(key, value, 'must be a path, such as ".venv"')
        return self.path.parent / Path(value).expanduser()

    def executor(self, key: str, value: object) -> str:
        if not isinstance(value, str) or not is_executor(value):
            raise self.wrong(key, value, EXECUTOR_FORM)
        return value

    def helpers(self, key: str, value: object) -> str:
        if not isinstance(value, str) or not is_home(value):
            raise self.wrong(key, value, HELPERS_FORM)
        return value

    def number(self, key: str, value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise self.wrong(key, value, "must be a number from 1")
        return value

    def author(self, key: str, value: object) -> str:
        if not isinstance(value, str) or not is_author(value):
            raise self.wrong(key, value, AUTHOR_FORM)
        return value

    def template(self, key: str, value: object) -> str:
        if not isinstance(value, str) or not is_template(value):
            raise self.wrong(key, value, TEMPLATE_FORM)
        return value

    def trailers(self, key: str, value: object) -> tuple[str, ...]:
        found = self.strings(key, value)
        if not all(is_trailer(one) for one in found):
            raise self.wrong(key, value, TRAILER_FORM)
        return found

    def pull_requests(self, key: str, value: object) -> PullRequests:
        if not isinstance(value, Mapping):
            raise self.wrong(key, value, "must be a table, such as [tool.aiomend.pr]")
        values = {}
        for name, given in value.items():
            if name not in PULL_REQUEST_KEYS:
                raise UserError(
                    f"{self.path}: {self.where}{key}: unknown key {name!r}{suggestion(name, PULL_REQUEST_KEYS)}"
                )
            values[name.replace("-", "_")] = PULL_REQUEST_KEYS[name](self, f"{key}.{name}", given)
        if "split_by" in values:
            values["split_by"] = SplitBy(values["split_by"])
        return PullRequests(**values)


def _flattened(data: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Return the leaves of ``data`` with dotted names, so that unquoted keys mean what they look like."""
    found: list[tuple[str, Any]] = []
    for name, value in data.items():
        found += _flattened(value, f"{prefix}{name}.") if isinstance(value, Mapping) else [(prefix + name, value)]
    return found


def _one_of(*choices: str) -> Callable[[Reader, str, object], str]:
    return lambda reader, key, value: reader.choice(key, value, choices)


#: Every key of the configuration, and how its value is read.
KEYS: dict[str, Callable[[Reader, str, object], Any]] = {
    "select": Reader.selection,
    "ignore": Reader.selection,
    "unsafe": Reader.selection,
    "target-version": Reader.target,
    "exclude": Reader.strings,
    "python": Reader.place,
    "types": Reader.flag,
    "file-timeout": Reader.timeout,
    "memory-limit": Reader.memory,
    "offload": _one_of(*OFFLOADS),
    "executor": Reader.executor,
    "helpers": Reader.helpers,
    "line-length": Reader.length,
    "future-guard": _one_of("cancelled", "done"),
    "chain": _one_of("await", "task"),
    "consume": _one_of("callback", "chain", "run"),
    "chain-without-evidence": Reader.flag,
    "asyncio-log-level": _one_of("DEBUG", "INFO", "WARNING", "ERROR"),
    "brief-calls": Reader.flag,
    "blocking-calls": Reader.calls,
    "pr": Reader.pull_requests,
}

#: Those of the table ``pr``.
PULL_REQUEST_KEYS: dict[str, Callable[[Reader, str, object], Any]] = {
    "enabled": Reader.flag,
    "split-by": _one_of(*SplitBy),
    "labels": Reader.strings,
    "reviewers": Reader.strings,
    "max-open": Reader.number,
    "max-files": Reader.number,
    "draft": Reader.flag,
    "author": Reader.author,
    "trailers": Reader.trailers,
    "sign": Reader.flag,
    "message": Reader.template,
    "blame-ignore-revs": Reader.flag,
}

#: The keys that govern more than one file, or that Settings know by another name.
_OTHERS = {"target_version", "exclude", "python", "types", "file_timeout", "memory_limit", "line_length", "pr"}

assert {key.replace("-", "_") for key in KEYS} - _OTHERS <= set(Settings.__slots__)
