"""Runs of the engine that show what each place becomes under which choice: as few as possible, each for all places.

The places of a project hardly depend on one another, so one run tries a different part of each place's fixes at once;
and where two runs contradict each other, they do depend, and the page offers less of that file.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from aiomend.model import Finding
from aiomend_cli.reviewing.cells import Cell, Feature, Observation, cells_of
from aiomend_cli.selection import with_required

_CHECKS = 3  #: runs that are made in any case: with some of the fixes, and with others
_ALL_KEYS = 3  #: features of a cell up to which every value of them is tried

Apply = Callable[[frozenset[str]], Observation | None]  #: None where the engine had to leave a file out


@dataclass(frozen=True, slots=True)
class Ties:
    """Which fixes a fix needs, and which need it, directly or not; each of them with itself."""

    needs: Mapping[str, frozenset[str]]
    needed_by: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, requires: Mapping[str, tuple[str, ...]]) -> Ties:
        needs = {one: with_required([one], requires) for one in requires}
        needed_by: dict[str, set[str]] = defaultdict(set)
        for one, all_needed in needs.items():
            for other in all_needed:
                needed_by[other].add(one)
        return cls(needs, {one: frozenset(others) for one, others in needed_by.items()})


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """The selections that the engine was seen with, and the cells of each file by its path."""

    selections: tuple[frozenset[str], ...]
    cells: Mapping[str, list[Cell]]


def rehearse(
    fixes: Sequence[Finding],
    requires: Mapping[str, tuple[str, ...]],
    texts: Mapping[str, str],
    everything: Observation,
    first: frozenset[str],
    apply: Apply,
    limit: int,
) -> Rehearsed:
    """Return what is known after at most ``limit`` runs of ``apply``.

    ``everything`` is the run with all ``fixes``; a run with none of them changes nothing. The ``first`` selection that is
    tried is the one that people begin with.
    """
    seen = [Observation(frozenset(), {}), everything]
    ties = Ties.of(requires)
    of_file: dict[str, list[Finding]] = {path: [] for path in texts}
    for fix in fixes:
        for path in fix.paths & texts.keys():
            of_file[path].append(fix)
    for tried in range(limit + 1):
        cells = {path: cells_of(path, text, of_file[path], seen) for path, text in texts.items()}
        unknown = [(cell, key) for several in cells.values() for cell in several for key in _unknown(cell, ties)]
        if tried >= limit or len(fixes) < 2 or (tried >= _CHECKS and not unknown):
            break
        is_new = tried == 0 and all(first != one.chosen for one in seen)
        if (more := apply(first if is_new else _next(sorted(ties.needs), unknown, ties, tried))) is not None:
            seen.append(more)
    if len(fixes) > 1 and len(seen) < 2 + _CHECKS:
        cells = {path: cells_of(path, text, of_file[path], seen, unchecked=True) for path, text in texts.items()}
    return Rehearsed(tuple(one.chosen for one in seen), cells)


def _unknown(cell: Cell, ties: Ties) -> Iterator[str]:
    """Yield the values of a cell's features that some selection has and that nobody has seen yet."""
    if cell.contradicted or len(cell.features) > 2 * _ALL_KEYS:
        return
    for key in _keys(len(cell.features)):
        if key not in cell.table and _witness(cell, key, ties, _Demands()) is not None:
            yield key


def _keys(number: int) -> Iterator[str]:
    if number <= _ALL_KEYS:
        yield from ("".join(bits) for bits in product("01", repeat=number))
        return
    for at in range(number):
        yield "0" * at + "1" + "0" * (number - at - 1)
        yield "1" * at + "0" + "1" * (number - at - 1)


@dataclass(frozen=True, slots=True)
class _Demands:
    """What the next run has to choose, and what it has to leave out."""

    chosen: frozenset[str] = frozenset()
    left: frozenset[str] = frozenset()


def _next(ids: Sequence[str], unknown: Sequence[tuple[Cell, str]], ties: Ties, number: int) -> frozenset[str]:
    """Return a selection that shows as much as possible of what is ``unknown``, and is any half of the rest."""
    demands = _Demands()
    served: set[tuple[str, int]] = set()
    for cell, key in unknown:
        if (cell.path, cell.start) not in served:
            found = _witness(cell, key, ties, demands)
            if found is not None:
                served.add((cell.path, cell.start))
                demands = found
    chosen = set(demands.chosen)
    for one in ids:
        if _coin(one, number) and ties.needs[one].isdisjoint(demands.left):
            chosen |= ties.needs[one]
    return frozenset(chosen)


def _coin(one: str, number: int) -> bool:
    """Toss a coin that falls the same for everybody, and the other way in the run that follows."""
    side = hashlib.sha256(f"{one} {number // 2}".encode()).digest()[0] % 2
    return side == number % 2


def _witness(cell: Cell, key: str, ties: Ties, demands: _Demands) -> _Demands | None:
    """Return ``demands`` with what gives the features of a cell the values of ``key``; None where nothing does."""
    chosen, left = set(demands.chosen), set(demands.left)
    wanted = list(zip(cell.features, key, strict=True))
    for feature, bit in wanted:
        if bit == "0" and not feature.every:
            left |= _with_all(feature.fixes, ties.needed_by)
        if bit == "1" and feature.every:
            chosen |= _with_all(feature.fixes, ties.needs)
    for feature, bit in wanted:
        free = _free(feature, chosen, left, ties, bit)
        if bit == "1" and not feature.every and not chosen & feature.fixes:
            if free is None:
                return None
            chosen |= ties.needs[free]
        if bit == "0" and feature.every and not left & feature.fixes:
            if free is None:
                return None
            left |= ties.needed_by[free]
    return None if chosen & left else _Demands(frozenset(chosen), frozenset(left))


def _free(feature: Feature, chosen: set[str], left: set[str], ties: Ties, bit: str) -> str | None:
    """Return a fix of a feature that may still be chosen, or left out."""
    for one in sorted(feature.fixes):
        if bit == "1" and ties.needs[one].isdisjoint(left):
            return one
        if bit == "0" and ties.needed_by[one].isdisjoint(chosen):
            return one
    return None


def _with_all(ids: frozenset[str], others: Mapping[str, frozenset[str]]) -> frozenset[str]:
    return frozenset(other for one in ids for other in others[one])
