"""A trace as data: what the recorder wrote, with what several processes and tests saw at one line put together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aiomend_cli.errors import UserError
from aiomend_cli.trace.kinds import KINDS

VERSION = 1

Place = tuple[str, int]  #: an absolute path and a 1-based line


@dataclass(frozen=True, slots=True)
class Complaint:
    """One kind at one place, over all processes and tests."""

    kind: str
    file: str | None  #: absolute; None where no line of the program's own was on the stack
    line: int
    function: str
    count: int
    seconds: float  #: all of them together
    threads: frozenset[str] = frozenset()  #: `loop`, `main`, `pool`, `thread`
    tests: tuple[str, ...] = ()
    pythons: frozenset[str] = frozenset()
    details: tuple[str, ...] = ()  #: names of classes, functions and exceptions, as the kind has them
    stack: tuple[tuple[str, int, str], ...] = ()  #: of one time, innermost first
    defined: Place | None = None  #: the function whose coroutine it is
    related: tuple[Place, ...] = ()  #: where it was raised, waits, or is called from a coroutine

    @property
    def place(self) -> Place | None:
        return (self.file, self.line) if self.file is not None else None


@dataclass(frozen=True, slots=True)
class Text:
    """What a file held when it was traced: a checksum for each line."""

    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Process:
    """A Python that was watched."""

    python: str
    executable: str
    asyncio: bool  #: whether it imported asyncio


@dataclass(frozen=True, slots=True)
class Trace:
    """All that one run left."""

    complaints: tuple[Complaint, ...] = ()
    facts: tuple[Mapping[str, Any], ...] = ()  #: records of the kinds `fact-*` and `executed`, one for each entry
    processes: tuple[Process, ...] = ()
    callbacks: float = 0.0  #: seconds that event loops spent in callbacks
    selector: float = 0.0  #: seconds that they waited
    texts: Mapping[str, Text] = field(default_factory=dict)
    slow: float = 0.1
    status: int | None = None  #: what the program ended with; None where the trace was cut off
    lost: int = 0  #: records beyond what is kept apart
    broken: int = 0  #: lines that are no records
    failures: tuple[str, ...] = ()  #: where the recorder itself failed

    @property
    def watched(self) -> bool:
        """True where a process that uses asyncio was watched, so that silence means clean."""
        return any(process.asyncio for process in self.processes)


def read(file: Path) -> Trace:
    """Return the trace that ``file`` holds; raises UserError where it holds none."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise UserError(f"{file}: cannot be read: {error.strerror}") from error
    rows, broken = _rows(data)
    head = rows[0] if rows else {}
    if head.get("kind") != "trace":
        raise UserError(f"{file}: is no trace\n`aiomend trace --output {file} -- CMD` writes one")
    if head.get("version") != VERSION:
        raise UserError(f"{file}: is of version {head.get('version')}; this aiomend reads version {VERSION}")
    return _trace(rows, broken)


def last_rows(file: Path) -> list[dict[str, Any]]:
    """Return the last record of each entry that ``file`` holds: its counts are the whole ones."""
    return _last(_rows(file.read_bytes())[0])


def _rows(data: bytes) -> tuple[list[dict[str, Any]], int]:
    rows, broken = [], 0
    for line in data.splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if isinstance(row, dict) and isinstance(row.get("kind"), str):
            rows.append(row)
        else:
            broken += 1
    return rows, broken


def merged(complaints: Iterable[Complaint]) -> list[Complaint]:
    """Return complaints of several traces with those of one kind and place as one."""
    groups: dict[tuple[str, str | None, int], list[Complaint]] = {}
    for complaint in complaints:
        groups.setdefault((complaint.kind, complaint.file, complaint.line), []).append(complaint)
    return [
        replace(group[0], count=sum(c.count for c in group), seconds=sum(c.seconds for c in group))
        for group in groups.values()
    ]


def _trace(rows: list[dict[str, Any]], broken: int) -> Trace:
    last = _last(rows)
    loops = [row for row in last if row["kind"] == "loop"]
    ends = [row for row in rows if row["kind"] == "end"]
    watched = {row["process"]: row for row in rows if row["kind"] == "watched"}
    using = {row["process"] for row in last if row["kind"] == "asyncio"}
    return Trace(
        complaints=tuple(_merged(row for row in last if row["kind"] in KINDS)),
        facts=tuple(row for row in last if row["kind"].startswith("fact-") or row["kind"] == "executed"),
        processes=tuple(
            Process(row.get("python", "?"), row.get("executable", ""), name in using) for name, row in watched.items()
        ),
        callbacks=sum(float(row.get("callbacks", 0)) for row in loops),
        selector=sum(float(row.get("selector", 0)) for row in loops),
        texts={row["file"]: Text(tuple(row["lines"])) for row in rows if row["kind"] == "text"},
        slow=float(rows[0].get("slow", 0.1)),
        status=ends[-1].get("status") if ends else None,
        lost=sum(int(row.get("count", 0)) for row in rows if row["kind"] == "lost"),
        broken=broken,
        failures=tuple(sorted({str(row.get("place", "?")) for row in rows if row["kind"] == "recorder-error"})),
    )


def _last(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the last row of each entry: its counts are the whole ones."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for row in rows:
        if "process" in row and "number" in row:
            found[row["process"], row["number"]] = row
    return list(found.values())


_DETAILS = ("method", "coroutine", "callback", "exception", "generator", "setter", "type")
_RELATED = ("raised", "waits", "within")


def _merged(rows: Iterable[dict[str, Any]]) -> Iterator[Complaint]:
    groups: dict[tuple[str, str | None, int], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["kind"], row.get("file"), row.get("line", 0)), []).append(row)
    for (kind, file, line), group in groups.items():
        yield Complaint(
            kind=kind,
            file=file,
            line=line,
            function=group[0].get("function", ""),
            count=sum(row.get("count", 1) for row in group),
            seconds=sum(row.get("seconds", 0.0) for row in group),
            threads=frozenset(row.get("thread", "?") for row in group),
            tests=tuple(sorted({row["test"] for row in group if "test" in row})),
            details=tuple(dict.fromkeys(str(row[name]) for row in group for name in _DETAILS if row.get(name))),
            defined=next(((row["defined"][0], row["defined"][1]) for row in group if row.get("defined")), None),
            stack=tuple((str(f), int(n), str(q)) for f, n, q in group[0].get("stack", ())),
            related=tuple(
                dict.fromkeys((row[name][0], row[name][1]) for row in group for name in _RELATED if row.get(name))
            ),
        )
