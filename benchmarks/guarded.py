"""Let the tests of real packages decide on their fixes, and see whether they would have said the same afterwards.

    python benchmarks/guarded.py run [NAME ...]        print what `fix --unsafe --test` keeps and drops
    python benchmarks/guarded.py report                the same, into benchmarks/guarded.md

Each package of guarded.toml is taken twice: as it is, and with two tests more that fail where the first and the last fix in the
order of the report are there. The packages come from the package index, what they need goes into virtual environments under
.suites, and their tests are executed: run it where that does no harm.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "tests" / "runtime"), str(HERE)]
import migrated_suites  # noqa: E402

import corpus  # noqa: E402
from aiomend_cli.guarded import junit  # noqa: E402
from aiomend_cli.guarded.junit import End  # noqa: E402

BUDGET = 1800  #: seconds for one search
PLANTED = "tests/test_planted.py"


@dataclass(frozen=True, slots=True)
class Result:
    """What one search came to."""

    name: str
    python: str
    planted: int  #: fixes that are known to break a test
    report: Mapping[str, Any]  #: what aiomend wrote
    lost: tuple[str, ...]  #: tests that passed before and do not pass in the end, but for those that were set aside

    @property
    def wrong(self) -> bool:
        """True where something is lost, or a planted fix was not dropped."""
        return bool(self.lost) or len(self.report["tests"]["dropped"]) < self.planted


def examine(name: str, entry: Mapping[str, Any]) -> list[Result]:
    """Return the results for one package; none where it, its Python or what it needs cannot be had."""
    suite = migrated_suites.Suite(name, entry["package"], entry["python"], entry["python"], tuple(entry["needs"]))
    python = migrated_suites.python_for(suite, suite.python)
    try:
        source = corpus.fetch(suite.package)
    except (subprocess.CalledProcessError, StopIteration):
        return []
    if python is None:
        return []
    environ = os.environ | {"PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
    environ |= {"PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": ""}
    results = []
    for planted in (False, True):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / name
            shutil.copytree(source, folder)
            number = _plant(folder, suite.python) if planted else 0
            _commit(folder)
            before = _ends(entry["test"], folder, environ)
            report = _fix(folder, suite.python, environ, "--test", entry["test"], "--test-budget", str(BUDGET))
            after = _ends(entry["test"], folder, environ)
        passed = {test for test, end in before.items() if end is End.PASSED}
        lost = sorted(test for test in passed if after.get(test) is not End.PASSED)
        flaky = set(report["tests"]["flaky"])
        results.append(
            Result(suite.package, suite.python, number, report, tuple(one for one in lost if one not in flaky))
        )
    return results


def _fix(folder: Path, version: str, environ: Mapping[str, str], *more: str, command: str = "fix") -> dict[str, Any]:
    words = [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}; from aiomend_cli.app import main; main()"]
    words += [command, "--unsafe", "--target-version", version, "--quiet", "--output-format", "json", *more]
    done = subprocess.run(words, cwd=folder, env=dict(environ), capture_output=True, text=True, check=False)
    if done.returncode == 2:
        raise RuntimeError(f"aiomend {command} in {folder.name}: {done.stderr}")
    data: dict[str, Any] = json.loads(done.stdout)
    return data


def _plant(folder: Path, version: str) -> int:
    """Write a test for the first and the last fix each that fails where the fix is there; return their number."""
    _commit(folder)
    found = [one for one in _fix(folder, version, os.environ, command="check")["findings"] if one["applied"]]
    edits = [edit for one in found for edit in one["fix"]["edits"][:1] if edit["end"] > edit["start"]]
    tests = ["from pathlib import Path\n"]
    for number, edit in enumerate((edits[0], edits[-1])):
        text = (folder / edit["path"]).read_text("utf-8")
        lines = text.splitlines()
        line = lines[text.count("\n", 0, edit["start"])]
        tests.append(
            f"\ndef test_planted_{number}():\n"
            f"    lines = Path({edit['path']!r}).read_text('utf-8').splitlines()\n"
            f"    assert lines.count({line!r}) == {lines.count(line)}\n"
        )
    (folder / PLANTED).write_text("".join(tests))
    return 2


def _commit(folder: Path) -> None:
    git = ("git", "-c", "user.name=A", "-c", "user.email=a@example.com")
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "as it is", "--allow-empty"]):
        subprocess.run([*git, *command], cwd=folder, check=True)


def _ends(test: str, folder: Path, environ: Mapping[str, str]) -> Mapping[str, End]:
    """Return how each test of a package ends, asked without aiomend."""
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "junit.xml"
        subprocess.run(
            [*test.split(), f"--junitxml={file}"], cwd=folder, env=dict(environ), capture_output=True, check=False
        )
        return junit.read(file.read_bytes())


def table(results: list[Result]) -> str:
    """Return the report."""
    lines = [
        "# Fixes that tests decide on",
        "",
        'Real packages, under the Python that they were written for, and `aiomend fix --unsafe --test "python -m pytest"` on '
        "them (`guarded.toml`): as they are, and with two tests more that fail where the first and the last fix are there "
        "(*planted*). *Lost* are tests that passed before and do not pass on what was written in the end, asked by a run of "
        "their own, but for those that were set aside as flaky. `python benchmarks/guarded.py report` runs them anew.",
        "",
        "| package | Python | passed | failed | fixes | planted | dropped | runs | seconds | set aside | lost |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for one in results:
        tests, kept = one.report["tests"], one.report["summary"]["applied"]
        dropped = len(tests["dropped"])
        lines.append(
            f"| {one.name} | {one.python} | {tests['passed']} | {tests['failed']} | {kept + dropped} | {one.planted} | {dropped} "
            f"| {tests['runs']} | {tests['seconds']:.0f} | {len(tests['flaky'])} | {len(one.lost)} |"
        )
    reasons = sorted({f"* {one.name}: {why}" for one in results for why in one.report["tests"]["dropped"].values()})
    return "\n".join([*lines, "", "Why fixes were dropped:", "", *reasons]) + "\n"


def main() -> int:
    """Return 0 where all could be run, no test was lost and each planted fix was dropped."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["run", "report"])
    parser.add_argument("names", nargs="*", metavar="NAME")
    given = parser.parse_args()
    results, missing = [], []
    for name, entry in tomllib.loads((HERE / "guarded.toml").read_text("utf-8")).items():
        if given.names and name not in given.names:
            continue  # not asked for
        found = examine(name, entry)
        missing += [] if found else [name]
        results += found
        for one in found:
            print(json.dumps({"package": one.name, "planted": one.planted, "lost": one.lost, **one.report["tests"]}))
    print(table(results))
    if given.command == "report":
        (HERE / "guarded.md").write_text(table(results), "utf-8")
    for name in missing:
        print(f"{name}: the package, its Python or what it needs cannot be had", file=sys.stderr)
    return 1 if missing or any(one.wrong for one in results) else 0


if __name__ == "__main__":
    sys.exit(main())
