"""``--evidence``: what a trace saw, as facts for the engine, as words in findings, and as their order."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from aiomend.facts.oracle import Answer, Kind, Oracle, Question
from aiomend.model import Evidence as Place
from aiomend.model import Finding, Report
from aiomend_cli.trace.kinds import KINDS
from aiomend_cli.trace.log import Complaint, Trace
from aiomend_cli.trace.places import lines_today
from aiomend_cli.trace.report import cost
from aiomend_cli.trace.texts import moved, text_of

_UNKNOWN: Answer = frozenset()
_COROUTINE = Kind("types.CoroutineType")

Span = tuple[int, int, int, int]  #: lines and columns as `ast` has them


@dataclass(frozen=True)
class Evidence:
    """A trace, and the folder of the project that it was made in."""

    trace: Trace
    root: Path
    only: bool = False  #: fix nothing that was not seen

    @cached_property
    def _today(self) -> Mapping[str, list[tuple[int, Complaint]]]:
        """The complaints of each file, by its path from the root, each with its line of today."""
        lines = lines_today(self.trace)
        found: dict[str, list[tuple[int, Complaint]]] = defaultdict(list)
        for complaint in self.trace.complaints:
            for place in (complaint.place, *complaint.related):
                line = lines.now(place) if place is not None else None
                if place is not None and line is not None and Path(place[0]).is_relative_to(self.root):
                    found[Path(place[0]).relative_to(self.root).as_posix()].append((line, complaint))
        return found

    def of(self, finding: Finding) -> list[Complaint]:
        """Return the complaints that a finding, with its path from the root, explains."""
        return list(
            dict.fromkeys(
                complaint
                for line, complaint in self._today.get(finding.path, ())
                if finding.line <= line <= finding.end_line and finding.code in KINDS[complaint.kind].rules
            )
        )

    def told(self, report: Report) -> Report:
        """Return a report, with paths from the root, whose findings say what was seen, those that cost most first."""
        order: dict[str, tuple[float, int]] = {}
        findings = []
        for finding in report.findings:
            seen = self.of(finding)
            order[finding.id] = (-sum(one.seconds for one in seen), -sum(one.count for one in seen))
            findings.append(_told(finding, seen) if seen else finding)
        lost = sum(file not in self._known for file in self.trace.texts)
        notes = [f"evidence: {lost} traced files are gone or changed where it matters"] if lost else []
        findings.sort(key=lambda finding: order[finding.id])
        return replace(report, findings=tuple(findings), notes=(*report.notes, *notes))

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(file for file in self.trace.texts if Path(file).is_file())

    def witness(self, other: Oracle | None) -> Witness:
        """Return what answers the engine's questions by what was seen, and asks ``other`` for the rest."""
        return Witness(self, other)


def _told(finding: Finding, seen: Sequence[Complaint]) -> Finding:
    costs = ", ".join(dict.fromkeys(_cost(one) for one in seen))
    places = tuple(Place(finding.path, finding.line, f"seen {_cost(one)}: {KINDS[one.kind].what}") for one in seen)
    return replace(finding, message=f"{finding.message} (seen: {costs})", evidence=(*finding.evidence, *places))


def _cost(complaint: Complaint) -> str:
    return f"took {cost(complaint)}" if complaint.seconds else cost(complaint)


