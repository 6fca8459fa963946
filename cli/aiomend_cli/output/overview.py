"""One screen that says what hundreds of findings add up to, before anybody scrolls."""

from __future__ import annotations

from collections import Counter, defaultdict

from aiomend.model import Impact
from aiomend_cli.output.text import count, tail, totals
from aiomend_cli.runner import Run
from aiomend_cli.standing import Standing, counted, levels, used_levels
from aiomend_cli.terminal import Painter, escape

THRESHOLD = 50  #: findings; with more of them a terminal gets this screen instead of the list
_FOLDERS = 5

_IMPACTS = {
    Impact.BUG: "bug: wrong today",
    Impact.HANG: "hang: can stop for good",
    Impact.SLOW: "slow: stops the event loop for a while",
    Impact.TIDY: "tidy: works, with complaints",
}


def overview(run: Run, arguments: str, paint: Painter) -> list[str]:
    """Return the screen; ``arguments`` are the user's own options and paths, quoted for a shell."""
    return [
        paint(totals(run), "bold"),
        "",
        *_rules(run, paint),
        "Most of them in",
        *_folders(run),
        "",
        *([*tail(run), ""] if tail(run) else []),
        *next_steps(run, arguments, (f"aiomend check --all{arguments}", "lists every finding")),
    ]


def _rules(run: Run, paint: Painter) -> list[str]:
    level, words = levels(run), used_levels(run)
    table: dict[Impact, dict[tuple[str, str], Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for finding in run.report.findings:
        table[finding.impact][finding.code, finding.name][level(finding)] += 1
    wide = max(len(name) for rules in table.values() for _, name in rules)
    lines = [" " * (12 + wide) + "".join(f"{word:>9}" for word in words)]
    for impact, rules in sorted(table.items()):
        lines.append(paint(_IMPACTS[impact], "bold"))
        for (code, name), counts in sorted(rules.items(), key=lambda rule: (-rule[1].total(), rule[0])):
            numbers = "".join(f"{counts[word] or '-':>9}" for word in words)
            lines.append(f"  {code:<8}  {name:<{wide}}{numbers}")
    return [*lines, ""]


def _folders(run: Run) -> list[str]:
    folders = Counter(finding.path.rpartition("/")[0] or "." for finding in run.report.findings)
    return [f"  {number:5}  {escape(folder)}" for folder, number in folders.most_common(_FOLDERS)]


def next_steps(run: Run, arguments: str, *others: tuple[str, str]) -> list[str]:
    """Return the commands that come next, with what each does: those that show and apply the fixes, and ``others``."""
    counts = counted(run)
    fixes = counts[Standing.FIXED]
    if not fixes and (unsafe := counts[Standing.UNSAFE]):
        fixes, arguments = unsafe, f" --unsafe{arguments}"  # without it both commands would do nothing
    change = [
        (f"aiomend diff{arguments}", f"shows {count(fixes, 'fix')} as a patch"),
        (f"aiomend fix{arguments}", f"applies {'it' if fixes == 1 else 'them'}"),
    ]
    steps = [*(change if fixes else ()), *others]
    wide = max(len(command) for command, _ in steps)
    return ["Next:", *(f"  {escape(command):<{wide}}  {purpose}" for command, purpose in steps)]
