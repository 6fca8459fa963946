"""Searches through the project that go on only as far as somebody wants to know: often the first find says that nothing is known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference

T = TypeVar("T")


class Search(Generic[T]):
    """What a search finds, each looked for once, without asking callers."""

    def __init__(self, inference: Inference, found: Iterator[T]) -> None:
        self._inference = inference
        self._rest = found
        self._found: list[T] = []
        self._is_over = False
        self.is_going_on = False  #: it is looking for the next one right now
        self.is_final = True  #: what was found so far rests on no evaluation that went on around it

    def each(self, most: int) -> Iterator[T | None]:
        """Yield what is found; None where that is all that can be told: there are more than ``most``, or this is asked during the search."""
        at = 0
        while at < len(self._found) or self._finds_another(most):
            yield self._found[at]
            at += 1
        if not self._is_over:
            yield None

    def _finds_another(self, most: int) -> bool:
        if self._is_over or self.is_going_on or len(self._found) > most:
            return False
        self.is_going_on = True  # for good, where it raises
        with self._inference.at_level(0):
            site, is_final = self._inference.settled(lambda: next(self._rest, None))
        self.is_going_on = False
        self.is_final &= is_final
        self._is_over = site is None
        if site is not None:
            self._found.append(site)
        return site is not None
