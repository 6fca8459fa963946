"""Abstract values: what an expression may be, as far as it is known."""

from __future__ import annotations

import ast
import enum
from collections.abc import Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiomend.facts.scopes import FunctionNode
from aiomend.source import last_line

if TYPE_CHECKING:
    from aiomend.facts.module import ModuleFacts


@dataclass(frozen=True, slots=True)
class External:
    """A module, class or function outside the project, by its canonical name; builtins by their bare name."""

    name: str


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance of an external class. Of a future, a task or a queue, ``holds`` is what awaiting or getting gives."""

    cls: str
    holds: Values = frozenset()


@dataclass(frozen=True, slots=True)
class ProjectModule:
    """A module of the project."""

    facts: ModuleFacts


@dataclass(frozen=True, slots=True)
class ProjectClass:
    """A class of the project."""

    facts: ModuleFacts
    node: ast.ClassDef


@dataclass(frozen=True, slots=True)
class ProjectInstance:
    """An instance of a class of the project, or of one of its subclasses; ``types`` are its class's type variables."""

    cls: ProjectClass
    types: Types = ()


@dataclass(frozen=True, slots=True)
class Given:
    """What parameters are while the body of ``function`` is evaluated: a decorator's, with the function under it."""

    facts: ModuleFacts
    function: FunctionNode
    values: tuple[tuple[ast.AST, Values], ...]

    def around(self, facts: ModuleFacts, node: ast.AST) -> bool:
        """True where a node stands in the function."""
        line = getattr(node, "lineno", 0)
        return facts is self.facts and self.function.lineno <= line <= last_line(self.function)


@dataclass(frozen=True, slots=True)
class Function:
    """A function or lambda of the project; ``owner`` is the class through which it was reached as a method.

    ``given`` is what the parameters of the function around it are, where that is one call's affair, and ``types`` what
    the type variables in its annotations stand for.
    """

    facts: ModuleFacts
    node: FunctionNode | ast.Lambda
    owner: ProjectClass | None = None
    given: Given | None = None
    types: Types = ()


@dataclass(frozen=True, slots=True)
class Coroutine:
    """A coroutine object. What awaiting it gives is ``result``, or what ``function`` of the project returns."""

    result: Values
    function: Function | None = None


@dataclass(frozen=True, slots=True)
class Eventual:
    """Something that can be awaited and gives one of ``result``: a coroutine, a future or neither, nobody knows."""

    result: Values


@dataclass(frozen=True, slots=True)
class Container:
    """A list, set, deque, dict of values, or an iterator over them."""

    elements: Values


@dataclass(frozen=True, slots=True)
class Fixed:
    """A tuple, position by position."""

    items: tuple[Values, ...]


@dataclass(frozen=True, slots=True)
class Context:
    """A context manager of which only what entering it gives is known."""

    result: Values


@dataclass(frozen=True, slots=True)
class Returns:
    """A callable of which only the result is known."""

    result: Values


@dataclass(frozen=True, slots=True)
class Itself:
    """What a parameter is, while that is being worked out: callers that hand it on tell nothing new."""

    parameter: ast.AST
    seen_as: ProjectClass | None


@dataclass(frozen=True, slots=True)
class Pending:
    """What an expression is that is being evaluated, where its own evaluation comes back to it: `head = head.next`."""

    asked: object


class Plain(enum.Enum):
    """Values that are told apart by nothing."""

    NONE = "None"
    OTHER = "something that is neither a class nor a future nor a coroutine"
    SAME = "a decorator that gives back what it is given"
    UNKNOWN = "unknown"

    __hash__ = object.__hash__  # sets of values ask for it all the time, and the one of `Enum` is no built-in


Value = (
    External
    | Instance
    | ProjectModule
    | ProjectClass
    | ProjectInstance
    | Function
    | Coroutine
    | Eventual
    | Container
    | Fixed
    | Context
    | Returns
    | Itself
    | Pending
    | Plain
)
Values = frozenset[Value]
Types = tuple[tuple[ast.AST, Values], ...]  #: type variables, by the calls that make them, and `Self`, by its class

UNKNOWN: Values = frozenset({Plain.UNKNOWN})
OTHER: Values = frozenset({Plain.OTHER})
NONE: Values = frozenset({Plain.NONE})
EMPTY: Values = frozenset()


def pending_in(values: Values, known: dict[Values, frozenset[object]]) -> frozenset[object]:
    """Return what is asked for by all that is pending in a set, or held by one of its values.

    ``known`` keeps the answers: values hold the same parts again and again.
    """
    if (found := known.get(values)) is None:
        found = known[values] = frozenset[object]().union(*(_pending_of(value, known) for value in values))
    return found


def _pending_of(value: Value, known: dict[Values, frozenset[object]]) -> frozenset[object]:
    match value:
        case Pending(asked=asked):
            return frozenset({asked})
        case Container(elements=inner) | Instance(holds=inner) | Coroutine(result=inner) | Eventual(result=inner):
            return pending_in(inner, known)
        case Context(result=inner) | Returns(result=inner):
            return pending_in(inner, known)
        case Fixed(items=items):
            return frozenset[object]().union(*(pending_in(inner, known) for inner in items))
        case Function(types=types) | ProjectInstance(types=types):
            return frozenset[object]().union(*(pending_in(inner, known) for _, inner in types))
        case _:
            return frozenset()


def without(values: Values, asked: object) -> Values:
    """Return a set without what is pending for a question, in what its values hold too: `head, self.head = self.head, None`."""
    found: set[Value] = set()
    for value in values:
        match value:
            case Pending(asked=one) if one == asked:
                pass  # it is what else is in the set
            case Fixed(items=items):
                found.add(Fixed(tuple(without(inner, asked) or UNKNOWN for inner in items)))
            case Container(elements=inner):
                found.add(Container(without(inner, asked)))
            case Instance(holds=inner) if inner:
                found.add(Instance(value.cls, without(inner, asked)))
            case Context(result=inner) | Returns(result=inner) | Eventual(result=inner):
                found.add(type(value)(without(inner, asked) or UNKNOWN))
            case Coroutine(result=inner, function=None):
                found.add(Coroutine(without(inner, asked) or UNKNOWN))
            case _:
                found.add(value)
    return frozenset(found)


WIDTH = 24
_NESTING = 8


def says_too_much(values: Values, known: dict[Values, int]) -> bool:
    """True for a set with more values, or with more of them in one another, than a rule could use.

    Functions, and coroutines of functions, do not count: they are as many as a class has subclasses. ``known`` keeps how many are in
    one another.
    """
    return is_too_wide(values) or _nesting(values, known) > _NESTING


def is_too_wide(values: Set[Value]) -> bool:
    """True for a set with more values than a rule could use, functions and their coroutines left out."""
    return len(values) > WIDTH and sum(not isinstance(value, (Function, Coroutine)) for value in values) > WIDTH


def _nesting(values: Values, known: dict[Values, int]) -> int:
    """Return how many values hold one another in a set: 0 for a name, 1 for a list of names."""
    if (found := known.get(values)) is None:
        found = known[values] = max((_nesting_of(value, known) for value in values), default=0)
    return found


def _nesting_of(value: Value, known: dict[Values, int]) -> int:
    match value:
        case Container(elements=inner) | Instance(holds=inner) | Coroutine(result=inner) | Eventual(result=inner):
            return 1 + _nesting(inner, known)
        case Context(result=inner) | Returns(result=inner):
            return 1 + _nesting(inner, known)
        case Fixed(items=items):
            return 1 + max((_nesting(inner, known) for inner in items), default=0)
        case _:
            return 0
