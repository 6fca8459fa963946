"""Tests that a runner for coroutines runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aiomend.api import MemorySources
from aiomend.facts.inference import Inference
from aiomend.facts.project import ProjectFacts
from aiomend.facts.testing_tools import is_run_as_coroutine, is_test_function
from aiomend.facts.threads import Threads
from aiomend.facts.view import Module
from aiomend.settings import Settings


@pytest.fixture
def ask() -> Callable[..., tuple[bool, bool]]:
    """Return whether the first function of a file is a test, and one that may be a coroutine function."""

    def answer(text: str, path: str = "test_it.py") -> tuple[bool, bool]:
        inference = Inference(
            ProjectFacts(MemorySources({path: f"import asynctest, pytest, unittest\n{text}".encode()}))
        )
        facts = inference.project.facts(path)
        assert facts is not None
        module, function = Module(facts, inference, Threads(inference), Settings()), facts.functions[0]
        return is_test_function(module, function), is_run_as_coroutine(module, function)

    return answer


@pytest.mark.parametrize(
    ("text", "path", "is_test", "is_run"),
    [
        ("def f(): pass", "test_it.py", False, False),
        ("@pytest.mark.asyncio\ndef f(): pass", "test_it.py", False, False),
        ("def test_f(): pass", "app.py", False, False),
        ("@pytest.mark.asyncio\ndef test_f(): pass", "app.py", False, False),
        ("class A(x):\n  def test_f(self): pass", "app.py", False, False),
        ("class A(unittest.Case):\n  def test_f(self): pass", "app.py", False, False),
        ("class A(unittest.TestCase):\n  def test_f(self): pass", "app.py", True, False),
        ("class A(unittest.TestCase):\n  def f(self): pass", "app.py", False, False),
        ("class A(unittest.IsolatedAsyncioTestCase):\n  def test_f(self): pass", "app.py", True, True),
        ("class A(asynctest.TestCase):\n  def test_f(self): pass", "app.py", True, True),
        ("def test_f(): pass", "test_it.py", True, False),
        ("@x\ndef test_f(): pass", "test_it.py", True, False),
        ("@pytest.mark.other\ndef test_f(): pass", "test_it.py", True, False),
        ("@pytest.mark.asyncio\ndef test_f(): pass", "test_it.py", True, True),
        ("@pytest.mark.anyio\ndef test_f(): pass", "test_it.py", True, True),
        ("@pytest.mark.asyncio(scope='x')\ndef test_f(): pass", "test_it.py", True, True),
        ("@x\n@pytest.mark.asyncio\ndef test_f(): pass", "test_it.py", True, True),
        ("@pytest.mark.asyncio\nclass TestA:\n  def test_f(self): pass", "test_it.py", True, True),
        ("@x\nclass TestA:\n  def test_f(self): pass", "test_it.py", True, False),
        ("pytestmark = pytest.mark.asyncio\ndef test_f(): pass", "test_it.py", True, True),
        ("pytestmark = [x, pytest.mark.asyncio]\ndef test_f(): pass", "test_it.py", True, True),
        ("pytestmark = (pytest.mark.asyncio,)\ndef test_f(): pass", "test_it.py", True, True),
        ("pytestmark = [x]\ndef test_f(): pass", "test_it.py", True, False),
        ("other = pytest.mark.asyncio\ndef test_f(): pass", "test_it.py", True, False),
        ("def test_f(): pytestmark = pytest.mark.asyncio", "test_it.py", True, False),
    ],
)
def test_who_runs_it(ask: Callable[..., tuple[bool, bool]], text: str, path: str, is_test: bool, is_run: bool) -> None:
    assert ask(text, path) == (is_test, is_run)
