"""A first look at the bytes of a project: where they say that no rule can find anything, nothing else is loaded."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from aiomend.facts.names import TreeNames, tree_names
from aiomend.listed import LISTED
from aiomend.listing import Listed
from aiomend.oddities import is_generated, may_be_python2
from aiomend.report import Report
from aiomend.screen import Screen
from aiomend.selecting import selected
from aiomend.settings import Settings

if TYPE_CHECKING:
    from aiomend.facts.project import Sources


def glance(
    sources: Sources, settings: Callable[[str], Settings], paths: Collection[str], *, most: int
) -> Report | None:
    """Return the report of a run that finds nothing in ``paths``, as the engine would give it.

    None where only the engine can tell: something could be found, cannot be read or looks odd, or the project has more than
    ``most`` bytes. Raises SettingsError as the engine does.
    """
    chosen = frozenset(paths)
    plain = _Look(settings, tree_names({}), [rule for rule in LISTED if not rule.is_common])
    data: dict[str, bytes] = {}
    for path in dict.fromkeys([*paths, *sources.paths()]):
        try:
            data[path] = sources.read(path)
        except OSError:
            return None
        most -= len(data[path])
        if most < 0 or (path in chosen and plain.finds(path, data[path])):
            return None
    named = _Look(settings, tree_names(data), LISTED)
    if any(named.finds(path, data[path]) for path in paths):
        return None
    return Report(checked=len(chosen), counters={"parsed": 0})


class _Look:
    """Tells of a file whether anybody should look closer, given the names of a tree."""

    def __init__(self, settings: Callable[[str], Settings], names: TreeNames, rules: Sequence[Listed]) -> None:
        self._settings = settings
        self._rules = rules
        self._names = names
        self._screens: dict[Settings, Screen[Listed]] = {}

    def finds(self, path: str, data: bytes) -> bool:
        if (settings := self._settings(path)) not in self._screens:
            self._screens[settings] = Screen(selected(self._rules, settings), self._names)
        return bool(self._screens[settings].candidates(path, data)) or is_generated(data) or may_be_python2(data)
