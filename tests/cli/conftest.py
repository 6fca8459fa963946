"""What the tests of the application share: temporary projects and repositories, and ways to run aiomend in them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # so that what the tests share can be imported, here and in processes of their own

import fake_engine  # noqa: E402
from cli_helpers import commit_all, git  # noqa: E402
from fault_helpers import TIE  # noqa: E402


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the user's own git settings, home folder and terminal out of the tests, and read project files afresh."""
    from aiomend_cli import config, projectfiles, target

    home = tmp_path_factory.mktemp("home")
    for name in ("NO_COLOR", "AIOMEND_TRACEBACK", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "HOME": str(home),
        "GIT_CONFIG_GLOBAL": str(home / "gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "A. U. Thor",
        "GIT_AUTHOR_EMAIL": "author@example.com",
        "GIT_COMMITTER_NAME": "C. O. Mitter",
        "GIT_COMMITTER_EMAIL": "committer@example.com",
        "TERM": "xterm",
    }.items():
        monkeypatch.setenv(name, value)
    yield
    for cached in (config._load, projectfiles.toml, projectfiles.ini, target._setup_arguments):
        cached.cache_clear()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the working directory; no repository."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(params=["a repository", "no repository"])
def tied(request: pytest.FixtureRequest, project: Path) -> Path:
    """A project with a fix that changes two files."""
    Path("a.py").write_text(TIE)
    Path("tied.py").write_text("old\n")
    if request.param == "a repository":
        git("init", "-q", "-b", "main")
        commit_all()
    return project


@pytest.fixture
def repo(project: Path) -> Path:
    """An empty repository that is the working directory."""
    git("init", "-q", "-b", "main")
    return project


@pytest.fixture
def aiomend(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run the command line in this process, with the stand-in engine."""
    from aiomend_cli import isolation, runner
    from aiomend_cli.app import app

    monkeypatch.setattr(runner, "engine", fake_engine.Project)
    monkeypatch.setattr(runner, "at_a_glance", lambda workspace: None)
    monkeypatch.setattr(runner, "known_rules", lambda _files=(): dict(fake_engine.RULES))
    monkeypatch.setattr(isolation, "run", in_this_process)
    command_line = CliRunner()
    return lambda *arguments, **options: command_line.invoke(app, list(arguments), **options)


def in_this_process(workspace: Any, accept: Any = None, progress: Any = None) -> Any:
    """Run the engine as it runs in a process of its own, where a stand-in would not be known."""
    from aiomend_cli.isolation import Task

    return workspace.work(Task(workspace), accept, progress, lambda _: None)


def _hear_all_signals() -> None:
    """Take back what a shell does to a job in the background, or `nohup` to any: signals that are ignored are inherited."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@pytest.fixture
def process() -> Callable[..., subprocess.Popen[bytes]]:
    """Start the command line in a process of its own, with the stand-in engine; ``first`` is code to run before."""

    def start(*arguments: str, first: str = "", **options: Any) -> subprocess.Popen[bytes]:
        code = (
            f"import sys; sys.path.insert(0, {str(HERE)!r})\nimport fake_engine; fake_engine.install()\n"
            f"{first}\nfrom aiomend_cli.app import main\nmain()\n"
        )
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "preexec_fn": _hear_all_signals} | options
        return subprocess.Popen([sys.executable, "-c", code, *arguments], env=os.environ.copy(), **pipes)

    return start


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Return what mounts a small file system in memory; skips where that is not allowed."""
    mounted: list[Path] = []
    here = Path.cwd()

    def make(options: str) -> Path:
        place = tmp_path / "mounted"
        place.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], capture_output=True, check=False
        )
        if done.returncode:
            pytest.skip(f"mounting needs more rights: {done.stderr.decode().strip()}")
        mounted.append(place)
        return place

    yield make
    os.chdir(here)
    for place in mounted:
        subprocess.run(["umount", str(place)], check=True)
