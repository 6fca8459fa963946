"""What is listed of a rule, so that a first look need not load it: loading all of them takes ten times as long."""

from __future__ import annotations

import re
from functools import cached_property

from aiomend.settings import Version


class Listed:
    """What selects a rule, and what makes the screen pass a file to it: the class variables of its ``Rule``."""

    def __init__(
        self,
        code: str,
        name: str,
        triggers: tuple[str, ...],
        *,
        context: tuple[str, ...] = (),
        expression: bytes | None = None,
        whole_words: bool = False,
        wants_coroutines: bool = False,
        opt_in: bool = False,
        due: Version | None = None,
        opposite: str = "",
    ) -> None:
        self.code, self.name = code, name
        self.triggers, self.context = frozenset(triggers), frozenset(context)
        self.expression, self.whole_words, self.wants_coroutines = expression, whole_words, wants_coroutines
        self.opt_in, self.due, self.opposite = opt_in, due, opposite

    @cached_property
    def pattern(self) -> re.Pattern[bytes] | None:
        return re.compile(self.expression) if self.expression is not None else None