class Witness:
    """An oracle that knows what expressions were when the program ran. Runs show some of what may be, never all."""

    partial = True

    def __init__(self, evidence: Evidence, other: Oracle | None) -> None:
        self._root = evidence.root
        self._texts = evidence.trace.texts
        self._other = other
        self._rows: dict[tuple[str, int], list[Mapping[str, Any]]] = defaultdict(list)
        for row in evidence.trace.facts:
            if row["kind"] in ("fact-receiver", "fact-awaitable"):
                self._rows[row["file"], row["line"]].append(row)
        for one in evidence.trace.complaints:  # up to Python 3.11 no other record has the coroutine functions' calls
            if one.kind == "never-awaited" and one.place is not None:
                self._rows[one.place] += [{"callee": name, "gives": "builtins.coroutine"} for name in one.details]
        self._indexes: dict[tuple[str, str], tuple[dict[Span, _Use], Mapping[int, int]]] = {}
        self.witnessed = frozenset(
            Path(file).relative_to(self._root).as_posix()
            for file, _ in self._rows
            if Path(file).is_relative_to(self._root)
        )

    def ask(self, questions: Sequence[Question]) -> Sequence[Answer]:
        """Return what each expression was seen to be; what the other oracle says where it was not seen."""
        answers = [self._seen(question) for question in questions]
        rest = [index for index, answer in enumerate(answers) if not answer]
        if self._other is not None and rest:
            for index, answer in zip(rest, self._other.ask([questions[index] for index in rest]), strict=True):
                answers[index] = answer
        return answers

    def _seen(self, question: Question) -> Answer:
        file = str(self._root / question.path)
        if file not in self._texts or question.line != question.end_line:
            return _UNKNOWN
        uses, traced = self._index(file, question)
        line = question.text.splitlines()[question.line - 1]
        start, end = (len(line[:column].encode()) for column in (question.column, question.end_column))
        use = uses.get((question.line, start, question.end_line, end))
        then = traced.get(question.line)
        if use is None or then is None:
            return _UNKNOWN
        return use.answer(self._rows.get((file, then), ()))

    def _index(self, file: str, question: Question) -> tuple[dict[Span, _Use], Mapping[int, int]]:
        key = file, question.text
        if key not in self._indexes:
            traced = {new: old for old, new in moved(self._texts[file], text_of(question.text.encode())).items()}
            self._indexes[key] = _uses(question.text), traced
        return self._indexes[key]


@dataclass(frozen=True, slots=True)
class _Use:
    """How an expression is used: the receiver of a method, or a call of something."""

    receiver_of: str | None = None
    called: str | None = None
    alone: bool = False  #: no other call stands on its line

    def answer(self, rows: Iterable[Mapping[str, Any]]) -> Answer:
        if self.receiver_of is not None:
            seen = [row["receiver"] for row in rows if row.get("method") == self.receiver_of]
        else:
            gives = [row for row in rows if "gives" in row]
            seen = [row["gives"] for row in gives if self.alone or row["callee"].rpartition(".")[2] == self.called]
        return frozenset(map(_kind, seen))


def _kind(name: str) -> Kind:
    if name == "builtins.coroutine":
        return _COROUTINE
    if name.startswith("asyncio.") and name.endswith("EventLoop"):
        return Kind("asyncio.AbstractEventLoop")
    if name in ("asyncio.tasks._GatheringFuture", "_asyncio.Future", "asyncio.futures.Future"):
        return Kind("asyncio.Future")
    return Kind("asyncio.Task") if name in ("_asyncio.Task", "asyncio.tasks.Task") else Kind(name)


def _uses(text: str) -> dict[Span, _Use]:
    """Return how the expressions of a file are used; those that a line has twice are left out."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return {}
    found: dict[Span, _Use] = {}
    names: dict[tuple[int, str], int] = defaultdict(int)
    lines: dict[int, int] = defaultdict(int)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.lineno == node.end_lineno]
    for call in calls:
        name = _called(call)
        names[call.lineno, name] += 1
        lines[call.lineno] += 1
    for call in calls:
        name = _called(call)
        alone = lines[call.lineno] == 1
        if not (name or alone) or names[call.lineno, name] != 1:
            continue  # a record names a line: which of the two it means cannot be told
        found[_span(call)] = _Use(called=name, alone=alone)
        if isinstance(call.func, ast.Attribute):
            found[_span(call.func.value)] = _Use(receiver_of=name)
    return found


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _span(node: ast.expr) -> Span:
    return node.lineno, node.col_offset, node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
