"""Bytes -> could any rule care? Built from the rules' own triggers, and from the names that the tree gives to them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

from aiomend.facts.names import TreeNames
from aiomend.facts.words import words

#: Words that are known to say nothing are kept up to this number.
_REMEMBERED = 200_000
_ONE_WORD = re.compile(rb"\w+")
_WHOLE = b"="  #: in front of a sign that has to be all of a word


class Triggered(Protocol):
    """The part of a rule that the screen reads."""

    @property
    def triggers(self) -> frozenset[str]: ...
    @property
    def whole_words(self) -> bool: ...
    @property
    def context(self) -> frozenset[str]: ...
    @property
    def pattern(self) -> re.Pattern[bytes] | None: ...
    @property
    def wants_coroutines(self) -> bool: ...


R = TypeVar("R", bound=Triggered)


class Screen(Generic[R]):
    """Says of a file's bytes which rules could find something in it; passes a superset, never a subset.

    A trigger may be a part of a longer word, unless its rule says otherwise; another name for it is all of a word. Of each
    different word of the tree it is found out once what it says.
    """

    def __init__(self, rules: Sequence[R], names: TreeNames) -> None:
        self.rules = rules
        self._names = names
        self._triggers = {rule: _signs(rule.triggers, names, rule.whole_words) for rule in rules}
        self._context = {rule: _signs(rule.context, names, False) for rule in rules}
        signs = set[bytes]().union(*self._triggers.values(), *self._context.values())
        self._whole = {sign.removeprefix(_WHOLE) for sign in signs if sign.startswith(_WHOLE)}
        texts = sorted(sign for sign in signs if not sign.startswith(_WHOLE))
        self._parts = [text for text in texts if _ONE_WORD.fullmatch(text)]
        self._phrases = [text for text in texts if not _ONE_WORD.fullmatch(text)]
        self._silent: set[bytes] = set()
        self._telling: dict[bytes, frozenset[bytes]] = {}
        self._verdicts: dict[frozenset[bytes], tuple[list[R], list[R]]] = {}

    def candidates(self, data: bytes) -> list[R]:
        """Return the rules that could find something in a file."""
        held = words(data)
        triggered, others = self._verdict(self._told(data, held))
        found = {rule for rule in triggered if rule.pattern is None or rule.pattern.search(data) is not None}
        missing = [rule for rule in others if rule not in found]
        if missing and self._names.calls_coroutine(data, held):
            found.update(missing)
        return [rule for rule in self.rules if rule in found]

    def _told(self, data: bytes, held: set[bytes]) -> frozenset[bytes]:
        """Return the signs that a file holds."""
        told = {phrase for phrase in self._phrases if phrase in data}
        rest = held - self._silent
        if new := rest - self._telling.keys():
            self._learn(new)
        for word in rest & self._telling.keys():
            told |= self._telling[word]
        return frozenset(told)

    def _learn(self, new: set[bytes]) -> None:
        together = b" ".join(new)
        parts = [part for part in self._parts if part in together]
        telling = {
            word: frozenset(
                [*(part for part in parts if part in word), *({_WHOLE + word} if word in self._whole else ())]
            )
            for word in new
            if word in self._whole or any(part in word for part in parts)
        }
        self._telling |= telling
        if len(self._silent) > _REMEMBERED:
            self._silent.clear()
        self._silent |= new - telling.keys()

    def _verdict(self, told: frozenset[bytes]) -> tuple[list[R], list[R]]:
        """Return the rules that such signs trigger, and those that a call of a coroutine function would trigger."""
        if told not in self._verdicts:
            wanted = [rule for rule in self.rules if not rule.context or not told.isdisjoint(self._context[rule])]
            self._verdicts[told] = (
                [rule for rule in wanted if not told.isdisjoint(self._triggers[rule])],
                [rule for rule in wanted if rule.wants_coroutines],
            )
        return self._verdicts[told]


def _signs(texts: frozenset[str], names: TreeNames, is_whole: bool) -> set[bytes]:
    """Return what tells that a file holds one of some texts: a part of it, or a word that has to stand by itself."""
    others = {_WHOLE + name for name in names.others(texts)}
    return {(_WHOLE if is_whole else b"") + text.encode() for text in texts} | others
