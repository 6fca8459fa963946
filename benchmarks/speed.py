"""Measure aiomend beside other tools on the same trees, and write benchmarks/speed.md.

    python benchmarks/speed.py [--runs N] [--tree NAME ...] [--peer NAME ...] [--into FILE]

Trees are source releases (brought by `unearth`) and Python's own library; the other tools come into a virtual environment
of their own. Both are kept in .corpus, or where --cache says. All programs run one after the other, in turn, so that a machine whose speed drifts
drifts for all of them. CPU seconds are user and system time of the whole process tree.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import aiomend
import aiomend_cli
import corpus
from aiomend.api import MemorySources
from aiomend.facts.inference import Inference
from aiomend.facts.project import ProjectFacts
from aiomend.screen import Screen
from aiomend_cli.entry import COLLECTOR
from corpus import HERE, load

TREES = {
    "Home Assistant 0.74": "homeassistant==0.74.0",
    "Home Assistant 2026.2": "homeassistant==2026.2.0",
    "Django 5.2": "Django==5.2",
    "aiohttp 3.11": "aiohttp==3.11.18",
    "Salt 3006": "salt==3006.9",
    "CPython's Lib": "",
}
PACKAGES = ("ruff==0.14.5", "pyupgrade==3.21.0", "flake8-async==25.5.3", "flake8==7.3.0", "libcst==1.8.6")
_PARSE = """
import ast, pathlib, sys, warnings
warnings.simplefilter("ignore")
for path in pathlib.Path(sys.argv[1]).rglob("*.py"):
    data = path.read_bytes() if path.is_file() else b""
    if b"async" in data or b"coroutine" in data:
        try:
            ast.parse(data)
        except (SyntaxError, ValueError, RecursionError):
            pass
"""
#: The highest ratio of `aiomend check` to another program that is aimed at, by tree.
TARGETS = {
    "ast.parse": dict.fromkeys(TREES, 1.0),
    "ruff": {
        "Home Assistant 2026.2": 3.0,
        "Home Assistant 0.74": 6.0,
        "aiohttp 3.11": 6.0,
        "Django 5.2": 1.0,
        "Salt 3006": 1.0,
    },
    "diff": dict.fromkeys(TREES, 6.0),
}


#: The rules that ruff and flake8-async have, too: blocking sleeps, calls and blocks of code in coroutines, and tasks that nothing refers to.
SHARED = "AIO401,AIO402,AIO406,AIO901"
_OURS = ("check", "shared rules")
#: What our run with those rules alone is held against, not the run with all that are on by default.
_LIKE_OURS = frozenset({"ruff", "flake8-async"})

#: Wall seconds after which a program of others is stopped.
_PATIENCE = 60.0
_NOWHERE = subprocess.DEVNULL
#: Programs that change the files they are given.
_WRITES = frozenset({"pyupgrade", "LibCST"})


@dataclass(slots=True)
class Measured:
    """CPU seconds of one program on one tree, a figure a run."""

    cpu: list[float] = field(default_factory=list)
    is_stopped: bool = False  #: it was not through in time

    @property
    def median(self) -> float:
        return statistics.median(self.cpu)

    def __str__(self) -> str:
        if self.is_stopped:
            return f"over {self.median:.0f}"
        return f"{self.median:.2f} ({min(self.cpu):.2f} to {max(self.cpu):.2f})"


def peers() -> Path:
    """Return the folder of programs of the other tools, installed where they are not there yet."""
    folder = corpus.CORPUS / "speed-peers"
    programs = folder / "bin"
    if not programs.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([programs / "python", "-m", "pip", "install", "-q", *PACKAGES], check=True)
    return programs


def commands(tree: Path, wanted: list[str]) -> dict[str, list[str]]:
    """Return what is run on a tree, by name."""
    bin_ = peers()
    ours = [sys.executable, "-m", "aiomend_cli"]
    alone = ["--no-cache", "--quiet", "--file-timeout", "0", "--jobs", "1"]
    every = {
        "check": [*ours, "check", *alone, str(tree)],
        "all rules": [*ours, "check", *alone, "--select", "ALL", str(tree)],
        "shared rules": [*ours, "check", *alone, "--select", SHARED, str(tree)],
        "diff": [*ours, "diff", *alone, "--unsafe", str(tree)],
        "ast.parse": [sys.executable, "-c", _PARSE, str(tree)],
        "ruff": [str(bin_ / "ruff"), "check", "--isolated", "--no-cache", "-q", "--select", "ASYNC,RUF006", str(tree)],
        "pyupgrade": [str(bin_ / "pyupgrade"), "--keep-percent-format"],
        "flake8-async": [str(bin_ / "flake8"), "--isolated", "-j1", "--select", "ASYNC", str(tree)],
        "LibCST": [str(bin_ / "python"), "-m", "libcst.tool", "codemod", "noop.NOOPCommand", "--no-format", "-j1", "."],
    }
    return {name: command for name, command in every.items() if name in wanted}


def cpu_of(command: list[str], folder: Path, *, is_installed: bool = False, patience: float | None = None) -> float:
    """Return the CPU seconds that a program and its children take, at most for so many wall seconds; what it prints is thrown away.

    Python's bytecode is kept: beside a program that ``is_installed``, elsewhere for one of this checkout.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    if is_installed:
        kept.pop("PYTHONPATH", None)
    else:
        kept["PYTHONPYCACHEPREFIX"] = str(corpus.CORPUS / "speed-bytecode")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with contextlib.suppress(subprocess.TimeoutExpired):
        subprocess.run(command, cwd=folder, env=kept, stdout=_NOWHERE, stderr=_NOWHERE, check=False, timeout=patience)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(folder: Path, programs: dict[str, list[str]], runs: int) -> dict[str, Measured]:
    """Run the programs in turn; those that write get a copy of the tree for each run."""
    found = {name: Measured() for name in programs}
    cpu_of([sys.executable, "-m", "compileall", "-q", *aiomend.__path__, *aiomend_cli.__path__], HERE)
    for _ in range(runs):
        for name, command in programs.items():
            if name in _WRITES:
                with tempfile.TemporaryDirectory() as copy:
                    shutil.copytree(folder, copy, dirs_exist_ok=True)
                    each = (str(path) for path in sorted(Path(copy).rglob("*.py")) if path.is_file())
                    files = list(each) if name == "pyupgrade" else []
                    _add(found[name], [*command, *files], Path(copy), _PATIENCE)
            else:
                _add(found[name], command, folder, None if "aiomend_cli" in command else _PATIENCE)
    return found


