"""What bytes alone say of the names of a tree, without parsing: the other names that files give to one, and those of coroutines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from aiomend.facts.file_names import FileNames, Returned, called_names, names_in, returners
from aiomend.facts.words import words

if TYPE_CHECKING:
    from aiomend.facts.nearby import Nearby

#: Where a decorator may have parentheses, comments and other decorators between itself and its function.
_DECORATED = rb"@[\w.]*\b(?:%s)\b[\s\S]{0,400}?\bdef[ \t]+([\w\x80-\xff]+)"


#: Name -> others for what it stands for, and whether other files know them.
_Steps = dict[bytes, list[tuple[bytes, bool]]]


@dataclass(frozen=True, slots=True)
class TreeNames:
    """The names of one tree. May hold names that stand for something else too, never too few."""

    aliases: dict[bytes, set[bytes]]  #: name -> other names for what it stands for, in files that need not hold it
    coroutines: frozenset[bytes]  #: what calling gives a coroutine: functions, their aliases, functions that return one
    inside: dict[bytes, set[bytes]]  #: name that only a function knows -> what it stands for in that file, one of those
    find_nearby: Callable[[], Nearby] = field(compare=False)  #: works out what files have to do with each other, once

    @property
    def nearby(self) -> Nearby:
        """What files have to do with each other."""
        return self.find_nearby()

    def others(self, texts: Iterable[str]) -> set[bytes]:
        """Return every other name that the tree gives to one of some names."""
        names = {text.encode() for text in texts}
        return _closed(names, self.aliases) - names

    def calls_coroutine(self, path: str, data: bytes, held: Set[bytes] | None = None) -> bool:
        """True where a file calls something that goes by the name of a coroutine function; ``held`` are its words."""
        held = words(data) if held is None else held
        local = {name for name in self.inside.keys() & held if not self.inside[name].isdisjoint(held)}
        names = self.coroutines & held | local
        return bool(names and (called := names & called_names(data)) and self.nearby.may_have(path, called))

    def is_coroutine(self, name: str) -> bool:
        """True where a function of the tree that goes by ``name`` may give a coroutine."""
        known = name.encode("utf-8", "replace")
        return known in self.coroutines or known in self.inside


def tree_names(tree: Mapping[str, bytes]) -> TreeNames:
    """Return the names of a tree, given as the bytes of each of its files."""
    return joined(tree, map(names_in, tree.values()), lambda: map(returners, tree.values()))


def joined(
    tree: Mapping[str, bytes], names: Iterable[FileNames], returned: Callable[[], Iterable[Returned]]
) -> TreeNames:
    """Return the names of a tree, given what each of its files says; ``returned`` is asked where anything gives a coroutine."""
    exported: dict[bytes, set[bytes]] = {}
    local: dict[bytes, set[bytes]] = {}
    said = list(names)
    for shared, own, *_ in said:
        for table, pairs in ((exported, shared), (local, own)):
            for old, new in pairs:
                table.setdefault(old, set()).add(new)
    decorators = _closed([b"coroutine"], exported, local)
    decorated = re.compile(_DECORATED % b"|".join(map(re.escape, sorted(decorators))))
    makers = [
        frozenset((*natives, *(decorated.findall(data) if any(word in data for word in decorators) else ())))
        for data, (_, _, natives, *_) in zip(tree.values(), said, strict=True)
    ]
    given = list(returned()) if any(makers) else [((), ())] * len(said)
    coroutines, inside = _Closing(said, given).names(makers)
    return TreeNames(exported, coroutines, inside, cache(lambda: _nearby(tree, said, given, makers)))


def _nearby(
    tree: Mapping[str, bytes], names: Sequence[FileNames], returned: Sequence[Returned], makers: Sequence[Set[bytes]]
) -> Nearby:
    from aiomend.facts.nearby import Nearby  # a first look hardly ever asks

    return Nearby(tree, names, returned, makers)


class _Closing:
    """Goes from what is known to give a coroutine to all names that do, in the files in which they do."""

    def __init__(self, names: Sequence[FileNames], returned: Iterable[Returned]) -> None:
        self._steps: list[_Steps] = []  #: of each file, from names that may mean anything
        self._own: list[_Steps] = []  #: of each file, from names that mean its own functions
        self._files: dict[bytes, list[int]] = {}  #: name -> the files with a step from it
        self._shared: set[bytes] = set()
        self._inside: dict[bytes, set[bytes]] = {}
        self._seen: set[tuple[bytes, int]] = set()
        self._todo: list[tuple[bytes, int | None]] = []
        for number, ((aliases, local, *_), (anybodys, own)) in enumerate(zip(names, returned, strict=True)):
            steps: _Steps = {}
            for pairs, are_shared in ((aliases, True), (anybodys, True), (local, False)):
                for old, new in pairs:
                    steps.setdefault(old, []).append((new, are_shared))
            for old in steps:
                self._files.setdefault(old, []).append(number)
            self._steps.append(steps)
            self._own.append({})
            for old, new in own:
                self._own[-1].setdefault(old, []).append((new, True))

    def names(self, makers: Iterable[Iterable[bytes]]) -> tuple[frozenset[bytes], dict[bytes, set[bytes]]]:
        """Return the names that give coroutines, and those that only functions know; ``makers`` are each file's coroutine functions."""
        for number, each in enumerate(makers):
            for name in each:
                self._reach(name, number, is_shared=True)
        while self._todo:
            name, place = self._todo.pop()
            for number in self._files.get(name, ()) if place is None else (place,):
                for other, is_shared in self._steps[number].get(name, ()):
                    self._step(name, other, number, is_shared)
            if place is not None:
                for other, is_shared in self._own[place].get(name, ()):
                    self._step(name, other, place, is_shared)
        return frozenset(self._shared), self._inside

    def _step(self, name: bytes, other: bytes, number: int, is_shared: bool) -> None:
        if not is_shared:
            self._inside.setdefault(other, set()).add(name)
        self._reach(other, number, is_shared)

    def _reach(self, name: bytes, number: int, is_shared: bool) -> None:
        if is_shared and name not in self._shared:
            self._shared.add(name)
            self._todo.append((name, None))
        if (name, number) not in self._seen:
            self._seen.add((name, number))
            self._todo.append((name, number))


def _closed(names: Iterable[bytes], *others: dict[bytes, set[bytes]]) -> set[bytes]:
    found = set(names)
    todo = list(found)
    while todo:
        name = todo.pop()
        for table in others:
            new = table.get(name, set()) - found
            found |= new
            todo += new
    return found
