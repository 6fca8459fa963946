"""Run the tests of legacy packages under the Python that they were written for, before and after a migration.

    python benchmarks/migrated_suites.py run [NAME ...]     print what passes before, after, and on a newer Python
    python benchmarks/migrated_suites.py report             the same, into the section of benchmarks/migration.md

The packages are in migrated_suites.toml. They come from the package index, what they need goes into virtual environments
under .suites, and their tests are executed: run it where that does no harm. Each run has a time limit.
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
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import migration  # noqa: E402
from interpreters import of_version  # noqa: E402

import corpus  # noqa: E402

ENVIRONMENTS = HERE.parent / ".suites"
TIME_LIMIT = 180.0  #: seconds for the tests of one package
INSTALLING = 600.0  #: seconds for what it needs
TITLE = "## Their own tests"
_PIP = {"3.6": "pip==21.3.1"}  #: the last one that knows which releases such a Python can use

#: What runs in the other interpreter: the tests of some modules, or all that are found, and what became of each.
_SHARED = """
import json, os, signal, sys
sys.path.insert(0, ".")
report, given = sys.argv[1], sys.argv[2:]
outcomes = {}
def interrupt(*_):
    raise TimeoutError("it does not come to an end")
signal.signal(signal.SIGALRM, interrupt)
def limit(seconds):
    signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
def leave():
    with open(report, "w") as file:
        json.dump(outcomes, file)
    sys.stdout.flush()
    os._exit(0)  # whatever threads and tasks are left
"""
_UNITTEST = """
import unittest
def last(error):
    return ("%s: %s" % (error[0].__name__, error[1])).strip().split("\\n")[0][:200]
class Result(unittest.TextTestResult):
    def startTest(self, test):
        limit(15)
        super().startTest(test)
    def stopTest(self, test):
        limit(0)
        super().stopTest(test)
    def addSuccess(self, test):
        outcomes.setdefault(test.id(), "passed")
    def addFailure(self, test, error):
        outcomes[test.id()] = last(error)
    addError = addFailure
    def addSubTest(self, test, subtest, error):
        if error is not None:
            outcomes[test.id()] = last(error)
    def addSkip(self, test, reason):
        outcomes[test.id()] = "skipped"
    def addExpectedFailure(self, test, error):
        outcomes[test.id()] = "passed"
loader = unittest.TestLoader()
suite = loader.loadTestsFromNames(given) if given else loader.discover("tests", top_level_dir="." if os.path.exists("tests/__init__.py") else None)
unittest.TextTestRunner(resultclass=Result, verbosity=0).run(suite)
leave()
"""
_PYTEST = """
import pytest
class Plugin:
    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item):
        limit(15)
        yield
        limit(0)
    def pytest_runtest_logreport(self, report):
        if report.outcome == "passed":
            outcomes.setdefault(report.nodeid, "passed")
        elif report.outcome == "skipped":
            outcomes[report.nodeid] = "passed" if hasattr(report, "wasxfail") else "skipped"
        else:
            crash = getattr(report.longrepr, "reprcrash", None)
            outcomes[report.nodeid] = str(getattr(crash, "message", report.longrepr)).strip().split("\\n")[0][:200]
