"""What the documentation of a rule says is true: its parts are there, and its examples do what they show."""

from __future__ import annotations

import re

import pytest

from aiomend import Rule, registry, testing

RULES = {code: rule for code, rule in registry().items() if code != "AIO000"}  # that one has no code to change
EXAMPLES = [
    pytest.param(rule, before, after, id=f"{code}-{number}")
    for code, rule in RULES.items()
    for number, (before, after) in enumerate(rule.examples(), 1)
]


@pytest.mark.parametrize("code", registry())
def test_the_summary_is_one_sentence(code: str) -> None:
    summary = registry()[code].summary()
    assert summary.endswith(".")
    assert not re.search(r"[.!?]\s+[A-Z]", summary), f"{code}: more than one sentence: {summary}"


@pytest.mark.parametrize("part", ["Before:", "After:", "Fix safety:", "Silent when"])
@pytest.mark.parametrize("code", RULES)
def test_a_part_of_the_documentation_is_there(code: str, part: str) -> None:
    assert re.search(rf"^{part}", RULES[code].documentation(), re.MULTILINE), f"{code} does not say {part!r}"


@pytest.mark.parametrize("code", RULES)
def test_every_before_has_its_after(code: str) -> None:
    documentation = RULES[code].documentation()
    assert len(RULES[code].examples()) == len(re.findall("^Before:", documentation, re.MULTILINE)) > 0


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "all-rules"])
@pytest.mark.parametrize(("rule", "before", "after"), EXAMPLES)
def test_an_example_becomes_what_it_shows(rule: type[Rule], before: str, after: str, alone: bool) -> None:
    case = testing.example(rule, before)
    ((_, got),) = testing.result(case, testing.run(case, alone=alone)).files
    assert got.decode() == after


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "all-rules"])
@pytest.mark.parametrize(("rule", "before", "after"), EXAMPLES)
def test_what_an_example_becomes_stays(rule: type[Rule], before: str, after: str, alone: bool) -> None:
    report = testing.run(testing.example(rule, after), alone=alone)
    assert not report.changed
    assert not [finding for finding in report.findings if finding.fixable]


@pytest.mark.parametrize("proof", testing.PROOFS)
@pytest.mark.parametrize(("rule", "before", "after"), EXAMPLES)
def test_an_example_keeps_the_promise(rule: type[Rule], before: str, after: str, proof: str) -> None:
    testing.PROOFS[proof](testing.example(rule, before))
