"""All files of a project: names across files, parsed only when a question needs them."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, TypeVar

from aiomend.facts.census import Census
from aiomend.facts.code_words import uses, words_used
from aiomend.facts.module import ModuleFacts
from aiomend.facts.module_names import ModuleNames, is_package, is_test_path
from aiomend.facts.names import TreeNames, tree_names
from aiomend.facts.words import WordIndex, tells_of_asyncio, words
from aiomend.report import Skip
from aiomend.source import Source, Unreadable, read

T = TypeVar("T")
K = TypeVar("K")

#: A question about every user of a name is answered "unknown" beyond this many files.
MENTION_BUDGET = 300


class Sources(Protocol):
    """Where a project's files come from; injected, because the library reads nothing by itself."""

    def paths(self) -> Sequence[str]:
        """Every Python file of the project: relative to its root, with forward slashes."""
        ...

    def read(self, path: str) -> bytes:
        """The bytes of one of them; raises OSError."""
        ...


#: Whether bytes may hold a name in some form, which needs no parsing to be denied (`spelling.py`).
Spelling = Callable[[bytes, str], bool]
#: Is told which file is being worked on, before the work begins; None: none of its own.
Watch = Callable[[str | None], None]


@dataclass(frozen=True, slots=True)
class Trail:
    """What an answer rests on: files, and names whose every user was asked for."""

    consulted: Set[str]
    queried: Set[str]


