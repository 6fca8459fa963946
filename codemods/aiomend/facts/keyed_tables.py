"""What lies in a table under a constant key: `app["db"]`, `hass.data[DOMAIN][entry.entry_id]`, put there in another file.

The table is an attribute of the project's own objects, or an object of a package. A key that is no constant may be any other.
All files that could name the first key are read; one place that puts something unknown there, or that gives the table away,
and nothing is known. Others may put something else there, like callers that nobody sees: this is evidence of their kind.
"""

from __future__ import annotations

import ast
import posixpath
import sys
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiomend.facts.constants import Text, text_of
from aiomend.facts.module import ModuleFacts
from aiomend.facts.project import MENTION_BUDGET
from aiomend.facts.searches import Search
from aiomend.facts.table_contents import PICKS, Contents, Key, Keys, bound_once
from aiomend.facts.values import NONE, UNKNOWN, Instance, Plain, ProjectInstance, Values

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference


_Place = tuple[ModuleFacts, ast.expr]


@dataclass(frozen=True, slots=True)
class _Table:
    """Whose table it is: the classes that give the attribute, or an external class, whose objects are tables themselves."""

    owners: frozenset[object]
    attr: str | None

    def is_same(self, other: _Table) -> bool:
        return self.attr == other.attr and not self.owners.isdisjoint(other.owners)


@dataclass(frozen=True, slots=True)
class _Address:
    """An expression that reads a table, taken apart."""

    table: _Table
    first: Text  #: the first key
    rest: Keys


class KeyedTables:
    """Looks up what constant keys lead to, for one Inference."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._places: dict[tuple[_Table, str], Search[_Place]] = {}
        self._holding: dict[str, Set[str]] = {}  #: the files that hold the name of an attribute
        self._steps: dict[tuple[ModuleFacts, str | None], dict[Key, list[tuple[ast.expr, ast.expr]]]] = {}

    def values(self, facts: ModuleFacts, node: ast.expr) -> Values:
        """Return what an item is that an expression takes out of a table; UNKNOWN where that is not a table, or not known."""
        if not _is_step(node):
            return UNKNOWN
        with self._inference.below() as is_possible:
            if not is_possible:
                return UNKNOWN
            address = self._address(facts, node, ())
            if address is None:
                return UNKNOWN
            key = ("table", address.table, address.first.value, address.rest)
            if not self._inference.enter(key):
                return UNKNOWN  # what is put there comes from there
            try:
                put = Contents(self._inference)
                for place in self._all_places(address):
                    if place is None:
                        return UNKNOWN
                    put.through(*place, address.rest)
                    if put.is_lost:
                        return UNKNOWN  # one that is not known is enough, and the others are not looked for
                return put.values
            finally:
                self._inference.leave(key)

    # ---- what is read ---

    def _address(self, facts: ModuleFacts, node: ast.expr, rest: Keys) -> _Address | None:
        """Take an expression apart down to the table; through names that are bound once."""
        match step := _step(node):
            case None:
                value = bound_once(facts, node)
                return self._address(facts, value, rest) if value is not None and _is_step(value) else None
            case inner, index:
                if (table := self._table(facts, inner)) is not None:
                    first = text_of(self._inference, facts, index)
                    return _Address(table, first, rest) if first is not None else None
                return self._address(facts, inner, (self._key(facts, index), *rest))
        return step

    def _key(self, facts: ModuleFacts, index: ast.expr) -> Key:
        text = text_of(self._inference, facts, index)
        return text.value if text is not None else None

    def _table(self, facts: ModuleFacts, node: ast.expr) -> _Table | None:
        """Return the table that an expression stands for itself."""
        if isinstance(node, ast.Attribute):
            owners = self._inference.values(facts, node.value) - NONE
            if owners and all(isinstance(one, ProjectInstance) for one in owners):
                classes = [one.cls for one in owners if isinstance(one, ProjectInstance)]
                homes = [self._inference.classes.givers(cls, node.attr) for cls in classes]
                return _Table(frozenset[object]().union(*homes), node.attr) if all(homes) else None
        match list(self._inference.values(facts, node) - NONE):
            case [Instance(cls=cls)] if "." in cls and not cls.startswith("typing."):
                return _Table(frozenset({cls}), None)
            case _:
                return None

    # ---- where its first key stands ---

    def _all_places(self, address: _Address) -> Iterator[_Place | None]:
        """Yield every expression that stands for what is under the first key; None where a file may hold one unseen."""
        files = self._files(address)
        if files is None:
            yield None
            return
        kept = (address.table, address.first.value)
        known = self._places.get(kept)
        if known is None or known.is_going_on or not known.is_final:
            known = self._places[kept] = Search(self._inference, self._found(address, files))
        yield from known.each(sys.maxsize)

    def _found(self, address: _Address, files: Iterable[str]) -> Iterator[_Place]:
        for path in files:
            facts = self._inference.project.facts(path)
            if facts is None:
                continue  # it cannot be read
            for node, inner in self._by_key(facts, address.table.attr).get(address.first.value, ()):
                if self._may_be(facts, inner, address.table):
                    yield facts, node

    def _by_key(self, facts: ModuleFacts, attr: str | None) -> dict[Key, list[tuple[ast.expr, ast.expr]]]:
        """Return what takes an item out of something in a file, and out of what, by the key."""
        if (facts, attr) in self._steps:
            return self._steps[facts, attr]
        steps = list(_steps_in(facts, attr))
        keys, is_final = self._inference.settled(lambda: [self._key(facts, index) for _, _, index in steps])
        found: dict[Key, list[tuple[ast.expr, ast.expr]]] = {}
        for key, (node, inner, _) in zip(keys, steps, strict=True):
            found.setdefault(key, []).append((node, inner))
        if is_final:
            self._steps[facts, attr] = found
        return found

    def _may_be(self, facts: ModuleFacts, node: ast.expr, table: _Table) -> bool:
        """True where an expression stands for a table, and where nothing is known of whose table it is."""
        if (known := self._table(facts, node)) is not None:
            return table.is_same(known)
        owner = node.value if table.attr is not None and isinstance(node, ast.Attribute) else node
        return Plain.UNKNOWN in self._inference.values(facts, owner)

    def _files(self, address: _Address) -> Sequence[str] | None:
        """Return the files that could name the first key of a table, and name the table's attribute."""
        first, attr = address.first, address.table.attr
        return self._inference.traced(("tables", first, attr), lambda: self._naming_both(first, attr))

    def _naming_both(self, first: Text, attr: str | None) -> Sequence[str] | None:
        files = self._naming(first)
        if files is None or attr is None:
            return files
        if attr not in self._holding:
            self._holding[attr] = self._inference.project.word_index().files(attr)
        return [path for path in files if path in self._holding[attr]]

    def _naming(self, first: Text) -> Sequence[str] | None:
        """Return the files that could name a key: by its text, and by the name of the constant that is imported from its home."""
        project = self._inference.project
        words = [part for part in first.value.replace("-", "_").split(".") if part.isidentifier()]
        by_text = project.files_mentioning(words[0]) if words else ()
        if by_text is None:
            return None
        if first.name is None:
            return by_text
        by_name = project.files_mentioning(first.name)
        if by_name is None:  # others have constants of that name too: those who could import this one
            folder = posixpath.dirname(first.home)
            inside = [path for path in project.paths if path.startswith(f"{folder}/")]
            outside = project.files_mentioning(posixpath.basename(folder))
            if outside is None or len(inside) > MENTION_BUDGET:
                return None
            by_name = (*inside, *outside)
        return sorted({*by_text, *by_name})


