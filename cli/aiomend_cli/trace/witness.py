"""What a trace saw, as answers to the engine's questions. Runs show some of what may be, never all."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiomend.facts.oracle import Answer, Kind, Oracle, Question
from aiomend_cli.trace.log import Place, Trace
from aiomend_cli.trace.texts import moved, text_of

_UNKNOWN: Answer = frozenset()
_COROUTINE = Kind("types.CoroutineType")
#: Methods of C that use the loop by themselves: what a trace names then is `call_soon()`, which they call.
_BY_CALL_SOON = frozenset({"cancel", "set_exception", "set_result"})

Span = tuple[int, int, int, int]  #: lines and columns as `ast` has them


class Witness:
    """An oracle that knows what expressions were, and which threads ran what, in the project below ``root``."""

    def __init__(self, trace: Trace, root: Path, other: Oracle | None) -> None:
        self._root = root
        self._texts = trace.texts
        self._other = other
        self._rows: dict[Place, list[Mapping[str, Any]]] = defaultdict(list)
        self._functions: dict[Place, list[Mapping[str, Any]]] = defaultdict(list)
        for row in trace.facts:
            match row["kind"]:
                case "fact-receiver" | "fact-awaitable":
                    self._rows[row["file"], row["line"]].append(row)
                case "fact-function":
                    self._functions[row["file"], row["line"]].append(row)
        self._crossings = {one.place: one.details for one in trace.complaints if one.kind == "wrong-thread"}
        for one in trace.complaints:  # up to Python 3.11 no other record has the coroutine functions' calls
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

    def ran_in(self, place: Question) -> frozenset[str]:
        """Return the kinds of thread in which a function ran; none where two functions begin in its line."""
        then = self._then(place)
        rows = self._functions.get(then, ()) if then is not None else ()
        return frozenset(row["thread"] for row in rows) if len({row["function"] for row in rows}) == 1 else frozenset()

    def crossed(self, place: Question) -> bool:
        """Return True where the trace complains that this call used what is another thread's."""
        then = self._then(place)
        methods = self._crossings.get(then, ()) if then is not None else ()
        use = self._use(place) if methods else None
        return use is not None and use.is_one_of({name.rpartition(".")[2] for name in methods})

    def _seen(self, question: Question) -> Answer:
        then = self._then(question)
        if then is None or (use := self._use(question)) is None:
            return _UNKNOWN
        return use.answer(self._rows.get(then, ()))

    def _then(self, question: Question) -> Place | None:
        """Return the place that the first line of what is asked for had in the trace."""
        file = str(self._root / question.path)
        if file not in self._texts:
            return None
        line = self._index(file, question)[1].get(question.line)
        return (file, line) if line is not None else None

    def _use(self, question: Question) -> _Use | None:
        if question.line != question.end_line:
            return None
        uses, _ = self._index(str(self._root / question.path), question)
        line = question.text.splitlines()[question.line - 1]
        start, end = (len(line[:column].encode()) for column in (question.column, question.end_column))
        return uses.get((question.line, start, question.end_line, end))

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

    def is_one_of(self, methods: set[str]) -> bool:
        """Return True where the call is that of a method which a record of its line names."""
        by_call_soon = self.called in _BY_CALL_SOON and "call_soon" in methods
        return self.called is not None and (self.alone or self.called in methods or by_call_soon)

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
