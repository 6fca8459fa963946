"""Fixtures on disk -> cases."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from aiomend.guide import SECTIONS
from aiomend.rules import Rule, registry
from aiomend.settings import Settings, SettingsError, TargetRange
from aiomend.testing.case import Broken, Case

_FIRST_LINE = re.compile(r"#\s*fixture:(.*)")


def discover(root: Path, rules: Sequence[type[Rule]] = ()) -> list[Case]:
    """Return every fixture under ``root`` of aiomend's own rules and of ``rules``; raises Broken for a wrong first line."""
    known = _codes(rules)
    return [
        dataclasses.replace(case, rules=tuple(rules))
        for folder in _folders(root)
        if (code := known.get((folder.parent.name, folder.name))) is not None
        for case in _cases(folder, code)
    ]


def strays(root: Path, rules: Sequence[type[Rule]] = ()) -> list[Path]:
    """Return the folders under ``root`` that lie in a section of the guide and are named after no rule of it."""
    known = _codes(rules)
    return [folder for folder in _folders(root) if (folder.parent.name, folder.name) not in known]


def _codes(rules: Sequence[type[Rule]]) -> dict[tuple[str, str], str]:
    known = [*registry().values(), *rules]
    return {(rule.section().name, rule.name.replace("-", "_")): rule.code for rule in known}


def _folders(root: Path) -> list[Path]:
    """The folders of rules; other ones hold programs for other tests, or what Python leaves behind."""
    sections = {section.name for section in SECTIONS.values()}
    return [f for f in sorted(root.glob("*/*/")) if f.parent.name in sections and not f.name.startswith("__")]


def _cases(folder: Path, code: str) -> Iterator[Case]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith("project_") and path.is_dir():
            inner = sorted([*path.rglob("*.py"), *path.rglob("*.pyi")])
            files = tuple((file.relative_to(path).as_posix(), file.read_bytes()) for file in inner)
        elif path.suffix in (".py", ".pyi"):
            files = ((path.name, path.read_bytes()),)
        else:
            continue  # no Python
        silent = path.name.removeprefix("project_").startswith("skip_")
        settings, refuses = Settings(), frozenset[str]()
        for name, data in files:
            first = _FIRST_LINE.match(data.split(b"\n", 1)[0].decode("utf-8", "replace"))
            if first:
                settings, refuses = _configured(settings, refuses, first[1], f"{path}, {name}")
        yield Case(code, f"{folder.parent.name}/{folder.name}/{path.stem}", files, silent, settings, refuses)


def _configured(settings: Settings, refuses: frozenset[str], text: str, where: str) -> tuple[Settings, frozenset[str]]:
    calls = dict(settings.blocking_calls)
    for item in filter(None, (part.strip() for part in text.split(","))):
        key, equals, value = (part.strip() for part in item.partition("="))
        if not equals:
            raise Broken(f"{where}: {item!r} in the first line is no key=value")
        if key == "refuses":
            refuses |= {value}
        elif key.startswith("blocking-calls."):
            calls[key.removeprefix("blocking-calls.")] = value
        else:
            settings = _set(settings, key, value, where)
    return dataclasses.replace(settings, blocking_calls=tuple(sorted(calls.items()))), refuses


def _set(settings: Settings, key: str, value: str, where: str) -> Settings:
    name = key.replace("-", "_")
    match key:
        case "target-version":
            try:
                return dataclasses.replace(settings, target=TargetRange.parse(value, key))
            except SettingsError as error:
                raise Broken(f"{where}: {error}") from None
        case "line-length" if value.isdecimal():
            return dataclasses.replace(settings, style=dataclasses.replace(settings.style, line_length=int(value)))
        case "line-length":
            raise Broken(f"{where}: {key}={value} must be a number")
        case "brief-calls" | "chain-without-evidence" if value in ("true", "false"):
            return _replaced(settings, name, value == "true")
        case "brief-calls" | "chain-without-evidence":
            raise Broken(f"{where}: {key}={value} must be true or false")
        case "offload" | "executor" | "helpers" | "future-guard" | "chain" | "consume" | "asyncio-log-level":
            return _replaced(settings, name, value)
        case _:
            raise Broken(f"{where}: no setting {key!r} that a fixture can have")


def _replaced(settings: Settings, name: str, value: object) -> Settings:
    changes: dict[str, Any] = {name: value}
    return dataclasses.replace(settings, **changes)
