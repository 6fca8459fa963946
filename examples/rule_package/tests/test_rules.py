"""Every rule keeps aiomend's promises: run with pytest, from the folder above."""

from pathlib import Path

import pytest
import shop_rules
from aiomend import testing

RULES = [shop_rules.WarehouseInCoroutine]
FIXTURES = Path(__file__).parents[1] / "fixtures"
CASES = testing.discover(FIXTURES, RULES)


@pytest.mark.parametrize("rule", RULES)
def test_the_documentation_is_true(rule):
    testing.documented(rule)


@pytest.mark.parametrize("proof", testing.PROOFS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_fixture_keeps_the_promise(case, proof):
    testing.PROOFS[proof](case)


def test_no_fixture_is_without_a_rule():
    assert testing.strays(FIXTURES, RULES) == []


def test_the_alias_is_followed():
    [case] = [case for case in CASES if case.name.endswith("by_another_name")]
    assert "if await warehouse.stock_async(item)" in testing.patch(case)
