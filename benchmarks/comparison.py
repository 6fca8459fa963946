"""What linters and type checkers say of the traps that aiomend's rules are for, and nothing of the code after the fix.

    python benchmarks/comparison.py [--environment DIR]

Every tool reads the examples of the rules' documentation, before and after; what it reports before and no longer after is
what it knows of the trap. The examples are aiomend's own, so this shows what the others are for and not how good they are.
The result goes into docs/comparison.md.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

from aiomend import Rule, registry

PAGE = Path(__file__).parents[1] / "docs" / "comparison.md"
PACKAGES = ("ruff", "flake8-async", "mypy", "pyright", "pyrefly", "pyupgrade")
SECONDS = 600
_PLACE = re.compile(r"(?P<file>[^:\s]+\.py):\d+:\d+:? (?P<code>[A-Z]+\d+)")

_SYNTAX = "syntax"  #: what is no Python of today

#: What goes because a fix adds an `await`, and says nothing of the trap: coroutine functions without one.
_BESIDE = frozenset({"ASYNC124"})

Reports = Iterator[tuple[str, str]]  #: (file, code), one for each report
Run = Callable[[Path, Path], Reports]


def _output(folder: Path, *command: str | Path) -> str:
    done = subprocess.run([*map(str, command)], cwd=folder, capture_output=True, text=True, timeout=SECONDS)
    return done.stdout


def _ruff(tools: Path, folder: Path) -> Reports:
    options = ("--isolated", "--preview", "--select=ASYNC,RUF006", "--output-format=json", "--exit-zero")
    for one in json.loads(_output(folder, tools / "ruff", "check", *options, ".")):
        yield Path(one["filename"]).name, (one["code"] or _SYNTAX) + (" (fix)" if one["fix"] else "")


def _flake8_async(tools: Path, folder: Path) -> Reports:
    names, broken = _sorted_out(folder)
    yield from ((name, _SYNTAX) for name in broken)
    for line in _output(folder, tools / "flake8-async", *names).splitlines():
        if found := _PLACE.match(line):
            yield Path(found["file"]).name, found["code"]


def _mypy(tools: Path, folder: Path) -> Reports:
    options = (
        "--check-untyped-defs",
        "--ignore-missing-imports",
        "--enable-error-code=unused-awaitable",
        "--config-file=",
    )
    names, broken = _sorted_out(folder)
    yield from ((name, _SYNTAX) for name in broken)
    for line in _output(folder, tools / "mypy", *options, "--output=json", *names).splitlines():
        if line.startswith("{") and (one := json.loads(line))["severity"] == "error":
            yield Path(one["file"]).name, one["code"]


def _pyright(tools: Path, folder: Path) -> Reports:
    for one in json.loads(_output(folder, tools / "pyright", "--outputjson"))["generalDiagnostics"]:
        if "import" not in one.get("rule", "").lower():
            yield Path(one["file"]).name, one.get("rule", _SYNTAX)


def _pyrefly(tools: Path, folder: Path) -> Reports:
    found = _output(
        folder,
        tools / "pyrefly",
        "check",
        "--preset=default",
        "--output-format=json",
        *sorted(p.name for p in folder.glob("*.py")),
    )
    for one in json.loads(found)["errors"]:
        if "import" not in one["name"]:
            yield Path(one["path"]).name, _SYNTAX if one["name"] == "parse-error" else one["name"]


def _sorted_out(folder: Path) -> tuple[list[str], list[str]]:
    """Return the names of the programs that are Python, and of those that are not: one of them ends some tools' run."""
    names, broken = [], []
    for file in sorted(folder.glob("*.py")):
        try:
            ast.parse(file.read_bytes())
        except SyntaxError:
            broken.append(file.name)
        else:
            names.append(file.name)
    return names, broken


TOOLS: dict[str, Run] = {
    "ruff": _ruff,
    "flake8-async": _flake8_async,
    "mypy": _mypy,
    "pyright": _pyright,
    "pyrefly": _pyrefly,
}


def _rewritten(tools: Path, folder: Path) -> int:
    """Return how many of the programs pyupgrade changes."""
    before = {file: file.read_bytes() for file in folder.glob("*.py")}
    _output(folder, tools / "pyupgrade", "--py38-plus", *sorted(file.name for file in before))
    return sum(file.read_bytes() != data for file, data in before.items())


def environment(place: Path) -> Path:
    """Return the folder of the tools, installed where they are missing."""
    tools = place / "bin"
    if not (tools / "ruff").exists():
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
        subprocess.run([tools / "pip", "install", "--quiet", *PACKAGES], check=True)
    return tools


def table(tools: Path) -> list[str]:
    """Return the lines of the result: the versions, a row for each rule, and what they add up to."""
    rules = [rule for rule in registry().values() if rule.examples()]
    known: dict[str, dict[str, str]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for rule in rules:
            for number, pair in enumerate(rule.examples()):
                for when, text in zip(("before", "after"), pair, strict=True):
                    (folder / f"{rule.code}_{number}_{when}.py").write_text(text)
        for name, run in TOOLS.items():
            known[name] = _known(rules, Counter(run(tools, folder)))
        changed = _rewritten(tools, folder)
    numbers = _output(Path(), tools / "pip", "freeze").splitlines()
    versions = ", ".join(sorted(line.replace("==", " ") for line in numbers if line.split("==")[0] in PACKAGES))
    lines = [f"Tried with {versions}, and aiomend {version('aiomend')}.", ""]
    lines += [f"| trap | aiomend's fix | {' | '.join(TOOLS)} |", "|---|---|" + "---|" * len(TOOLS)]
    for rule in rules:
        cells = " | ".join(known[name].get(rule.code, "") for name in TOOLS)
        lines.append(f"| [{rule.code}](rules/{rule.code}.md) {rule.name} | {rule.safety.label} | {cells} |")
    sums = " | ".join(f"{len(known[name])} of {len(rules)}" for name in TOOLS)
    return [
        *lines,
        f"| known | {len(rules)} of {len(rules)} | {sums} |",
        "",
        f"pyupgrade changes {changed} of these programs.",
    ]


def _known(rules: list[type[Rule]], reports: Counter[tuple[str, str]]) -> dict[str, str]:
    """Return what a tool reports before the fix and no longer after it, by the rule's code."""
    found: dict[str, set[str]] = {}
    for (file, code), count in reports.items():
        rule, number, when = Path(file).stem.split("_")
        if code not in _BESIDE and when == "before" and count > reports[f"{rule}_{number}_after.py", code]:
            found.setdefault(rule, set()).add(f"`{code}`" if " " not in code else f"`{code.split()[0]}`, with a fix")
    return {rule.code: ", ".join(sorted(found[rule.code])) for rule in rules if rule.code in found}


def main() -> None:
    """Write the table into the page."""
    parser = argparse.ArgumentParser(description="Compare aiomend with linters and type checkers, on its own examples.")
    parser.add_argument("--environment", type=Path, help="keep the tools' environment here")
    place = parser.parse_args().environment
    with tempfile.TemporaryDirectory(prefix="peers-") as scratch:
        lines = table(environment((place or Path(scratch) / "environment").absolute()))
    begin, end = "<!-- peers -->", "<!-- end of peers -->"
    new = "\n".join([begin, "", *lines, "", end])
    PAGE.write_text(re.sub(f"{begin}.*?{end}", lambda _: new, PAGE.read_text(), flags=re.DOTALL))


if __name__ == "__main__":
    main()
