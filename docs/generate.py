"""Writes what is taken from the code: a page for each rule, their index, diffs, files that are shown, and what a first look
knows of the rules.

Run it after a rule changed: ``python docs/generate.py``. A test compares its result with what is there.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from aiomend import Rule, registry
from aiomend.rules.precision import measured, precision

ROOT = Path(__file__).parents[1]

_HEAD = "<!-- Written by docs/generate.py from the rules; change them instead. -->\n\n"
_DIFF = re.compile(
    r"(?P<head><!-- diff: aiomend (?P<command>[^\n]+?) -->\n+```diff\n)(?P<diff>.*?)(?P<tail>^```$)",
    re.MULTILINE | re.DOTALL,
)
_FILE = re.compile(
    r"(?P<head><!-- file: (?P<path>[^\n]+?) -->\n+```\w+\n)(?P<text>.*?)(?P<tail>^```$)", re.MULTILINE | re.DOTALL
)
#: Rows of the tables of another page, by what they begin with.
_ROWS = re.compile(r"(?P<head><!-- rows: (?P<path>[^\n]+?): (?P<starts>[^\n]+?) -->\n\n)(?P<rows>(?:\|[^\n]*\n)*)")
_VERDICTS = re.compile(r"(?P<head><!-- verdicts -->\n\n)(?P<rows>(?:\|[^\n]*\n)*)")


def pages(root: Path) -> dict[Path, str]:
    """Return the text of every generated file, by its path under ``root``."""
    rules = list(registry().values())
    folder = root / "docs" / "rules"
    found = {folder / f"{rule.code}.md": _page(rule) for rule in rules}
    found[folder / "index.md"] = _index(rules)
    for page in (root / "README.md", *sorted((root / "docs").glob("*.md"))):
        text = page.read_text()
        if "<!-- " in text:
            found[page] = text
            for mark, taken in TAKEN.items():
                found[page] = mark.sub(taken, found[page])
    found[root / "codemods" / "aiomend" / "listed.py"] = _listed(rules)
    return found


_LISTED = '''"""What each rule says of itself. Written by docs/generate.py from the rules; change them instead."""

from __future__ import annotations

from aiomend.listing import Listed, Spot

# fmt: off
LISTED = (
'''


def _listed(rules: list[type[Rule]]) -> str:
    lines = []
    for rule in rules:
        said = {
            "context": tuple(sorted(rule.context)),
            "spots": rule.spots,
            "whole_words": rule.whole_words,
            "is_common": rule.is_common,
            "wants_coroutines": rule.wants_coroutines,
            "opt_in": rule.opt_in,
            "due": rule.due,
            "opposite": rule.opposite,
        }
        words = [repr(rule.code), repr(rule.name), repr(tuple(sorted(rule.triggers)))]
        words += [f"{name}={value!r}" for name, value in said.items() if value]
        lines.append(f"    Listed({', '.join(words)}),\n")
    return f"{_LISTED}{''.join(lines)})\n# fmt: on\n"


def _page(rule: type[Rule]) -> str:
    section = rule.section()
    facts = {
        "Section of the guide": f"[{section.title}]({section.url})",
        "Best fix": rule.safety.label,
        "Impact": rule.impact.label,
        "Runs": rule.runs(),
        "Measured": precision(rule.code),
    }
    table = "".join(f"| {name} | {value} |\n" for name, value in facts.items())
    ignore = f"Silence one place with `# aiomend: ignore[{rule.code}] reason` on its line or on the line above.\n"
    return f"{_HEAD}# {rule.code} {rule.name}\n\n{rule.documentation().strip()}\n\n| | |\n|---|---|\n{table}\n{ignore}"


def _index(rules: list[type[Rule]]) -> str:
    lines = [
        f"{_HEAD}# The rules\n",
        "The digits before the last two of a code are the section of the guide that it belongs to; `AIO0xx` is asyncio's",
        "own past. *Best fix* is the best level that a fix can have: `safe` ones are applied by `aiomend fix`, `unsafe`",
        "ones with `--unsafe`, and `manual` means that a person decides.",
        "",
        "In a file without a word of asyncio the rules see objects that its imports lead to, with one module between at most; names",
        "that many things have (`get()`, `set()`) say nothing there of an object from farther away.",
        "",
    ]
    for section, members in groupby(rules, key=lambda rule: rule.section()):
        lines += [f"## {section.number} {section.title}", "", "| code | name | what it does | best fix | impact |"]
        lines += ["|---|---|---|---|---|", *map(_row, members), ""]
    return "\n".join(lines)


def _row(rule: type[Rule]) -> str:
    level = f"{rule.safety.label}, opt-in" if rule.opt_in else rule.safety.label
    return f"| [{rule.code}]({rule.code}.md) | {rule.name} | {rule.summary()} | {level} | {rule.impact.label} |"


def _with_diff(match: re.Match[str]) -> str:
    command = [sys.executable, "-m", "aiomend_cli", *match["command"].split()]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise SystemExit(f"aiomend {match['command']}: {done.stderr}")
    return f"{match['head']}{done.stdout}{match['tail']}"


def _with_file(match: re.Match[str]) -> str:
    return f"{match['head']}{(ROOT / match['path']).read_text()}{match['tail']}"


def _with_rows(match: re.Match[str]) -> str:
    lines = (ROOT / match["path"]).read_text().splitlines()
    starts = match["starts"].split(", ")
    first, *others = [next(line for line in lines if line.startswith(start)) for start in starts]
    rule = lines[lines.index(first) + 1]
    return match["head"] + "".join(f"{line}\n" for line in (first, rule, *others))


def _with_verdicts(match: re.Match[str]) -> str:
    words = ("right", "noise", "wrong")
    rows = ["| level | " + " | ".join(words) + " |", "|---|---:|---:|---:|"]
    for level in ("safe", "unsafe", "manual"):
        counts = [sum(rule.get(level, {}).get(word, 0) for rule in measured().values()) for word in words]
        rows.append(f"| {level} | {' | '.join(map(str, counts))} |")
    return match["head"] + "".join(f"{row}\n" for row in rows)


#: What is written anew behind each kind of mark.
TAKEN = {_DIFF: _with_diff, _FILE: _with_file, _ROWS: _with_rows, _VERDICTS: _with_verdicts}


def stale(root: Path) -> Iterator[Path]:
    """Yield the pages of rules that are no more."""
    wanted = pages(root)
    return (path for path in sorted((root / "docs" / "rules").glob("*.md")) if path not in wanted)


def main() -> None:
    """Write every generated file under the checkout, and take away what is stale."""
    (ROOT / "docs" / "rules").mkdir(exist_ok=True)
    for path, text in pages(ROOT).items():
        path.write_text(text)
    for path in stale(ROOT):
        path.unlink()


if __name__ == "__main__":
    main()
