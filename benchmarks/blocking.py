"""Compare what aiomend and hydroid-cli know of calls that block through their callees; writes a section of benchmarks/facts.md.

    python benchmarks/blocking.py run              both tools on every package, and the section (`facts.md`)
    python benchmarks/blocking.py show NAME ...    what each misses in some packages, and what else each reports

A blocking call is put into plain functions of correct, released code, one to four calls below a coroutine, and each tool is asked
whether it reports the coroutine's call. What else it reports is told by the same packages as they were released. hydroid-cli gets
an environment with the package's dependencies, as it asks for; aiomend needs none. Nothing of a package is run.
"""

from __future__ import annotations

import argparse
import ast
import json
import subprocess
import sys
import tempfile
import tomllib
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path

import blocking_sites
import facts_erasure
import facts_table
from blocking_sites import DEEPEST, Site

import corpus
from aiomend import Selection, Settings

HYDROID = "0.5.0"
SEED = 20260101
EACH = 12  #: sites of a depth and kind in one package
ROUNDS = 2  #: trees of one package, so that deep ways get their share
#: Of the modern packages in `facts.txt`, those that both tools read in a few minutes.
PACKAGES = frozenset(
    {"aiohttp", "zigpy", "quart", "aioesphomeapi", "mautrix", "aiogram", "kopf", "nonebot2", "jupyter_server"}
)
CODES = ("AIO401", "AIO402", "AIO403")
LIMIT = 600  #: seconds for one run of hydroid
TOOLS = ("aiomend", "hydroid-cli")

_ENVIRONMENTS = facts_erasure.CACHE / "blocking"
Place = tuple[str, int]


@dataclass(slots=True)
class Outcome:
    """What both tools said of one package."""

    name: str
    sites: list[Site] = field(default_factory=list)
    found: dict[str, list[Site]] = field(default_factory=dict)
    otherwise: dict[str, dict[Place, str]] = field(default_factory=dict)  #: of the package as it was released


def measure(package: facts_erasure.Package) -> Outcome:
    """Return what both tools find in one package, with the calls put in and without."""
    corpus.CORPUS = facts_erasure.CACHE / "packages"
    files = {
        path: data
        for path, data in facts_erasure.importable(corpus.load(corpus.fetch(package.requirement))).items()
        if _parses(data)
    }
    asked: dict[str, Callable[[dict[str, bytes]], dict[Place, str]]] = {
        "aiomend": _aiomend,
        "hydroid-cli": partial(_hydroid, package),
    }
    outcome = Outcome(package.name, found={tool: [] for tool in TOOLS})
    outcome.otherwise = {tool: ask(files) for tool, ask in asked.items()}
    known = {place for reports in outcome.otherwise.values() for place in reports}
    trees = blocking_sites.chosen(blocking_sites.Package.of(files), EACH, f"{SEED} {package.name}", ROUNDS)
    for picked in trees:
        sites = [site for site in picked if known.isdisjoint(_lines(site))]
        outcome.sites += sites
        changed, moved = blocking_sites.put_in(files, sites)
        for tool, ask in asked.items():
            reports = ask(changed)
            for site in sites:
                if any((path, moved.get((path, line), line)) in reports for path, line in _lines(site)):
                    outcome.found[tool].append(site)
    return outcome


def _lines(site: Site) -> list[Place]:
    return [(site.path, line) for line in range(site.call.lineno, (site.call.end_lineno or site.call.lineno) + 1)]


def _parses(data: bytes) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(data.decode())
    except (SyntaxError, ValueError):
        return False
    return True


def _aiomend(files: dict[str, bytes]) -> dict[Place, str]:
    report, _ = corpus.run(files, lambda _: Settings(select=Selection(frozenset(CODES))))
    return {(one.path, one.line): f"{one.code} {one.safety.label} {one.message}" for one in report.findings}


