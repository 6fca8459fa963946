"""Which classes of the project inherit from which, across files."""

from __future__ import annotations

import ast
from collections.abc import Set
from typing import TYPE_CHECKING

from aiomend.facts.base_names import Bases, bases_in, is_base
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import last_name
from aiomend.facts.tree import walk
from aiomend.facts.values import External, ProjectClass, Values
from aiomend.facts.wording import ANY, written

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference

_SUBCLASSES = 60  #: a hierarchy that is larger is not followed further


class Hierarchy:
    """Answers for bases and subclasses in one project."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._subclasses: dict[ast.ClassDef, list[ProjectClass]] = {}
        self._below_it: dict[ast.ClassDef, list[ProjectClass]] = {}
        self._derived: dict[ModuleFacts, list[tuple[ProjectClass, Set[str]]]] = {}
        self._bases_in: dict[str, Bases] = {}  #: by path, as bytes tell

    def bases(self, cls: ProjectClass) -> list[Values]:
        """Return the values of each base as it is written."""
        return [
            self._inference.values(cls.facts, base.value if isinstance(base, ast.Subscript) else base)
            for base in cls.node.bases
        ]

    def mro(self, cls: ProjectClass) -> tuple[ProjectClass, ...]:
        """Return the class and its project bases, depth first, each once."""
        return self._inference.kept(("mro", cls.node), lambda: self._mro(cls))

    def _mro(self, cls: ProjectClass) -> tuple[ProjectClass, ...]:
        found: dict[ast.ClassDef, ProjectClass] = {}
        todo = [cls]
        while todo:
            one = todo.pop(0)
            if one.node in found:
                continue  # reached through another base already
            found[one.node] = one
            inner = [value for values in self.bases(one) for value in values if isinstance(value, ProjectClass)]
            todo = inner + todo
        return tuple(found.values())

    def external_bases(self, cls: ProjectClass) -> frozenset[str] | None:
        """Return the names of all external bases; None where some base is not known."""
        found, is_whole = self._external_bases(cls)
        return found if is_whole else None

    def known_bases(self, cls: ProjectClass) -> frozenset[str]:
        """Return the names of those external bases that are known, whatever others there are."""
        return self._external_bases(cls)[0]

    def _external_bases(self, cls: ProjectClass) -> tuple[frozenset[str], bool]:
        return self._inference.kept(("external bases", cls.node), lambda: self._read_external_bases(cls))

    def _read_external_bases(self, cls: ProjectClass) -> tuple[frozenset[str], bool]:
        values = {value for one in self.mro(cls) for base in self.bases(one) for value in base}
        names = {value.name for value in values if isinstance(value, External)}
        is_whole = all(isinstance(value, (External, ProjectClass)) for value in values)  # a class's own are in the mro
        return frozenset(names - {"object", "typing.Generic", "typing.Protocol", "abc.ABC"}), is_whole

    def is_overridden(self, cls: ProjectClass, name: str) -> bool:
        """True where a subclass in the project defines ``name`` again, or too many files could hold one."""
        todo, seen = [cls.node.name], set[str]()
        while todo:
            base = todo.pop()
            seen.add(base)
            files = self._inference.project.files_spelling(is_base, base)
            if files is None:
                return True
            for path in files:
                facts = self._inference.project.facts(path)
                for node in facts.classes if facts is not None else ():
                    if facts is None or not any(_base_name(one) == base for one in node.bases):
                        continue  # no subclass of it
                    if name in facts.scopes[node].bindings:
                        return True
                    todo += [node.name] if node.name not in seen else []
        return False

    def subclasses(self, cls: ProjectClass) -> list[ProjectClass]:
        """Return all subclasses in the project, without those of a class whose name too many files mention.

        There are none for what is asked apart: whether a class is one does not depend on what others make of its bases' attributes.
        """
        if self._inference.is_apart:
            return []
        known = self._below_it.get(cls.node)
        if known is not None:
            return known
        found: list[ProjectClass] = []
        todo = [cls]
        seen: set[ast.ClassDef] = set()
        while todo and len(found) < _SUBCLASSES:
            for sub in self._direct(todo.pop()):
                if sub.node not in seen:
                    seen.add(sub.node)
                    found.append(sub)
                    todo.append(sub)
        self._below_it[cls.node] = found
        return found

    def _direct(self, cls: ProjectClass) -> list[ProjectClass]:
        known = self._subclasses.get(cls.node)
        if known is not None:
            return known
        found = self._subclasses[cls.node] = []
        name = cls.node.name
        names = {name.encode(), *self._inference.project.tree_names.others([name])}
        words = {ANY, *(one.decode("utf-8", "replace") for one in names)}
        for path in self._inference.project.files_mentioning(name) or ():
            if not self._may_derive(path, names):
                continue
            facts = cls.facts if path == cls.facts.path else self._inference.project.facts(path)
            if facts is None:
                continue  # it cannot be read
            for sub, bases in self._derived_in(facts):
                if sub.node is not cls.node and not bases.isdisjoint(words) and self._inherits_from(sub, cls):
                    found.append(sub)
        return found

    def _may_derive(self, path: str, names: Set[bytes]) -> bool:
        """False for a file not parsed yet none of whose classes has a base by one of a class's names, or one that is worked out."""
        project = self._inference.project
        if project.is_parsed(path):
            return True
        if path not in self._bases_in:
            self._bases_in[path] = bases_in(project.content(path))
        found = self._bases_in[path]
        return found.is_computed or not found.names.isdisjoint(names)

    def _derived_in(self, facts: ModuleFacts) -> list[tuple[ProjectClass, Set[str]]]:
        """Return the classes of a file that have a base other than a literal, each with the words that its bases go by."""
        if facts not in self._derived:
            self._derived[facts] = [
                (ProjectClass(facts, node), _words(facts, node))
                for node in facts.classes
                if any(isinstance(part, (ast.Name, ast.Attribute)) for base in node.bases for part in walk(base))
            ]
        return self._derived[facts]

    def _inherits_from(self, sub: ProjectClass, cls: ProjectClass) -> bool:
        with self._inference.apart():
            return any(cls in values for values in self.bases(sub))


def _words(facts: ModuleFacts, node: ast.ClassDef) -> Set[str]:
    bases = (base.value if isinstance(base, ast.Subscript) else base for base in node.bases)
    return frozenset(word for base in bases for word in written(facts, base))


def _base_name(base: ast.expr) -> str:
    """Return the last component of a base class as it is written, without the brackets of a generic one."""
    return last_name(base.value if isinstance(base, ast.Subscript) else base)
