"""What packages outside the project give: installed ones that are typed, and well-known ones by bundled data.

They are read when a question needs one, and never reported on or changed.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from aiomend.facts.catalog.interfaces import inherits
from aiomend.facts.known import Known, package
from aiomend.facts.module import ModuleFacts
from aiomend.facts.project import ProjectFacts
from aiomend.facts.scopes import FUNCTIONS
from aiomend.facts.values import (
    EMPTY,
    UNKNOWN,
    Container,
    Context,
    Coroutine,
    Eventual,
    External,
    Fixed,
    Function,
    Instance,
    Itself,
    Pending,
    Plain,
    ProjectClass,
    ProjectInstance,
    ProjectModule,
    Returns,
    Value,
    Values,
)
from aiomend.report import Skip
from aiomend.source import Source, Unreadable, decode, syntax_error

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference

_NESTING = 4  #: results within results that are still told


class Library(Protocol):
    """Where the modules of installed packages come from; injected, because the library reads nothing by itself."""

    def find(self, module: str) -> str | None:
        """The path of what says most of a module, a stub before its source; None where it is not typed or not there."""
        ...

    def read(self, path: str) -> bytes:
        """The bytes of one of those files; raises OSError."""
        ...


class _First:
    """An installed package that says what it gives; the bundled data for the others."""

    def __init__(self, library: Library | None) -> None:
        self._library = library
        self._known = Known()

    def find(self, module: str) -> str | None:
        root = module.partition(".")[0]
        if self._library is not None and self._library.find(root) is not None:
            return self._library.find(module)  # the version that is there has the word, for all of its modules
        if package(root) is not None:
            return self._known.find(module)
        return self._library.find(module) if self._library is not None else None

    def read(self, path: str) -> bytes:
        if self._library is None or self._known.has(path):
            return self._known.read(path)
        return self._library.read(path)


class _Installed(ProjectFacts):
    """Modules by name, found one by one. It lists no file, so that nobody looks for callers or subclasses in it."""

    def __init__(self, library: Library) -> None:
        super().__init__(_Unlisted(library))
        self._library = library
        self._found: dict[str, str | None] = {}
        self._names: dict[str, str] = {}

    def module(self, name: str, near: str = "") -> ModuleFacts | None:
        if name not in self._found:
            path = self._found[name] = self._library.find(name)
            if path is not None:
                self._names[path] = name
        path = self._found[name]
        return self.facts(path) if path is not None else None

    def name(self, path: str) -> str:
        return self._names[path]

    def source(self, path: str) -> Source:
        """Return a file, generated ones too: nobody is going to change them."""
        if path not in self._read:
            source = decode(path, self.data(path))
            if (error := syntax_error(source)) is not None:
                raise Unreadable(Skip.NOT_PYTHON, error)
            self._read[path] = source
        return self._read[path]


class _Unlisted:
    def __init__(self, library: Library) -> None:
        self._library = library

    def paths(self) -> Sequence[str]:
        return ()

    def read(self, path: str) -> bytes:
        return self._library.read(path)


class Environment:
    """Answers about names outside the project.

    Its answers are in the project's terms: a class is External by its name, an object of it an Instance, whatever the
    files that define them hold. So the catalogues keep their say, and rules never see a foreign file.
    """

    def __init__(self, library: Library | None = None) -> None:
        """``library`` finds installed modules; without one, well-known packages alone are known."""
        from aiomend.facts.inference import Inference  # each is made of the other

        self._facts = _Installed(_First(library))
        self._inference: Inference = Inference(self._facts)
        self._named: dict[str, Values] = {}
        self._results: dict[str, Values] = {}

    def result(self, name: str) -> Values:
        """Return what calling ``name`` gives; UNKNOWN where nobody says."""
        if name not in self._results:
            self._results[name] = UNKNOWN  # while it is worked out
            self._results[name] = self._result(name)
        return self._results[name]

    def _result(self, name: str) -> Values:
        named = self._value(name)
        if named and all(isinstance(value, ProjectClass) for value in named):
            return frozenset({Instance(name)})  # by the name that the project knows, and the catalogues
        return self._outside(self._inference.results(named))

    def defines(self, cls: str, attr: str) -> bool:
        """True where a class of an installed package has an attribute of its own, known or not."""
        classes = [value for value in self._value(cls) if isinstance(value, ProjectClass)]
        return any(
            attr in one.facts.scopes[one.node].bindings for cls in classes for one in self._inference.classes.mro(cls)
        )

    def attribute(self, cls: str, attr: str) -> Values:
        """Return what an attribute of an instance of the class is; UNKNOWN where nobody says."""
        classes = frozenset(value for value in self._value(cls) if isinstance(value, ProjectClass))
        if not classes:
            return UNKNOWN
        found = self._inference.attribute(self._inference.instances(classes), attr)
        if found and all(isinstance(value, Function) for value in found):
            return frozenset({External(f"{cls}.{attr}")})  # a method, by the name that the catalogues may know
        return self._outside(found)

    def awaited(self, cls: str) -> Values:
        """Return what awaiting an instance of the class gives; UNKNOWN where nobody says."""
        classes = frozenset(value for value in self._value(cls) if isinstance(value, ProjectClass))
        return self._outside(self._inference.awaited(self._inference.instances(classes)))

    def offers(self, name: str) -> bool:
        """True for a class or a function that a package is known to have under a public name."""
        found = self._value(name)
        is_public = not name.rpartition(".")[2].startswith("_")
        return is_public and bool(found) and all(isinstance(value, (ProjectClass, Function)) for value in found)

    def versions(self, name: str) -> str | None:
        """Return which versions of a well-known package tell what ``name`` is; None where no bundled data is asked."""
        root = name.partition(".")[0]
        facts = self._facts.module(root)
        told = package(root)
        return told.versions if told is not None and facts is not None and Known().has(facts.path) else None

    def inherits(self, cls: str, ancestor: str) -> bool | None:
        """Return whether one external class inherits from another; None where nobody says."""
        if inherits(cls, ancestor):
            return True
        classes = [value for value in self._value(cls) if isinstance(value, ProjectClass)]
        if not classes:
            return False  # as the table has it
        above = self._value(ancestor)
        table = self._inference.classes
        for one in classes:
            if not above.isdisjoint(table.mro(one)):
                return True  # the same class by another name
            if any(inherits(base, ancestor) for base in table.known_bases(one)):
                return True
            if table.external_bases(one) is None:
                return None
        return False

    def _value(self, name: str) -> Values:
        """What a dotted name reaches in the packages; empty where it is in none of them."""
        if name not in self._named:
            self._named[name] = self._reached(name.split("."))
        return self._named[name]

    def _reached(self, parts: list[str]) -> Values:
        for cut in range(len(parts) - 1, 0, -1):
            facts = self._facts.module(".".join(parts[:cut]))
            if facts is None:
                continue  # a class or a function: its module has a shorter name
            values: Values = frozenset({ProjectModule(facts)})
            for part in parts[cut:]:
                values = self._inference.attribute(values, part)
            return values
        return EMPTY

    # ---- across the border ---

    def _outside(self, values: Values, nesting: int = 0) -> Values:
        if nesting > _NESTING:
            return UNKNOWN
        found = EMPTY.union(*(self._one_outside(value, nesting + 1) for value in values))
        return found or UNKNOWN

    def _one_outside(self, value: Value, nesting: int) -> Values:
        def inner(values: Values) -> Values:
            return self._outside(values, nesting)

        match value:
            case ProjectClass(facts=facts, node=node):
                name = _address(facts, node)
                return frozenset({External(name)}) if name else UNKNOWN
            case ProjectInstance(cls=ProjectClass(facts=facts, node=node)):
                name = _address(facts, node)
                return frozenset({Instance(name)}) if name else UNKNOWN
            case ProjectModule(facts=facts):
                return frozenset({External(facts.name)})
            case Function(facts=facts, node=node):
                name = _address(facts, node)
                return frozenset(
                    {External(name) if name else Returns(inner(self._inference.results(frozenset({value}))))}
                )
            case Coroutine(function=Function() as function):
                return frozenset({Coroutine(inner(self._inference.calls.returned(function)))})
            case Coroutine(result=result):
                return frozenset({Coroutine(inner(result))})
            case Eventual(result=result):
                return frozenset({Eventual(inner(result))})
            case Container(elements=elements):
                return frozenset({Container(inner(elements) if elements else EMPTY)})
            case Fixed(items=items):
                return frozenset({Fixed(tuple(inner(item) for item in items))})
            case Context(result=result):
                return frozenset({Context(inner(result))})
            case Returns(result=result):
                return frozenset({Returns(inner(result))})
            case Itself() | Pending():
                return UNKNOWN
            case External() | Instance() | Plain():
                return frozenset({value})


def _address(facts: ModuleFacts, node: object) -> str | None:
    """The dotted name of a definition at the level of a module or a class; None for one in a function, or without a name."""
    if not isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        return None
    scope = facts.scope_at(node)
    while scope.is_class and scope.parent is not None:
        scope = scope.parent
    if scope is not facts.scope:
        return None
    return ".".join(part for part in (facts.name, facts.qualname(node), node.name) if part)
