"""What a file that says nothing of asyncio may have to do with it all the same, as bytes tell: it imports what does.

Nearly every tree has coroutine functions by names such as `get`, which everybody calls. An object comes from somewhere, and seldom
from far away: such a name tells of a coroutine where the file's imports lead to one that has a coroutine function by it. A name
that only coroutine functions of the tree bear tells of one wherever it is called.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import cached_property

from aiomend.facts.file_imports import Import
from aiomend.facts.file_names import FileNames, Returned
from aiomend.facts.module_names import ModuleNames, is_package
from aiomend.facts.scopes import absolute
from aiomend.facts.words import tells_of_asyncio

#: Imports between a file and what its objects come from; the one by which a package hands something on is not counted.
HOPS = 2
#: Names that Python's own objects have.
_BUILT_IN = frozenset(
    name.encode()
    for one in (builtins, str, bytes, dict, list, set, tuple, int, float, type, Exception)
    for name in dir(one)
)
#: Words without which there is no event loop.
_SAYS = (b"asyncio", b"trollius", b"uvloop", b"event_loop")


class Nearby:
    """Answers for one tree, found out when somebody asks."""

    def __init__(
        self,
        files: Mapping[str, bytes],
        names: Sequence[FileNames],
        returned: Iterable[Returned],
        makers: Sequence[Set[bytes]],
    ) -> None:
        """``makers`` are the coroutine functions of each file."""
        self._files = files
        self._paths = list(files)
        self._numbers = {path: number for number, path in enumerate(self._paths)}
        self._names = names
        self._returned = returned
        self._makers = makers
        self._found: dict[int, set[int]] = {}
        self._reached: dict[int, frozenset[int]] = {}

    def may_have(self, path: str, names: Set[bytes]) -> bool:
        """True where calling one of ``names`` in a file may give a coroutine."""
        if (number := self._numbers.get(path)) is None:
            return True  # a new file
        if not names <= self._common:
            return True
        around = self._ahead(number)
        return any(not around.isdisjoint(self._owners.get(name, ())) for name in names)

    def hears_of_asyncio(self, path: str) -> bool:
        """True where a file, what it imports or what imports it speaks of asyncio."""
        number = self._numbers.get(path)
        return number is None or number in self._told or not self._saying.isdisjoint(self._ahead(number))

    @cached_property
    def is_asyncio_named(self) -> bool:
        """True where a file of the tree has a word of asyncio in it."""
        return any(map(tells_of_asyncio, self._files.values()))

    @cached_property
    def _saying(self) -> set[int]:
        return {number for number, data in enumerate(self._files.values()) if any(word in data for word in _SAYS)}

    @cached_property
    def _told(self) -> set[int]:
        return {one for number in self._saying for one in self._imported(number)}

    @cached_property
    def _common(self) -> frozenset[bytes]:
        """The names that not only coroutine functions bear."""
        plain = (
            name
            for (_, _, _, plain, _), made in zip(self._names, self._makers, strict=True)
            for name in plain
            if name not in made
        )
        return _BUILT_IN.union(plain)

    @cached_property
    def _owners(self) -> dict[bytes, set[int]]:
        """The files in which a name gives a coroutine, as far as imports lead there."""
        steps: list[dict[bytes, set[bytes]]] = []
        own: list[dict[bytes, set[bytes]]] = []
        users: dict[bytes, list[int]] = {}
        for number, ((aliases, local, *_), (anybodys, owned)) in enumerate(
            zip(self._names, self._returned, strict=True)
        ):
            steps.append(_table(*aliases, *local, *anybodys))
            own.append(_table(*owned))
            for name in steps[-1]:
                users.setdefault(name, []).append(number)
        owners: dict[bytes, set[int]] = {}
        todo = [(name, number) for number, made in enumerate(self._makers) for name in made]
        while todo:
            name, number = todo.pop()
            if number in (of_name := owners.setdefault(name, set())):
                continue
            of_name.add(number)
            is_common = name in self._common
            for user in users.get(name, ()):
                if not is_common or number in self._ahead(user):
                    todo += [(other, user) for other in steps[user][name]]
            todo += [(other, number) for other in own[number].get(name, ())]
        return owners

    # ---- imports ---

    def _ahead(self, number: int) -> frozenset[int]:
        """Return a file with those that it imports, and that these import."""
        if number not in self._reached:
            reached = here = {number}
            for _ in range(HOPS):
                here = {one for each in here for one in self._imported(each)} - reached
                reached = reached | here
            self._reached[number] = frozenset(reached)
        return self._reached[number]

    def _imported(self, number: int) -> set[int]:
        """Return the files that a file imports, or takes names from that a package hands on."""
        if number not in self._found:
            path = self._paths[number]
            self._found[number] = set(self._origins(path, self._imports(path), set()))
        return self._found[number]

    @cached_property
    def _modules(self) -> ModuleNames:
        return ModuleNames(self._paths)

    def _origins(self, path: str, imports: Iterable[Import], asked: set[tuple[str, Import]]) -> Iterator[int]:
        """Yield the files that some imports of a file lead to; ``asked`` are those of packages that were seen on the way."""
        for each in imports:
            if (path, each) in asked:
                continue  # packages that import each other
            asked.add((path, each))
            module, *members = each
            name = self._absolute(path, module)
            if (found := self._modules.find(name, path)) is not None:
                yield self._numbers[found]
                if is_package(found):
                    yield from self._origins(found, _handed_on(self._imports(found), set(members)), asked)
            for member in members:
                if (found := self._modules.find(_joined(name, member), path)) is not None:
                    yield self._numbers[found]

    def _absolute(self, path: str, module: bytes) -> str:
        """Return the full name of a module that may be named from where a file is."""
        name = module.lstrip(b".")
        own = self._modules.name(path)
        package = own if is_package(path) else own.rpartition(".")[0]
        return absolute(name.decode("utf-8", "replace"), len(module) - len(name), package)

    def _imports(self, path: str) -> tuple[Import, ...]:
        return self._names[self._numbers[path]][-1]


def _handed_on(imports: Iterable[Import], members: Set[bytes]) -> Iterator[Import]:
    """Yield those imports of a package that bring one of the names that are taken from it."""
    for module, *names in imports:
        if b"*" in members or b"*" in names or not members.isdisjoint(names):
            yield module, *(name for name in names if name in members or b"*" in (*members, name))


def _joined(package: str, name: bytes) -> str:
    return ".".join(filter(None, (package, name.decode("utf-8", "replace"))))


def _table(*pairs: tuple[bytes, bytes]) -> dict[bytes, set[bytes]]:
    table: dict[bytes, set[bytes]] = {}
    for old, new in pairs:
        table.setdefault(old, set()).add(new)
    return table
