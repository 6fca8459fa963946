"""What one release of a package gives, as the inference reads its source: classes, functions and values by address."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from aiomend.api import MemorySources
from aiomend.facts.inference import Inference
from aiomend.facts.module import ModuleFacts
from aiomend.facts.project import ProjectFacts
from aiomend.facts.scopes import FUNCTIONS, Binding, How
from aiomend.facts.values import (
    NONE,
    Container,
    Context,
    Coroutine,
    Eventual,
    Fixed,
    Function,
    Instance,
    Plain,
    ProjectClass,
    ProjectInstance,
    Returns,
    Value,
    Values,
)

#: One possibility, such as ("instance", "asyncio.Future") or ("coroutine", of what). Own classes go by ("own", address).
Kind = tuple[object, ...]
Type = frozenset[Kind]

ANY: Type = frozenset({("any",)})
_DEPTH = 4
#: Methods that syntax calls and that the inference asks for.
_SPECIAL = frozenset({"__aenter__", "__enter__", "__await__", "__call__"})
#: A base that says what an object is: nothing of it happens before it is awaited.
_COROUTINE = "typing.Coroutine"
#: Bases that bring nothing that is awaited.
_PLAIN_ROOTS = frozenset({"typing", "abc", "enum", "collections", "builtins", "types", "typing_extensions", "six"})


@dataclass(frozen=True, slots=True)
class Member:
    """A function with what calling it gives, or a value."""

    is_function: bool
    type: Type


@dataclass(slots=True)
class Class:
    """A class of one release with all that its instances have, inherited or not."""

    members: dict[str, Member]
    bases: tuple[str, ...]  #: its own package's, by address
    outside: frozenset[str]  #: other bases that may bring something
    is_open: bool  #: a base is not known: it may have more


@dataclass(slots=True)
class Release:
    """One release: what each public address leads to, and what is there."""

    addresses: dict[str, str] = field(default_factory=dict)  #: public address -> address of the definition
    classes: dict[str, Class] = field(default_factory=dict)
    others: dict[str, Member] = field(default_factory=dict)  #: functions and values of modules


class Reader:
    """Reads one release."""

    def __init__(self, files: dict[str, bytes], tells: Callable[[str], bool]) -> None:
        """``tells`` says which modules count."""
        self._project = ProjectFacts(MemorySources(files))
        self._inference = Inference(self._project)
        self._release = Release()
        self._tells = tells
        self._todo: list[ProjectClass] = []
        self._exports: dict[ModuleFacts, dict[str, Values]] = {}

    def read(self) -> Release:
        """Return what the release gives."""
        for path in self._project.paths:
            facts = self._project.facts(path)
            if facts is None or self._project.module(facts.name) is not facts:
                continue  # it cannot be read, or a stub of it is the lesser one
            if not self._tells(facts.name) or any(part.startswith("_") for part in facts.name.split(".")):
                continue  # nobody imports from it
            for name, values in self._exported(facts).items():
                self._note(f"{facts.name}.{name}", values)
        while self._todo:
            cls = self._todo.pop()
            if (address := _address(cls)) is not None and address not in self._release.classes:
                self._release.classes[address] = self._class(cls)
        return self._release

    def _note(self, address: str, values: Values) -> None:
        match list(values - NONE):
            case [ProjectClass() as cls] if (home := _address(cls)) is not None:
                if self._inference.classes.made(cls) == {ProjectInstance(cls)}:
                    self._release.addresses[address] = home
                    self._todo.append(cls)
            case [Function(facts=facts, node=node)] if (
                isinstance(node, FUNCTIONS) and facts.scope_at(node) is facts.scope
            ):
                home = f"{facts.name}.{node.name}"
                self._release.addresses[address] = home
                self._release.others[home] = self._member(values)
            case [*_] if not any(isinstance(value, Plain) for value in values - NONE):
                self._release.addresses[address] = address
                self._release.others[address] = self._member(values)
            case _:
                self._release.addresses[address] = address
                self._release.others[address] = Member(is_function=False, type=ANY)

    # ---- what a module offers ---

    def _exported(self, facts: ModuleFacts) -> dict[str, Values]:
        if facts in self._exports:
            return self._exports[facts]
        found = self._exports[facts] = {}  # modules that take everything of each other
        listed = _listed(facts)
        for star in facts.stars:
            inner = self._project.module(star, facts.path)
            if inner is not None:
                names = _listed(inner) or {name for name in self._exported(inner) if not name.startswith("_")}
                found |= {name: values for name, values in self._exported(inner).items() if name in names}
        for name, bindings in facts.scope.bindings.items():
            if all(_is_handed_on(facts, listed, name, binding) for binding in bindings):
                values = self._inference.bindings.member(facts, name)
                if values and not name.startswith("__"):
                    found[name] = values
        return found

    # ---- classes ---

    def _class(self, cls: ProjectClass) -> Class:
        table = self._inference.classes
        mro = table.mro(cls)
        bases = [value for values in table.bases(cls) for value in values]
        outside = table.external_bases(cls)
        told = frozenset(one for one in outside or () if not _is_plain(one))
        members: dict[str, Member] = {}
        for name in {name for one in mro for name in _attributes(one)}:
            if name in _SPECIAL or not name.startswith("_"):
                members[name] = self._attribute(cls, name, mro)
        own = tuple(home for base in bases if isinstance(base, ProjectClass) and (home := self._home(base)))
        return Class(members, own, told, is_open=outside is None or bool(told - {_COROUTINE}))

    def _attribute(self, cls: ProjectClass, name: str, mro: tuple[ProjectClass, ...]) -> Member:
        me = frozenset({ProjectInstance(cls)})
        if name == "__await__":
            return Member(is_function=True, type=self._type(self._inference.awaited(me)))
        found = self._inference.attribute(me, name)
        member = self._member(found)
        if name in ("__aenter__", "__enter__"):
            given = self._inference.results(found)
            given = self._inference.awaited(given) if name == "__aenter__" else given
            own = all(isinstance(value, ProjectInstance) and value.cls in mro for value in given)
            result: Type = frozenset({("self",)}) if given and own else self._type(given)
            return Member(is_function=True, type=frozenset({("coroutine", result)}) if name == "__aenter__" else result)
        return member

    def _member(self, values: Values) -> Member:
        functions = values - NONE
        if functions and all(isinstance(value, (Function, Returns)) for value in functions):
            return Member(is_function=True, type=self._type(self._inference.results(functions)))
        return Member(is_function=False, type=self._type(values))

    def _home(self, cls: ProjectClass) -> str | None:
        self._todo.append(cls)
        return _address(cls)

    # ---- types ---

    def _type(self, values: Values, depth: int = 0) -> Type:
        if not values or depth > _DEPTH:
            return ANY
        kinds = frozenset(self._kind(value, depth + 1) for value in values)
        return ANY if ("any",) in kinds else kinds

    def _kind(self, value: Value, depth: int) -> Kind:
        match value:
            case Instance(cls=name):
                return ("instance", name)
            case ProjectInstance(cls=cls):
                home = self._home(cls)
                return ("own", home) if home is not None else ("any",)
            case Coroutine(function=Function() as function):
                return ("coroutine", self._type(self._inference.calls.returned(function), depth))
            case Coroutine(result=result):
                return ("coroutine", self._type(result, depth))
            case Eventual(result=result):
                return ("awaitable", self._type(result, depth))
            case Container(elements=elements):
                return ("many", self._type(elements, depth))
            case Fixed(items=items):
                return ("tuple", *(self._type(item, depth) for item in items))
            case Context(result=result):
                return ("context", self._type(result, depth))
            case Returns(result=result):
                return ("callable", self._type(result, depth))
            case Plain.NONE:
                return ("none",)
            case Plain.OTHER:
                return ("plain",)
            case _:
                return ("any",)


def _is_plain(name: str) -> bool:
    """True for a base that brings nothing that is awaited."""
    return name != _COROUTINE and ("." not in name or name.partition(".")[0] in _PLAIN_ROOTS)


def _address(cls: ProjectClass) -> str | None:
    """The dotted name of a class at the level of a module; None for others."""
    return f"{cls.facts.name}.{cls.node.name}" if cls.facts.scope_at(cls.node) is cls.facts.scope else None


def _attributes(cls: ProjectClass) -> Iterator[str]:
    yield from cls.facts.scopes[cls.node].bindings
    for method in cls.node.body:
        if isinstance(method, FUNCTIONS) and (first := [*method.args.posonlyargs, *method.args.args][:1]):
            for node in ast.walk(method):
                match node:
                    case ast.Attribute(value=ast.Name(id=name), attr=attr, ctx=ast.Store()) if name == first[0].arg:
                        yield attr
                    case _:
                        pass  # sets nothing


def _is_handed_on(facts: ModuleFacts, listed: frozenset[str], name: str, binding: Binding) -> bool:
    """True for what a module defines, and for imports that are meant for others."""
    if binding.how is How.IMPORT:
        return False  # a module
    return (
        binding.how is not How.FROM or facts.is_package or name in listed or name == binding.member == _alias(binding)
    )


def _alias(binding: Binding) -> str | None:
    """The name in `from a import b as b`, which says that it is meant for others."""
    names = binding.node.names if isinstance(binding.node, ast.ImportFrom) else ()
    return next((one.asname for one in names if one.name == binding.member), None)


def _listed(facts: ModuleFacts) -> frozenset[str]:
    """The texts of `__all__`, however it is put together."""
    found: set[str] = set()
    for statement in facts.tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="__all__")]) | ast.AugAssign(target=ast.Name(id="__all__")):
                nodes = ast.walk(statement)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="__all__")))):
                nodes = ast.walk(statement)
            case _:
                continue  # something else
        found |= {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return frozenset(found)
