"""Bytes -> could any rule care? Built from the rules' own triggers, and from the names that the tree gives to them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Generic, Protocol, TypeVar

from aiomend.facts.names import TreeNames
from aiomend.facts.words import tells_of_asyncio, words
from aiomend.listing import Spot

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
    def spots(self) -> tuple[Spot, ...]: ...
    @property
    def is_common(self) -> bool: ...
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
        triggers = {rule: _signs(rule.triggers, names, rule.whole_words) for rule in rules}
        context = {rule: _signs(rule.context, names, False) for rule in rules}
        signs = sorted(set[bytes]().union(*triggers.values(), *context.values()))
        bits = {sign: 1 << number for number, sign in enumerate(signs)}
        self._triggers = {rule: _all(bits, of_rule) for rule, of_rule in triggers.items()}
        self._own = {
            rule: 0 if rule.is_common else _all(bits, _written(rule.triggers, rule.whole_words)) for rule in rules
        }
        self._context = {rule: _all(bits, of_rule) for rule, of_rule in context.items()}
        self._whole = {sign.removeprefix(_WHOLE): bit for sign, bit in bits.items() if sign.startswith(_WHOLE)}
        texts = {sign: bit for sign, bit in bits.items() if not sign.startswith(_WHOLE)}
        self._parts = {text: bit for text, bit in texts.items() if _ONE_WORD.fullmatch(text)}
        self._phrases = {text: bit for text, bit in texts.items() if not _ONE_WORD.fullmatch(text)}
        self._told: dict[bytes, int] = {}  #: word -> the signs in it, as bits of a number
        self._silent: set[bytes] = set()  #: words without
        self._verdicts: dict[int, tuple[list[R], list[R], set[R]]] = {}

    def candidates(self, path: str, data: bytes) -> list[R]:
        """Return the rules that could find something in a file."""
        held = words(data)
        triggered, others, doubtful = self._verdict(self._signs_in(data, held))
        found = {rule for rule in triggered if not rule.spots or any(spot.is_in(data) for spot in rule.spots)}
        if not (tells_of_asyncio(data) or found.isdisjoint(doubtful) or self._names.nearby.hears_of_asyncio(path)):
            found -= doubtful
        missing = [rule for rule in others if rule not in found]
        if missing and self._names.calls_coroutine(path, data, held):
            found.update(missing)
        return [rule for rule in self.rules if rule in found]

    def _signs_in(self, data: bytes, held: set[bytes]) -> int:
        """Return the signs that a file holds."""
        if new := held.difference(self._silent).difference(self._told):
            self._learn(new)
        of_words = {told for told in map(self._told.get, held) if told is not None}
        of_phrases = {bit for phrase, bit in self._phrases.items() if phrase in data}
        return reduce(or_, of_words | of_phrases, 0)

    def _learn(self, new: set[bytes]) -> None:
        told = {word: self._whole[word] for word in new & self._whole.keys()}
        together = b" %s " % b" ".join(new)
        for part, bit in self._parts.items():
            at = together.find(part)
            while at >= 0:
                end = together.index(b" ", at)
                word = together[together.rindex(b" ", 0, at) + 1 : end]
                told[word] = told.get(word, 0) | bit
                at = together.find(part, end)
        if len(self._silent) > _REMEMBERED:
            self._silent.clear()
        self._silent |= new - told.keys()
        self._told |= told

    def _verdict(self, told: int) -> tuple[list[R], list[R], set[R]]:
        """Return the rules that such signs trigger, those that a call of a coroutine function would trigger, and those that everybody's words trigger.

        Another name for what a word stands for is everybody's: one of a single letter in a large tree as soon as anybody uses it.
        """
        if told not in self._verdicts:
            wanted = [rule for rule in self.rules if not rule.context or told & self._context[rule]]
            self._verdicts[told] = (
                [rule for rule in wanted if told & self._triggers[rule]],
                [rule for rule in wanted if rule.wants_coroutines],
                {rule for rule in wanted if not told & self._own[rule]},
            )
        return self._verdicts[told]


def _all(bits: Mapping[bytes, int], signs: Iterable[bytes]) -> int:
    return reduce(or_, map(bits.__getitem__, signs), 0)


def _signs(texts: frozenset[str], names: TreeNames, is_whole: bool) -> set[bytes]:
    """Return what tells that a file holds one of some texts: they themselves, and other names for what they stand for."""
    return _written(texts, is_whole) | {_WHOLE + name for name in names.others(texts)}


def _written(texts: frozenset[str], is_whole: bool) -> set[bytes]:
    """Return the signs of texts: a part of a file, or a word that has to stand by itself."""
    return {(_WHOLE if is_whole else b"") + text.encode() for text in texts}
