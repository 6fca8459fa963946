"""The report for people: what stands around the findings (``listing.py``), and what a run adds up to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from aiomend.report import FileResult, Skip
from aiomend_cli.runner import Run
from aiomend_cli.terminal import escape

if TYPE_CHECKING:
    from aiomend.model import Finding, Impact

NAMED = 5  #: files named for each reason before "and N more"

_HINTS = {
    Skip.NEWER_SYNTAX: "run aiomend on a newer Python, for example `uvx --python 3.14 aiomend check`",
    Skip.PYTHON2: "convert it to Python 3 first",
    Skip.FOREIGN: "name them to have them looked at",
    Skip.DIRTY: "commit or stage it, or use --allow-dirty",
    Skip.GIVEN_UP: "--file-timeout and --memory-limit allow more, --exclude leaves it alone",
    Skip.FAILED: "this is a bug in aiomend, or in the rule package whose code is named; please report it there",
}


def count(number: int, noun: str) -> str:
    """Return ``1 file``, ``2 files``, ``2 fixes``, ``2 branches``, ``2 entries``."""
    plural = (
        f"{noun}es" if noun.endswith(("x", "ss", "ch")) else f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    )
    return f"{number} {noun if number == 1 else plural}"


def header(run: Run) -> list[str]:
    """Return the lines that every report begins with: the target range, and where it came from."""
    first, *rest = run.targets
    # one line a range: that two projects say the same in two files is no news
    others = list({str(other): other for other in reversed(rest) if str(other) != str(first)}.values())[::-1]
    lines = [f"target: Python {first} ({escape(first.origin)})"]
    return lines + [f"        Python {other} for some files ({escape(other.origin)})" for other in others]


def shared(run: Run, word: str) -> list[str]:
    """Return a line for each new module of helpers: its name, and how many files take them from there."""
    lines = []
    for file in run.report.changed:
        if file.created:
            users = {finding.path for finding in run.report.findings if finding.applied and file.path in finding.paths}
            lines.append(f"{word} {escape(file.path)}: helpers for {count(len(users), 'file')}")
    return lines


def tail(run: Run) -> list[str]:
    """Return what else is to be said of a run: its notes, and the files that were left alone."""
    report = run.report
    notes = [*report.notes, *(() if report.checked or report.files else ("there is no Python file in these paths",))]
    return [*(f"note: {escape(note)}" for note in notes), *left_alone(report.files)]


def left_alone(files: tuple[FileResult, ...]) -> list[str]:
    """Return the skipped files by reason, with their number and the first few names."""
    groups: dict[Skip, list[FileResult]] = defaultdict(list)
    for file in files:
        if file.skip is not None:
            groups[file.skip].append(file)
    if not groups:
        return []
    lines = [f"{count(sum(map(len, groups.values())), 'file')} left alone:"]
    for skip, members in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0].name)):
        hint = f" ({_HINTS[skip]})" if skip in _HINTS else ""
        lines.append(f"  {len(members)} {skip.value}{hint}")
        lines += [f"    {escape(f.path)}{': ' + escape(f.detail) if f.detail else ''}" for f in members[:NAMED]]
        if len(members) > NAMED:
            lines.append(f"    and {len(members) - NAMED} more")
    return lines


def totals(run: Run) -> str:
    """Return the last line of ``check``."""
    report = run.report
    looked = count(report.checked, "file")
    if not report.findings:
        return f"No findings in {looked}."
    from aiomend_cli.standing import LEVELS, levels

    files = len({finding.path for finding in report.findings})
    counts = Counter(map(levels(run), report.findings))
    words = ", ".join(f"{counts[word]} {word}" for word in LEVELS if counts[word])
    return f"{count(len(report.findings), 'finding')} in {files} of {looked}: {words}."


def statistics(run: Run, findings: Sequence[Finding]) -> list[str]:
    """Return a line for each rule and impact of ``findings``, the worst first: how many, and of which level."""
    from aiomend_cli.standing import levels, used_levels

    level = levels(run)
    rows: dict[tuple[Impact, str, str], Counter[str]] = defaultdict(Counter)
    for finding in findings:
        rows[finding.impact, finding.code, finding.name][level(finding)] += 1
    ordered = sorted(rows.items(), key=lambda row: (row[0][0], -row[1].total(), row[0][1]))
    wide = max((len(name) for _, _, name in rows), default=0)
    lines = []
    for (impact, code, name), counts in ordered:
        numbers = "  ".join(f"{counts[word]:5} {word}" for word in used_levels(run))
        lines.append(f"{counts.total():6}  {impact.label:<4}  {code:<8} {name:<{wide}}  {numbers}")
    return lines
