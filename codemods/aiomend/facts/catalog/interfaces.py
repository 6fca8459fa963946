"""The asyncio table: what a name is called canonically, and what calling it gives."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass

from aiomend.facts.catalog import FOLDER


@dataclass(frozen=True, slots=True)
class Interfaces:
    """Canonical names, and what they return; `versions` knows when."""

    same: dict[str, str]
    returns: dict[str, str]
    coroutines: dict[str, str]
    bases: dict[str, list[str]]


@functools.cache
def interfaces() -> Interfaces:
    """Return the table, read once."""
    table = tomllib.loads((FOLDER / "asyncio.toml").read_text("utf-8"))
    return Interfaces(table["same"], table["returns"], table["coroutines"], table["bases"])


@functools.cache
def canonical(name: str) -> str:
    """Return the one name under which the catalogues know what ``name`` reaches."""
    same = interfaces().same
    head, tail = name, ""
    while head:
        if head in same:
            return same[head] + tail if same[head] == head else canonical(same[head] + tail)
        head, _, last = head.rpartition(".")
        tail = f".{last}{tail}"
    return name.removeprefix("builtins.")


def inherits(cls: str, ancestor: str) -> bool:
    """True where the external class ``cls`` is ``ancestor`` or inherits from it."""
    return cls == ancestor or any(inherits(base, ancestor) for base in interfaces().bases.get(cls, ()))


def is_class(name: str) -> bool:
    """True where calling ``name`` makes an instance of it: listed, or written as a class is."""
    last = name.rpartition(".")[2].lstrip("_")
    return name in interfaces().bases or (last[:1].isupper() and not last.isupper())
