"""Try aiomend on real packages, and write what came of it to benchmarks/corpus.md.

    python benchmarks/corpus.py fetch                  bring the pinned releases into .corpus (needs `unearth`)
    python benchmarks/corpus.py run [NAME ...]         check every promise on each package
    python benchmarks/corpus.py report                 run, and write benchmarks/corpus.md

Nothing of a package is imported or executed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import aiomend
from aiomend import Project, Report, Safety, Settings
from aiomend.api import MemorySources
from aiomend.diff import unified
from aiomend.facts.inference import Inference
from aiomend.facts.project import ProjectFacts
from aiomend.facts.threads import Threads
from aiomend.facts.view import Module
from aiomend.report import Skip
from aiomend.screen import Screen
from aiomend.settings import NEWEST
from aiomend_cli.effective import Effective, Overrides
from aiomend_cli.options import CheckOptions

HERE = Path(__file__).resolve().parent
CORPUS = HERE.parent / ".corpus"


def wanted() -> list[str]:
    """Return the pinned requirements."""
    lines = (HERE / "corpus.txt").read_text().splitlines()
    return [line for line in (raw.partition("#")[0].strip() for raw in lines) if line]


def fetch(requirement: str, place: Path = CORPUS) -> Path:
    """Return the folder of one release in ``place``, brought from the package index where it is not there yet."""
    name, _, version = requirement.partition("==")
    target = place / f"{name}-{version}"
    if target.exists():
        return target
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "unearth", requirement, "--no-binary", "--download", folder]
        if subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode:
            # nothing of a release is run: it may be for a newer Python than this one
            newest = ".".join(map(str, NEWEST))
            subprocess.run([*command, "--python-version", newest], check=True, stdout=subprocess.DEVNULL)
        archive = next(path for path in Path(folder).iterdir() if path.suffix in {".gz", ".zip", ".bz2", ".xz", ".tgz"})
        unpacked = Path(folder) / "unpacked"
        if archive.suffix == ".zip":
            with zipfile.ZipFile(archive) as zipped:
                zipped.extractall(unpacked)
        else:
            with tarfile.open(archive) as tarred:
                tarred.extractall(unpacked, filter="data")
        inside = list(unpacked.iterdir())
        place.mkdir(parents=True, exist_ok=True)
        source = inside[0] if len(inside) == 1 else unpacked
        partial = target.with_name(f"{target.name}.partial")
        subprocess.run(["cp", "-r", source, partial], check=True)
        partial.rename(target)
    return target


def load(folder: Path) -> dict[str, bytes]:
    """Return the Python files of a package by their relative path."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".py", ".pyi"} and path.is_file() and not path.is_symlink():
            found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


@dataclass(slots=True)
class Outcome:
    """What one package showed."""

    package: str
    files: int = 0
    seconds: float = 0.0
    changed: int = 0
    findings: Counter[tuple[str, str]] = field(default_factory=Counter)  #: by (code, level)
    refusals: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)  #: promises that did not hold


SettingsOf = Callable[[str], Settings]


def settings_of(folder: Path, *, unsafe: bool, select: tuple[str, ...] = (), target: str | None = None) -> SettingsOf:
    """Return what governs each file, as the command line reads it: target range (or ``target``), line length, quotes."""
    known = {code: rule.name for code, rule in aiomend.registry().items()}
    overrides = Overrides.parse(CheckOptions(unsafe=unsafe, select=select, target_version=target), known, folder)
    return Effective(folder, folder, overrides, known)


def run(files: dict[str, bytes], settings: SettingsOf) -> tuple[Report, dict[str, bytes]]:
    """Return the report, and all files as they are afterwards."""
    report = Project(MemorySources(files), settings).run()
    after = dict(files)
    after.update({file.path: file.new for file in report.changed if file.new is not None})
    return report, after


def examine(folder: Path) -> Outcome:
    """Check every promise on one package."""
    outcome = Outcome(folder.name)
    files = load(folder)
    outcome.files = len(files)
    started = time.perf_counter()
    safe, unsafe = settings_of(folder, unsafe=False), settings_of(folder, unsafe=True)
    report, after = run(files, unsafe)
    outcome.seconds = time.perf_counter() - started
    outcome.changed = len(report.changed)
    outcome.findings.update((finding.code, finding.safety.label) for finding in report.findings)
    outcome.refusals.update(f"{refusal.code} {refusal.proof}: {refusal.reason}" for refusal in report.refusals)
    outcome.skipped.update(file.skip.value for file in report.files if file.skip is not None)
    outcome.broken += [f"did not settle: {note}" for note in report.notes]
    outcome.broken += [f"{file.path}: {file.detail}" for file in report.files if file.skip is Skip.FAILED]
    for path in after:
        if after[path] != files.get(path) and _compiles(files.get(path, b"")) and not _compiles(after[path]):
            outcome.broken.append(f"{path} does not compile" + (" any more" if path in files else ""))
    again, _ = run(after, unsafe)
    outcome.broken += [f"{file.path} changes in a second run" for file in again.changed]
    _, safe_first = run(files, safe)
    _, then_unsafe = run(safe_first, unsafe)
    outcome.broken += [
        f"{path}: fix, then fix --unsafe differs"
        for path in {*after, *then_unsafe}
        if then_unsafe.get(path) != after.get(path)
    ]
    outcome.broken += _apply_errors(folder, report)
    return outcome