def _hydroid(package: facts_erasure.Package, files: dict[str, bytes]) -> dict[Place, str]:
    with tempfile.TemporaryDirectory() as folder:
        for path, data in files.items():
            target = Path(folder, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        command = [str(_hydroid_command()), ".", "--format=json", "--no-cache", f"--python={_environment(package)}"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=LIMIT, check=False)
        if done.returncode > 1:
            raise SystemExit(f"hydroid failed on {package.name}: {done.stderr[:300]}")
        found = json.loads(done.stdout)["diagnostics"]
    return {
        (one["location"]["path"], one["location"]["line"]): f"{one['severity']} "
        + " -> ".join([one["function"], *(step["callee"] for step in one["chain"])])
        for one in found
    }


def _hydroid_command() -> Path:
    """The pinned hydroid-cli, installed where it is not there yet."""
    home = _ENVIRONMENTS / f"hydroid-{HYDROID}"
    if not (home / "bin" / "hydroid").exists():
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        subprocess.run([home / "bin" / "pip", "install", "--quiet", f"hydroid-cli=={HYDROID}"], check=True)
    return home / "bin" / "hydroid"


def _environment(package: facts_erasure.Package) -> Path:
    """An environment with a package, its dependencies and `requests`, made where it is not there yet."""
    home = _ENVIRONMENTS / package.name
    if not (home / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        subprocess.run([home / "bin" / "pip", "install", "--quiet", package.requirement, "requests"], check=True)
    return home


# ---- what is written ----


def section(outcomes: list[Outcome]) -> str:
    """Return the section of `facts.md`."""
    total = Counter(_kind(site) for one in outcomes for site in one.sites)
    found = {tool: Counter(_kind(site) for one in outcomes for site in one.found[tool]) for tool in TOOLS}
    lines = [
        _HEAD.format(title=facts_table.BLOCKING, hydroid=HYDROID, aiomend=version("aiomend"), packages=len(outcomes)),
        "| plain functions in between | under a condition | sites | " + " | ".join(TOOLS) + " |",
        "|---:|---|---:|---:|---:|",
    ]
    for always in (True, False):
        for depth in range(1, DEEPEST + 1):
            kind = (depth, always)
            if not total[kind]:
                continue  # a single function has no condition to stand under
            shares = " | ".join(f"{found[tool][kind]} ({found[tool][kind] / total[kind]:.2f})" for tool in TOOLS)
            lines.append(f"| {depth} | {'no' if always else 'yes'} | {total[kind]} | {shares} |")
    return "\n".join([*lines, "", *_otherwise(outcomes)]) + "\n"


def _otherwise(outcomes: list[Outcome]) -> list[str]:
    judged = tomllib.loads((facts_erasure.HERE / "blocking_verdicts.toml").read_text())
    lines = [_ELSE, "| reports on the untouched packages | " + " | ".join(TOOLS) + " |", "|---|---:|---:|"]
    counts: dict[str, Counter[str]] = {tool: Counter() for tool in TOOLS}
    rows = []
    for one in outcomes:
        for tool in TOOLS:
            for path, line in sorted(one.otherwise[tool]):
                verdict = judged.get(one.name, {}).get(f"{path}:{line}", "not judged")
                counts[tool]["all"] += 1
                counts[tool][verdict.partition(":")[0]] += 1
                if verdict != "not judged" and tool == "aiomend":
                    rows.append(f"| {one.name} `{path}:{line}` | {verdict} |")
    for kind in ("all", "right", "noise", "wrong", "not judged"):
        lines.append(f"| {kind} | " + " | ".join(str(counts[tool][kind]) for tool in TOOLS) + " |")
    return [*lines, "", "| reported by aiomend | verdict |", "|---|---|", *rows]


def _kind(site: Site) -> tuple[int, bool]:
    return site.depth, site.always


_HEAD = """{title}

Written by `python benchmarks/blocking.py run`: aiomend {aiomend} (AIO401 to AIO403, findings without a fix included) and
hydroid-cli {hydroid}, on {packages} of the modern packages above. A blocking call (`time.sleep`, `subprocess.run`, `urlopen`,
`requests.get`, `socket.create_connection`, `os.system` by turns) is put at the beginning of a plain function that a coroutine
reaches through the package's own calls; the share is of those coroutines' calls that a tool then reports. "Under a condition":
one of the calls in between does not happen on every way through its function. hydroid-cli reports what may block; aiomend
what blocks whenever it is called, and what may up to four calls away. Whether a name reaches a function is told by the name
alone, so that some sites are none: `delete` and `add_response` are other objects' methods there. hydroid-cli has the packages'
dependencies installed.
"""

_ELSE = """What each says of the packages as they were released, judged by reading the code: *right* (it stops the loop for longer
than a loop should stand still), *noise* (true, and harmless: once at the start, a short local file), *wrong* (it does not block,
or not in the loop). Reports that end in one chain were judged together. Not
judged are those that hydroid-cli itself calls warnings: short work on the local disk.
"""


def show(outcomes: list[Outcome]) -> None:
    """Print what each tool missed, and what else it reports."""
    for one in outcomes:
        for tool in TOOLS:
            for site in one.sites:
                if site not in one.found[tool]:
                    way = " -> ".join(step.node.name for step in site.chain)
                    kind = "always" if site.always else "sometimes"
                    where = f"{one.name} {site.path}:{site.call.lineno}"
                    print(f"{tool} misses {kind} {where} {ast.unparse(site.call)[:80]}: {way}")
            for (path, line), text in sorted(one.otherwise[tool].items()):
                print(f"{tool} reports {one.name} {path}:{line} {text}")


def main() -> None:
    """Run one of the verbs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=["run", "show"])
    parser.add_argument("names", nargs="*", help="parts of package names; all where there is none")
    args = parser.parse_args()
    modern = [one for one in facts_erasure.packages() if one.group == "modern"]
    packages = [one for one in modern if one.requirement.partition("==")[0] in PACKAGES]
    outcomes = []
    for package in packages:
        if not args.names or any(name in package.name for name in args.names):
            outcomes.append(measure(package))
            counts = ", ".join(f"{tool} {len(outcomes[-1].found[tool])}" for tool in TOOLS)
            print(f"{package.name}: {len(outcomes[-1].sites)} sites, {counts}", file=sys.stderr, flush=True)
    if args.verb == "show":
        show(outcomes)
    if args.names or args.verb == "show":
        print(section(outcomes))
    else:
        facts_table.write(blocking=section(outcomes))


if __name__ == "__main__":
    main()
