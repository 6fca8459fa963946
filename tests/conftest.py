"""What holds for all tests: each of them finds out everything anew."""

from __future__ import annotations

import os

os.environ["AIOMEND_NO_CACHE"] = "1"  # for processes of their own, too
