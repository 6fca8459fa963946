"""What annotations promise: instances, containers, awaitables; strings are read where they stand."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from aiomend.facts.catalog import blocking
from aiomend.facts.catalog.interfaces import is_class
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import Binding, How
from aiomend.facts.type_checking import telling
from aiomend.facts.values import (
    EMPTY,
    NONE,
    OTHER,
    UNKNOWN,
    Container,
    Context,
    Coroutine,
    Eventual,
    External,
    Fixed,
    Instance,
    Pending,
    Plain,
    ProjectClass,
    ProjectInstance,
    ProjectModule,
    Returns,
    Types,
    Value,
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
_ENTERED = frozenset({"contextmanager", "asynccontextmanager", "abstractcontextmanager", "abstractasynccontextmanager"})
_THROUGH = frozenset({"final", "classvar", "annotated", "required", "notrequired", "readonly"})
_HOLDERS = frozenset(["asyncio.Future", "asyncio.Task", "asyncio.Queue", "asyncio.PriorityQueue", "asyncio.LifoQueue"])
_HOPS = 4  #: modules that an alias may be handed on by


class Annotations:
    """Reads annotations for one Inference."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._parsed: dict[ast.expr, ast.expr] = {}  #: annotations that are strings, as expressions
        self._types: Types = ()  #: what type variables stand for while one annotation is read

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
                meant = self._alias(facts, annotation)
                return meant if meant is not None else self.instances(self._values(facts, annotation))
            case _:
                return UNKNOWN

    def promise_with(self, types: Types, facts: ModuleFacts, annotation: ast.expr | None) -> Values:
        """Return the values that an annotation promises where its type variables stand for ``types``."""
        if not types and not self._types:
            return self.promise(facts, annotation)
        before, self._types = self._types, types
        try:
            return self.promise(facts, annotation)
        finally:
            self._types = before

    @property
    def is_given(self) -> bool:
        """True while type variables stand for something in particular."""
        return bool(self._types)

    def _given(self, variable: ast.AST) -> Values | None:
        return next((values for one, values in self._types if one is variable), None)

    def _values(self, facts: ModuleFacts, node: ast.expr) -> Values:
        """What a part of an annotation stands for: its answer is kept, so no type variable plays a part in it."""
        if not self._types:
            return self._inference.values(facts, node)
        before, self._types = self._types, ()
        try:
            return self._inference.values(facts, node)
        finally:
            self._types = before

    def declared(self, facts: ModuleFacts, bindings: list[Binding], types: Types = ()) -> Values:
        """Return what the annotations among bindings of one name promise together; empty where there is none."""
        each = (self.promise_with(types, facts, one.annotation) for one in bindings if one.how is How.ANNOTATION)
        return EMPTY.union(*each)

    def settled(self, found: Values, declared: Values) -> Values:
        """Return ``found`` without what is not known of it, where annotations say all that it may be."""
        if Plain.UNKNOWN in declared or not declared - NONE - OTHER:
            return found
        if any(isinstance(value, Container) and Plain.UNKNOWN not in value.elements for value in declared):
            found = frozenset(
                one for one in found if not (isinstance(one, Container) and Plain.UNKNOWN in one.elements)
            )
        return (found - UNKNOWN) | declared

    def _alias(self, facts: ModuleFacts, node: ast.expr) -> Values | None:
        """Return what the type that a name stands for promises: an alias, or a type variable by its bound."""
        defined = self._definition(facts, node)
        if defined is None:
            return None
        if (given := self._given(defined[1])) is not None:
            return given
        if not self._inference.enter(("alias", defined[1])):
            return UNKNOWN  # a type that is made of itself
        try:
            match defined:
                case home, (ast.Subscript() | ast.BinOp()) as meant:
                    return self.promise(home, meant)
                case home, ast.Call(args=[_, *constraints], keywords=keywords):
                    if not self._is_variable(facts, node):
                        return None
                    bounds = [keyword.value for keyword in keywords if keyword.arg == "bound"] or constraints
                    return EMPTY.union(*(self.promise(home, bound) for bound in bounds)) or UNKNOWN
                case _:
                    return None
        finally:
            self._inference.leave(("alias", defined[1]))

    def _definition(self, facts: ModuleFacts, node: ast.expr) -> tuple[ModuleFacts, ast.expr] | None:
        """Return the expression that a name was given once, through imports; None where that is not sure."""
        match node:
            case ast.Name(id=name):
                found = facts.scope_at(node).find(name)
            case ast.Attribute(value=value, attr=name):
                modules = [one for one in self._values(facts, value) if isinstance(one, ProjectModule)]
                if len(modules) != 1:
                    return None
                facts = modules[0].facts
                found = facts.scope.find(name)
            case _:
                return None
        for _ in range(_HOPS):
            match found and (found[0], telling(facts, found[1])):
                case _, [Binding(how=How.ASSIGN | How.ANNOTATION, value=ast.expr() as value, path=())]:
                    return facts, value
                case _, [Binding(how=How.FROM, target=target, member=member)]:
                    home = self._inference.project.module(target, facts.path)
                    if home is None:
                        return None
                    facts, found = home, home.scope.find(member)
                case _:
                    return None
        return None

    def _promise_text(self, facts: ModuleFacts, place: ast.expr, text: str) -> Values:
        if place not in self._parsed:
            try:
                parsed = ast.parse(text.strip(), mode="eval").body
            except (SyntaxError, ValueError):
                parsed = ast.Constant(...)  # no type: nothing is promised
            for node in ast.walk(parsed):
                facts.adopt(node, place)
            self._parsed[place] = parsed
        return self.promise(facts, self._parsed[place])

    def _own_instance(self, facts: ModuleFacts, node: ast.expr) -> Values:
        """`Self` is an instance of the class around."""
        scope = facts.scope_at(node)
        while scope.parent is not None and not scope.is_class:
            scope = scope.parent
        if (given := self._given(scope.node)) is not None:
            return given
        return (
            frozenset({ProjectInstance(ProjectClass(facts, scope.node))})
            if isinstance(scope.node, ast.ClassDef)
            else UNKNOWN
        )

    def _generic(self, facts: ModuleFacts, generic: ast.expr, inner: ast.expr) -> Values:
        if (meant := self._alias(facts, generic)) is not None:
            return meant
        values = self._values(facts, generic)
        parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
        match list(values):
            case [External(name=name)]:
                found = self._special(facts, name, parts)
                return found if found is not None else self.instances(values)
            case [ProjectClass() as cls]:
                return frozenset({ProjectInstance(cls, self._inference.generics.given(cls, facts, parts, self._types))})
            case _:
                return self.instances(values)

    def _special(self, facts: ModuleFacts, full: str, parts: list[ast.expr]) -> Values | None:
        name = full.rpartition(".")[2].lower()
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
        if name == "contextvar":
            return frozenset({Container(promise(facts, parts[0]))})  # `.get()` gives the one that it holds
        if name == "tuple":
            if isinstance(parts[-1], ast.Constant) and parts[-1].value is ...:
                return frozenset({Container(promise(facts, parts[0]))})
            return frozenset({Fixed(tuple(promise(facts, part) for part in parts))})
        if name == "coroutine":
            return frozenset({Coroutine(promise(facts, parts[-1]))})
        if name == "awaitable":
            return frozenset({Eventual(promise(facts, parts[-1]))})
        if name in _ENTERED:
            return frozenset({Context(promise(facts, parts[0]))})
        if full in _HOLDERS:
            held = promise(facts, parts[0])
            return frozenset({Instance(full, held if Plain.UNKNOWN not in held else EMPTY)})
        if name == "callable" and isinstance(parts[0], ast.List) and self.is_same(facts, parts[0].elts, parts[-1]):
            return frozenset({Plain.SAME})
        if name == "callable":
            return frozenset({Returns(promise(facts, parts[-1]))})
        return None

    def is_same(self, facts: ModuleFacts, given: list[ast.expr], returned: ast.expr | None) -> bool:
        """True for `F` and `F`, or `Callable[P, T]` and `Callable[P, T]`: a decorator that gives back what it is given."""
        if not given or returned is None or ast.dump(given[0]) != ast.dump(returned):
            return False
        match returned:
            case ast.Subscript(
                value=ast.Name(id="Callable") | ast.Attribute(attr="Callable"), slice=ast.Tuple(elts=parts)
            ):
                return self._is_variable(facts, parts[-1])
            case _:
                return self._is_variable(facts, returned)

    def _is_variable(self, facts: ModuleFacts, node: ast.expr) -> bool:
        return self.variable(facts, node) is not None

    def variable(self, facts: ModuleFacts, node: ast.expr) -> ast.expr | None:
        """Return the call that makes a type variable, for its name; None for every other expression."""
        match self._definition(facts, node):
            case home, ast.Call(func=func) as made if self._inference.external_name(home, func) == "typing.TypeVar":
                return made
            case _:
                return None

    def generic_alias(self, facts: ModuleFacts, node: ast.expr) -> tuple[ModuleFacts, ast.expr] | None:
        """Return the type that a name stands for where it is an alias of one with brackets, and where that is written."""
        match self._definition(facts, node):
            case home, ast.Subscript() as meant:
                return home, meant
            case _:
                return None

    def _classes(self, facts: ModuleFacts, part: ast.expr) -> Values:
        """`type[X]`: the classes themselves."""
        values = self._values(facts, part)
        return frozenset(v if isinstance(v, (ProjectClass, External)) else Plain.UNKNOWN for v in values)

    def instances(self, values: Values) -> Values:
        """Return the instances of the classes among ``values``."""
        found: set[Value] = set()
        for value in values:
            match value:
                case ProjectClass():
                    found.add(ProjectInstance(value))
                case External(name=name) if name in PLAIN_BUILTINS:
                    found |= OTHER
                case External(name="typing.Coroutine"):
                    found.add(Coroutine(UNKNOWN))
                case External(name="typing.Awaitable"):
                    found.add(Eventual(UNKNOWN))
                case External(name="typing.Any"):
                    found |= UNKNOWN
                case External(name=name) if is_class(name) or blocking.class_of_result(name):
                    found.add(Instance(blocking.class_of_result(name) or name))
                case Plain.NONE:
                    found |= NONE
                case Pending():
                    found.add(value)
                case _:
                    found |= UNKNOWN
        return frozenset(found)
