"""What the library hands out: frozen, picklable data and nothing else."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field


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


class Skip(enum.Enum):
    """Why a file was read but left alone; the value is what a report says."""

    NEWER_SYNTAX = "newer Python than the one that runs aiomend"
    PYTHON2 = "Python 2"
    NOT_PYTHON = "does not parse"
    GENERATED = "generated"
    NOTEBOOK = "notebook"
    FOREIGN = "vendored or installed code of others"
    ASYNCIO = "asyncio itself, and what comes with it"
    UNREADABLE = "unreadable"
    ENCODING = "not in its declared encoding"
    TOO_LARGE = "too large"
    TOO_DEEP = "nested too deeply"
    DIRTY = "changed since the last commit"
    OUTSIDE = "a link that leaves the tree"
    FAILED = "aiomend failed on it"
    GIVEN_UP = "aiomend had to give it up"  #: it crashed, took too long or wanted too much memory


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines ``old_start`` (1-based) and on of the original, and what stands there now. No line ends are normalised."""

    old_start: int
    old_lines: tuple[str, ...]
    new_start: int
    new_lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of one file. ``new`` is None where the bytes stay as they are."""

    path: str
    old: bytes = b""
    new: bytes | None = None
    encoding: str = "utf-8"
    skip: Skip | None = None
    detail: str | None = None  #: one line that explains ``skip``
    created: bool = False  #: there was no such file before
    edits: tuple[TextEdit, ...] = ()  #: sorted; what leads from the text of ``old`` to that of ``new``

    @property
    def changed(self) -> bool:
        return self.new is not None


@dataclass(frozen=True, slots=True)
class Report:
    """One run: every command prints, writes or commits a view of this."""

    findings: tuple[Finding, ...] = ()  #: by path, line, column, code
    files: tuple[FileResult, ...] = ()  #: changed or skipped files only, by path
    refusals: tuple[Refusal, ...] = ()
    checked: int = 0  #: files that were looked at, skipped ones not counted
    notes: tuple[str, ...] = ()  #: sentences about the run itself, such as rules that did not settle
    counters: dict[str, int] = field(default_factory=dict)  #: work done: parsed, spliced, ...

    @property
    def changed(self) -> tuple[FileResult, ...]:
        return tuple(file for file in self.files if file.changed)