pytest.main(["-q", "-p", "no:cacheprovider", *given], plugins=[Plugin()])
leave()
"""


@dataclass(frozen=True, slots=True)
class Suite:
    """A package with tests, and what it takes to run them."""

    name: str
    package: str
    python: str
    newest: str  #: empty for the standard library's own, which belongs to one version
    needs: tuple[str, ...] = ()
    runner: str = "unittest"  #: or "pytest"
    modules: tuple[str, ...] = ()  #: what the runner is given
    environment: tuple[tuple[str, str], ...] = ()
    generators: tuple[str, ...] = ()  #: names of tests on what generators alone do


@dataclass(slots=True)
class Result:
    """What became of each test: "passed", "skipped", or the error."""

    suite: Suite
    before: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)
    newest_before: dict[str, str] = field(default_factory=dict)
    newest: dict[str, str] = field(default_factory=dict)

    def lost(self) -> Iterator[tuple[str, str]]:
        """Yield the tests that passed before and do not after, with the error; not those on what generators alone do."""
        for test, outcome in self.before.items():
            now = self.after.get(test, "it is not there any more")
            if outcome == "passed" and now != "passed" and test.rpartition(".")[2] not in self.suite.generators:
                yield test, now


def known() -> list[Suite]:
    """Return the packages of migrated_suites.toml."""
    table = tomllib.loads((HERE / "migrated_suites.toml").read_text("utf-8"))
    return [
        Suite(
            name,
            one["package"],
            one["python"],
            one.get("newest", ""),
            tuple(one.get("needs", ())),
            one.get("runner", "unittest"),
            tuple(one.get("modules", ())),
            tuple(one.get("environment", {}).items()),
            tuple(one.get("generators", ())),
        )
        for name, one in table.items()
    ]


def python_for(suite: Suite, version: str) -> Path | None:
    """Return the interpreter of a version that has what a package needs; None where there is none, or it cannot be had."""
    interpreter = of_version((3, int(version.partition(".")[2])))
    if interpreter is None or not suite.needs:
        return Path(interpreter.path) if interpreter is not None else None
    folder = ENVIRONMENTS / f"{suite.name}-{version}"
    python = folder / "bin" / "python"
    if python.exists():
        return python
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    install = [str(partial / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    try:
        subprocess.run([interpreter.path, "-m", "venv", str(partial)], check=True, timeout=INSTALLING)
        for wanted in (*([[_PIP[version]]] if version in _PIP else []), suite.needs):
            subprocess.run([*install, *wanted], check=True, timeout=INSTALLING, capture_output=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return None
    partial.rename(folder)
    return python


def outcomes(python: Path, folder: Path, suite: Suite) -> dict[str, str]:
    """Return what becomes of each test of a package; empty where they do not come to an end."""
    report = folder / "outcomes.json"
    report.unlink(missing_ok=True)
    runner = _PYTEST if suite.runner == "pytest" else _UNITTEST
    command = [str(python), "-c", _SHARED + runner, str(report), *suite.modules]
    try:
        subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **dict(suite.environment)},
            timeout=TIME_LIMIT,
            capture_output=True,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {}
    return json.loads(report.read_text()) if report.exists() else {}


def examine(suite: Suite) -> Result | None:
    """Return what passes; None where the package, an interpreter or what it needs cannot be had."""
    python = python_for(suite, suite.python)
    newest = python_for(suite, suite.newest) if suite.newest else python
    if python is None or newest is None:
        return None
    result = Result(suite)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / suite.name
        if not _brought(suite, folder):
            return None
        files = corpus.load(folder)
        result.before = outcomes(python, folder, suite)
        _write(folder, migration.migrated(files, suite.python))
        result.after = outcomes(python, folder, suite)
        if suite.newest:
            _write(folder, files)
            result.newest_before = outcomes(newest, folder, suite)
            _write(folder, migration.migrated(files, suite.newest))
            result.newest = outcomes(newest, folder, suite)
    return result


def _brought(suite: Suite, folder: Path) -> bool:
    """Copy a package and its tests; False where they cannot be had. `asyncio 3.6` is that of the interpreter."""
    if not suite.package.startswith("asyncio "):
        try:
            shutil.copytree(corpus.fetch(suite.package), folder)
        except (subprocess.CalledProcessError, StopIteration):
            return False
        return True
    interpreter = of_version((3, int(suite.python.partition(".")[2])))
    if interpreter is None:
        return False
    command = [interpreter.path, "-c", "import asyncio; print(asyncio.__path__[0])"]
    home = Path(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())
    if not (tests := home.parent / "test" / "test_asyncio").is_dir():
        return False  # some distributions leave them out
    for source in (home, tests):
        shutil.copytree(source, folder / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    return True


def _write(folder: Path, files: dict[str, bytes]) -> None:
    for path, data in files.items():
        (folder / path).write_bytes(data)


def table(results: list[Result]) -> str:
    """Return the section of the report."""
    lines = [
        TITLE,
        "",
        "The tests of legacy packages (`migrated_suites.toml`), under the Python that they were written for: before, and migrated "
        "for that very Python with `--select AIO0 --unsafe`; none that passed may fail. Then both again on the newest Python on "
        "which what they need can be imported; what fails there uses what Python no longer has, or waits for what the findings leave "
        "to a person: in panoramisk an attribute called `async`, in aiorwlock locks that only `yield from` can enter, in aiocoap a "
        "function whose result may have to be awaited. asyncio is "
        "CPython's own of that version: tests on what generators alone do, which the file names, do not count as lost. "
        "`python benchmarks/migrated_suites.py report` runs them anew, `pytest -m migrated_suites` holds them to it.",
        "",
        "| package | Python | passed before | passed after | lost | newest Python | passed before | passed migrated |",
        "|---|---|---:|---:|---:|---|---:|---:|",
    ]
    for one in results:
        lost = list(one.lost())
        passed = [
            f"{sum(outcome == 'passed' for outcome in tests.values())} of {max(len(tests), len(one.before))}"
            for tests in (one.before, one.after, one.newest_before, one.newest)
        ]
        lines.append(
            f"| {one.suite.package} | {one.suite.python} | {passed[0]} | {passed[1]} | {len(lost)} "
            + (f"| {one.suite.newest} | {passed[2]} | {passed[3]} |" if one.suite.newest else "| | | |")
        )
    return "\n".join(lines) + "\n"


def main() -> int:
    """Return 0 where everything could be run and no test was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["run", "report"])
    parser.add_argument("names", nargs="*", metavar="NAME")
    given = parser.parse_args()
    results, missing = [], []
    for suite in known():
        if given.names and suite.name not in given.names:
            continue  # not asked for
        if (result := examine(suite)) is None:
            missing.append(suite.name)
            print(f"{suite.name}: the package, its Python or what it needs cannot be had", file=sys.stderr)
            continue  # the others may be there
        results.append(result)
        for test, error in result.lost():
            print(f"{suite.name}: {test}: {error}")
    print(table(results))
    if given.command == "report":
        migration.keep_section(TITLE, table(results))
    return 1 if missing or any(list(one.lost()) for one in results) else 0


if __name__ == "__main__":
    sys.exit(main())
