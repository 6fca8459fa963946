"""What holds for all tests: each of them finds out everything anew, and none depends on the machine's speed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ["AIOMEND_NO_CACHE"] = "1"  # for processes of their own, too

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Pass over files that do not spell the one mark that is asked for: collecting all takes longer than many a mark's tests."""
    mark: str = config.option.markexpr
    asked = mark.isidentifier() and collection_path.match("test_*.py")
    return True if asked and f"mark.{mark}" not in collection_path.read_text("utf-8") else None
