"""Trace the tests of real packages, fix what was seen, and let `aiomend verify` say whether it is gone.

    python benchmarks/trace_suites.py run [NAME ...]        print each complaint, what was said of it, and what became of it
    python benchmarks/trace_suites.py report                the same, into the section of benchmarks/trace.md

The packages are in trace_suites.toml, with a verdict on each complaint. They come from the package index, what they need goes
into virtual environments under .suites, and their tests are executed: run it where that does no harm.
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
import migration  # noqa: E402

import corpus  # noqa: E402
from aiomend_cli.guarded import junit  # noqa: E402
from aiomend_cli.guarded.junit import End  # noqa: E402
from aiomend_cli.trace import log  # noqa: E402
from aiomend_cli.trace.report import ordered  # noqa: E402

REPORT = HERE / "trace.md"
TITLE = "## The tests of real packages"
SLOW = "0.5"  #: seconds
LIMIT = 900  #: seconds for the tests of one package
#: What is printed is compared, so warnings, which may be of what is mended, and caches are left out of it.
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:warnings", "--tb=no")


@dataclass(frozen=True, slots=True)
class Seen:
    """A kind of complaint at one line, and what became of it."""

    place: str  #: path, line and kind
    verdict: str  #: as trace_suites.toml has it
    rules: tuple[str, ...]
    result: str  #: as `aiomend verify` says it; "no fix" where none was applied

    @property
    def real(self) -> bool:
        return self.verdict.startswith("real")


@dataclass(frozen=True, slots=True)
class Result:
    """What tracing one package came to."""

    package: str
    python: str
    tests: int
    changed: tuple[str, ...]  #: tests that end otherwise where they are recorded, and not from run to run
    seen: tuple[Seen, ...]
    objections: tuple[str, ...]


def examine(name: str, entry: Mapping[str, Any]) -> Result | None:
    """Return what was seen; None where the package, its Python or what it needs cannot be had."""
    suite = migrated_suites.Suite(f"traced-{name}", entry["package"], entry["python"], "", tuple(entry["needs"]))
    python = migrated_suites.python_for(suite, suite.python)
    try:
        source = corpus.fetch(suite.package)
    except (subprocess.CalledProcessError, StopIteration):
        return None
    if python is None:
        return None
    command = (str(python.absolute()), *PYTEST, *entry.get("tests", ()))
    with tempfile.TemporaryDirectory() as scratch:
        folder, trace = Path(scratch, name).resolve(), Path(scratch, "trace.jsonl")
        shutil.copytree(source, folder)
        subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
        before = _ends(folder, command)
        recorded = _ends(folder, (*_aiomend("trace", "--slow", SLOW, "--output", str(trace)), "--", *command))
        unsteady = {test for test, end in _ends(folder, command).items() if before.get(test) is not end}
        answer = _verify(folder, trace, entry["python"], command)
        complaints = [one for one in ordered(log.read(trace)) if one.file and Path(one.file).is_relative_to(folder)]
        places = {
            f"{Path(one.file or '').relative_to(folder).as_posix()}:{one.line} {one.kind}": one for one in complaints
        }
    became = {f"{row['path']}:{row['line']} {row['kind']}": row for row in answer["rows"]}
    verdicts = entry.get("verdicts", {})
    return Result(
        suite.package,
        suite.python,
        len(before),
        tuple(sorted(t for t, end in recorded.items() if before.get(t) is not end and t not in unsteady)),
        tuple(
            Seen(
                place,
                verdicts.get(place, "nobody has read it"),
                tuple(became.get(place, {}).get("rules", ())),
                became[place]["result"] if became.get(place, {}).get("rules") else "no fix",
            )
            for place in places
        ),
        tuple(answer["objections"]),
    )


def _aiomend(*words: str) -> tuple[str, ...]:
    start = (
        f"import sys; sys.argv[0] = 'aiomend'; sys.path[:0] = {sys.path!r}; from aiomend_cli.entry import main; main()"
    )
    return (sys.executable, "-c", start, *words)


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def _ends(folder: Path, command: tuple[str, ...]) -> Mapping[str, End]:
    """Return how each test ends."""
    file = folder.parent / "junit.xml"
    with_file = [*command, f"--junitxml={file}"]
    subprocess.run(with_file, cwd=folder, env=_environment(), capture_output=True, check=False, timeout=LIMIT)
    return junit.read(file.read_bytes())


def _verify(folder: Path, trace: Path, version: str, command: tuple[str, ...]) -> dict[str, Any]:
    """Return what `aiomend verify` says of the fixes at what was seen."""
    options = ("--unsafe", "--only-evidence", "--evidence", str(trace), "--target-version", version, "--slow", SLOW)
    words = _aiomend("verify", *options, "--time-limit", str(LIMIT), "--output-format", "json", "--", *command)
    done = subprocess.run(words, cwd=folder, env=_environment(), capture_output=True, text=True, check=False)
    if not done.stdout:
        if "no fix would be applied" not in done.stderr:
            raise RuntimeError(f"aiomend verify in {folder.name}: {done.stderr}")
        return {"rows": [], "objections": []}
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def table(results: list[Result]) -> str:
    """Return the section of the report."""
    lines = [
        TITLE,
        "",
        "The tests of packages as they are in the index, under a Python that they run on, behind `aiomend trace` "
        f"(`trace_suites.toml`; slow is {SLOW} s). *Changed* are tests that end otherwise where they are recorded. Each complaint "
        "was held against the source: it is *real* where the line does what is said of it. What has a fix was fixed with "
        "`--unsafe --only-evidence --evidence`, and verified by `aiomend verify`. `python benchmarks/trace_suites.py report` "
        "does it anew.",
        "",
        "How they were chosen: asynctest and aiojobs since a rule finds something in code that their tests run; the others before "
        "anything was known of them. Not in the table: aioftp 0.13.0, whose tests each end after one second of wall time "
        "(`timeout(1)` in its `conftest.py`), so that a busy machine alone fails them: 36 of 748 once ended otherwise where they were "
        "recorded on one that was. With a processor to run on all 748 pass, recorded or not, each time (Python 3.7, two runs of both, "
        "and two where they have a quarter of its time); of 84 uploads and downloads that have a sixteenth of it 0 and 1 fail, and 2 "
        "and 6 recorded, and with a thirtieth 49 without the recorder. One of the 34 tests of aiocoap 0.3, which asks for names of hosts, ended "
        "otherwise, and nobody knows why. The tests of aiosmtplib 1.1.6 and hypercorn 0.9.5 were recorded, and not brought to their "
        "end; pymodbus 2.5.3 and quart 0.11.5 could not be run.",
        "",
        "| package | Python | tests | changed | complaints | real | fixed | verified | no fix |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for one in results:
        real = sum(seen.real for seen in one.seen)
        fixed = [seen for seen in one.seen if seen.rules]
        gone = sum(seen.result == "gone" for seen in fixed) if not one.objections else 0
        lines.append(
            f"| {one.package} | {one.python} | {one.tests} | {len(one.changed)} | {len(one.seen)} | {real} | {len(fixed)} "
            f"| {gone} | {len(one.seen) - len(fixed)} |"
        )
    lines += ["", "| complaint | what reading says | fixed by | after |", "|---|---|---|---|"]
    lines += [
        f"| {one.package.partition('==')[0]}: `{seen.place}` | {seen.verdict} | {', '.join(seen.rules) or '-'} | {seen.result} |"
        for one in results
        for seen in sorted(one.seen, key=lambda seen: seen.place)
    ]
    objections = [f"* {one.package}: {objection}" for one in results for objection in one.objections]
    return "\n".join([*lines, *(["", "What `aiomend verify` objects:", "", *objections] if objections else [])]) + "\n"


def main() -> int:
    """Return 0 where all could be run, no test ended otherwise, and somebody has read each complaint."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["run", "report"])
    parser.add_argument("names", nargs="*", metavar="NAME")
    given = parser.parse_args()
    results, missing = [], []
    for name, entry in tomllib.loads((HERE / "trace_suites.toml").read_text("utf-8")).items():
        if given.names and name not in given.names:
            continue  # not asked for
        if (found := examine(name, entry)) is None:
            missing.append(name)
            print(f"{name}: the package, its Python or what it needs cannot be had", file=sys.stderr)
            continue  # the others may be there
        results.append(found)
        print(*(f"{name}: ends otherwise: {test}" for test in found.changed), sep="\n")
    print(table(results))
    if given.command == "report":
        migration.keep_section(TITLE, table(results), REPORT)
    return 1 if missing or any(one.changed or not all(seen.real for seen in one.seen) for one in results) else 0


if __name__ == "__main__":
    sys.exit(main())
