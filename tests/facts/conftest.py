"""What the tests on known coroutines ask."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.api import MemorySources
from aiomend.facts.inference import Inference
from aiomend.facts.project import ProjectFacts
from aiomend.facts.values import Coroutine


@pytest.fixture
def is_known() -> Callable[..., bool]:
    """Is the argument of the call of `probe` certainly a coroutine?"""

    def ask(text: str, by_callers: bool = True) -> bool:
        inference = Inference(ProjectFacts(MemorySources({"main.py": text.encode()})))
        facts = inference.project.facts("main.py")
        assert facts is not None
        call = next(c for c in facts.calls if isinstance(c.func, ast.Name) and c.func.id == "probe")
        values = inference.values_from_callers if by_callers else inference.values
        return all(isinstance(value, Coroutine) for value in values(facts, call.args[0]))

    return ask
