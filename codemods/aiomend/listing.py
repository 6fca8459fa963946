"""What is listed of a rule, so that a first look need not load it: loading all of them takes ten times as long."""

from __future__ import annotations

import re
from functools import cached_property

from aiomend.settings import Version

_NEAR = 80  #: bytes before a word that are looked at


class Spot:
    """A word that counts where something stands right before it, or right behind it: one of two expressions is enough.

    An expression that begins with a word is found an order of magnitude faster than one that begins with what may stand before it.
    """

    def __init__(self, word: bytes, *, before: bytes = rb"(?!)", behind: bytes = rb"(?!)") -> None:
        self._word, self._before, self._behind = word, before, behind

    def __repr__(self) -> str:
        return f"Spot({self._word!r}, before={self._before!r}, behind={self._behind!r})"

    def is_in(self, data: bytes) -> bool:
        """True where the word stands in such a place."""
        alone, followed, before = self._patterns
        if followed.search(data) is not None:
            return True
        places = (match.start() for match in alone.finditer(data))
        return any(before.search(data, max(place - _NEAR, 0), place) for place in places)

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[bytes], re.Pattern[bytes], re.Pattern[bytes]]:
        alone = rb"%s(?<!\w%s)\b" % (self._word, self._word)
        return (
            re.compile(alone),
            re.compile(rb"%s(?:%s)" % (alone, self._behind)),
            re.compile(rb"(?:%s)\Z" % self._before),
        )


class Listed:
    """What selects a rule, and what makes the screen pass a file to it: the class variables of its ``Rule``."""

    def __init__(
        self,
        code: str,
        name: str,
        triggers: tuple[str, ...],
        *,
        context: tuple[str, ...] = (),
        spots: tuple[Spot, ...] = (),
        whole_words: bool = False,
        is_common: bool = False,
        wants_coroutines: bool = False,
        opt_in: bool = False,
        due: Version | None = None,
        opposite: str = "",
    ) -> None:
        self.code, self.name = code, name
        self.triggers, self.context = frozenset(triggers), frozenset(context)
        self.spots, self.whole_words, self.is_common, self.wants_coroutines = (
            spots,
            whole_words,
            is_common,
            wants_coroutines,
        )
        self.opt_in, self.due, self.opposite = opt_in, due, opposite
