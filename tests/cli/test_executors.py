"""Any executor shares the work of a round: the report is the same, and an executor that fails costs time and nothing else."""

from __future__ import annotations

import multiprocessing
import pickle
import subprocess
import sys
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sharing_helpers import reported, tree

from aiomend import Report, Settings, errands
from aiomend.api import MemorySources
from aiomend.sharing import Errand, Sight, T
from aiomend.source import read
from aiomend_cli import executors
from aiomend_cli.executors import Team


@pytest.fixture(autouse=True)
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few files there are, they are shared, in small batches."""
    monkeypatch.setattr(executors, "LEAST", 1)
    monkeypatch.setattr(executors, "_BATCH", 1)
    monkeypatch.setattr(executors, "FILES", 8)
    monkeypatch.setattr(executors, "_READING", 0)


#: Some files with fixes of several files, and helpers that they share.
FILES = {path: data for path, data in tree().items() if "/project_" in path}


@pytest.fixture(scope="module")
def alone() -> Report:
    report = reported(FILES, None)
    assert len(report.findings) > 10
    return report


# ---- whoever fails ---


class Here(Executor):
    """An executor that does each task at once, or what stands in for the task."""

    def __init__(self, instead: Callable[..., Any] | None = None) -> None:
        self.tasks = 0
        self.is_shut = False
        self._instead = instead

    def submit(self, task: Callable[..., Any], /, *arguments: Any, **_: Any) -> Future[Any]:
        self.tasks += 1
        future: Future[Any] = Future()
        try:
            future.set_result(pickle.loads(pickle.dumps((self._instead or task)(*arguments))))
        except Exception as error:
            future.set_exception(error)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self.is_shut = True


class Gone(Here):
    def submit(self, task: Callable[..., Any], /, *arguments: Any, **_: Any) -> Future[Any]:
        raise RuntimeError("cannot schedule new futures after shutdown")


class Silent(Here):
    def submit(self, task: Callable[..., Any], /, *arguments: Any, **_: Any) -> Future[Any]:
        return Future()


def fails(*_: object) -> None:
    raise ValueError("no room")


@pytest.mark.parametrize(
    ("executor", "trouble"),
    [
        pytest.param(Gone(), "RuntimeError: cannot schedule new futures after shutdown", id="it takes nothing"),
        pytest.param(Silent(), "no answer for 0 seconds", id="it never answers"),
    ],
)
def test_an_executor_that_does_nothing_is_not_asked_again(executor: Here, trouble: str, alone: Report) -> None:
    team = Team(executor, patience=0.01)
    assert reported(FILES, team) == alone
    assert (team.trouble, team.is_lost, executor.is_shut) == (trouble, True, True)


@pytest.mark.parametrize(
    ("instead", "trouble"),
    [
        pytest.param(fails, "ValueError: no room", id="it raises"),
        pytest.param(lambda *_: None, None, id="it says something else"),
        pytest.param(lambda *_: {}, None, id="it saw nothing"),
    ],
)
def test_a_batch_that_comes_to_nothing_is_looked_at_here(
    instead: Callable[..., Any], trouble: str | None, alone: Report
) -> None:
    executor = Here(instead)
    team = Team(executor)
    assert reported(FILES, team) == alone
    assert (team.trouble, team.is_lost) == (trouble, False)
    assert executor.tasks > 5, "others may go better"


def test_a_process_that_dies_takes_its_batches_along_and_no_findings(alone: Report) -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context, initializer=sys.exit) as executor:
        team = Team(executor)
        assert reported(FILES, team) == alone
    assert team.trouble is not None
    assert team.trouble.startswith("BrokenProcessPool")


class Moved(MemorySources):
    """Files that are others in another process."""

    def __reduce__(self) -> tuple[type[MemorySources], tuple[dict[str, bytes]]]:
        return MemorySources, ({path: data + b"\n" for path, data in self.files.items()},)


def test_whoever_reads_other_files_looks_at_none(alone: Report) -> None:
    executor = Here()
    team = Team(executor)
    assert reported(Moved(FILES), team) == alone
    assert (team.trouble, executor.is_shut) == ("a process that was asked reads other files at the same place", True)


def test_whoever_has_another_aiomend_looks_at_nothing(monkeypatch: pytest.MonkeyPatch, alone: Report) -> None:
    def other(*arguments: Any) -> object:
        with monkeypatch.context() as patched:
            patched.setattr(errands, "_program", lambda: b"another")
            return errands.look(*arguments)

    team = Team(Here(other))
    assert reported(FILES, team) == alone
    assert team.trouble == "a process that was asked has another aiomend, or another Python"


# ---- whoever does it ---


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_processes_that_are_no_copies_see_the_same(method: str, alone: Report) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip("there is no such process here")
    with ProcessPoolExecutor(1, multiprocessing.get_context(method)) as executor:
        team = Team(executor)
        assert reported(FILES, team) == alone
    assert team.trouble is None


def test_threads_see_the_same(alone: Report) -> None:
    with ThreadPoolExecutor(2) as executor:
        assert reported(FILES, Team(executor)) == alone


def looked(order: Errand) -> dict[str, Sight | None]:
    seen = errands.look(order.project, order.changes, order.codes)
    assert isinstance(seen, dict), seen
    return seen


@dataclass
class Comparing:
    """A crew that looks at each file twice: as a copy would, and as an errand."""

    fixes: int = 0
    differences: list[str] = field(default_factory=list)

    def share(
        self,
        sizes: Sequence[tuple[str, int]],
        work: Callable[[str], T | None],
        errand: Callable[[], Errand] | None = None,
    ) -> Generator[tuple[str, T | None], None, None]:
        order = errand() if errand is not None else None
        seen = looked(order) if order is not None else {}
        for path, _ in sizes:
            own = work(path)
            if isinstance(own, Sight):
                there = seen[path]
                self.fixes += len(own.codes)
                self.differences += [path] if there is None or there.codes != own.codes else []
            yield path, own


def test_an_errand_sees_in_every_round_what_the_run_sees(monkeypatch: pytest.MonkeyPatch, alone: Report) -> None:
    for most in (2_000, 1):  # files, after which a process forgets what it knows
        monkeypatch.setattr(errands, "_PARSED", most)
        crew = Comparing()
        assert reported(FILES, crew) == alone
        assert crew.differences == []
        assert crew.fixes > 10


# ---- what travels ---

TRAP = b"import asyncio\n\n\nasync def work():\n    pass\n\n\nasync def run():\n    %s\n"
FORGOTTEN, AWAITED = TRAP % b"work()", TRAP % b"await work()"


def test_a_process_that_is_ahead_of_an_errand_begins_again() -> None:
    """A run that drops a fix begins with the files as they were, while others still have the changes."""
    settings = Settings()
    original = errands.project(
        MemorySources({"a.py": FORGOTTEN}), [("a.py", FORGOTTEN)], lambda _: settings, ["a.py"], frozenset()
    )
    later, first = (
        errands.changes([read("a.py", AWAITED)], {}, lambda _: settings),
        errands.changes([], {}, lambda _: settings),
    )
    assert [_codes(original, changes) for changes in (first, later, first, later)] == [
        frozenset({"AIO601"}),
        frozenset(),
        frozenset({"AIO601"}),
        frozenset(),
    ]


def _codes(original: bytes, changes: bytes) -> frozenset[str]:
    sight = looked(Errand(original, changes, {"a.py": ("AIO601",)}))["a.py"]
    assert sight is not None
    return sight.codes


def test_no_more_travels_than_is_looked_at() -> None:
    sizes = [(f"{number}.py", 1_000) for number in range(100)]
    batches = executors._batches(sizes, 20_000)
    assert [path for batch in batches for path in batch] == [path for path, _ in sizes], "neighbours stay together"
    assert {len(batch) for batch in batches} == {20}
    assert {len(batch) for batch in executors._batches(sizes[:32], 1)} == {8}, "small batches cost more than they bring"


def test_small_rounds_are_not_worth_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "LEAST", 10_000_000)
    executor = Here()
    reported({"a.py": FORGOTTEN}, Team(executor))
    assert executor.tasks == 0


# ---- where a process cannot be copied ---

NO_COPY = """
from aiomend_cli import app, crews, executors
executors.LEAST, executors._BATCH, executors.FILES, crews.may_fork = 1, 1, 4, lambda: False
if __name__ == "__main__":
    app.main()
"""


def test_new_processes_share_the_work_and_leave_nothing_behind(project: Path, tmp_path: Path) -> None:
    for path, data in FILES.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(data)
    program = tmp_path / "program.py"
    program.write_text(NO_COPY)

    def diff(jobs: str) -> tuple[int, str, str]:
        words = [sys.executable, str(program), "diff", "--unsafe", "--no-cache", "--quiet", "--jobs", jobs]
        done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
        return done.returncode, done.stdout, done.stderr

    alone = diff("1")
    assert alone[1].count("\n--- a/") > 5
    assert diff("2") == alone
