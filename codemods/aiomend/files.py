"""The files that a run is about: which are worth a look, as far as their bytes tell, and those that were opened for one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from aiomend import selecting
from aiomend.deciding import File
from aiomend.facts.own_asyncio import own_asyncio
from aiomend.facts.project import ProjectFacts
from aiomend.lookout import effective
from aiomend.oddities import is_generated, may_be_python2
from aiomend.report import FileResult, Skip
from aiomend.rewriting import newer
from aiomend.rules import Rule
from aiomend.rules.suppression import UnusedSuppression
from aiomend.screen import Screen
from aiomend.settings import Settings
from aiomend.source import Source, Unreadable, decode
from aiomend.suppressions import Suppressions


@dataclass(frozen=True, slots=True)
class _Closed:
    """A file that nobody has opened yet."""

    rules: list[type[Rule]]  #: that may find something; without any, all that is asked is whether it can be read
    screen: Screen[type[Rule]]


class Files:
    """The selected files of one run. One in which nothing is found is never opened where others look at it."""

    def __init__(
        self, facts: ProjectFacts, rules: Mapping[str, type[Rule]], settings: Callable[[str], Settings]
    ) -> None:
        self._facts = facts
        self._rules = rules
        self._settings = settings
        self._own_asyncio = own_asyncio(facts)
        self._screens: dict[tuple[str, ...], Screen[type[Rule]]] = {}
        self._chosen: dict[Settings, Screen[type[Rule]]] = {}
        self._closed: dict[str, _Closed] = {}
        self.opened: dict[str, File] = {}
        self.skipped: dict[str, FileResult] = {}
        self.checked = 0  #: files that could be read, as far as anybody looked

    @property
    def paths(self) -> set[str]:
        """The files that are worth a look."""
        return self._closed.keys() | self.opened.keys()

    def rules_for(self, path: str, is_legacy: bool) -> list[type[Rule]]:
        """Return the rules of one phase that may find something in a file."""
        known = self.opened.get(path) or self._closed[path]
        return [rule for rule in known.rules if (rule.section().number == 0) == is_legacy]

    def is_due(self, path: str, is_legacy: bool) -> bool:
        """True for a file that somebody has to look at in a phase, if only to see whether it can be read."""
        return bool(self.rules_for(path, is_legacy)) or (path in self._closed and not self._closed[path].rules)

    def select(self, path: str, *, is_witnessed: bool) -> None:
        """Take a file in if its bytes make it worth a look, or in any case if something else than rules knows of it."""
        screen = self._screen(self._settings(path))
        try:
            data = self._facts.data(path)
        except OSError as error:
            self.skipped[path] = FileResult(path, skip=Skip.UNREADABLE, detail=error.strerror or str(error))
            return
        self.checked += 1
        rules = list(screen.rules) if is_witnessed else screen.candidates(path, data)
        if rules or is_generated(data) or may_be_python2(data):
            self._closed[path] = _Closed(rules if path not in self._own_asyncio else [], screen)

    def open(self, path: str) -> File | None:
        """Return a file with its text; None for one that turns out to be left alone."""
        if (closed := self._closed.get(path)) is None:
            return self.opened.get(path)
        try:
            with self._facts.working_on(path):
                source = self._facts.source(path)
        except Unreadable as error:
            self.leave(_skipped(path, self._facts.data(path), error))
            return None
        if not closed.rules:
            self.can_be_read(path)
            return None
        del self._closed[path]
        self.opened[path] = self._as_file(source, closed.rules, closed.screen)
        return self.opened[path]

    def can_be_read(self, path: str) -> None:
        """Note that a file can be read; that was all that was asked of one without rules."""
        if path in self._closed and not self._closed[path].rules:
            del self._closed[path]
            if path in self._own_asyncio:
                self.leave(FileResult(path, self._facts.data(path), skip=Skip.ASYNCIO))

    def leave(self, skipped: FileResult) -> None:
        """Leave a file alone that was to be looked at."""
        self._closed.pop(skipped.path, None)
        self.opened.pop(skipped.path, None)
        self.checked -= 1
        self.skipped[skipped.path] = skipped

    def join(self, source: Source) -> None:
        """Take in a file that nothing but a fix of another one made anybody look at, and that may be new."""
        file = self._as_file(source, [], self._screen(self._settings(source.path)))
        self.opened[source.path] = file if source.path in self._facts.known else file.created()

    def with_comments(self) -> list[str]:
        """Return the files that may hold a comment that silences rules."""
        for path in [path for path, closed in self._closed.items() if UnusedSuppression in closed.rules]:
            self.open(path)
        return [path for path, file in self.opened.items() if file.suppressions.own]

    def _screen(self, settings: Settings) -> Screen[type[Rule]]:
        if settings not in self._chosen:
            selected = selecting.selected(self._rules.values(), settings)
            codes = tuple(rule.code for rule in selected)
            if codes not in self._screens:
                self._screens[codes] = Screen(selected, self._facts.tree_names)
            self._chosen[settings] = self._screens[codes]
        return self._chosen[settings]

    def _as_file(self, source: Source, rules: Sequence[type[Rule]], screen: Screen[type[Rule]]) -> File:
        settings = effective(self._settings(source.path), source)
        return File(source, source, settings, list(rules), screen, Suppressions(source.text))


def _skipped(path: str, data: bytes, error: Unreadable) -> FileResult:
    is_unclear = error.skip is Skip.NOT_PYTHON or (error.skip is Skip.PYTHON2 and not may_be_python2(data))
    if is_unclear and newer.parses(decode(path, data).text):
        running = f"{sys.version_info.major}.{sys.version_info.minor}"
        detail = f"{error.detail}; it is newer than Python {running}"
        return FileResult(path, data, skip=Skip.NEWER_SYNTAX, detail=detail)
    return FileResult(path, data, skip=error.skip, detail=error.detail)
