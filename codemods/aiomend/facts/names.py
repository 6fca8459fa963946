"""What bytes alone say of the names of a tree, without parsing: the other names that files give to one, and those of coroutines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass

from aiomend.facts.file_names import FileNames, Returned, called_names, names_in, returners
from aiomend.facts.words import words

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

    def others(self, texts: Iterable[str]) -> set[bytes]:
        """Return every other name that the tree gives to one of some names."""
        names = {text.encode() for text in texts}
        return _closed(names, self.aliases) - names

    def calls_coroutine(self, data: bytes, held: Set[bytes] | None = None) -> bool:
        """True where a file calls something that goes by the name of a coroutine function; ``held`` are its words."""
        held = words(data) if held is None else held
        local = {name for name in self.inside.keys() & held if not self.inside[name].isdisjoint(held)}
        names = self.coroutines & held | local
        return bool(names) and not names.isdisjoint(called_names(data))

    def is_coroutine(self, name: str) -> bool:
        """True where a function of the tree that goes by ``name`` may give a coroutine."""
        known = name.encode("utf-8", "replace")
        return known in self.coroutines or known in self.inside


def tree_names(tree: Iterable[bytes]) -> TreeNames:
    """Return the names of a tree, given as the bytes of each of its files."""
    files = list(tree)
    return joined(files, map(names_in, files), lambda: map(returners, files))


def joined(tree: Iterable[bytes], names: Iterable[FileNames], returned: Callable[[], Iterable[Returned]]) -> TreeNames:
    """Return the names of a tree, given what each of its files says; ``returned`` is asked where anything gives a coroutine."""
    exported: dict[bytes, set[bytes]] = {}
    local: dict[bytes, set[bytes]] = {}
    said = list(names)
    for aliases, inside, _ in said:
        for table, pairs in ((exported, aliases), (local, inside)):
            for old, new in pairs:
                table.setdefault(old, set()).add(new)
    decorators = _closed([b"coroutine"], exported, local)
    decorated = re.compile(_DECORATED % b"|".join(map(re.escape, sorted(decorators))))
    makers = [
        (*natives, *(decorated.findall(data) if any(word in data for word in decorators) else ()))
        for data, (_, _, natives) in zip(tree, said, strict=True)
    ]
    if not any(makers):
        return TreeNames(exported, frozenset(), {})
    return _Closing(said, returned()).names(exported, makers)


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
        for number, ((aliases, local, _), (anybodys, own)) in enumerate(zip(names, returned, strict=True)):
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

    def names(self, aliases: dict[bytes, set[bytes]], makers: Iterable[Iterable[bytes]]) -> TreeNames:
        """Return the names of the tree; ``makers`` are the coroutine functions of each file."""
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
        return TreeNames(aliases, frozenset(self._shared), self._inside)

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
