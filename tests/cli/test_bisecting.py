"""The search for the fixes that break something: what stays passes, and nothing is dropped without need."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiomend_cli.guarded.bisecting import Outcome, Spent, Unit, settle
from aiomend_cli.selection import with_required

pytestmark = pytest.mark.trust

Requires = Mapping[str, tuple[str, ...]]
Passes = Callable[[frozenset[str]], bool]


@st.composite
def units(draw: st.DrawFn) -> list[Unit]:
    """Fixes of a few rules in a few files, in some order."""
    places = draw(st.lists(st.tuples(st.sampled_from("RST"), st.sampled_from("xyz")), min_size=1, max_size=24))
    return [Unit(str(number), rule, path) for number, (rule, path) in enumerate(places)]


@st.composite
def requirements(draw: st.DrawFn, all_units: Sequence[Unit], *, cycles: bool = False) -> Requires:
    """What each fix builds on: earlier ones, or any with ``cycles``."""
    result: dict[str, tuple[str, ...]] = {}
    for number, unit in enumerate(all_units):
        others = [other.id for other in (all_units if cycles else all_units[:number])]
        if others:
            result[unit.id] = tuple(draw(st.lists(st.sampled_from(others), max_size=2)))
    return result


@st.composite
def culprits(draw: st.DrawFn, all_units: Sequence[Unit]) -> list[frozenset[str]]:
    """Fixes, and pairs of fixes, that break something wherever they are."""
    ids = [unit.id for unit in all_units]
    return draw(st.lists(st.frozensets(st.sampled_from(ids), min_size=1, max_size=2), max_size=4))


def breaking(sets: Sequence[frozenset[str]]) -> Passes:
    return lambda ids: not any(one <= ids for one in sets)


class Counting:
    """Asks an oracle, and remembers what was asked."""

    def __init__(self, passes: Passes) -> None:
        self.passes = passes
        self.asked: list[frozenset[str]] = []

    def __call__(self, ids: frozenset[str]) -> bool:
        self.asked.append(ids)
        return self.passes(ids)


def assert_each_is_decided(all_units: Sequence[Unit], requires: Requires, outcome: Outcome) -> None:
    parts = [outcome.kept, set(outcome.failed), set(outcome.bereft), outcome.unproved]
    assert sorted(one for part in parts for one in part) == sorted(unit.id for unit in all_units)
    assert with_required(outcome.kept, requires) == outcome.kept


def test_nothing_to_do_asks_nothing() -> None:
    oracle = Counting(lambda _: False)
    assert settle([], {}, oracle).kept == frozenset()
    assert oracle.asked == []


def test_all_is_well_after_one_question() -> None:
    oracle = Counting(lambda _: True)
    assert settle([Unit(one, "R", one) for one in "abc"], {}, oracle).kept == frozenset("abc")
    assert len(oracle.asked) == 1


def test_what_builds_on_a_culprit_goes_with_it_and_is_not_asked_for() -> None:
    oracle = Counting(breaking([frozenset("a")]))
    outcome = settle([Unit(one, "R", "x") for one in "abc"], {"b": ("a",), "c": ("b",)}, oracle)
    assert outcome.failed == {"a": frozenset("a")}
    assert outcome.bereft == {"b": "a", "c": "a"}
    assert len(oracle.asked) == 2


def test_a_rule_that_breaks_is_found_among_rules_before_files_are_looked_at() -> None:
    all_units = [Unit(f"{rule}{path}", rule, path) for rule in "RST" for path in "xyz"]
    oracle = Counting(breaking([frozenset({"Sy"})]))
    settle(all_units, {}, oracle)
    assert oracle.asked[1] == {"Rx", "Ry", "Rz"}
    assert oracle.asked[2] == {"Rx", "Ry", "Rz", "Sx", "Sy", "Sz"}
    assert oracle.asked[3] == {"Rx", "Ry", "Rz", "Sx"}


@given(st.data())
def test_what_stays_passes_and_each_dropped_fix_would_break_it(data: st.DataObject) -> None:
    all_units = data.draw(units())
    requires = data.draw(requirements(all_units))
    sets = data.draw(culprits(all_units))
    oracle = Counting(breaking(sets))
    outcome = settle(all_units, requires, oracle)
    assert_each_is_decided(all_units, requires, outcome)
    assert oracle.passes(outcome.kept)
    for dropped in (*outcome.failed, *outcome.bereft):
        assert not oracle.passes(outcome.kept | with_required([dropped], requires))
    for unit in all_units:
        if not any(one & with_required([unit.id], requires) for one in sets):
            assert unit.id in outcome.kept
    for culprit, failing in outcome.failed.items():
        assert not oracle.passes(failing)
        assert oracle.passes(failing - {culprit} if not requires else outcome.kept)


@given(st.data())
def test_no_set_is_asked_for_twice_and_none_that_splits_a_fix_from_what_it_requires(data: st.DataObject) -> None:
    all_units = data.draw(units())
    requires = data.draw(requirements(all_units))
    oracle = Counting(breaking(data.draw(culprits(all_units))))
    settle(all_units, requires, oracle)
    assert len(set(oracle.asked)) == len(oracle.asked)
    for asked in oracle.asked:
        assert asked
        assert with_required(asked, requires) == asked


@given(st.data())
def test_the_number_of_runs_is_bounded(data: st.DataObject) -> None:
    """Also where rules and files hold very different numbers of fixes: for each of these numbers there is a rule, a file."""
    rules = data.draw(st.lists(st.lists(st.integers(1, 40), min_size=1, max_size=6), min_size=1, max_size=12))
    places = [
        (rule, path) for rule, paths in enumerate(rules) for path, number in enumerate(paths) for _ in range(number)
    ]
    all_units = [Unit(str(number), str(rule), str(path)) for number, (rule, path) in enumerate(places)]
    oracle = Counting(breaking(data.draw(culprits(all_units))))
    outcome = settle(all_units, {}, oracle)
    assert len(oracle.asked) <= 1 + 2 * len(outcome.failed) * (5 + math.log2(len(all_units)))


@given(st.data())
def test_requirements_that_go_round_in_a_circle_stand_and_fall_together(data: st.DataObject) -> None:
    all_units = data.draw(units())
    requires = data.draw(requirements(all_units, cycles=True))
    oracle = Counting(breaking(data.draw(culprits(all_units))))
    outcome = settle(all_units, requires, oracle)
    assert_each_is_decided(all_units, requires, outcome)
    assert oracle.passes(outcome.kept)


@given(st.data())
def test_whatever_the_tests_say_what_stays_is_the_last_set_with_which_they_passed(data: st.DataObject) -> None:
    all_units = data.draw(units())
    requires = data.draw(requirements(all_units))
    said: dict[frozenset[str], bool] = {}

    def moody(ids: frozenset[str]) -> bool:
        return said.setdefault(ids, data.draw(st.booleans()))

    outcome = settle(all_units, requires, moody)
    assert_each_is_decided(all_units, requires, outcome)
    assert outcome.kept == next((ids for ids in reversed(said) if said[ids]), frozenset())


@given(st.data(), st.integers(0, 6))
def test_when_time_is_up_only_what_is_proved_stays(data: st.DataObject, runs: int) -> None:
    all_units = data.draw(units())
    requires = data.draw(requirements(all_units))
    sets = data.draw(culprits(all_units))
    oracle = Counting(breaking(sets))

    def limited(ids: frozenset[str]) -> bool:
        if len(oracle.asked) == runs:
            raise Spent
        return oracle(ids)

    outcome = settle(all_units, requires, limited)
    assert_each_is_decided(all_units, requires, outcome)
    assert not outcome.kept or outcome.kept in oracle.asked
    assert oracle.passes(outcome.kept)
