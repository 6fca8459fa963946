"""What bytes alone say of names, without parsing: the other names that a tree gives to one, and those of its coroutines."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_ALIAS = re.compile(
    rb"\b(\w+)[ \t]+as[ \t]+(\w+)|(?:^|(?<=\r))[ \t]*(\w+)[ \t]*(?::[^=\r\n]*)?=[ \t]*(?:\w+\.)*(\w+)[ \t]*(?:#|\r|$)",
    re.MULTILINE,
)
_NATIVE = re.compile(rb"\basync[ \t\\\r\n]+def[ \t\\\r\n]+([\w\x80-\xff]+)")
#: Where a decorator may have parentheses, comments and other decorators between itself and its function.
_DECORATED = rb"@[\w.]*\b(?:%s)\b[\s\S]{0,400}?\bdef[ \t]+([\w\x80-\xff]+)"
#: A definition, or a `return` of what another function returns; the indentation says which belong together.
_RETURNS = re.compile(
    rb"(?:^|(?<=\r))([ \t]*)(?:(?:async[ \t]+)?def[ \t]+([\w\x80-\xff]+)|return[ \t]+(?:\w+\.)*([\w\x80-\xff]+)[ \t]*\()",
    re.MULTILINE,
)
_CALLED = re.compile(rb"(?<!\bdef )(?<!\bclass )\b([\w\x80-\xff]+)[ \t]*\(")


@dataclass(frozen=True, slots=True)
class TreeNames:
    """The names of one tree. May hold names that stand for something else too, never too few."""

    aliases: dict[bytes, set[bytes]]  #: name -> other names for what it stands for
    coroutines: frozenset[bytes]  #: what calling gives a coroutine: functions, their aliases, functions that return one

    def closed(self, words: Iterable[str]) -> set[bytes]:
        """Return words with every other name that the tree gives to one of them."""
        return _closed((word.encode() for word in words), self.aliases)

    def calls_coroutine(self, data: bytes) -> bool:
        """True where a file calls something that goes by the name of a coroutine function."""
        return not self.coroutines.isdisjoint(_CALLED.findall(data))

    def is_coroutine(self, name: str) -> bool:
        """True where a function of the tree that goes by ``name`` may give a coroutine."""
        return name.encode("utf-8", "replace") in self.coroutines


def tree_names(tree: Iterable[bytes]) -> TreeNames:
    """Return the names of a tree, given as the bytes of each of its files."""
    files = list(tree)
    aliases: dict[bytes, set[bytes]] = {}
    for data in files:
        for name, alias, target, value in _ALIAS.findall(data):
            old, new = (name, alias) if alias else (value, target)
            if old != new:
                aliases.setdefault(old, set()).add(new)
    decorators = _closed([b"coroutine"], aliases)
    decorated = re.compile(_DECORATED % b"|".join(map(re.escape, sorted(decorators))))
    names: set[bytes] = set()
    for data in files:
        names.update(_NATIVE.findall(data))
        if any(word in data for word in decorators):
            names.update(decorated.findall(data))
    if names:
        names = _closed(names, aliases, _returners(files))
    return TreeNames(aliases, frozenset(names))


def _returners(files: Iterable[bytes]) -> dict[bytes, set[bytes]]:
    """Return name -> functions that return what calling it gives."""
    found: dict[bytes, set[bytes]] = {}
    for data in files:
        around: list[tuple[int, bytes]] = []
        for blanks, function, called in _RETURNS.findall(data):
            indent = len(blanks.expandtabs())
            while around and around[-1][0] >= indent:
                around.pop()
            if function:
                around.append((indent, function))
            elif around:
                found.setdefault(called, set()).add(around[-1][1])
    return found


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
