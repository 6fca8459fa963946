"""Several processes share the work of a round: the report is the same, and who fails costs nothing but its own files."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path

import pytest
from sharing_helpers import reported, tree

from aiomend.sharing import Errand, Sight, T
from aiomend_cli import forks
from aiomend_cli.forks import Forks

SEEN = Sight(frozenset({"AIO401"}), frozenset({"b.py"}), frozenset({"name"}))

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="without forks everything is done in one process")


@pytest.fixture(autouse=True)
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few files there are, they are shared, in small portions."""
    monkeypatch.setattr(forks, "LEAST", 1)
    monkeypatch.setattr(forks, "_CHUNK", 300)
    monkeypatch.setattr(forks, "_AHEAD", 1_000_000)  # copies begin at once


class Others:
    """A crew that sees every file, in this process and in an order of its own."""

    def share(
        self,
        sizes: Sequence[tuple[str, int]],
        work: Callable[[str], T | None],
        errand: Callable[[], Errand] | None = None,
    ) -> Generator[tuple[str, T | None], None, None]:
        for path, _ in reversed(sizes):
            yield path, pickle.loads(pickle.dumps(work(path)))


def test_the_report_is_the_same_whoever_looks() -> None:
    files = tree()
    alone = reported(files, None)
    assert len(alone.findings) > 40
    for crew in (Others(), Forks(2), Forks(4)):
        assert reported(files, crew) == alone, crew


def looked_at(crew: Forks, look: Callable[[str], Sight | None]) -> dict[str, Sight | None]:
    """Return what became of each file; this process goes on only when a fork has begun to look."""
    begun, say = os.pipe()

    def said(path: str) -> Sight | None:
        os.write(say, b"x")
        return look(path)

    seen: dict[str, Sight | None] = {}
    for path, sight in crew.share(SIZES, said):
        if not seen:
            os.read(begun, 1)
        assert path not in seen, "a file comes once"
        seen[path] = sight
    os.close(begun)
    os.close(say)
    return seen


PATHS = [f"{number}.py" for number in range(12)]
SIZES = [(path, 200) for path in PATHS]


def test_what_a_fork_saw_arrives() -> None:
    seen = looked_at(Forks(2), lambda _: SEEN)
    assert seen.keys() == set(PATHS)
    assert SEEN in seen.values()


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(lambda: os.kill(os.getpid(), signal.SIGKILL), id="dies"),
        pytest.param(lambda: time.sleep(60), id="hangs"),
        pytest.param(lambda: os._exit(0), id="leaves"),
        pytest.param(lambda: sys.exit("no"), id="raises"),
    ],
)
def test_files_of_a_fork_that_comes_to_nothing_are_left_to_this_process(end: Callable[[], None]) -> None:
    assert looked_at(Forks(3, seconds=0.5), lambda _: end()) == dict.fromkeys(PATHS)


def test_where_the_system_makes_no_process_everything_is_left_to_this_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> int:
        raise OSError("no more processes")

    monkeypatch.setattr(os, "fork", none)
    assert dict(Forks(2).share(SIZES, lambda _: SEEN)) == dict.fromkeys(PATHS)


def test_a_process_that_did_enough_takes_no_more_and_another_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process learns stays in its memory, so it ends in time."""
    monkeypatch.setattr(forks, "_ENOUGH", 1)
    by = dict(Forks(2).share(SIZES, lambda _: os.getpid()))
    assert by.keys() == set(PATHS)
    pids = [pid for pid in by.values() if pid is not None]
    assert len(pids) == len(set(pids)) == len(PATHS) - 1, "this process took one file, and each other one was another's"


def test_this_process_finds_out_what_most_files_ask_before_it_is_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forks, "_AHEAD", 2)
    before = children()
    going = Forks(3).share(SIZES, lambda _: SEEN)
    half = len(PATHS) // 2
    for path in PATHS[:half]:
        assert next(going) == (path, None)
        assert children() == before
    next(going)
    assert children() > before
    going.close()


def test_one_that_died_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forks, "_ENOUGH", 200)  # this process takes one file
    deadly = PATHS[3:5]
    by = dict(Forks(2).share(SIZES, lambda path: os._exit(1) if path in deadly else path))
    assert sum(result is not None for result in by.values()) >= len(PATHS) - 3


def test_forks_end_with_the_round_however_it_ends() -> None:
    before = children()
    going = Forks(3).share(SIZES, lambda _: time.sleep(60))
    next(going)
    going.close()
    assert children() == before


def children() -> set[str]:
    return (
        set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()) if sys.platform == "linux" else set()
    )


RULE = (Path(__file__).parents[2] / "examples/rule_package/shop_rules/warehouse_in_coroutine.py").read_text()
SHARED = "from aiomend_cli import forks, app\nforks.LEAST, forks._CHUNK = 1, 300\napp.main()"
DEADLY = "        if module.path == '30.py':\n            import os\n            os.kill(os.getpid(), 9)\n"


@pytest.mark.trust
def test_a_file_that_ends_a_process_costs_that_file_only(project: Path, tmp_path: Path) -> None:
    begin = "def find(self, module: Module) -> Iterator[Fix]:\n"
    assert begin in RULE
    rules = tmp_path / "deadly.py"
    rules.write_text(RULE.replace(begin, begin + DEADLY))
    for number in range(50):
        Path(f"{number}.py").write_text(
            "import warehouse\n\n\nasync def offer(item):\n    return warehouse.stock(item)\n"
        )

    def check(jobs: str) -> subprocess.CompletedProcess[str]:
        words = ["check", "--rules", str(rules), "--select", "SHOP401", "--strict", "--output-format", "json"]
        command = [sys.executable, "-c", SHARED, *words, "--jobs", jobs]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    shared, alone = check("2"), check("1")
    assert (shared.returncode, shared.stdout, shared.stderr) == (2, alone.stdout, alone.stderr)
    assert "the engine was ended by SIGKILL" in shared.stdout
    assert json.loads(shared.stdout)["summary"]["findings"] == 49
