"""Makes `interpreters`, `traps` and `stage` importable by name here."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "runtime")]  # pytest's importlib mode leaves them out
