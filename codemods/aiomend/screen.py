"""Bytes -> could any rule care? Built from the rules' own triggers, and from the names that the tree gives to them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar, Generic, Protocol, TypeVar

from aiomend.facts.names import TreeNames


class Triggered(Protocol):
    """The part of a rule that the screen reads."""

    triggers: ClassVar[frozenset[str]]
    context: ClassVar[frozenset[str]]
    pattern: ClassVar[re.Pattern[bytes] | None]
    wants_coroutines: ClassVar[bool]


R = TypeVar("R", bound=Triggered)


class Screen(Generic[R]):
    """Says of a file's bytes which rules could find something in it; passes a superset, never a subset."""

    def __init__(self, rules: Sequence[type[R]], names: TreeNames) -> None:
        self._rules = rules
        self._names = names
        self._words = {rule: names.closed(rule.triggers) for rule in rules}
        self._context = {rule: names.closed(rule.context) for rule in rules}

    def candidates(self, data: bytes) -> list[type[R]]:
        """Return the rules that could find something in a file."""
        wanted = [rule for rule in self._rules if not rule.context or _holds(data, self._context[rule])]
        triggered = {rule for rule in wanted if _holds(data, self._words[rule]) and _matches(rule, data)}
        others = {rule for rule in wanted if rule.wants_coroutines and rule not in triggered}
        if others and self._names.calls_coroutine(data):
            triggered |= others
        return [rule for rule in wanted if rule in triggered]


def _matches(rule: type[Triggered], data: bytes) -> bool:
    return rule.pattern is None or rule.pattern.search(data) is not None


def _holds(data: bytes, words: set[bytes]) -> bool:
    return any(word in data for word in words)
