"""How one function becomes a native coroutine function: the edit that `native` carries out. Nothing here loads LibCST."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiomend.rewriting import native

if TYPE_CHECKING:
    import libcst as cst


@dataclass(frozen=True, slots=True)
class Wait:
    """What is to be known of one `yield from` besides its node."""

    enters: bool = False  #: it is the item of a `with` that becomes `async with`
    is_empty: bool = False  #: it is the statement `yield from []`, which does nothing
    is_tight: bool = False  #: without its parentheses it would run into the word beside it


@dataclass(frozen=True, slots=True)
class Native:
    """The transform of a function's definition; equal ones are one edit, whichever fixes want it."""

    waits: tuple[Wait, ...]  #: the function's own `yield from`, in the order of the text
    decorator: int | None = None  #: the position of the decorator that goes
    result: int | None = None  #: which argument of the return annotation says what awaiting gives

    def __call__(self, body: Sequence[cst.BaseStatement]) -> Sequence[cst.BaseStatement]:
        return native.native(body, self)


@dataclass(frozen=True, slots=True)
class Undecorated:
    """The transform of a function's definition that loses a decorator, by its position, and nothing else."""

    decorator: int

    def __call__(self, body: Sequence[cst.BaseStatement]) -> Sequence[cst.BaseStatement]:
        return native.undecorated(body, self.decorator)
