"""Which fixes can stay when some of them break something: a search by rule, then by file, then by fix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from aiomend_cli.selection import with_required

Passes = Callable[[frozenset[str]], bool]


class Spent(Exception):
    """Nothing can be asked any more: what is not proved by now will not be."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A fix as the search sees it: its id, and where it belongs."""

    id: str
    rule: str
    path: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of each fix."""

    kept: frozenset[str]  #: together they pass
    failed: Mapping[str, frozenset[str]]  #: those that break something: the set that failed, and passes without it
    bereft: Mapping[str, str]  #: those that build on one that was dropped: its id
    unproved: frozenset[str]  #: those that nobody came to


def settle(units: Sequence[Unit], requires: Mapping[str, tuple[str, ...]], passes: Passes) -> Outcome:
    """Return which of ``units`` stay: a set that ``passes``, and from which no fix is split that another one ``requires``.

    Nothing is asked of the empty set, which passes. Where adding fixes never mends what others broke, no dropped fix
    could be added, and each fix stays that is in no smallest breaking set. For ``d`` culprits among ``n`` fixes, ``passes``
    is called at most ``1 + 2 d (5 + log2 n)`` times if none requires another one, and never twice for a set. It may raise
    Spent.
    """
    search = _Search({unit.id for unit in units}, requires, passes)
    try:
        search.add(units)
    except Spent:
        pass
    else:
        assert not search.open(units), "the search came to an end without having seen each fix"
    unproved = frozenset(unit.id for unit in search.open(units))
    return Outcome(frozenset(search.kept), search.failed, search.bereft, unproved)


@dataclass(slots=True)
class _Search:
    known: set[str]
    requires: Mapping[str, tuple[str, ...]]
    passes: Passes
    kept: set[str] = field(default_factory=set)
    failed: dict[str, frozenset[str]] = field(default_factory=dict)
    bereft: dict[str, str] = field(default_factory=dict)
    _asked: dict[frozenset[str], bool] = field(default_factory=dict)

    def open(self, units: Iterable[Unit]) -> list[Unit]:
        """Return those of which nothing is decided; one that lost what it builds on is dropped on the way."""
        result = []
        for unit in units:
            if unit.id in self.kept or unit.id in self.failed or unit.id in self.bereft:
                continue
            lost = [one for one in self._needed(unit.id) if one in self.failed]
            if lost:
                self.bereft[unit.id] = min(lost)
                continue
            result.append(unit)
        return result

    def add(self, units: Sequence[Unit]) -> None:
        """Keep as many of ``units`` as possible beside those that are kept."""
        units = self.open(units)
        if not units:
            return
        wanted = self.kept.union(*(self._needed(unit.id) for unit in units))
        if self._passes(frozenset(wanted)):
            self.kept = wanted
        elif len(units) > 1:
            for half in _halves(units):
                self.add(half)
        else:
            self._add_one(units[0], wanted)

    def _add_one(self, unit: Unit, wanted: set[str]) -> None:
        """Decide on a fix that fails together with what it builds on, which goes first."""
        atom = {one for one in wanted - self.kept if unit.id in self._needed(one)}
        below = sorted(wanted - self.kept - atom)
        if not below:
            self.failed |= dict.fromkeys(sorted(atom), frozenset(wanted))
            return
        self.add([Unit(one, "", "") for one in below])
        self.add([unit])

    def _needed(self, one: str) -> set[str]:
        """Return a fix and all that it builds on."""
        return set(with_required([one], self.requires) & self.known)

    def _passes(self, ids: frozenset[str]) -> bool:
        if ids not in self._asked:
            self._asked[ids] = self.passes(ids)
        return self._asked[ids]


def _halves(units: Sequence[Unit]) -> tuple[list[Unit], list[Unit]]:
    """Return two parts with about as many fixes: of rules where there are several, else of files, else of fixes."""
    for level in ("rule", "path", "id"):
        numbers = Counter(getattr(unit, level) for unit in units)
        if len(numbers) > 1:
            ends = list(accumulate(numbers.values()))[:-1]  # how many there are up to each name but the last
            cut = min(range(len(ends)), key=lambda index: abs(2 * ends[index] - len(units)))
            first = set(list(numbers)[: cut + 1])
            parts = [[unit for unit in units if (getattr(unit, level) in first) is wanted] for wanted in (True, False)]
            return parts[0], parts[1]
    raise AssertionError("a fix cannot be there twice")
