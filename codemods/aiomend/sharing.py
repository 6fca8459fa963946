"""What other processes may do for a run, whose answers come back as data.

A fix names nodes and brings functions, so it lives and dies where it was found. What comes back of a look at a file is a *sight*:
which rules found something, and what that rests on. The run then lets these rules alone look again. What comes back of a proof
is a text with its edits. Either way the run goes on as if it had done all by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sight:
    """What looking at one file came to, without what was found."""

    codes: frozenset[str]  #: the rules that found something, comments that silence it or not
    consulted: frozenset[str]  #: the files that this rests on
    queried: frozenset[str]  #: the names whose every user was asked for


@dataclass(frozen=True, slots=True)
class Errand:
    """A look at files as data, for processes that are no copies of this one: what `aiomend.errands.look` takes."""

    project: bytes  #: the project as it was at first, without the content of its files
    changes: bytes  #: what rounds made of it
    codes: Mapping[str, tuple[str, ...]]  #: the rules to look with, by path


class Memory(Protocol):
    """What keeps data of one run for the next one on the same tree; injected, because the library keeps nothing by itself."""

    def recall(self) -> bytes | None:
        """Return what was kept last; None where there is nothing, or another aiomend kept it."""
        ...

    def keep(self, data: bytes) -> None:
        """Keep this in its place."""
        ...


class Crew(Protocol):
    """Who shares the work of a run; injected, because the library starts no process."""

    def share(
        self,
        sizes: Sequence[tuple[str, int]],
        work: Callable[[str], T | None],
        errand: Callable[[], Errand] | None = None,
    ) -> Generator[tuple[str, T | None], None, None]:
        """Yield each of some files once, in any order, with what ``work`` on it came to in another process.

        That is a copy of this one, or, where the work is an ``errand`` too, any process that can read the same files.

        None is what is left to this process: the crew did not get to it, or the work came to nothing there. Results come as
        early as they can, so that what they ask of this process does not wait for the others' end. ``sizes`` are the files
        with a measure of their work: bytes of code to look at. The generator is to be closed where it is not exhausted.
        """
        ...
