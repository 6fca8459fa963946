"""What a forge knows of pull requests, and what is asked of it: another forge is another class with these methods."""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from aiomend_cli.errors import UserError


class ForgeError(UserError):
    """The forge said no, or nothing; the text says what was asked for and what can be done."""


class State(enum.StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    MERGED = "merged"


class Condition(enum.StrEnum):
    """How an open pull request fares."""

    OPEN = "open"
    FAILING = "checks failing"
    CONFLICTED = "conflicted"


@dataclass(frozen=True, slots=True)
class Marker:
    """What aiomend leaves behind in a body, so that the next run knows what was there."""

    set: str
    fixes: str  #: the digest of its fixes
    state: str  #: the digest of everything that a run would write, empty while something of that is missing

    def __str__(self) -> str:
        return f"<!-- aiomend: set={self.set} fixes={self.fixes or '-'} state={self.state or '-'} -->"


_MARKER = re.compile(r"^<!-- aiomend: set=([\w-]+) fixes=([0-9a-f]+|-) state=([0-9a-f]+|-) -->\s*$", re.MULTILINE)


def marker(body: str) -> Marker | None:
    """Return the marker in ``body``, None where there is none: then aiomend did not write it."""
    found = _MARKER.findall(body)
    if not found:
        return None
    name, fixes, state = found[-1]
    return Marker(name, fixes.strip("-"), state.strip("-"))


@dataclass(frozen=True, slots=True)
class Pull:
    """One pull request of a branch of the repository itself."""

    number: int
    url: str
    branch: str
    base: str
    state: State
    title: str
    body: str

    @property
    def marker(self) -> Marker | None:
        return marker(self.body)


@dataclass(frozen=True, slots=True)
class Draft:
    """A pull request to be opened."""

    branch: str
    base: str
    title: str
    body: str
    draft: bool


class Forge(Protocol):
    """Every method raises ForgeError where the forge cannot do it; a method that is tried again does nothing twice."""

    def find(self, branch: str) -> Sequence[Pull]:
        """Return the pull requests of ``branch``, the newest first, whatever became of them."""

    def condition(self, number: int) -> Condition:
        """Return how an open pull request fares, as far as the token may know."""

    def open(self, draft: Draft) -> Pull:
        """Return the new pull request, or the open one that its branch has by now."""

    def update(self, number: int, title: str, body: str) -> None: ...

    def close(self, number: int, body: str) -> None:
        """Close a pull request and leave ``body`` in it."""

    def comment(self, number: int, text: str) -> None:
        """Say ``text`` there, unless it was said before."""

    def label(self, number: int, labels: Sequence[str]) -> None: ...

    def request_review(self, number: int, reviewers: Sequence[str]) -> None:
        """Ask users, and teams named ``organisation/team``."""
