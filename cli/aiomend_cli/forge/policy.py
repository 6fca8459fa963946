"""What is done about each pull request, decided on data alone: what is wanted, and what the forge has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from aiomend.model import Safety
from aiomend_cli.forge.branch import Commit
from aiomend_cli.forge.pull import Draft, Marker, Pull, State
from aiomend_cli.forge.sets import FixSet, digest
from aiomend_cli.forge.settings import PREFIX

_UNSAFE = f"{Safety.UNSAFE.label}-"
GONE = (
    "Nothing is left of the fixes of this pull request: the base branch has them by now, or the code is gone. "
    "aiomend closes it, and opens another one when there is something to fix again."
)


@dataclass(frozen=True, slots=True)
class Head:
    """Where a branch stands on the remote."""

    sha: str
    seal: str | None  #: None: the last commit is not aiomend's, or somebody changed it
    in_base: bool  #: whether the base branch has it, so that nothing is lost without it


@dataclass(frozen=True, slots=True)
class Known:
    """What there is of one branch: its head, and the pull request that counts."""

    head: Head | None = None
    pull: Pull | None = None

    @property
    def is_open(self) -> bool:
        return self.pull is not None and self.pull.state is State.OPEN


@dataclass(frozen=True, slots=True)
class Left:
    """A branch that nothing is done about, and why."""

    branch: str
    reason: str


@dataclass(frozen=True, slots=True)
class Triage:
    due: tuple[FixSet, ...]
    held: tuple[Left, ...]  #: a person has to say something first
    waiting: tuple[Left, ...]  #: their turn comes


@dataclass(frozen=True, slots=True)
class Wanted:
    """A pull request as it should be."""

    fix_set: FixSet
    base: str
    commits: tuple[Commit, ...]
    title: str
    body: str  #: without the marker
    draft: bool
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    lasting: str | None = (
        None  #: what of the body the same fixes make again, without what was measured; None: all of it
    )

    @property
    def seal(self) -> str:
        return self.commits[-1].seal

    @property
    def state(self) -> str:
        return digest(
            [self.title, self.lasting or self.body, self.seal, self.base, *sorted({*self.labels, *self.reviewers})]
        )

    def with_marker(self, *, done: bool) -> str:
        """Return the body for the forge; where it is not ``done``, the next run sees that something is missing."""
        return f"{self.body}\n\n{Marker(self.fix_set.name, self.fix_set.digest, self.state if done else '')}\n"


# ---- which sets have their turn ---


def newest(pulls: Sequence[Pull]) -> Pull | None:
    """Return the pull request of a branch that counts: the open one, else the last one that aiomend wrote."""
    opened = [pull for pull in pulls if pull.state is State.OPEN]
    ours = [pull for pull in pulls if pull.marker is not None]
    return next(iter(sorted(opened or ours, key=lambda pull: -pull.number)), None)


def triage(sets: Sequence[FixSet], known: Mapping[str, Known], base: str, *, reopen: bool, max_open: int) -> Triage:
    """Return which of ``sets`` are due, held or waiting; ``known`` is by the name of the branch."""
    due: list[FixSet] = []
    held: list[Left] = []
    waiting: list[Left] = []
    opened = sum(one.is_open for branch, one in known.items() if branch.startswith(PREFIX + _UNSAFE))
    any_safe = any(one.safety is Safety.SAFE for one in sets)
    for one in sets:
        there = known.get(one.branch, Known())
        if reason := why_held(one, there, base, reopen):
            held.append(Left(one.branch, reason))
        elif one.safety is Safety.SAFE or there.is_open:
            due.append(one)
        elif any_safe:
            waiting.append(Left(one.branch, "its turn comes when the safe fixes are merged"))
        elif opened >= max_open:
            waiting.append(Left(one.branch, f"its turn comes when fewer than {max_open} with unsafe fixes are open"))
        else:
            due.append(one)
            opened += 1
    return Triage(tuple(due), tuple(held), tuple(waiting))


def why_held(one: FixSet, there: Known, base: str, reopen: bool) -> str | None:
    """Return what a person has said against a pull request for these fixes, None where nobody did."""
    pull = there.pull
    if there.is_open and pull is not None:
        if pull.marker is None:
            return f"{pull.url} is open for it, and aiomend did not write that"
        if pull.base != base:
            return f"{pull.url} is open for it, with {pull.base} as its base and not {base}"
    if foreign := _foreign(there):
        return foreign
    if pull is None or there.is_open or reopen or pull.marker is None or pull.marker.fixes != one.digest:
        return None
    if pull.state is State.MERGED:
        return (
            f"{pull.url} was merged and its fixes are wanted again, so somebody took them back; --reopen opens another"
        )
    return f"{pull.url} was closed, and stays so until its fixes change; --reopen opens another"


def _foreign(there: Known) -> str | None:
    if there.head is None or there.head.seal is not None or there.head.in_base:
        return None
    return f"its last commit, {there.head.sha[:9]}, is not aiomend's, or was changed; delete the branch to have it made anew"


# ---- what is done ---


@dataclass(frozen=True, slots=True)
class Push:
    branch: str
    sha: str
    expected: str  #: where the branch has to be, empty where it must not be there yet
    commits: tuple[Commit, ...]


@dataclass(frozen=True, slots=True)
class Open:
    draft: Draft
    labels: tuple[str, ...]
    reviewers: tuple[str, ...]
    done: str  #: the body when these are there, too


@dataclass(frozen=True, slots=True)
class Update:
    pull: Pull
    title: str
    body: str
    labels: tuple[str, ...] = ()  #: those that an earlier run did not come to
    reviewers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Close:
    pull: Pull
    comment: str
    body: str


Operation = Push | Open | Update | Close


def branch_of(operation: Operation) -> str:
    match operation:
        case Push(branch=branch) | Open(draft=Draft(branch=branch)):
            return branch
        case Update(pull=pull) | Close(pull=pull):
            return pull.branch


def operations(wanted: Wanted, there: Known) -> list[Operation]:
    """Return what makes a pull request what is ``wanted``, in order; nothing where it is."""
    result: list[Operation] = []
    head, pull, done = there.head, there.pull, wanted.with_marker(done=True)
    if head is None or head.seal != wanted.seal:
        expected = head.sha if head else ""
        result.append(Push(wanted.fix_set.branch, wanted.commits[-1].sha, expected, wanted.commits))
    if pull is None or pull.state is not State.OPEN:
        further = bool(wanted.labels or wanted.reviewers)
        body = wanted.with_marker(done=not further)
        draft = Draft(wanted.fix_set.branch, wanted.base, wanted.title, body, wanted.draft)
        result.append(Open(draft, wanted.labels, wanted.reviewers, done))
    elif pull.marker is None or not pull.marker.state:
        result.append(Update(pull, wanted.title, done, wanted.labels, wanted.reviewers))
    elif pull.marker.state != wanted.state:
        result.append(Update(pull, wanted.title, done))
    return result


def closings(
    sets: Sequence[FixSet], known: Mapping[str, Known], in_scope: Callable[[str], bool]
) -> tuple[list[Operation], list[Left]]:
    """Return how to close the open pull requests that none of ``sets`` is for, and those that stay.

    ``in_scope`` tells of the name of a set whether this run would have found its fixes.
    """
    names = {one.branch for one in sets}
    result: list[Operation] = []
    left: list[Left] = []
    for branch, there in sorted(known.items()):
        pull = there.pull
        if branch in names or pull is None or not there.is_open or pull.marker is None:
            continue
        if foreign := _foreign(there):
            left.append(Left(branch, f"nothing is left to fix, and {foreign}"))
        elif in_scope(pull.marker.set):
            empty = replace(pull.marker, fixes="", state="")
            body = pull.body.replace(str(pull.marker), str(empty))
            result.append(Close(pull, GONE, body))
        else:
            left.append(Left(branch, f"{pull.url} is for rules or files that this run leaves out, or failed on"))
    return result, left
