"""asyncio by version: which Python has a name, and which parameters it accepts there."""

from __future__ import annotations

import functools
import re
import tomllib
from dataclasses import dataclass

from aiomend.facts.catalog import FOLDER
from aiomend.facts.catalog.interfaces import canonical
from aiomend.settings import OLDEST, TargetRange, Version

_LIMIT = re.compile(r"(>=|<)3\.(\d+)")


@dataclass(frozen=True, slots=True)
class Lifetime:
    """The versions that have something: from ``since`` on, and no longer in ``gone``."""

    since: Version = OLDEST
    gone: Version | None = None

    def covers(self, target: TargetRange) -> bool:
        """True where every version of the target range has it."""
        return target.all_at_least(self.since) and (self.gone is None or not target.reaches(self.gone))

    def __str__(self) -> str:
        def shown(version: Version) -> str:
            return ".".join(map(str, version))

        return f"is gone in Python {shown(self.gone)}" if self.gone else f"needs Python {shown(self.since)}"


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of a name inside of asyncio: the first version without it, and another name or what a person can do."""

    gone: Version
    successor: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class _Table:
    since: dict[str, Version]
    gone: dict[str, Version]
    parameters: dict[str, dict[str, Lifetime]]
    moved: dict[str, Moved]


@functools.cache
def _table() -> _Table:
    table = tomllib.loads((FOLDER / "asyncio_versions.toml").read_text("utf-8"))
    return _Table(
        {name: _version(text) for name, text in table["since"].items()},
        {name: _version(text) for name, text in table["gone"].items()},
        {name: dict(map(_parameter, given)) for name, given in table["parameters"].items()},
        {name: _moved(text, "successor") for name, text in table["moved"].items()}
        | {name: _moved(text, "advice") for name, text in table["dead"].items()},
    )


def _moved(text: str, kind: str) -> Moved:
    version, _, rest = text.partition(" ")
    return Moved(_version(version), **{kind: rest})


def _version(text: str) -> Version:
    major, _, minor = text.partition(".")
    return int(major), int(minor)


def _parameter(text: str) -> tuple[str, Lifetime]:
    name, *limits = text.split()
    found = {match[1]: (3, int(match[2])) for limit in limits if (match := _LIMIT.fullmatch(limit))}
    return name, Lifetime(found.get(">=", OLDEST), found.get("<"))


def lifetime(name: str) -> Lifetime:
    """Return which versions have a name of asyncio; all of them where the table does not limit it."""
    table = _table()
    full = name if name in table.since or name in table.gone else canonical(name)
    return Lifetime(table.since.get(full, OLDEST), table.gone.get(full))


def parameters(name: str) -> dict[str, Lifetime] | None:
    """Return the parameters of a function, method or class, "*args" and "**kwargs" with their stars; None where unlisted."""
    return _table().parameters.get(canonical(name))


def accepts(name: str, parameter: str) -> Lifetime | None:
    """Return which versions accept a keyword; None where the table cannot tell, or none does."""
    return (parameters(name) or {}).get(parameter)


def names() -> frozenset[str]:
    """Return every name that the table lists."""
    table = _table()
    return frozenset({*table.since, *table.gone, *table.parameters})


def gone() -> dict[str, Version]:
    """Return the names of asyncio's interface that some version no longer has, each with the first of them."""
    return _table().gone


def moved() -> dict[str, Moved]:
    """Return the names inside of asyncio, as they are written, that some version no longer has."""
    return _table().moved
