"""What facts hand out cannot be changed by who gets it, but for the few that are filled while a question is answered."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from collections.abc import Iterator

import pytest

import aiomend.facts
import aiomend.rewriting

FILLED = {
    *("chains.Chain", "classes._Attributes", "coroutine_companies.Company", "coroutine_users.Users"),
    *("coroutines_by_use.Group", "function_uses.Uses", "generator_coroutines.Body", "packages._Seen", "scopes.Scope"),
    "surely.Way",
}


def _dataclasses() -> Iterator[type]:
    for package in (aiomend.facts, aiomend.rewriting):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            for one in vars(importlib.import_module(found.name)).values():
                if isinstance(one, type) and dataclasses.is_dataclass(one) and one.__module__ == found.name:
                    yield one


@pytest.mark.parametrize("cls", list(_dataclasses()), ids=lambda cls: f"{cls.__module__}.{cls.__name__}")
def test_it_is_frozen_and_has_slots(cls: type) -> None:
    name = f"{cls.__module__.rpartition('.')[2]}.{cls.__name__}"
    assert "__slots__" in vars(cls)
    assert cls.__dataclass_params__.frozen is (name not in FILLED)  # type: ignore[attr-defined]
