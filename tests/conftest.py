"""What holds for all tests: each of them finds out everything anew, and none depends on the machine's speed."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

os.environ["AIOMEND_NO_CACHE"] = "1"  # for processes of their own, too

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
