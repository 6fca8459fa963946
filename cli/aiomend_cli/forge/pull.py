"""What a forge knows of pull requests, and what is asked of it: another forge is another class with these methods."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from aiomend_cli.errors import UserError


class ForgeError(UserError):
    """The forge said no, or nothing; the text says what was asked for and what can be done."""


class RefusedError(ForgeError):
    """The forge looked at it, and does not take it as it is."""


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


@dataclass(frozen=True, slots=True)
class Subject:
    """A pull request of somebody's, to be looked at."""

    number: int
    url: str
    state: State
    sha: str  #: its last commit
    ref: str  #: by which git finds that, also where it is in a fork


@dataclass(frozen=True, slots=True)
class Comment:
    """What is to be said of the lines ``first`` to ``last`` (1-based) of a file as a pull request leaves it."""

    path: str
    first: int
    last: int
    text: str


@dataclass(frozen=True, slots=True)
class Said:
    """A comment at the lines of a pull request, whoever made it."""

    id: int
    text: str
    is_outdated: bool  #: its lines have changed since, so that the forge folds it
    is_answered: bool


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

    # ---- at the lines of pull requests of others ---

    def subject(self, number: int) -> Subject:
        """Return the pull request with that number, which may be of a fork."""

    def patches(self, number: int) -> Mapping[str, str | None]:
        """Return the diff of each file that it leaves changed, by path; None where the forge shows none."""

    def said(self, number: int) -> Sequence[Said]:
        """Return all comments at its lines."""

    def review(self, subject: Subject, text: str, comments: Sequence[Comment]) -> None:
        """Make all ``comments`` in one review that begins with ``text``; each of them has a text of its own.

        Raises RefusedError where the forge does not take one of them; then none is made.
        """

    def take_back(self, number: int, said: Said) -> None:
        """Delete a comment, unless it is gone."""
