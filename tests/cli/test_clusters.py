"""`--executor dask://host:port`: a real cluster on this machine does the work, and loses a part of itself meanwhile."""

from __future__ import annotations

import importlib.util
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cli_helpers import commit_all
from click.testing import Result
from sharing_helpers import tree

needs_dask = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None,
    reason="Dask is not installed (pip install -e '.[distributed]')",
)

# ---- what is refused ---


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["spark://a:1"], "--executor 'spark://a:1': the address of a cluster is dask://host:port"),
        (["dask://a"], "--executor 'dask://a': the address of a cluster is dask://host:port"),
        (["dask://a:1", "--types"], "a run cannot be shared with a type checker"),
        (["dask://a:1", "--python", sys.prefix], "a run cannot be shared with packages of an environment"),
    ],
)
def test_what_cannot_be_shared_is_refused(
    words: list[str], said: str, project: Path, aiomend: Callable[..., Result]
) -> None:
    Path("a.py").touch()
    done = aiomend("check", "--executor", *words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr


def test_a_configuration_names_no_cluster(project: Path, aiomend: Callable[..., Result]) -> None:
    """What a project says decides about its code, and sends it nowhere."""
    Path("a.py").touch()
    Path("aiomend.toml").write_text('executor = "dask://127.0.0.1:1"\n')
    done = aiomend("check")
    assert done.exit_code == 2
    assert 'must name an executor as "package.module:name"' in done.stderr


TRAP = "import time\n\n\nasync def work():\n    time.sleep(1)\n"


def test_without_dask_it_says_what_to_install(project: Path) -> None:
    Path("a.py").write_text(TRAP)
    done = run("check", "--executor", "dask://127.0.0.1:1", first="import sys; sys.modules['distributed'] = None")
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install 'aiomend[distributed]'" in done.stderr


@needs_dask
def test_a_scheduler_that_is_not_there_ends_the_run(project: Path) -> None:
    Path("a.py").write_text(TRAP)
    with socket.socket() as nobody:  # it has the port, and answers nobody
        nobody.bind(("127.0.0.1", 0))
        place = f"dask://127.0.0.1:{nobody.getsockname()[1]}"
        done = run("check", "--executor", place, first="from aiomend_cli import clusters; clusters._PATIENCE = 0.5")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"--executor {place}: no Dask scheduler answers there" in done.stderr


# ---- what is shared ---

#: aiomend, which shares however little there is, in small batches.
SHARED = (
    "from aiomend_cli import app, executors\nexecutors.LEAST, executors._BATCH, executors.FILES = 1, 1, 4\napp.main()"
)
#: What a worker runs first. It says that it has got a batch; one of them gets no further.
WORKER = """
import pathlib, time
from aiomend import errands

mark, is_stuck = pathlib.Path({mark!r}), {is_stuck}
own = errands.own = getattr(errands, "own", errands.look)  # this runs more than once

def look(*errand):
    mark.touch()
    if is_stuck:
        time.sleep(600)
    return own(*errand)

errands.look = look
"""


def command(*words: str, first: str = "") -> list[str]:
    return [sys.executable, "-c", f"{first}\n{SHARED}", *words, "--no-cache", "--quiet"]


def run(*words: str, first: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*words, first=first), capture_output=True, text=True, timeout=120, check=False)


@contextmanager
def running(program: str, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Yield a part of a cluster, which ends with the block."""
    whole = [sys.executable, "-m", f"distributed.cli.dask_{program}", "--no-dashboard", *words]
    with subprocess.Popen(whole, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        try:
            yield child
        finally:
            child.kill()


@contextmanager
def worker(folder: Path, name: str, *, is_stuck: bool) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Yield a worker of the cluster, and the file that is there as soon as it gets something to do."""
    mark, preload = folder / f"{name} works", folder / f"{name}.py"
    preload.write_text(WORKER.format(mark=str(mark), is_stuck=is_stuck))
    own = ("--no-nanny", "--nthreads", "1", "--local-directory", str(folder / name), "--preload", str(preload))
    with running("worker", "--scheduler-file", str(folder / "scheduler.json"), *own) as child:
        yield child, mark


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.05)


@needs_dask
def test_a_cluster_that_loses_a_worker_gives_the_same_patch(repo: Path, tmp_path: Path) -> None:
    for path, data in tree().items():
        if "/project_" in path:  # fixes that belong together
            (repo / path).parent.mkdir(parents=True, exist_ok=True)
            (repo / path).write_bytes(data)
    commit_all()
    file = tmp_path / "scheduler.json"
    with (
        running("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file)),
        worker(tmp_path, "one", is_stuck=True) as (stuck, stuck_works),
        worker(tmp_path, "other", is_stuck=False) as (_, other_works),
    ):
        until(lambda: file.exists() and file.read_text().rstrip().endswith("}"))
        place = json.loads(file.read_text())["address"].replace("tcp:", "dask:")
        words = command("diff", "--unsafe", "--executor", place)
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as shared:
            until(stuck_works.exists)
            stuck.kill()
            out, err = shared.communicate(timeout=100)
        assert other_works.exists()
    alone = run("diff", "--unsafe", "--jobs", "1")
    assert alone.stdout.count("\n--- a/") > 5
    assert (shared.returncode, out, err) == (alone.returncode, alone.stdout, alone.stderr)