def _add(measured: Measured, command: list[str], folder: Path, patience: float | None) -> None:
    begun = time.monotonic()
    measured.cpu.append(cpu_of(command, folder, patience=patience))
    measured.is_stopped |= patience is not None and time.monotonic() - begun >= patience


def installed() -> Path:
    """Return the folder of programs of a new virtual environment with this aiomend alone, as a wheel brings it."""
    folder = corpus.CORPUS / "speed-installed"
    venv.create(folder, clear=True, with_pip=True)
    subprocess.run([folder / "bin" / "python", "-m", "pip", "install", "-q", "--no-deps", HERE.parent], check=True)
    return folder / "bin"


#: How many times the CPU of `python -c pass` a look at one clean file may take.
START = 6


@dataclass(frozen=True, slots=True)
class Start:
    """Median milliseconds of CPU of `python -c pass`, of `aiomend check` of one clean file, and of `aiomend --version`."""

    nothing: float
    check: float
    in_git: float  #: the same file, alone in a repository of git
    version: float


def start(runs: int = 20) -> Start:
    """Measure the programs in turn."""
    bin_ = installed()
    ours = str(bin_ / "aiomend")
    with tempfile.TemporaryDirectory() as plain, tempfile.TemporaryDirectory() as kept:
        for folder in (plain, kept):
            Path(folder, "clean.py").write_text("import os\n\n\ndef here():\n    return os.getcwd()\n")
        subprocess.run(["git", "init", "--quiet", kept], check=True)
        programs = (
            ([str(bin_ / "python"), "-c", "pass"], plain),
            ([ours, "check", "clean.py"], plain),
            ([ours, "check", "clean.py"], kept),
            ([ours, "--version"], plain),
        )
        figures = [
            [cpu_of(program, Path(folder), is_installed=True) * 1e3 for program, folder in programs]
            for _ in range(runs)
        ]
    return Start(*map(statistics.median, zip(*figures, strict=True)))


# ---- with what the run before has left ---


@dataclass(frozen=True, slots=True)
class Warm:
    """Median wall seconds of a run in which nothing has changed since the last one, and of runs in which one file has."""

    ours: float
    ruff: float
    one_changed: float
    alone: float  #: the changed file alone is looked at, as a hook before a commit does


