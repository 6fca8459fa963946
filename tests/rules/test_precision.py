"""What `explain` says of a rule's measured precision."""

from __future__ import annotations

import pytest

from aiomend.rules import precision, registry


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, dict[str, int]]]:
    known: dict[str, dict[str, dict[str, int]]] = {}
    monkeypatch.setattr(precision, "measured", lambda: known)
    return known


def test_a_rule_that_found_nothing_claims_nothing(counts: dict[str, dict[str, dict[str, int]]]) -> None:
    assert precision.precision("AIO801") == "No finding in the packages that aiomend is measured on."


def test_what_nobody_judged_does_not_count(counts: dict[str, dict[str, dict[str, int]]]) -> None:
    counts["AIO201"] = {"safe": {"right": 1, "not judged": 40}, "manual": {"not judged": 2}}
    assert precision.precision("AIO201") == "1 finding in real packages, judged one by one: safe: 1 right."


def test_levels_are_told_apart(counts: dict[str, dict[str, dict[str, int]]]) -> None:
    counts["AIO201"] = {"safe": {"right": 9, "wrong": 1}, "unsafe": {"noise": 3}}
    sentence = "13 findings in real packages, judged one by one: safe: 9 right, 1 wrong; unsafe: 3 noise."
    assert precision.precision("AIO201") == sentence


def test_every_measured_rule_exists() -> None:
    precision.measured.cache_clear()
    assert set(precision.measured()) <= set(registry())
