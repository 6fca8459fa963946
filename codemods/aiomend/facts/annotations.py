"""What annotations promise: instances, containers, awaitables; strings are read where they stand."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from aiomend.facts.catalog import blocking
from aiomend.facts.catalog.interfaces import is_class
from aiomend.facts.module import ModuleFacts
from aiomend.facts.values import (
    EMPTY,
    NONE,
    OTHER,
    UNKNOWN,
    Container,
    Coroutine,
    Eventual,
    External,
    Fixed,
    Instance,
    Plain,
    ProjectClass,
    ProjectInstance,
    Returns,
    Values,
)

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference

#: Builtins whose call gives nothing that the rules ask about.
PLAIN_BUILTINS = frozenset(
    [
        "str",
        "int",
        "bool",
        "bytes",
        "float",
        "complex",
        "bytearray",
        "len",
        "repr",
        "isinstance",
        "hasattr",
        "id",
        "range",
        "abs",
        "print",
        "type",
        "object",
    ]
)
_SEQUENCES = frozenset(
    [
        "list",
        "set",
        "deque",
        "frozenset",
        "sequence",
        "iterable",
        "iterator",
        "collection",
        "generator",
        "abstractset",
        "mutableset",
        "mutablesequence",
        "asynciterator",
        "asynciterable",
        "asyncgenerator",
        "weakset",
    ]
)
_MAPPINGS = frozenset(["dict", "mapping", "defaultdict", "ordereddict", "mutablemapping", "weakvaluedictionary"])
_THROUGH = frozenset({"final", "classvar", "annotated", "required", "notrequired", "readonly"})
_CONTEXTS = frozenset(
    {"abstractcontextmanager", "abstractasynccontextmanager", "contextmanager", "asynccontextmanager"}
)


class Annotations:
    """Reads annotations for one Inference."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference

    def promise(self, facts: ModuleFacts, annotation: ast.expr | None) -> Values:
        """Return the values that an annotation promises."""
        match annotation:
            case None:
                return UNKNOWN
            case ast.Constant(value=None):
                return NONE
            case ast.Constant(value=str(text)):
                return self._promise_text(facts, annotation, text)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return self.promise(facts, left) | self.promise(facts, right)
            case ast.Subscript(value=generic, slice=inner):
                return self._generic(facts, generic, inner)
            case ast.Name(id="Self") | ast.Attribute(attr="Self"):
                return self._own_instance(facts, annotation)
            case ast.Name() | ast.Attribute():
                return self.instances(self._inference.values(facts, annotation))
            case _:
                return UNKNOWN

    def _promise_text(self, facts: ModuleFacts, place: ast.expr, text: str) -> Values:
        try:
            parsed = ast.parse(text, mode="eval").body
        except SyntaxError:
            return UNKNOWN
        for node in ast.walk(parsed):
            facts.adopt(node, place)
        return self.promise(facts, parsed)

    def _own_instance(self, facts: ModuleFacts, node: ast.expr) -> Values:
        """`Self` is an instance of the class around."""
        scope = facts.scope_at(node)
        while scope.parent is not None and not scope.is_class:
            scope = scope.parent
        return (
            frozenset({ProjectInstance(ProjectClass(facts, scope.node))})
            if isinstance(scope.node, ast.ClassDef)
            else UNKNOWN
        )

    def _generic(self, facts: ModuleFacts, generic: ast.expr, inner: ast.expr) -> Values:
        values = self._inference.values(facts, generic)
        parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
        match list(values):
            case [External(name=name)]:
                found = self._special(facts, name.rpartition(".")[2].lower(), parts)
                return found if found is not None else self.instances(values)
            case _:
                return self.instances(values)

    def _special(self, facts: ModuleFacts, name: str, parts: list[ast.expr]) -> Values | None:
        if not parts:
            return OTHER  # `tuple[()]`
        promise = self.promise
        if name == "optional":
            return promise(facts, parts[0]) | NONE
        if name in _THROUGH:
            return promise(facts, parts[0])
        if name == "union":
            return EMPTY.union(*(promise(facts, part) for part in parts))
        if name == "type":
            return self._classes(facts, parts[0])
        if name in _SEQUENCES:
            return frozenset({Container(promise(facts, parts[0]))})
        if name in _MAPPINGS:
            return frozenset({Container(promise(facts, parts[-1]))})
        if name == "tuple":
            if isinstance(parts[-1], ast.Constant) and parts[-1].value is ...:
                return frozenset({Container(promise(facts, parts[0]))})
            return frozenset({Fixed(tuple(promise(facts, part) for part in parts))})
        if name == "coroutine":
            return frozenset({Coroutine(promise(facts, parts[-1]))})
        if name == "awaitable":
            return frozenset({Eventual(promise(facts, parts[-1]))})
        if name == "callable":
            return frozenset({Returns(promise(facts, parts[-1]))})
        return None

    def _classes(self, facts: ModuleFacts, part: ast.expr) -> Values:
        """`type[X]`: the classes themselves."""
        values = self._inference.values(facts, part)
        return frozenset(v if isinstance(v, (ProjectClass, External)) else Plain.UNKNOWN for v in values)

    def instances(self, values: Values) -> Values:
        """Return the instances of the classes among ``values``."""
        found: set[object] = set()
        for value in values:
            match value:
                case ProjectClass():
                    found.add(ProjectInstance(value))
                case External(name=name) if name in PLAIN_BUILTINS:
                    found |= OTHER
                case External(name="typing.Any"):
                    found |= UNKNOWN
                case External(name=name) if is_class(name) or blocking.class_of_result(name):
                    found.add(Instance(blocking.class_of_result(name) or name))
                case Plain.NONE:
                    found |= NONE
                case _:
                    found |= UNKNOWN
        return frozenset(found)  # type: ignore[arg-type]