def warm(folder: Path, runs: int = 7, changes: int = 2) -> Warm:
    """Measure runs on a copy of a tree, in turn, each with a cache of its own that an earlier run has filled."""
    with tempfile.TemporaryDirectory() as scratch:
        tree, kept = Path(scratch, "tree"), Path(scratch, "cache")
        shutil.copytree(folder, tree)
        ruff = [
            str(peers() / "ruff"),
            "check",
            "--isolated",
            "-q",
            "--select",
            "ASYNC,RUF006",
            "--cache-dir",
            str(kept),
        ]
        ours = [sys.executable, "-m", "aiomend_cli", "check", "--quiet", "--jobs", "1", str(tree)]
        seconds = {program: _wall_of(program, tree, kept) for program in (tuple(ours), (*ruff, str(tree)))}
        each = [[_wall_of(program, tree, kept) for program in seconds] for _ in range(runs)]
        changed = sorted(path for path in tree.rglob("*.py") if path.is_file() and b"async def" in path.read_bytes())
        found: list[tuple[float, float]] = []
        for path in changed[:: max(len(changed) // changes, 1)][:changes]:
            path.write_bytes(path.read_bytes() + b"\n# changed\n")
            alone = _wall_of((*ours[:-1], str(path)), tree, kept)
            found.append((_wall_of(tuple(ours), tree, kept), alone))
        mine, others, changed_one, alone_one = (
            statistics.median(figures) for one in (each, found) for figures in zip(*one, strict=True)
        )
        return Warm(mine, others, changed_one, alone_one)


def _wall_of(command: tuple[str, ...], folder: Path, kept: Path) -> float:
    environment = {
        **os.environ,
        "XDG_CACHE_HOME": str(kept),
        "PYTHONPYCACHEPREFIX": str(corpus.CORPUS / "speed-bytecode"),
    }
    for name in ("AIOMEND_NO_CACHE", "PYTHONDONTWRITEBYTECODE"):
        environment.pop(name, None)
    begun = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, stdout=_NOWHERE, stderr=_NOWHERE, check=False)
    return time.perf_counter() - begun


# ---- where it goes ---


@dataclass(slots=True)
class Stages:
    """CPU seconds of one run inside, and how many files the screen passes to each rule."""

    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    passed: Counter[str] = field(default_factory=Counter)
    files: int = 0
    any_rule: int = 0


def stages(folder: Path) -> Stages:
    """Return where the time of a run goes: inference is what evaluates expressions, whoever asks, without the parsing for it."""
    found = Stages()
    files = load(folder)
    rules = [rule for rule in aiomend.registry().values() if not rule.opt_in]
    project = ProjectFacts(MemorySources(files))
    screen = Screen(rules, project.tree_names)
    for path, data in files.items():
        candidates = screen.candidates(path, data)
        found.files += 1
        found.any_rule += bool(candidates)
        found.passed.update(rule.code for rule in candidates)
    parts = found.seconds
    with (
        _watched(ProjectFacts, "source", parts, "parsing"),
        _watched(ProjectFacts, "_build", parts, "parsing"),
        _watched(Inference, "values", parts, "inference", but="parsing"),
    ):
        began = time.process_time()
        aiomend.Project(MemorySources(files), lambda _: aiomend.Settings()).run()
        parts["all"] = time.process_time() - began
    return found


@contextlib.contextmanager
def _watched(owner: type, name: str, seconds: dict[str, float], stage: str, but: str = "") -> Iterator[None]:
    """Add to a stage what the outermost calls of a method take, ``but`` for what went to another stage meanwhile."""
    method, is_inside = getattr(owner, name), False

    def timed(*arguments: object) -> object:
        nonlocal is_inside
        if is_inside:
            return method(*arguments)
        began, before, is_inside = time.process_time(), seconds.get(but, 0.0), True
        try:
            return method(*arguments)
        finally:
            is_inside = False
            seconds[stage] += time.process_time() - began - (seconds.get(but, 0.0) - before)

    setattr(owner, name, timed)
    try:
        yield
    finally:
        setattr(owner, name, method)


# ---- the page ---


def page(
    results: dict[str, dict[str, Measured]], warmed: dict[str, Warm], inside: dict[str, Stages], runs: int
) -> Iterator[str]:
    """Yield the lines of benchmarks/speed.md."""
    begun = start()
    yield "# How fast it is, beside other tools"
    yield ""
    yield f"Written by `python benchmarks/speed.py`: Python {platform.python_version()}, {os.cpu_count()} processors,"
    yield f"{', '.join(PACKAGES[:3])}; runs of each in turn: {runs}. Figures are CPU seconds, median (lowest to highest)."
    yield "aiomend runs in one process. Bytecode of all programs is there, as where they are installed."
    yield "Ratios are `aiomend check` to the other program; in brackets the target, where there is one."
    yield ""
    yield f"**Start**: `aiomend check` of one clean file takes {begun.check:.0f} ms of CPU, `python -c pass` {begun.nothing:.0f} ms:"
    yield f"{begun.check / begun.nothing:.1f} times that [{START}]. In a repository of git it takes {begun.in_git:.0f} ms, and"
    yield f"`aiomend --version` {begun.version:.0f} ms."
    yield ""
    names = list(dict.fromkeys(name for figures in results.values() for name in figures))
    yield f"| tree | {' | '.join(names)} |"
    yield "|---" * (len(names) + 1) + "|"
    for tree, figures in results.items():
        yield f"| {tree} | {' | '.join(str(figures[name]) for name in names)} |"
    yield ""
    others = [name for name in names if name not in _OURS]
    yield f"| ratio | {' | '.join(others)} |"
    yield "|---" * (len(others) + 1) + "|"
    for tree, figures in results.items():
        yield f"| {tree} | {' | '.join(_ratio(tree, figures, name) for name in others)} |"
    yield ""
    yield f"`diff` and `all rules` are divided by `check`; {', '.join(sorted(_LIKE_OURS))} divide `check --select {SHARED}`, the rules that they have"
    yield f"as well (in the table above: shared rules), and all others divide `check`. What takes more than {_PATIENCE:.0f} seconds is stopped."
    if left := [tree for tree in TREES if tree not in results]:
        yield f"Not measured: {', '.join(left)}."
    yield ""
    yield "**Warm**, wall seconds, median of 7 runs in turn: nothing has changed since the last run, or one asynchronous file has;"
    yield "then all of the tree is looked at again, or that file alone, with what the others say to it."
    yield ""
    yield "| tree | aiomend | ruff | ratio [1] | one file changed | that file alone |"
    yield "|---|---|---|---|---|---|"
    for tree, one in warmed.items():
        yield f"| {tree} | {one.ours:.3f} | {one.ruff:.3f} | {one.ours / one.ruff:.1f} | {one.one_changed:.2f} | {one.alone:.2f} |"
    yield ""
    yield "## What the screen passes, and where the time goes"
    yield ""
    for tree, within in inside.items():
        parsing, inference = (within.seconds[part] / within.seconds["all"] for part in ("parsing", "inference"))
        yield (
            f"**{tree}**: {within.any_rule:,} of {within.files:,} files pass; parsing takes {parsing:.0%} of a run, "
            f"inference {inference:.0%}. Share of files by rule:"
        )
        yield ", ".join(f"{code} {count / within.files:.0%}" for code, count in within.passed.most_common()) + "."
        yield ""
    yield "What helped and what did not, and what was measured in another way, is in [what was tried](speed_tried.md)."


def _ratio(tree: str, figures: dict[str, Measured], name: str) -> str:
    ours = figures["shared rules" if name in _LIKE_OURS else "check"]
    above, below = (figures[name], ours) if name in ("diff", "all rules") else (ours, figures[name])
    target = TARGETS.get(name, {}).get(tree)
    less = "under " if below.is_stopped else ""
    ratio = above.median / max(below.median, 0.001)
    return f"{less}{ratio:.{1 if ratio >= 0.1 else 2}f}" + (f" [{target:g}]" if target is not None else "")


def folder_of(name: str) -> Path | None:
    """Return the folder of a tree, brought where it is not there yet; None where the package index has none."""
    if not TREES[name]:
        return Path(sysconfig.get_path("stdlib"))
    try:
        return corpus.fetch(TREES[name])
    except subprocess.CalledProcessError:
        return None


def main() -> None:
    """Measure, and write the page."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--runs", type=int, default=5)
    reader.add_argument("--tree", action="append", choices=TREES)
    default = ["diff", "ast.parse", "ruff", "all rules", "pyupgrade", "flake8-async"]
    reader.add_argument("--peer", action="append", choices=[*default, "LibCST"])
    reader.add_argument("--into", type=Path, default=HERE / "speed.md")
    reader.add_argument("--cache", type=Path, default=corpus.CORPUS, help="where trees and tools are kept")
    given = reader.parse_args()
    corpus.CORPUS = given.cache.resolve()
    gc.set_threshold(*COLLECTOR)  # as the program has it
    results: dict[str, dict[str, Measured]] = {}
    warmed: dict[str, Warm] = {}
    inside: dict[str, Stages] = {}
    for tree in given.tree or TREES:
        if (folder := folder_of(tree)) is None:
            print(f"{tree}: no such release to be had, not measured", file=sys.stderr)
            continue
        results[tree] = measure(folder, commands(folder, [*_OURS, *(given.peer or default)]), given.runs)
        warmed[tree] = warm(folder)
        inside[tree] = stages(folder)
        print(tree, {name: str(one) for name, one in results[tree].items()}, file=sys.stderr)
        # after each of them, as the next one may take half an hour
        given.into.write_text("\n".join(page(results, warmed, inside, given.runs)).rstrip() + "\n")


if __name__ == "__main__":
    main()
