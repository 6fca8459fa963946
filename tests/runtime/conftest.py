"""Makes `interpreters` and `programs` importable by name here, and gives each program its interpreter."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # pytest's importlib mode leaves it out

if TYPE_CHECKING:
    from interpreters import Interpreter
    from programs import Program


@pytest.fixture
def interpreter(program: Program) -> Interpreter:
    """The interpreter of the program's form; skips where there is none."""
    from interpreters import for_form

    found = for_form(program.form)
    if found is None:
        pytest.skip("Python 3.6 is missing: neither pyenv nor the PATH has one that starts")
    return found
