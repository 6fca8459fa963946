"""Judge what aiomend finds in real packages, and write what came of it to benchmarks/precision.md.

    python benchmarks/precision.py sample [RULE ...]   print findings picked at random with a fixed seed, to be judged
    python benchmarks/precision.py report              sample, and write benchmarks/precision.md with the verdicts, and the
                                                       counts that `aiomend explain` shows

Verdicts are in precision_verdicts.toml, by rule and place. Nothing of a package is imported or executed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tomllib
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

import aiomend
import corpus
from aiomend import Finding
from aiomend.source import decode

SEED = 20260101
MIGRATED = "3.8-3.13"  #: the range of the legacy rules, as one migrates: what old packages declare ends before them
MEASURED = Path(aiomend.__file__).parent / "rules" / "precision.json"
VERDICTS = ("right", "noise", "wrong", "not judged")


@dataclass(frozen=True, slots=True)
class Sampled:
    """A finding that was picked at random, to be judged."""

    package: str
    finding: Finding
    excerpt: str  #: the code around it, and what its fix changes

    @property
    def place(self) -> str:
        return f"{self.package}/{self.finding.path}:{self.finding.line}"

    @property
    def lot(self) -> str:
        """A lot that a finding keeps when others come and go, so that a verdict stays worth its work."""
        return hashlib.sha256(f"{SEED} {self.finding.code} {self.place} {self.finding.column}".encode()).hexdigest()


def in_package(folder: Path, codes: frozenset[str]) -> list[Sampled]:
    """Return all findings of some rules in one package, or of all rules that run by default; opt-in rules one by one."""
    files = corpus.load(folder)
    opt_in = sorted(code for code in codes if aiomend.registry()[code].opt_in)
    legacy = {code for code in codes if aiomend.registry()[code].section().number == 0} - {*opt_in}
    runs: list[tuple[tuple[str, ...], str | None]] = [((code,), None) for code in opt_in]
    if legacy:
        runs.append((tuple(legacy), MIGRATED))
    if not codes or len(opt_in) + len(legacy) < len(codes):
        runs.append((tuple(codes - {*opt_in} - legacy), None))
    found = []
    for selected, target in runs:
        settings = corpus.settings_of(folder, unsafe=True, select=selected, target=target)
        report, _ = corpus.run(files, settings)
        for finding in report.findings:
            found.append(Sampled(folder.name, finding, _excerpt(files[finding.path], finding)))
    return found


def sample(folders: list[Path], codes: frozenset[str], count: int, jobs: int) -> dict[str, list[Sampled]]:
    """Return up to ``count`` findings of each rule, picked at random with a fixed seed."""
    found: dict[str, list[Sampled]] = {}
    with ProcessPoolExecutor(jobs) as pool:
        for group in pool.map(partial(in_package, codes=codes), folders):
            for one in group:
                found.setdefault(one.finding.code, []).append(one)
    return {
        code: sorted(sorted(found[code], key=lambda one: one.lot)[:count], key=lambda one: one.place)
        for code in aiomend.registry()
        if code in found
    }


def show(picked: dict[str, list[Sampled]]) -> None:
    """Print samples with what their fix changes."""
    for one in (one for group in picked.values() for one in group):
        finding = one.finding
        print(f"=== {one.place} {finding.code} {finding.safety.label}")
        print(f"    {finding.message}" + (f" ({finding.reason})" if finding.reason else ""))
        for evidence in finding.evidence:
            print(f"    - {evidence.path}:{evidence.line} {evidence.note}")
        print(one.excerpt)


def _excerpt(data: bytes, finding: Finding) -> str:
    text = decode(finding.path, data).text
    around = text.splitlines()[max(0, finding.line - 6) : finding.end_line + 4]
    shown = "\n".join(f"  {line}" for line in around)
    for edit in finding.fix.edits if finding.fix is not None else ():
        old = "".join(f"\n- {line}" for line in text[edit.start : edit.end].splitlines())
        shown += old + "".join(f"\n+ {line}" for line in edit.text.splitlines())
    return shown + "\n"


def judge(picked: dict[str, list[Sampled]]) -> dict[str, list[tuple[Sampled, str]]]:
    """Return the samples, each with its verdict."""
    verdicts = tomllib.loads((Path(__file__).parent / "precision_verdicts.toml").read_text())
    return {
        code: [(one, verdicts.get(code, {}).get(one.place, "not judged")) for one in group]
        for code, group in picked.items()
    }


def measured(judged: dict[str, list[tuple[Sampled, str]]]) -> dict[str, dict[str, dict[str, int]]]:
    """Return how many findings got each verdict, by rule and level."""
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for code, group in judged.items():
        ordered = sorted(group, key=lambda pair: -pair[0].finding.safety)
        for level, members in groupby(ordered, key=lambda pair: pair[0].finding.safety):
            seen = Counter(verdict.partition(":")[0] for _, verdict in members)
            counts.setdefault(code, {})[level.label] = {verdict: seen[verdict] for verdict in VERDICTS if seen[verdict]}
    return counts


def page(judged: dict[str, list[tuple[Sampled, str]]], count: int) -> str:
    """Return the samples with their verdicts as Markdown."""
    lines = [
        _HEAD.format(count=count),
        "| rule | level | " + " | ".join(VERDICTS) + " |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for code, levels in measured(judged).items():
        for level, verdicts in levels.items():
            cells = " | ".join(str(verdicts.get(verdict, "")) for verdict in VERDICTS)
            lines.append(f"| {code} {aiomend.registry()[code].name} | {level} | {cells} |")
    for code, group in judged.items():
        lines += ["", f"## {code} {aiomend.registry()[code].name}", "", "| place | level | verdict |", "|---|---|---|"]
        lines += [f"| {one.place} | {one.finding.safety.label} | {verdict} |" for one, verdict in group]
    return "\n".join(lines) + "\n"


_HEAD = """# What the findings are worth

Up to {count} findings a rule in the packages of `benchmarks/corpus.txt`, picked at random with a fixed seed, read as the
maintainer of that package would (the legacy rules as for Python 3.8 to 3.13): *right* (they would merge it, or take the hint of a manual one), *noise* (harmless, but
not worth a line), *wrong* (it would hurt). `python benchmarks/precision.py report` wrote this page.
"""


def main() -> int:
    """Run one of the verbs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=["sample", "report"])
    parser.add_argument("codes", nargs="*", metavar="RULE", help="sample: these rules only")
    parser.add_argument("--count", type=int, default=100, help="findings a rule")
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    folders = [corpus.fetch(requirement) for requirement in corpus.wanted()]
    if args.verb == "sample":
        show(sample(folders, frozenset(args.codes), args.count, args.jobs))
        return 0
    judged = judge(sample(folders, frozenset(aiomend.registry()), args.count, args.jobs))
    (Path(__file__).parent / "precision.md").write_text(page(judged, args.count))
    MEASURED.write_text(json.dumps(measured(judged), indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