def missed_by_the_screen(folder: Path) -> list[str]:
    """Return the findings in files that the screen would not have let through to their rule."""
    files = load(folder)
    project = ProjectFacts(MemorySources(files))
    rules = [rule for rule in aiomend.registry().values() if not rule.opt_in]
    screen = Screen(rules, project.tree_names)
    inference = Inference(project)
    threads = Threads(inference)
    missed = []
    for path in project.paths:
        facts = project.facts(path)
        passed = screen.candidates(path, files[path])
        if facts is None or len(passed) == len(rules):
            continue  # no rule can find anything in it, or all of them were let through
        module = Module(facts, inference, threads, Settings())
        for rule in rules:
            if rule not in passed and (found := list(rule().find(module))):
                missed.append(f"{path}:{found[0].node.lineno} {rule.code}")
    return missed


def _compiles(data: bytes) -> bool:
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(data, "<corpus>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def _apply_errors(folder: Path, report: Report) -> list[str]:
    patch = b"".join(unified(file, file.path) for file in report.changed)
    if not patch:
        return []
    # Outside any repository, so that git looks at the files as they lie there.
    command = ["git", "-c", "core.autocrlf=false", "apply", "--check", "--whitespace=nowarn", "-"]
    done = subprocess.run(
        command, cwd=folder, input=patch, capture_output=True, env={"PATH": "/usr/bin:/bin", "GIT_DIR": "/nonexistent"}
    )
    return [f"git apply --check: {done.stderr.decode()[:200]}"] if done.returncode else []


def table(outcomes: list[Outcome]) -> str:
    """Return the results as Markdown."""
    findings: Counter[tuple[str, str]] = Counter()
    refusals: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    for outcome in outcomes:
        findings += outcome.findings
        refusals += outcome.refusals
        skipped += outcome.skipped
    lines = ["| rule | safe | unsafe | manual |", "|---|---:|---:|---:|"]
    for code in sorted({code for code, _ in findings}, key=lambda code: (len(code), code)):
        counts = " | ".join(str(findings[code, level.label]) for level in reversed(Safety))
        lines.append(f"| {code} {aiomend.registry()[code].name} | {counts} |")
    lines += ["", "| refused because | fixes |", "|---|---:|"]
    lines += [f"| {reason} | {count} |" for reason, count in refusals.most_common()]
    lines += ["", "| left alone because | files |", "|---|---:|"]
    lines += [f"| {reason} | {count} |" for reason, count in skipped.most_common()]
    lines += ["", "| package | files | changed | seconds |", "|---|---:|---:|---:|"]
    lines += [f"| {one.package} | {one.files} | {one.changed} | {one.seconds:.1f} |" for one in outcomes]
    return "\n".join(lines) + "\n"


_HEAD = """# aiomend on real packages

{packages} pinned source releases, {files:,} Python files, {lines:,} lines (`benchmarks/corpus.txt`). `python benchmarks/corpus.py
report` wrote this page; every promise was checked on each package: no crash, no file that compiled before and does not
after, a second run changes nothing, `git apply --check` takes every diff, and `fix` then `fix --unsafe` equals
`fix --unsafe`. {broken}

"""


def main() -> int:
    """Run one of the verbs; the exit status is 1 where a promise did not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=["fetch", "run", "report"])
    parser.add_argument("names", nargs="*", help="run: these packages only")
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    folders = [fetch(requirement) for requirement in wanted()]
    if args.verb == "fetch":
        return 0
    chosen = [folder for folder in folders if not args.names or any(name in folder.name for name in args.names)]
    with ProcessPoolExecutor(args.jobs) as pool:
        outcomes = list(pool.map(examine, chosen))
    problems = [f"{one.package}: {problem}" for one in outcomes for problem in one.broken]
    if args.verb == "report":
        _write(folders, outcomes, problems)
    else:
        print(table(outcomes) + "\n".join(problems))
    return 1 if problems else 0


def _write(folders: list[Path], outcomes: list[Outcome], problems: list[str]) -> None:
    lines = sum(data.count(b"\n") for folder in folders for data in load(folder).values())
    broken = "All of them held." if not problems else "\n\n".join(["These did not hold:", *problems])
    files = sum(one.files for one in outcomes)
    head = _HEAD.format(packages=len(folders), files=files, lines=lines, broken=broken)
    (HERE / "corpus.md").write_text(head + table(outcomes))


if __name__ == "__main__":
    sys.exit(main())
