"""Which package a file is of, as the project's imports prove it, and how the file imports a module of that package."""

from __future__ import annotations

import ast
import posixpath
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from aiomend.facts.module import ModuleFacts
from aiomend.facts.project import ProjectFacts
from aiomend.facts.scopes import How
from aiomend.facts.words import line_start

#: `from ..a import b`, `from a.b import *`, `import a.b`; all of the beginning of a line, so that no doctest counts.
_IMPORT = re.compile(rb"[ \t]*(?:from[ \t]+(\.*)[ \t]*([\w.]*)[ \t]+import\b[ \t]*(\*)?|import[ \t]+([\w.]+))")
_WORD = re.compile(rb"import")
_TESTS = frozenset({"test", "tests", "testing"})


@dataclass(slots=True)
class _Seen:
    """What the import lines of all files say."""

    reached: Counter[str] = field(default_factory=Counter)  #: folders that relative imports name
    absolute: Counter[str] = field(default_factory=Counter)  #: modules that others name in full
    stars: set[str] = field(default_factory=set)  #: last names of modules that give all they have


class Packages:
    """The packages of one project. Reads the bytes of all files once, when the first question comes."""

    def __init__(self, project: ProjectFacts) -> None:
        self._project = project

    @cached_property
    def _seen(self) -> _Seen:
        seen = _Seen()
        for path in self._project.paths:
            try:
                data = self._project.data(path)
            except OSError:
                continue  # it says nothing
            for dots, origin, star, plain in _imports(data):
                name = (origin or plain).decode("utf-8", "replace")
                if star:
                    seen.stars.add(name.rpartition(".")[2] or posixpath.basename(posixpath.dirname(path)))
                if dots:
                    seen.reached[_up(posixpath.dirname(path), len(dots) - 1)] += 1
                else:
                    seen.absolute[name] += 1
        return seen

    def home(self, path: str) -> str | None:
        """Return the folder of the outermost package that a file is certainly imported as a part of.

        A folder of tests is a package of its own. None for scripts and namespace packages, where nobody can say; one that is
        inside of a package, and named in full as a part of it, parts nothing.
        """
        chain: list[str] = []
        folder = posixpath.dirname(path)
        while folder and (self._is_regular(folder) or (chain and self._is_inside(folder))):
            if self._is_regular(folder):
                chain.append(folder)
            if posixpath.basename(folder) in _TESTS:
                break  # what is shared among tests is no part of what they test
            folder = posixpath.dirname(folder)
        return next((one for one in reversed(chain) if self._is_imported(one)), None)

    def _is_imported(self, folder: str) -> bool:
        return bool(self._seen.reached[folder]) or self._names_in_full(folder) > 0

    def _is_regular(self, folder: str) -> bool:
        return f"{folder}/__init__.py" in self._project.known

    def _is_inside(self, folder: str) -> bool:
        """True for a folder without `__init__.py` that imports name in full, as a part of a package around it."""
        parts = folder.split("/")
        for name in self._seen.absolute:
            first = name.partition(".")[0]
            if first not in parts[:-1]:
                continue  # of somewhere else
            outside = "/".join(parts[: parts.index(first)])
            named = posixpath.join(outside, name.replace(".", "/"))
            if self._is_regular(posixpath.join(outside, first)) and f"{named}/".startswith(f"{folder}/"):
                return True
        return False

    def _names_in_full(self, folder: str) -> int:
        """How often modules of a package are imported by their full names, the package being the first part of them."""
        package, outside = posixpath.basename(folder), posixpath.dirname(folder)
        if package in sys.stdlib_module_names or self._is_regular(outside):
            return 0  # that is the other package, or there is more in front of its name
        return sum(
            count
            for name, count in self._seen.absolute.items()
            if name.partition(".")[0] == package and self._is_module(posixpath.join(outside, name.replace(".", "/")))
        )

    def _is_module(self, stem: str) -> bool:
        return f"{stem}.py" in self._project.known or f"{stem}/__init__.py" in self._project.known

    def gives_all(self, facts: ModuleFacts) -> bool:
        """True where every new public name of a file may turn up in another one: no `__all__`, and a star somewhere."""
        if "__all__" in facts.scope.bindings:
            return False
        return facts.is_package or facts.name.rpartition(".")[2] in self._seen.stars

    def spelling(self, facts: ModuleFacts, folder: str, name: str) -> str | None:
        """Return how a file imports the module ``name`` of the package in ``folder``: as it imports what is as far away.

        None where the file does not say and may as well be run by itself.
        """
        here = posixpath.dirname(facts.path)
        inside = here == folder or here.startswith(f"{folder}/")
        full = f"{_dotted(self._project, folder)}.{name}"
        if not inside:
            return full
        steps = here[len(folder) :].count("/")
        style = _own_style(facts, full.partition(".")[0], steps + 1)
        if not style and _is_script(facts):
            return None
        if not style:
            style = "relative" if self._seen.reached[folder] or not self._names_in_full(folder) else "absolute"
        if style == "absolute" or not all(self._is_regular(_up(here, step)) for step in range(1, steps)):
            return full  # dots would go through a folder that is only found by its full name
        return "." * (steps + 1) + name


