"""What became of a run and of each file in it: frozen, picklable data. Without findings it needs nothing of ``model.py``."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiomend.model import Finding, Refusal, TextEdit


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
