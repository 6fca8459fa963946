"""All files of a project: names across files, parsed only when a question needs them."""

from __future__ import annotations

import contextlib
import posixpath
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cached_property
from typing import Protocol

from aiomend.facts.module import ModuleFacts
from aiomend.facts.names import TreeNames, tree_names
from aiomend.facts.words import WordIndex, words
from aiomend.model import Skip
from aiomend.source import Source, Unreadable, read

#: A question about every user of a name is answered "unknown" beyond this many files.
MENTION_BUDGET = 300
_TEST_FILE = re.compile(r"(?:^|/)(?:tests?|testing)/|(?:^|/)(?:test_[^/]*|[^/]*_tests?|conftest)\.py$")


def is_test_path(path: str) -> bool:
    """True where a file's place or name says that it holds tests."""
    return _TEST_FILE.search(path) is not None


class Sources(Protocol):
    """Where a project's files come from; injected, because the library reads nothing by itself."""

    def paths(self) -> Sequence[str]:
        """Every Python file of the project: relative to its root, with forward slashes."""
        ...

    def read(self, path: str) -> bytes:
        """The bytes of one of them; raises OSError."""
        ...


#: Is told which file is being worked on, before the work begins; None: none of its own.
Watch = Callable[[str | None], None]


class ProjectFacts:
    """The linked view of all modules. Read-only, but for `replace` between rounds."""

    def __init__(self, sources: Sources, watch: Watch | None = None, opaque: Collection[str] = ()) -> None:
        """``opaque`` files are there, but nothing is known of what is in them."""
        self._sources = sources
        self._watch = watch
        self._opaque = frozenset(opaque)
        self._at: str | None = None
        self.paths = tuple(sources.paths())
        self.known = frozenset(self.paths)
        self._data: dict[str, bytes] = {}
        self._read: dict[str, Source] = {}
        self._facts: dict[str, ModuleFacts | None] = {}
        self._names: dict[str, str] = {}
        self._by_name: dict[str, list[str]] = {}
        self.roots: set[str] = set()  #: the top-level names of all modules, however their folders are laid out
        for path in self.paths:
            self._name(path)
        self._words: WordIndex | None = None  # made when somebody first asks for it
        self._asked_by: str | None = None
        self._consults: set[str] = set()  #: the files that this one's findings rest on
        self.consulted: dict[str, set[str]] = {}  #: path -> files that its findings rest on
        self.queried: dict[str, set[str]] = {}  #: path -> names whose every user was asked for
        self.parsed = 0
        self.edition = 0  #: how often something in it has changed

    def _name(self, path: str) -> None:
        self._names[path] = self._dotted(path)
        self._by_name.setdefault(self._names[path], []).append(path)
        self.roots.add(self._names[path].partition(".")[0])
        whole = _strip_init(posixpath.splitext(path)[0].replace("/", "."))
        if whole != self._names[path]:
            self.roots.add(whole.partition(".")[0])
            self._by_name.setdefault(whole, []).append(path)

    def _dotted(self, path: str) -> str:
        folder, name = posixpath.split(path)
        parts = [posixpath.splitext(name)[0]]
        while folder and (f"{folder}/__init__.py" in self.known or f"{folder}/__init__.pyi" in self.known):
            folder, name = posixpath.split(folder)
            parts.insert(0, name)
        return _strip_init(".".join(parts))

    # ---- files ---

    @contextlib.contextmanager
    def working_on(self, path: str | None) -> Iterator[None]:
        """Let the watch know that the block works on one file: if it never ends, that file is the reason. None: on all."""
        if self._watch is None:
            yield
            return
        outer, self._at = self._at, path
        self._watch(path)
        try:
            yield
        finally:
            self._at = outer
            self._watch(outer)

    def data(self, path: str) -> bytes:
        """Return the bytes of a file as they are now in this run; raises OSError."""
        if path not in self._data:
            with self.working_on(path):
                self._data[path] = self._sources.read(path)
        return self._data[path]

    def every_bytes(self) -> Iterator[bytes]:
        """Yield the bytes of every file that can be read."""
        return (self._bytes(path) for path in self.paths)

    @cached_property
    def tree_names(self) -> TreeNames:
        """The names that the files give to things, as they were when somebody first asked: what a fix makes a coroutine, it awaits."""
        with self.working_on(None):
            return tree_names(self.every_bytes())

    @property
    def asked_by(self) -> str | None:
        """The file whose findings are being looked for."""
        return self._asked_by

    @asked_by.setter
    def asked_by(self, path: str | None) -> None:
        self._asked_by = path
        self._consults = self.consulted.setdefault(path, set()) if path is not None else set()

    def facts(self, path: str) -> ModuleFacts | None:
        """Return the facts of a file, None where it cannot be read or parsed."""
        self._consults.add(path)
        try:
            return self._facts[path]
        except KeyError:
            pass  # nobody asked before
        try:
            with self.working_on(path):
                self._facts[path] = self._build(self.source(path))
        except (Unreadable, OSError, RecursionError, MemoryError):
            self._facts[path] = None
        return self._facts[path]

    def source(self, path: str) -> Source:
        """Return a file as it is now in this run; raises OSError and Unreadable."""
        if path in self._opaque:
            raise Unreadable(Skip.GIVEN_UP, "an earlier try did not end well")
        if path not in self._read:
            self._read[path] = read(path, self.data(path))
        return self._read[path]

    def draft(self, source: Source) -> ModuleFacts:
        """Return the facts of a file that is not there yet."""
        return self._build(source)

    def add(self, path: str) -> None:
        """Make room for a new file, whose content comes with `replace`."""
        self.edition += 1
        self.paths = tuple(sorted({*self.paths, path}))
        self.known = frozenset(self.paths)
        self._name(path)

    def exists(self, path: str) -> bool:
        """True where the sources have something at a path, known to the project or not."""
        try:
            self.data(path)
        except FileNotFoundError:
            return False
        except OSError:
            return True  # it cannot be read, but it is there
        return True

    def _build(self, source: Source) -> ModuleFacts:
        self.parsed += 1
        is_package = posixpath.basename(source.path).startswith("__init__.")
        return ModuleFacts(source, self._names.get(source.path, self._dotted(source.path)), is_package)

    def replace(self, source: Source) -> set[str]:
        """Put new text in the place of a file; return the files whose findings may change with it."""
        self.edition += 1
        path = source.path
        old, new = self._data.get(path, b""), source.data
        self._data[path] = new
        self._read[path] = source
        self._facts.pop(path, None)
        if self._words is not None and path in self.known:
            self._words.replace(path, old, new)
        held = words(old) | words(new)
        asked = {name: words(name.encode("utf-8", "replace")) <= held for name in set().union(*self.queried.values())}
        touched = {asker for asker, names in self.queried.items() if any(asked[name] for name in names)}
        return touched | {asker for asker, seen in self.consulted.items() if path in seen} | {path}

    # ---- names ---

    def module(self, name: str, near: str = "") -> ModuleFacts | None:
        """Return the module of that full name; the one closest to the file ``near`` where several have it."""
        candidates = self._by_name.get(name)
        if not candidates:
            return None
        best = max(candidates, key=lambda path: (len(posixpath.commonprefix([path, near])), -len(path)))
        return self.facts(best)

    def files_mentioning(self, name: str) -> tuple[str, ...] | None:
        """Return the files that hold ``name`` as a word of its own; None above the budget, where nobody can say."""
        if self.asked_by is not None:
            self.queried.setdefault(self.asked_by, set()).add(name)
        if self._words is None:
            with self.working_on(None):
                self._words = WordIndex(zip(self.paths, self.every_bytes(), strict=True))
        found = self._words.files(name)
        return tuple(sorted(found)) if len(found) <= MENTION_BUDGET else None

    def _bytes(self, path: str) -> bytes:
        try:
            return self.data(path)
        except OSError:
            return b""


def _strip_init(name: str) -> str:
    return name.removesuffix(".__init__") if name != "__init__" else name
