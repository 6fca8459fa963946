"""The command line on large trees that nobody chose for their asyncio: CPython's library and tests, and source releases.

Each tree is copied, and the copy goes through what a person would do: `diff --unsafe`, `git apply`, `diff --unsafe` again.
Nothing of a tree is imported or executed. What became of each is kept in `.large`, so that a run goes on where one stopped.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trust_fuzz import comments

from corpus import fetch

HERE = Path(__file__).resolve().parent
PLACE = HERE.parent / ".large"
_SECONDS = 3600  #: for one command on one tree
_FOR_A_FILE = 300  #: seconds; more than users give it, as the machine may have other work
_FOR_A_REASON = {"newer-syntax", "python2", "not-python"}  #: right where this Python cannot compile the file either


@dataclass(slots=True)
class Outcome:
    """What became of one tree."""

    name: str
    files: int = 0
    lines: int = 0
    changed: int = 0
    findings: int = 0
    left: dict[str, int] = field(default_factory=dict)  #: files that were left alone, by why
    broken: list[str] = field(default_factory=list)  #: promises that did not hold


def trees(pythons: Path) -> Iterator[str]:
    """Yield the names of the newest CPython of a folder of installations and of each one's tests, and the pinned releases."""
    folders = sorted(pythons.glob("*/lib/python3.*"), key=lambda path: int(path.name.partition(".")[2]))
    yield from (f"tests of CPython {path.name.removeprefix('python')}" for path in folders if (path / "test").is_dir())
    yield from (f"CPython {path.name.removeprefix('python')}" for path in folders[-1:])
    for line in HERE.joinpath("trust_large.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line


def outcome(name: str, pythons: Path) -> Outcome:
    """Return what became of a tree: kept from an earlier run, else found out now."""
    kept = PLACE / f"{name}.json"
    if kept.exists():
        return Outcome(**json.loads(kept.read_text("utf-8")))
    found = examine(name, _place(name, pythons))
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(json.dumps(dataclasses.asdict(found), indent=1), "utf-8")
    return found


def _place(name: str, pythons: Path) -> Path:
    if "==" in name:
        return fetch(name, PLACE)
    kind, _, version = name.rpartition("CPython ")
    (library, *_) = sorted(pythons.glob(f"*/lib/python{version}"))
    return library / "test" if kind else library


def examine(name: str, tree: Path) -> Outcome:
    """Return what became of a copy of one tree; without its tests, and what is installed, where it is a library."""
    others = ("__pycache__", "site-packages", *(["test"] if name.startswith("CPython") else []))
    with tempfile.TemporaryDirectory(prefix="large-") as scratch:
        copy = Path(scratch, "tree")
        shutil.copytree(tree, copy, symlinks=True, ignore=shutil.ignore_patterns(*others))
        return _Trial(Outcome(name.replace("==", " ")), copy, Path(scratch)).go()


@dataclass(slots=True)
class _Trial:
    outcome: Outcome
    tree: Path
    scratch: Path

    def go(self) -> Outcome:
        broken = self.outcome.broken
        report = self._report()
        changed = [self.tree / file["path"] for file in report["files"] if file["changed"]]
        if not changed:
            return self.outcome  # there is no patch, and a second run is the same run
        patch = self.scratch / "patch"
        if (code := self._aiomend("--quiet", "--output", str(patch))) != 1:
            broken.append(f"exit code {code}, with a patch")
        compiled = {path for path in changed if not path.exists() or _compiles(path)}  # a new one has to compile
        had = {path: comments(path.name, path.read_bytes()) for path in changed if path.exists()}
        for check in (["--check"], []):
            self._git("apply", *check, "--whitespace=nowarn", str(patch))
        broken += [f"{self._short(path)} does not compile any more" for path in compiled if not _compiles(path)]
        lost = {path: before - comments(path.name, path.read_bytes()) for path, before in had.items()}
        broken += [f"{self._short(path)} lost {sorted(gone)}" for path, gone in lost.items() if gone]
        again = self.scratch / "again"
        if self._aiomend("--quiet", "--output", str(again)) != 0 or again.read_bytes():
            broken.append(f"a second run changes something: {again.read_text('utf-8', 'replace')[:500]}")
        return self.outcome

    def _report(self) -> dict[str, Any]:
        where = self.scratch / "report.json"
        code = self._aiomend("--output-format", "json", "--output", str(where))
        report: dict[str, Any] = json.loads(where.read_text("utf-8"))
        outcome, summary = self.outcome, report["summary"]
        if code != (1 if summary["changed"] else 0):
            outcome.broken.append(f"exit code {code} where {summary['changed']} files change")
        paths = [path for path in self.tree.rglob("*.py") if path.is_file() and not path.is_symlink()]
        outcome.files = len(paths)
        outcome.lines = sum(path.read_bytes().count(b"\n") for path in paths)
        outcome.changed, outcome.findings = summary["changed"], summary["findings"]
        outcome.broken += [note for note in summary["notes"] if not note.startswith("not entered")]
        refused = [one for one in summary["refusals"] if _compiles(self.tree / one["path"])]  # else it has to be
        outcome.broken += [f"refused: {json.dumps(one)}" for one in refused]
        for file in report["skipped"]:
            outcome.left[file["kind"]] = outcome.left.get(file["kind"], 0) + 1
            sentence = f"{file['path']}: {file['reason']} ({file['detail']})"
            if file["kind"] in {"failed", "given-up", "unreadable"}:
                outcome.broken.append(sentence)
            if file["kind"] in _FOR_A_REASON and _compiles(self.tree / file["path"]):
                outcome.broken.append(f"{sentence}, but it compiles")
        return report

    def _aiomend(self, *options: str) -> int:
        limit = ["--file-timeout", str(_FOR_A_FILE)]
        # -P: for a module, Python would load the tree's own `importlib` before it comes to our code
        command = [sys.executable, "-P", "-m", "aiomend_cli", "diff", "--unsafe", *limit, *options, "."]
        environment = {**os.environ, "XDG_CACHE_HOME": str(self.scratch / "cache")}
        environment.pop("AIOMEND_NO_CACHE", None)  # the patch need not be found out anew
        done = subprocess.run(
            command, cwd=self.tree, env=environment, capture_output=True, timeout=_SECONDS, check=False
        )
        if b"Traceback" in done.stderr:
            self.outcome.broken.append(f"a traceback: {done.stderr.decode('utf-8', 'replace')[-1000:]}")
        return done.returncode

    def _git(self, *arguments: str) -> None:
        environment = {"PATH": os.environ["PATH"], "GIT_DIR": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"}
        command = ["git", "-c", "core.autocrlf=false", *arguments]
        done = subprocess.run(command, cwd=self.tree, env=environment, capture_output=True, check=False)
        if done.returncode:
            self.outcome.broken.append(f"{' '.join(arguments[:2])}: {done.stderr.decode('utf-8', 'replace')[:500]}")

    def _short(self, path: Path) -> str:
        return path.relative_to(self.tree).as_posix()


def _compiles(path: Path) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(path.read_bytes(), "<large>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def table(outcomes: list[Outcome]) -> list[str]:
    """Return the outcomes as lines of Markdown."""
    lines = ["| tree | files | lines | findings | files changed | left alone |", "|---|---:|---:|---:|---:|---|"]
    for one in outcomes:
        left = ", ".join(f"{count} {kind}" for kind, count in sorted(one.left.items()))
        lines.append(f"| {one.name} | {one.files:,} | {one.lines:,} | {one.findings} | {one.changed} | {left} |")
    return lines