class ProjectFacts:
    """The linked view of all modules. Read-only, but for `replace` between rounds."""

    def __init__(self, sources: Sources, watch: Watch | None = None, opaque: Collection[str] = ()) -> None:
        """``opaque`` files are there, but nothing is known of what is in them."""
        self.sources = sources
        self._watch = watch
        self.opaque = frozenset(opaque)
        self._at: str | None = None
        self.paths = tuple(sources.paths())
        self.known = frozenset(self.paths)
        self._data: dict[str, bytes] = {}
        self._read: dict[str, Source] = {}
        self._unreadable: dict[str, tuple[Skip, str]] = {}  #: why others cannot be worked on, whoever asks
        self._facts: dict[str, ModuleFacts | None] = {}
        self.expected: Set[str] = (
            frozenset()
        )  #: files that are looked at in any case: no test of bytes spares parsing them
        self._modules = ModuleNames(self.paths)
        self._words: WordIndex | None = None
        self._mentioning: dict[str, tuple[str, ...] | None] = {}
        self._spelling: dict[tuple[Spelling, str], tuple[str, ...] | None] = {}
        self._spelt_anywhere: dict[tuple[Spelling, str], tuple[str, ...]] = {}
        self._uses: dict[tuple[str, bool], list[tuple[ModuleFacts, list[ast.expr]]]] = {}
        self._used: dict[str, Sequence[int] | None] = {}  #: words that may stand for something
        self._telling: dict[str, bool] = {}
        self._asked_by: str | None = None
        self._consults: set[str] = set()  #: the files that this one's findings rest on
        self._queries: set[str] = set()  #: the names whose every user was asked for
        self.consulted: dict[str, set[str]] = {}  #: path -> files that its findings rest on
        self.queried: dict[str, set[str]] = {}  #: path -> names whose every user was asked for
        self.parsed = 0
        self.edition = 0  #: how often something in it has changed

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
                self._data[path] = self.sources.read(path)
        return self._data[path]

    def every_bytes(self) -> Iterator[bytes]:
        """Yield the bytes of every file that can be read."""
        return (self.content(path) for path in self.paths)

    @cached_property
    def tree_names(self) -> TreeNames:
        """The names that the files give to things, as they were when somebody first asked: what a fix makes a coroutine, it awaits."""
        with self.working_on(None):
            return tree_names(dict(zip(self.paths, self.every_bytes(), strict=True)))

    def take_census(self, kept: bytes | None) -> bytes | None:
        """Find out the words and names of all files, with what an earlier run ``kept``; return what is to be kept now.

        None where that is the same. Only before anything has changed.
        """
        with self.working_on(None):
            census = Census(dict(zip(self.paths, self.every_bytes(), strict=True)), kept)
            self._words, self.tree_names = census.index, census.names
            return census.packed() if census.is_new else None

    def tells_of_asyncio(self, path: str) -> bool:
        """True for a file that has to do with asyncio by its own words, whatever it imports."""
        if path not in self._telling:
            self._telling[path] = tells_of_asyncio(self.content(path))
        return self._telling[path]

    @property
    def asked_by(self) -> str | None:
        """The file whose findings are being looked for."""
        return self._asked_by

    @asked_by.setter
    def asked_by(self, path: str | None) -> None:
        self._asked_by = path
        self._consults = self.consulted.setdefault(path, set()) if path is not None else set()
        self._queries = self.queried.setdefault(path, set()) if path is not None else set()

    def traced(self, table: dict[K, tuple[T, Trail]], key: K, find_out: Callable[[], T]) -> T:
        """Return what a table has under a key, found out once: whoever asks again rests on the same files and names."""
        if key not in table:
            consults, queries = self._consults, self._queries
            self._consults, self._queries = set(), set()
            try:
                table[key] = find_out(), Trail(self._consults, self._queries)
            finally:
                self._consults, self._queries = consults, queries
        answer, trail = table[key]
        self._consults |= trail.consulted
        self._queries |= trail.queried
        return answer

    def note(self, path: str, consulted: Collection[str], queried: Collection[str]) -> None:
        """Note what the findings in a file rest on, where somebody else looked for them."""
        self.consulted.setdefault(path, set()).update(consulted)
        if queried:
            self.queried.setdefault(path, set()).update(queried)

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

    def is_parsed(self, path: str) -> bool:
        """True where the facts of a file cost nothing: somebody has asked for them, or is going to."""
        return path in self._facts or path in self.expected

    def source(self, path: str) -> Source:
        """Return a file as it is now in this run; raises OSError and Unreadable."""
        if path in self.opaque:
            raise Unreadable(Skip.GIVEN_UP, "an earlier try did not end well")
        if path in self._unreadable:
            raise Unreadable(*self._unreadable[path])
        if path not in self._read:
            try:
                self._read[path] = read(path, self.data(path))
            except Unreadable as error:
                if error.skip is not Skip.TOO_DEEP:  # there is more room where fewer calls are under way
                    self._unreadable[path] = error.skip, error.detail
                raise
        return self._read[path]

    def draft(self, source: Source) -> ModuleFacts:
        """Return the facts of a file that is not there yet."""
        return self._build(source)

    def add(self, path: str) -> None:
        """Make room for a new file, whose content comes with `replace`."""
        self._changes()
        self.paths = tuple(sorted({*self.paths, path}))
        self.known = frozenset(self.paths)
        self._modules.add(path)

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
        return ModuleFacts(source, self.name(source.path), is_package(source.path))

    def replace(self, source: Source, changed: Set[bytes] | None = None, *, is_visible: bool = True) -> set[str]:
        """Put new text in the place of a file; return the files whose findings may change with it.

        ``changed`` are the words of the statements that are not what they were (default: all that the file holds), and
        ``is_visible`` says whether those see something else who came to the file in another way than by asking for a word.
        """
        self._changes()
        path = source.path
        old, new = self._data.get(path, b""), source.data
        self._data[path] = new
        self._read[path] = source
        self._unreadable.pop(path, None)
        self._facts.pop(path, None)
        self._used.pop(path, None)
        self._telling.pop(path, None)
        if self._words is not None and path in self.known:
            self._words.replace(path, old, new)
        held = words(old) | words(new) if changed is None else changed
        asked = {name: words(name.encode("utf-8", "replace")) <= held for name in set().union(*self.queried.values())}
        touched = {asker for asker, names in self.queried.items() if any(asked[name] for name in names)}
        if is_visible:
            touched |= {asker for asker, seen in self.consulted.items() if path in seen}
        return touched | {path}

    def forget(self, but: Collection[str]) -> None:
        """Forget what was found out about files, ``but`` for the text of some; it is found out again when somebody asks."""
        self._facts.clear()
        self._uses.clear()
        self._read = {path: source for path, source in self._read.items() if path in but}

    def _changes(self) -> None:
        self.edition += 1
        self._mentioning.clear()
        self._spelling.clear()
        self._spelt_anywhere.clear()
        self._uses.clear()

    # ---- names ---

    def module(self, name: str, near: str = "") -> ModuleFacts | None:
        """Return the module of that full name, as the file ``near`` would import it; None for one that is not the project's."""
        path = self._modules.find(name, near)
        return self.facts(path) if path is not None else None

    def name(self, path: str) -> str:
        """Return the full name of a file as a module."""
        return self._modules.name(path)

    @property
    def top_levels(self) -> Set[str]:
        """The first parts of the names of all modules, but for those that tests alone can import."""
        return self._modules.top_levels

    def files_mentioning(self, name: str) -> tuple[str, ...] | None:
        """Return the files that hold ``name`` as a word of its own; None above the budget, where nobody can say."""
        self._queries.add(name)
        if name not in self._mentioning:
            found = self.word_index().files(name)
            self._mentioning[name] = tuple(sorted(found)) if len(found) <= MENTION_BUDGET else None
        return self._mentioning[name]

    def files_spelling(self, form: Spelling, name: str) -> tuple[str, ...] | None:
        """Return those of the files that hold ``name`` which may hold it in a form; None above the budget for all that hold it."""
        paths = self.files_mentioning(name)  # asked each time: who asks rests on those files
        if (form, name) not in self._spelling:
            self._spelling[form, name] = (
                None
                if paths is None
                else tuple(path for path in paths if self.is_parsed(path) or form(self.content(path), name))
            )
        return self._spelling[form, name]

    def all_files_spelling(self, form: Spelling, name: str) -> tuple[str, ...]:
        """Return the files that may hold ``name`` in a form: above the budget by their bytes alone, whoever has parsed them."""
        paths = self.files_spelling(form, name)
        if paths is not None:
            return paths
        if (form, name) not in self._spelt_anywhere:
            holding = sorted(self.word_index().files(name))
            self._spelt_anywhere[form, name] = tuple(path for path in holding if form(self.content(path), name))
        return self._spelt_anywhere[form, name]

    def files_using(self, name: str) -> tuple[str, ...] | None:
        """Return those of the files that hold ``name`` in which it may stand for something; None above the budget for all of them."""
        paths = self.files_mentioning(name)
        return None if paths is None else tuple(self._using(paths, name))

    def _using(self, paths: Iterable[str], name: str) -> Iterator[str]:
        for path in paths:
            if self.is_parsed(path):
                yield path
                continue  # who asks will see
            if path not in self._used:
                self._used[path] = words_used(self.content(path))
            if uses(self._used[path], name):
                yield path

    def uses(self, name: str, *, in_tests: bool = True) -> Sequence[tuple[ModuleFacts, list[ast.expr]]] | None:
        """Return the files that use ``name``, each with the places where it stands for itself or behind a dot; None above the budget."""
        paths = self.files_mentioning(name)
        if paths is None:
            return None
        self._consults.update(paths)  # also where it does not: it may some day
        asked = name, in_tests
        if asked not in self._uses:
            paths = paths if in_tests else tuple(path for path in paths if not is_test_path(path))
            self._uses[asked] = list(self._uses_in(paths, name))
        return self._uses[asked]

    def each_use(self, name: str) -> Iterator[tuple[ModuleFacts, list[ast.expr]]]:
        """Yield what `uses` returns, file by file: whoever has seen enough of it has no more of them parsed."""
        paths = self.files_mentioning(name) or ()
        self._consults.update(paths)
        known = self._uses.get((name, True))
        yield from self._uses_in(paths, name) if known is None else known

    def _uses_in(self, paths: Iterable[str], name: str) -> Iterator[tuple[ModuleFacts, list[ast.expr]]]:
        for path in self._using(paths, name):
            facts = self.facts(path)
            found = [*facts.names.get(name, ()), *facts.attributes.get(name, ())] if facts is not None else []
            if facts is not None and found:
                yield facts, found

    def word_index(self) -> WordIndex:
        """Return which files hold a word, as they are now in this run; made when somebody first asks for it."""
        if self._words is None:
            with self.working_on(None):
                self._words = WordIndex(zip(self.paths, self.every_bytes(), strict=True))
        return self._words

    def content(self, path: str) -> bytes:
        """Return the bytes of a file as they are now in this run, none where it cannot be read."""
        try:
            return self.data(path)
        except OSError:
            return b""
