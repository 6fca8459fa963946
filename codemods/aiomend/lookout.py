"""Looking at single files of a project as it stands: by the run itself, by a copy of it, and by a process elsewhere."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable

from aiomend.facts.inference import Inference
from aiomend.facts.project import ProjectFacts
from aiomend.facts.threads import Threads
from aiomend.facts.view import Module
from aiomend.homes import Homes
from aiomend.rules import Rule
from aiomend.settings import Settings, TargetRange
from aiomend.sharing import Sight
from aiomend.source import Source


def effective(settings: Settings, source: Source) -> Settings:
    """Return what governs a file with that content."""
    if source.placeholders:
        # Where `async` is a name, no Python after 3.6 runs the file.
        return dataclasses.replace(settings, target=TargetRange((3, 6), (3, 6), "`async` is a name in it"))
    return settings


class Lookout:
    """What sees the files of a project with all the others behind them, until something changes."""

    def __init__(
        self,
        facts: ProjectFacts,
        homes: Homes,
        settings: Callable[[str], Settings],
        answers: tuple[Inference, Threads],
    ) -> None:
        self._facts = facts
        self._homes = homes
        self._settings = settings
        self._answers = answers

    def module(self, path: str) -> Module | None:
        """Return a file, also one that is still to be made; None where it cannot be read or parsed."""
        facts = self._homes.draft(path) or self._facts.facts(path)
        if facts is None:
            return None
        settings = effective(self._settings(path), facts.source)
        return Module(facts, *self._answers, settings, self.module, self._homes.of)

    def sight(self, path: str, rules: Iterable[type[Rule]]) -> Sight | None:
        """Return what a look at one file comes to; None where it fails, which is for the run itself to see."""
        self._facts.asked_by = path
        try:
            if not (wanted := list(rules)):
                self._facts.source(path)  # all that is asked is whether it can be read
                return Sight(frozenset(), frozenset(), frozenset())
            if (module := self.module(path)) is None:
                return None
            codes = frozenset(rule.code for rule in wanted if next(iter(rule().find(module)), None) is not None)
        except Exception:
            return None
        consulted, queried = self._facts.consulted[path], self._facts.queried.get(path, set())
        return Sight(codes, frozenset(consulted), frozenset(queried))
