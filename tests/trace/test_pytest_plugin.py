"""`pytest --aiomend`, and `aiomend trace -- pytest`: complaints by test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from aiomend_cli.trace import log

ROOT = Path(__file__).parents[2]
ROOTS = os.pathsep.join([str(ROOT / "codemods"), str(ROOT / "cli")])

TESTS = """\
import asyncio
import pytest
async def ring(): pass
@pytest.fixture
def bell():
    yield
    asyncio.new_event_loop()
def test_fine():
    asyncio.run(ring())
@pytest.mark.parametrize("n", [1, 2])
def test_drops(n):
    ring()
def test_leaves_open(bell):
    pass
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("PYTEST_")]:
        monkeypatch.delenv(name)
    Path("test_bell.py").write_text(TESTS)


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        env=os.environ | {"PYTHONPATH": ROOTS},
        capture_output=True,
        text=True,
        timeout=120,
    )


def names_for(kind: str) -> list[tuple[str, ...]]:
    return [one.tests for one in log.read(Path("trace.jsonl")).complaints if one.kind == kind]


PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly")
PLUGIN = () if "aiomend_cli.trace.pytest_plugin" in sys.modules else ("-p", "aiomend_cli.trace.pytest_plugin")


def test_nothing_is_recorded_unless_it_is_asked_for() -> None:
    done = run(*PYTEST, *PLUGIN)
    assert (done.returncode, Path("trace.jsonl").exists(), "asyncio has" in done.stdout) == (0, False, False)


def test_complaints_are_listed_by_test_and_fail_none() -> None:
    done = run(*PYTEST, *PLUGIN, "--aiomend")
    assert done.returncode == 0
    line = "test_bell.py:12: never-awaited, twice in test_bell.py::test_drops[1] and 1 more\n"
    assert line in done.stdout
    assert names_for("never-awaited") == [("test_bell.py::test_drops[1]", "test_bell.py::test_drops[2]")]


def test_in_strict_runs_they_fail_their_tests_alone() -> None:
    done = run(*PYTEST, *PLUGIN, "--aiomend-strict")
    assert done.returncode == 1
    assert "FAILED test_bell.py::test_drops[1] - asyncio has something to complain of" in done.stdout
    assert "ERROR test_bell.py::test_leaves_open - asyncio has something to complain of" in done.stdout
    assert "2 failed, 2 passed" in done.stdout
    assert "1 error" in done.stdout


def test_under_trace_the_plugin_comes_by_itself() -> None:
    code = "import sys; sys.argv[0] = 'aiomend'; from aiomend_cli.entry import main; main()"
    done = run("-c", code, "trace", "--", sys.executable, *PYTEST, "--aiomend-strict")
    assert done.returncode == 1
    assert "2 failed, 2 passed" in done.stdout
    assert names_for("never-awaited") == [("test_bell.py::test_drops[1]", "test_bell.py::test_drops[2]")]
    assert names_for("unclosed-loop") == [("test_bell.py::test_leaves_open",)]
