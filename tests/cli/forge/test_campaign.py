"""Twenty repositories made of real packages, from nothing to merged: no test is lost, and what a linter says stays as it was."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

PLACE = Path(__file__).parents[3] / "benchmarks" / "campaign.py"


@pytest.mark.corpus
def test_all_is_merged_and_nothing_is_worse() -> None:
    spec = importlib.util.spec_from_file_location("aiomend_campaign", PLACE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["aiomend_campaign"] = module
    spec.loader.exec_module(module)
    try:
        module.bring()
    except (subprocess.CalledProcessError, StopIteration):
        pytest.skip("the packages cannot be had: no network, or `unearth` is not installed")
    campaign = module.run()
    assert [(one.name, one.lost, one.complaints, one.problems) for one in campaign.repositories if not one.held] == []
    assert len([one for one in campaign.repositories if one.merged]) > 10
