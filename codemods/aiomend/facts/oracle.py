"""Another opinion: a type checker is asked, in batches, for what the project's own facts leave unknown."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from aiomend.facts.catalog.interfaces import canonical, inherits, is_class
from aiomend.facts.module import ModuleFacts
from aiomend.facts.project import ProjectFacts
from aiomend.facts.values import (
    EMPTY,
    NONE,
    OTHER,
    UNKNOWN,
    Container,
    Coroutine,
    Eventual,
    Fixed,
    Instance,
    Plain,
    ProjectClass,
    ProjectInstance,
    Value,
    Values,
)

_COROUTINES = frozenset({"typing.Coroutine", "types.CoroutineType", "typing.AwaitableGenerator"})
_AWAITABLES = frozenset({"typing.Awaitable"})
_COLLECTIONS = frozenset({"builtins.list", "builtins.set", "builtins.frozenset", "builtins.dict", "collections.deque"})
#: What these are says nothing of what calling them, or taking an attribute, gives.
_OPAQUE = frozenset({"builtins.object", "builtins.type", "builtins.function", "builtins.super"})


@dataclass(frozen=True, slots=True)
class Question:
    """What is the expression at this place? Lines from 1, columns in characters from 0, both ends as `ast` has them."""

    path: str
    text: str  #: the file as it is in this run, which may not be what the disk holds
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Kind:
    """A class by its full name, with its type arguments; an empty set of kinds is one that is not known."""

    name: str
    arguments: tuple[frozenset[Kind], ...] = ()


Answer = frozenset[Kind]


class Oracle(Protocol):
    """A type checker; injected, because the library starts no process."""

    def ask(self, questions: Sequence[Question]) -> Sequence[Answer]:
        """What each expression is an instance of: every possibility, or nothing where one of them is not known."""
        ...


@runtime_checkable
class Witness(Oracle, Protocol):
    """An oracle that saw some runs: it knows what may be, and not that nothing else is; and it knows threads."""

    #: files of which it knows what their words do not say, so that no screen may keep them from the rules
    witnessed: frozenset[str]

    def ran_in(self, place: Question) -> frozenset[str]:
        """In which kinds of thread the function whose first line this is ran: ``loop``, ``main``, ``pool``, ``thread``."""
        ...

    def crossed(self, place: Question) -> bool:
        """True where this very call used what belongs to an event loop of another thread."""
        ...


class Consultation:
    """What was asked of an oracle during a run, and what it said. Answers go by node and serve as long as its file does."""

    def __init__(self, oracle: Oracle, project: ProjectFacts) -> None:
        self._oracle = oracle
        self._witness = oracle if isinstance(oracle, Witness) else None
        self._project = project
        self._open: dict[ast.expr, ModuleFacts] = {}
        self._answers: dict[ast.expr, Values] = {}
        self.disputed: dict[
            ast.expr, str
        ] = {}  #: where facts and oracle contradict each other, with what the latter says
        self._said: dict[ast.expr, Answer] = {}
        self.is_partial = self._witness is not None  #: it never knows that an expression is nothing else
        self.witnessed: frozenset[str] = self._witness.witnessed if self._witness is not None else frozenset()

    def note(self, facts: ModuleFacts, node: ast.expr) -> None:
        """Remember that nothing is known of an expression that somebody asked for."""
        if node not in self._answers and not facts.source.placeholders and not _is_called(facts, node):
            self._open[node] = facts

    def settle(self) -> bool:
        """Put all that was noted to the oracle at once; return whether it knew anything."""
        asked = list(self._open.items())
        self._open.clear()
        if not asked:
            return False
        answers = self._oracle.ask([_question(facts, node) for node, facts in asked])
        for (node, _), answer in zip(asked, answers, strict=True):
            self._answers[node] = self._values(answer)
            self._said[node] = answer
        return any(self._answers[node] != UNKNOWN for node, _ in asked)

    def answer(self, node: ast.expr) -> Values:
        """Return what the oracle said of an expression; UNKNOWN where it was not asked, or did not know."""
        return self._answers.get(node, UNKNOWN)

    def ran_in(self, facts: ModuleFacts, function: ast.FunctionDef | ast.AsyncFunctionDef) -> frozenset[str]:
        """Return the kinds of thread in which a function was seen to run, as ``Witness`` has them; none says nothing."""
        if self._witness is None or facts.source.placeholders:
            return frozenset()
        return self._witness.ran_in(_question(facts, next(iter(function.decorator_list), function)))

    def crossed(self, facts: ModuleFacts, call: ast.Call) -> bool:
        """True where a call was seen to use an event loop, or what is the loop's, from another thread than the loop's."""
        if self._witness is None or facts.source.placeholders:
            return False
        return self._witness.crossed(_question(facts, call))

    def disputes(self, node: ast.expr, known: Values) -> bool:
        """True, and kept in ``disputed``, where nothing that is known of an expression can be what the oracle says."""
        mine, theirs = (values - NONE - UNKNOWN for values in (known, self.answer(node)))
        if not mine or not theirs or any(_may_be_same(one, other) for one in mine for other in theirs):
            return False
        self.disputed[node] = " or ".join(sorted(kind.name for kind in self._said[node]))
        return True

    def _values(self, answer: Answer) -> Values:
        found = EMPTY.union(*(self._kind(kind) for kind in answer))
        return found if found and Plain.UNKNOWN not in found else UNKNOWN

    def _kind(self, kind: Kind) -> Values:
        name = f"asyncio.{kind.name.removeprefix('_asyncio.')}" if kind.name.startswith("_asyncio.") else kind.name
        last = self._values(kind.arguments[-1]) if kind.arguments else UNKNOWN
        if name in ("types.NoneType", "builtins.None"):
            return NONE
        if name in _COROUTINES:
            return frozenset({Coroutine(last)})
        if name in _AWAITABLES:
            return frozenset({Eventual(last)})
        if name in _COLLECTIONS:
            return frozenset({Container(last)})
        if name in _OPAQUE:
            return UNKNOWN
        if name.startswith("builtins."):
            return OTHER
        module, _, cls = name.rpartition(".")
        facts = self._project.module(module)
        if facts is not None:
            node = next((one for one in facts.classes if one.name == cls and facts.class_of(one) is None), None)
            return frozenset({ProjectInstance(ProjectClass(facts, node))}) if node is not None else UNKNOWN
        return frozenset({Instance(canonical(name))}) if is_class(name) else UNKNOWN


def _is_called(facts: ModuleFacts, node: ast.expr) -> bool:
    """What a call gives says more than what is called: that is asked instead."""
    parent = facts.parents.get(node)
    return isinstance(parent, ast.Call) and parent.func is node


def _question(facts: ModuleFacts, node: ast.expr | ast.stmt) -> Question:
    source = facts.source
    start, end = source.span(node)
    line, end_line = source.line_of(start), source.line_of(end)
    return Question(
        facts.path, source.text, line, start - source.starts[line - 1], end_line, end - source.starts[end_line - 1]
    )


def _may_be_same(mine: Value, theirs: Value) -> bool:
    match mine, theirs:
        case Coroutine(), Coroutine():
            return True
        case Coroutine() | Eventual() | Instance() | ProjectInstance(), Eventual():
            return True
        case Eventual(), Coroutine() | Instance() | ProjectInstance():
            return True
        case Instance(cls=one), Instance(cls=other):
            return inherits(one, other) or inherits(other, one) or _last(one) == _last(other)
        case Instance() | ProjectInstance(), Instance() | ProjectInstance():
            return True  # a class may inherit from one that the other side names
        case Container() | Fixed(), Container() | Fixed() | Plain.OTHER | Instance():
            return True
        case Plain.OTHER, Plain.OTHER | Instance() | ProjectInstance() | Container():
            return True
        case Coroutine() | Instance() | ProjectInstance() | Eventual() | Plain.OTHER | Container() | Fixed(), _:
            return False
        case _:
            return True  # functions, classes and modules, of which the oracle is not asked


def _last(name: str) -> str:
    return name.rpartition(".")[2]
