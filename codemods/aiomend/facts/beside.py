"""What questions keep beside the object that they ask, as long as it lives.

A table of weak keys would keep each object alive for ever: what is kept of it leads back to it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Self, TypeVar, cast

T = TypeVar("T")


class Beside:
    """An object that others keep something beside."""

    def __init__(self) -> None:
        self._beside: dict[Callable[..., object], object] = {}

    def beside(self, make: Callable[[Self], T]) -> T:
        """Return what ``make`` gives for this object, made once."""
        if make not in self._beside:
            self._beside[make] = make(self)
        return cast("T", self._beside[make])