def _imports(data: bytes) -> Iterator[tuple[bytes, bytes, bytes, bytes]]:
    """Yield the dots, the module, the star and the plain module of each line that imports, as far as it has them."""
    last = -1
    for word in _WORD.finditer(data):  # a pattern that begins with a line takes ten times as long
        start = line_start(data, word.start())
        if start != last and (match := _IMPORT.match(data, start)) is not None:
            yield match[1] or b"", match[2] or b"", match[3] or b"", match[4] or b""
        last = start


def _up(folder: str, steps: int) -> str:
    for _ in range(steps):
        folder = posixpath.dirname(folder)
    return folder


def _dotted(project: ProjectFacts, folder: str) -> str:
    parts = [posixpath.basename(folder)]
    while (folder := posixpath.dirname(folder)) and f"{folder}/__init__.py" in project.known:
        parts.insert(0, posixpath.basename(folder))
    return ".".join(parts)


def _own_style(facts: ModuleFacts, root: str, dots: int) -> str:
    """How a file imports what is so many dots away in its own package when it is loaded; "" where it imports nothing of that.

    Many a project has dots for what is near, and full names for what is farther away than any dots of the file lead.
    """
    levels, in_full = [0], False
    for statement in facts.tree.body:
        match statement:
            case ast.ImportFrom(level=level) if level:
                levels.append(level)
            case ast.ImportFrom(module=str(module)) if module.partition(".")[0] == root:
                in_full = True
            case ast.Import(names=names) if any(alias.name.partition(".")[0] == root for alias in names):
                in_full = True
            case _:
                pass  # not from here
    if in_full and max(levels) < dots:
        return "absolute"
    return "relative" if max(levels) else ""


def _is_script(facts: ModuleFacts) -> bool:
    """True for a file that may be run by its path: it says so."""
    return facts.source.text.startswith("#!") or any(
        name.id == "__name__" and isinstance(facts.parents[name], ast.Compare)
        for name in facts.names.get("__name__", ())
    )


def reaches(project: ProjectFacts, start: ModuleFacts, path: str) -> bool:
    """True where loading one module of the project may load another: by imports of any place in the files on the way."""
    todo, seen = [start], {start.path}
    while todo:
        facts = todo.pop()
        bindings = [one for scope in facts.scopes.values() for found in scope.bindings.values() for one in found]
        wanted = {one.target for one in bindings if one.how in (How.IMPORT, How.FROM)} | set(facts.stars)
        wanted |= {f"{one.target}.{one.member}" for one in bindings if one.how is How.FROM}
        for name in sorted(wanted):
            found = project.module(name, near=facts.path)
            if found is not None and found.path not in seen:
                seen.add(found.path)
                todo.append(found)
        if path in seen:
            return True
    return False
