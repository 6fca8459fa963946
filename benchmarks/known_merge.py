"""From what each release of a package gives to what all of them agree on, and its text."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import keyword
import re
import sys
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

from known_facts import ANY, Class, Kind, Member, Release, Type

_WIDTH = 4  #: more possibilities than this tell nothing
_UNKNOWN = Member(is_function=False, type=ANY)
#: Modules whose objects are awaited, or are what the loop works with.
_LOOP_ROOTS = frozenset({"asyncio", "concurrent"})
_OBJECTS = frozenset({"own", "instance", "self", "none", "many", "tuple", "context"})
_ENTERING = frozenset({"__aenter__", "__enter__"})  #: what has none of these is taken to give itself


@dataclass(frozen=True, slots=True)
class Sample:
    """One release of a distribution."""

    distribution: str
    version: str
    roots: frozenset[str]  #: the top-level packages that it has
    release: Release


@dataclass(slots=True)
class Group:
    """What several addresses lead to, in all releases."""

    name: str  #: the shortest address
    addresses: set[str]
    classes: list[Class] = field(default_factory=list)
    others: list[Member] = field(default_factory=list)


def merged(samples: Iterable[Sample]) -> dict[str, str]:
    """Return by top-level package the text of its data; none for a package of which nothing is awaited."""
    by_root: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        for root in sample.roots:
            by_root[root].append(sample)
    known = frozenset(by_root)
    texts = {root: Package(root, chosen, known).text for root, chosen in sorted(by_root.items())}
    return {root: text for root, text in texts.items() if text}


class Package:
    """One top-level package: groups of addresses, and what is told of each."""

    def __init__(self, root: str, samples: list[Sample], known: frozenset[str]) -> None:
        self._root = root
        self._samples = samples
        self._awaited_roots = (known | _LOOP_ROOTS) - {root}
        self._groups = self._grouped()
        self._by_address = {address: group for group in self._groups for address in group.addresses}
        self._members = {group.name: self._merged_class(group) for group in self._groups if self._is_class(group)}
        self._bases = {name: self._merged_bases(self._by_address[name]) for name in self._members}
        self._useful = self._found_useful()
        self._told = self._reached()

    # ---- groups ---

    def _grouped(self) -> list[Group]:
        """Put together what some release calls by both names: a class that moved, and what is handed on."""
        leader: dict[str, str] = {}

        def find(address: str) -> str:
            while leader.setdefault(address, address) != address:
                address = leader[address]
            return address

        for sample in self._samples:
            for address, home in sample.release.addresses.items():
                if _can_be_written(address) and _can_be_written(home):
                    leader[find(address)] = find(home)
            for home in filter(_can_be_written, sample.release.classes):
                find(home)
        together: dict[str, set[str]] = defaultdict(set)
        for address in list(leader):
            together[find(address)].add(address)
        groups = {lead: Group(min(found, key=_rank), found) for lead, found in together.items()}
        for sample in self._samples:
            for home, cls in sample.release.classes.items():
                if home in leader:
                    groups[find(home)].classes.append(_with_standard_library(cls))
            for home, member in sample.release.others.items():
                if home in leader:
                    groups[find(home)].others.append(member)
        return sorted(groups.values(), key=lambda group: group.name)

    def _is_class(self, group: Group) -> bool:
        return bool(group.classes) and not group.others and group.name.partition(".")[0] == self._root

    # ---- agreement ---

    def _merged_class(self, group: Group) -> dict[str, Member]:
        members: dict[str, Member] = {}
        for name in sorted({name for cls in group.classes for name in cls.members}):
            found = [cls.members[name] for cls in group.classes if name in cls.members]
            may_have_more = any(cls.is_open for cls in group.classes if name not in cls.members)
            members[name] = _UNKNOWN if may_have_more or name == self._root else self._agreed(found)
        return members

    def _merged_bases(self, group: Group) -> tuple[list[str], list[str], bool]:
        """Its own bases, others, and whether there may be more."""
        each = [
            [self._by_address[base].name for base in cls.bases if base in self._by_address] for cls in group.classes
        ]
        own = [base for base in dict.fromkeys(each[-1]) if all(base in bases for bases in each) and base != group.name]
        own = [base for base in own if base in self._members]
        outside = frozenset.intersection(*(cls.outside for cls in group.classes))
        differ = any(set(bases) != set(own) for bases in each) or any(cls.outside != outside for cls in group.classes)
        vague = any(cls.is_open and not cls.outside for cls in group.classes)
        vague = vague or any(base not in self._by_address for cls in group.classes for base in cls.bases)
        told = {name for name in outside if _can_be_written(name) and name.partition(".")[0] != self._root}
        return own, sorted(told), differ or vague or told != outside

    def _agreed(self, found: list[Member]) -> Member:
        if len({member.is_function for member in found}) > 1:
            return _UNKNOWN
        agreed = self._united(member.type for member in found)
        return Member(found[0].is_function, agreed) if agreed != ANY else _UNKNOWN

    def _united(self, types: Iterable[Type]) -> Type:
        """All possibilities of all types; ANY where one of them is not known, or a coroutine is one among others.

        Where the newest release says whose object it is, those of which nothing is known do not speak against it: code
        that takes it for such an object fails if it is another.
        """
        each = [frozenset(self._renamed(kind) for kind in one) for one in types]
        each = [ANY if ("any",) in one else one for one in each]
        said = [one for one in each if one != ANY]
        if said and each[-1] != ANY and all(kind[0] in _OBJECTS for one in said for kind in one):
            each = said
        kinds = {kind for one in each for kind in one}
        heads = {kind[0] for kind in kinds}
        if "any" in heads or (len(heads) > 1 and not heads.isdisjoint({"coroutine", "plain"})):
            return ANY
        united: set[Kind] = set()
        for head in heads:
            alike = [kind for kind in kinds if kind[0] == head]
            if head in ("coroutine", "awaitable", "many", "context", "callable"):
                united.add((head, self._united(cast(Type, kind[1]) for kind in alike)))
            elif head == "tuple":
                if len({len(kind) for kind in alike}) > 1:
                    return ANY
                united.add((head, *(self._united(part) for part in zip(*(k[1:] for k in alike), strict=True))))
            else:
                united |= set(alike)
        return frozenset(united) if len(united) <= _WIDTH else ANY

    def _renamed(self, kind: Kind) -> Kind:
        match kind:
            case ("own", str(home)):
                group = self._by_address.get(home)
                return ("own", group.name) if group is not None and self._is_class(group) else ("any",)
            case ("instance", str(name)) if not _can_be_written(name) or name.partition(".")[0] == self._root:
                return ("any",)
            case _:
                return kind

    # ---- what is worth telling ---

    def _found_useful(self) -> set[str]:
        """The classes that lead to something that is awaited."""
        useful: set[str] = set()
        while True:
            more = {
                name
                for name, members in self._members.items()
                if name not in useful
                and (
                    not useful.isdisjoint(self._bases[name][0])
                    or any(self._is_useful(member.type, useful) for member in members.values())
                )
            }
            if not more:
                return useful
            useful |= more

    def _is_useful(self, told: Type, useful: set[str]) -> bool:
        for kind in told:
            match kind:
                case ("coroutine" | "awaitable" | "self", *_):
                    return True
                case ("own", str(name)) if name in useful:
                    return True
                case ("instance", str(name)) if name.partition(".")[0] in self._awaited_roots:
                    return True
                case ("many" | "context" | "callable" | "tuple", *inner):
                    if any(self._is_useful(part, useful) for part in inner if isinstance(part, frozenset)):
                        return True
                case _:
                    pass  # nothing of it is awaited
        return False

    def _functions(self) -> dict[str, Member]:
        """The public functions and values of modules that are worth telling."""
        found = {}
        for group in self._groups:
            if group.others and not group.classes and self._is_public(group.name):
                member = self._agreed(group.others)
                if self._is_useful(member.type, self._useful) and group.name.rpartition(".")[2] != self._root:
                    found[group.name] = member
        return found

    def _reached(self) -> dict[str, list[str]]:
        """The useful classes that something public leads to, each with the bases that are told."""
        todo = [name for name in self._useful if self._is_public(name)]
        todo += [one for member in self._functions().values() for one in _owned(member.type)]
        told: dict[str, list[str]] = {}
        while todo:
            name = todo.pop()
            if name in told or name not in self._useful:
                continue  # told, or nothing to tell
            told[name] = [base for base in self._bases[name][0] if base in self._useful]
            todo += told[name]
            todo += [one for member in self._members[name].values() for one in _owned(member.type)]
        return told

    def _is_public(self, address: str) -> bool:
        return address.partition(".")[0] == self._root and not _rank(address)[0]

    # ---- text ---

    @cached_property
    def text(self) -> str:
        """The file; empty where nothing is awaited."""
        sections: dict[str, list[str]] = defaultdict(list)
        functions = self._functions()
        for name in sorted(self._told):
            module, _, last = name.rpartition(".")
            sections[module] += self._class_lines(last, name)
        of_module: dict[str, list[tuple[str, Member]]] = defaultdict(list)
        for name, member in sorted(functions.items()):
            module, _, last = name.rpartition(".")
            of_module[module].append((last, member))
        for module, found in of_module.items():
            sections[module] += self._lines(found)
        aliases: dict[tuple[str, str], list[str]] = defaultdict(list)
        for name in sorted([*self._told, *functions]):
            home, _, last = name.rpartition(".")
            for address in sorted(self._by_address[name].addresses - {name}):
                module, _, alias = address.rpartition(".")
                if self._is_public(address) and alias != self._root:
                    aliases[module, home].append(last if last == alias else f"{last} as {alias}")
        for (module, home), names in sorted(aliases.items()):
            sections[module].insert(0, f"from {home} import {', '.join(names)}")
        if not sections:
            return ""
        parts = [f"# {self._versions}"]
        for module, lines in sorted(sections.items()):
            parts += [f"## {module}", *self._imports(lines), *lines]
        return "\n".join(parts) + "\n"

    @property
    def _versions(self) -> str:
        versions: dict[str, list[str]] = defaultdict(list)
        for sample in self._samples:
            versions[sample.distribution].append(sample.version)
        return "; ".join(f"{name} {', '.join(found)}" for name, found in sorted(versions.items()))

    def _imports(self, lines: list[str]) -> list[str]:
        """The imports of other packages whose classes are named."""
        text = "\n".join(line for line in lines if not line.startswith("from "))
        roots = {name.partition(".")[0] for name in re.findall(r"(?<![\w.])[A-Za-z_]\w*(?:\.\w+)+", text)}
        wanted = sorted(name[1:] for name in roots if name.startswith("_") and name != "_t")
        return [f"import {', '.join(f'{name} as _{name}' for name in wanted)}"] if wanted else []

    def _class_lines(self, last: str, name: str) -> list[str]:
        bases = self._told[name]
        above = {outside for base in bases for outside in self._bases[base][1]}
        others = [outside for outside in self._bases[name][1] if outside not in above]
        written = [
            *bases,
            *(f"_{other}" for other in others),
            *(["_Unknown"] if self._bases[name][2] else []),
            *([] if bases else ["_Open"]),
        ]
        lines = [f"    {line}" for line in self._lines(self._own(name, bases))]
        head = f"class {last}({', '.join(written)}):"
        return [head, *lines] if lines else [f"{head} ..."]

    def _own(self, name: str, bases: list[str]) -> Iterator[tuple[str, Member]]:
        """Yield the members that are not told of a base already."""
        for member, told in self._members[name].items():
            inherited = next((found for base in bases if (found := self._inherited(base, member)) is not None), None)
            is_told = self._is_useful(told.type, self._useful) or (member in _ENTERING and told.type != ANY)
            if is_told:
                if told != inherited:
                    yield member, told
            elif (inherited is None and member in _ENTERING) or (inherited is not None and inherited.type != ANY):
                yield member, _UNKNOWN

    def _inherited(self, name: str, member: str) -> Member | None:
        """What is told of a member of a class, as far as it is."""
        told = self._members[name].get(member)
        if told is None:
            return None
        return told if self._is_useful(told.type, self._useful) or member in _ENTERING else None

    def _lines(self, members: Iterable[tuple[str, Member]]) -> Iterator[str]:
        """Yield the coroutine functions of which no more is told, several a line, and then the others."""
        bare: list[str] = []
        others: list[str] = []
        for name, member in members:
            line = self._line(name, member)
            others.append(line) if line != f"async def {name}(): ..." else bare.append(name)
        yield from textwrap.wrap(" ".join(bare), 110, initial_indent="await ", subsequent_indent="await ")
        yield from others

    def _line(self, name: str, member: Member) -> str:
        if not member.is_function:
            return f"{name}: {_text(member.type)}"
        if name == "__await__":
            return f"def {name}() -> _t.Generator[_t.Any, _t.Any, {_text(member.type)}]: ..."
        match list(member.type):
            case [("coroutine", frozenset() as result)]:
                given = f" -> {_text(result)}" if self._is_useful(result, self._useful) else ""
                return f"async def {name}(){given}: ..."
            case _:
                return f"def {name}() -> {_text(member.type)}: ..."


def _can_be_written(address: str) -> bool:
    """True for an address that an import can name: no keyword of today, as `async` was none once."""
    return all(part.isidentifier() and not keyword.iskeyword(part) for part in address.split("."))


def _with_standard_library(cls: Class) -> Class:
    """Return a class whose bases from the standard library are no riddle: what they have, nobody tells anew."""
    if not cls.is_open or not cls.outside:
        return cls
    bases = [_of_standard_library(name) for name in cls.outside]
    if not all(bases):
        return cls
    inherited = {name: _UNKNOWN for base in bases for name in dir(base) if not hasattr(object, name)}
    return dataclasses.replace(cls, members=inherited | cls.members, is_open=False)


@functools.cache
def _of_standard_library(name: str) -> type | None:
    module, _, last = name.rpartition(".")
    if module.partition(".")[0] not in sys.stdlib_module_names:
        return None
    try:
        found = getattr(importlib.import_module(module), last, None)
    except ImportError:
        return None  # gone from this Python
    found = getattr(found, "__origin__", found)  # what an alias in `typing` stands for
    return found if isinstance(found, type) else None


def _owned(told: Type) -> Iterator[str]:
    """Yield the package's own classes that a type names."""
    for kind in told:
        if kind[0] == "own":
            yield str(kind[1])
        for part in kind[1:]:
            if isinstance(part, frozenset):
                yield from _owned(part)


