"""A finding and its fix, as the library hands them out: frozen, picklable data and nothing else."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Safety(enum.IntEnum):
    """How far a fix may be trusted, in order; belongs to each fix, not to the rule."""

    MANUAL = 0  #: shown, never applied
    UNSAFE = 1  #: applied with ``--unsafe`` or where the user accepted the rule
    SAFE = 2  #: applied by ``fix``

    @property
    def label(self) -> str:
        return self.name.lower()


class Impact(enum.IntEnum):
    """What the code does today without the fix; orders reports, worst first."""

    BUG = 0
    HANG = 1
    SLOW = 2
    TIDY = 3

    @property
    def label(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Evidence:
    """A place that a claim rests on. ``line`` is 1-based, in the original file."""

    path: str
    line: int
    note: str


@dataclass(frozen=True, slots=True)
class TextEdit:
    """Replace the characters ``start`` to ``end`` (0-based offsets of the original text) of ``path`` by ``text``."""

    path: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class TextChange:
    """The whole text of a file as a fix found it, and with the fix. ``old`` is empty for a new file."""

    path: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class FixData:
    """A fix as data: what it alone would change in the original files, and the fixes that it builds on."""

    safety: Safety
    edits: tuple[TextEdit, ...]
    requires: tuple[str, ...] = ()
    changes: tuple[TextChange, ...] = ()  #: where ``edits`` do not tell: what it does to what others made before


@dataclass(frozen=True, slots=True)
class Finding:
    """One trap at one place. Lines and columns are 1-based, columns in characters, all of the original file."""

    id: str  #: content-based: it survives moved lines
    code: str
    name: str
    section: int
    impact: Impact
    message: str
    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    safety: Safety
    applied: bool  #: the fix is part of the result
    reason: str | None  #: why there is no fix, or why it was not applied
    url: str
    evidence: tuple[Evidence, ...] = ()
    fix: FixData | None = None

    @property
    def fixable(self) -> bool:
        """True where a fix exists that some option would apply."""
        return self.fix is not None and self.safety > Safety.MANUAL

    @property
    def paths(self) -> frozenset[str]:
        """The file that it is in, and the others that its fix changes."""
        return frozenset({self.path, *(edit.path for edit in (self.fix.edits if self.fix else ()))})


@dataclass(frozen=True, slots=True)
class Refusal:
    """A fix that failed one of its proofs and was dropped whole."""

    id: str
    code: str
    path: str
    line: int
    #: the proof's name: compile, target, shape, comments, containment, signature, colour, order, idempotence
    proof: str
    reason: str
