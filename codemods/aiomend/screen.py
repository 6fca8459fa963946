"""Bytes -> could any rule care? Built from the rules' own triggers, and from the names that the tree gives to them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import ClassVar, Generic, Protocol, TypeVar

_ALIAS = re.compile(
    rb"\b(\w+)[ \t]+as[ \t]+(\w+)|^[ \t]*(\w+)[ \t]*(?::[^=\n]*)?=[ \t]*(?:\w+\.)*(\w+)[ \t]*(?:#|$)",
    re.MULTILINE,
)


class Triggered(Protocol):
    """The part of a rule that the screen reads."""

    triggers: ClassVar[frozenset[str]]
    context: ClassVar[frozenset[str]]


R = TypeVar("R", bound=Triggered)


class Screen(Generic[R]):
    """Says of a file's bytes which rules could find something in it; passes a superset, never a subset."""

    def __init__(self, rules: Sequence[type[R]], tree: Iterable[bytes]) -> None:
        self._rules = rules
        aliases: dict[bytes, set[bytes]] = {}
        for data in tree:
            for name, alias, target, value in _ALIAS.findall(data):
                old, new = (name, alias) if alias else (value, target)
                if old != new:
                    aliases.setdefault(old, set()).add(new)
        self._words = {rule: _closed(rule.triggers, aliases) for rule in rules}
        self._context = {rule: _closed(rule.context, aliases) for rule in rules}

    def candidates(self, data: bytes) -> list[type[R]]:
        """Return the rules that could find something in a file."""
        return [
            rule
            for rule in self._rules
            if any(word in data for word in self._words[rule])
            and (not rule.context or any(word in data for word in self._context[rule]))
        ]


def _closed(words: frozenset[str], aliases: dict[bytes, set[bytes]]) -> set[bytes]:
    """The words with every other name that the tree gives to one of them."""
    found = {word.encode() for word in words}
    todo = list(found)
    while todo:
        for alias in aliases.get(todo.pop(), ()):
            if alias not in found:
                found.add(alias)
                todo.append(alias)
    return found