def _rank(address: str) -> tuple[int, int, int, str]:
    """Public addresses before others, short ones before long ones."""
    parts = address.split(".")
    return sum(part.startswith("_") for part in parts), len(parts), len(address), address


_WRAPPERS: Mapping[str, str] = {
    "coroutine": "_t.Coroutine[_t.Any, _t.Any, {}]",
    "awaitable": "_t.Awaitable[{}]",
    "many": "_t.Iterable[{}]",
    "context": "_t.AsyncContextManager[{}]",
    "callable": "_t.Callable[..., {}]",
    "tuple": "_t.Tuple[{}]",
}


def _text(told: Type) -> str:
    return " | ".join(sorted(_one(kind) for kind in told))


def _one(kind: Kind) -> str:
    match kind:
        case ("own", str(name)):
            return name
        case ("instance", str(name)):
            return f"_{name}"  # as it is imported, so that no name of the package is hidden
        case ("self",):
            return "_t.Self"
        case ("none",):
            return "None"
        case ("plain",):
            return "int"
        case ("tuple",):
            return "_t.Tuple[()]"
        case (str(head), *parts) if head in _WRAPPERS:
            return _WRAPPERS[head].format(", ".join(_text(part) for part in parts if isinstance(part, frozenset)))
        case _:
            return "_t.Any"