def _is_step(node: ast.expr) -> bool:
    return _step(node) is not None


def _step(node: ast.expr) -> tuple[ast.expr, ast.expr] | None:
    """Return what an expression takes an item out of, and the index."""
    match node:
        case ast.Subscript(value=inner, slice=index) if not isinstance(index, ast.Slice):
            return inner, index
        case ast.Call(func=ast.Attribute(value=inner, attr=attr), args=[index, *_]) if attr in PICKS:
            return inner, index
        case _:
            return None


def _steps_in(facts: ModuleFacts, attr: str | None) -> Iterator[tuple[ast.expr, ast.expr, ast.expr]]:
    """Yield the expressions that take an item out of something, those of an attribute alone where one is named."""
    if attr is None:
        yield from facts.beside(_all_steps)
        return
    for use in facts.attributes.get(attr, ()):
        node = _around(facts, use)
        if node is not None and (step := _step(node)) is not None:
            yield node, *step


def _all_steps(facts: ModuleFacts) -> list[tuple[ast.expr, ast.expr, ast.expr]]:
    subscripts = (node for node in facts.parents if isinstance(node, ast.Subscript))
    return [(node, *step) for node in (*subscripts, *facts.calls) if (step := _step(node)) is not None]


def _around(facts: ModuleFacts, use: ast.Attribute) -> ast.expr | None:
    """Return the subscript of an attribute, or the call of a method of it."""
    match facts.parents[use]:
        case ast.Subscript() as node if node.value is use:
            return node
        case ast.Attribute() as method if isinstance(call := facts.parents[method], ast.Call) and call.func is method:
            return call
        case _:
            return None
