"""Twenty repositories made of real packages go from nothing to merged; left out unless asked for: -m campaign."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest


def _load() -> ModuleType:
    path = Path(__file__).resolve().parents[3] / "benchmarks" / "campaign.py"
    spec = importlib.util.spec_from_file_location("aiomend_campaign", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["aiomend_campaign"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.campaign
def test_no_test_is_lost_and_lint_is_as_before() -> None:
    campaign = _load()
    try:
        campaign.bring()
    except (subprocess.CalledProcessError, StopIteration):
        pytest.skip("the packages cannot be brought from the index here")
    result = campaign.run()
    assert len(result.repositories) == 20
    assert sum(any(end.name != "PASSED" for end in one.tests.values()) for one in result.repositories) >= 6
    assert sum(len(one.merged) for one in result.repositories) >= 20
    assert [
        (one.name, one.lost, one.problems, dict(one.complaints)) for one in result.repositories if not one.held
    ] == []
