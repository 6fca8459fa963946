"""The Markdown of benchmarks/facts.md: recall by group and half, unexpected reports with verdicts, CPU seconds."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from facts_checkers import PINNED, Reports
from facts_erasure import HERE, Erased, Package, Site
from facts_missed import Reason

OURS = "aiomend"
PAGE = HERE / "facts.md"
BLOCKING = "## Blocking calls through callees"  #: the section that benchmarks/blocking.py writes
TOOLS = (OURS, *PINNED)


@dataclass(slots=True)
class Result:
    """One package, every tool; of aiomend what it found, and what it did not."""

    package: Package
    erased: Erased
    reports: dict[str, Reports] = field(default_factory=dict)
    bare: Reports = field(default_factory=lambda: Reports((), 0.0, 0.0))  #: without the bundled data
    hits: set[Site] = field(default_factory=set)
    known_itself: set[Site] = field(default_factory=set)  #: hits that do not rest on another place that awaits the same
    futures: set[Site] = field(default_factory=set)  #: missed, because their value is a future
    missed: list[Reason] = field(default_factory=list)  #: on the development half


def write(*, facts: str | None = None, blocking: str | None = None) -> None:
    """Write one part of the page, and leave the other one as it is."""
    old, _, old_blocking = PAGE.read_text().partition(f"\n{BLOCKING}")
    kept = f"{BLOCKING}{old_blocking}" if old_blocking else ""
    PAGE.write_text("\n".join(filter(None, [facts or old, blocking or kept])))


def found(sites: list[Site], reports: Reports) -> set[Site]:
    """Return the sites with a report on one of their lines."""
    places = set(reports.places)
    return {site for site in sites if any((site.path, line) in places for line in range(site.line, site.end + 1))}


def unexpected(erased: Erased, reports: Reports) -> list[tuple[str, int]]:
    """Return the reports that are on no site."""
    covered = {(site.path, line) for site in erased.sites for line in range(site.line, site.end + 1)}
    return [place for place in reports.places if place not in covered]


def verdicts() -> dict[str, dict[str, str]]:
    """Return by package and `path:line` what reading the code said of a report: "bug: ..." or "wrong: ..."."""
    path = HERE / "facts_verdicts.toml"
    return tomllib.loads(path.read_text()) if path.exists() else {}


def share(results: list[Result], tools: Iterable[str], held_out: bool | None = None) -> str:
    """Return the recall of tools together, on one half or (None) on both; "" where there is no site."""
    hit = total = failed = 0
    for result in results:
        sites = [s for s in result.erased.sites if held_out is None or result.package.holds_out(s.path) == held_out]
        total += len(sites)
        reports = [result.reports[tool] for tool in tools]
        hit += len(set[Site]().union(*(found(sites, one) for one in reports)))
        failed += bool(sites) and any(one.failed for one in reports)
    return (f"{hit / total:.3f}" if total else "") + (f" ({failed} failed)" if failed else "")


def row(cells: list[object]) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def heading(first: list[str], rest: list[str]) -> list[str]:
    return [row([*first, *rest]), "|" + "---|" * len(first) + "---:|" * len(rest)]


def recall_table(results: list[Result]) -> list[str]:
    """Return recall by group and half."""
    together = {
        **{tool: [tool] for tool in TOOLS},
        "any checker": list(PINNED),
        f"{OURS} or pyrefly": [OURS, "pyrefly"],
    }
    lines = heading(["group", "half"], ["packages", "sites", *together])
    for group in dict.fromkeys(result.package.group for result in results):
        for label, half in (("development", False), ("held out", True), ("both", None)):
            chosen = [r for r in results if r.package.group == group]
            if half is not None:
                chosen = [r for r in chosen if any(r.package.holds_out(s.path) == half for s in r.erased.sites)]
            sites = sum(half is None or r.package.holds_out(s.path) == half for r in chosen for s in r.erased.sites)
            lines.append(
                row([group, label, len(chosen), sites, *(share(chosen, one, half) for one in together.values())])
            )
    return lines


def cost_table(results: list[Result]) -> list[str]:
    """Return CPU seconds and lines by group."""
    lines = heading(["group"], ["files", "lines", *TOOLS])
    groups = list(dict.fromkeys(result.package.group for result in results))
    for group in [*groups, "all"]:
        chosen = [result for result in results if group in ("all", result.package.group)]
        files = sum(len(result.erased.files) for result in chosen)
        seconds = [f"{sum(result.reports[tool].cpu for result in chosen):.1f}" for tool in TOOLS]
        lines.append(row([group, files, f"{sum(r.erased.lines for r in chosen):,}", *seconds]))
    return lines


def unexpected_table(results: list[Result], with_held_out: bool) -> list[str]:
    """Return the counts by tool, then each report with the tools that made it and what reading it said."""
    judged = verdicts()
    counts: dict[str, Counter[str]] = {tool: Counter() for tool in TOOLS}
    rows = []
    for result in results:
        places: dict[tuple[str, int], list[str]] = {}
        for tool in TOOLS:
            for place in unexpected(result.erased, result.reports[tool]):
                places.setdefault(place, []).append(tool)
        for (path, line), tools in sorted(places.items()):
            verdict = judged.get(result.package.name, {}).get(f"{path}:{line}", "not judged")
            for tool in tools:
                counts[tool][verdict.partition(":")[0]] += 1
            if with_held_out or not result.package.holds_out(path):
                rows.append(row([f"{result.package.name} `{path}:{line}`", ", ".join(tools), verdict]))
    kinds = ["bug", "wrong", "not judged"]
    lines = heading(["unexpected reports"], list(TOOLS))
    lines += [row([kind, *(counts[tool][kind] for tool in TOOLS)]) for kind in kinds]
    return [*lines, "", *heading(["where", "reported by", "verdict"], []), *rows]


def package_table(results: list[Result]) -> list[str]:
    """Return recall by package."""
    lines = heading(["package", "half"], ["lines", "sites", "other call statements", *TOOLS])
    labels = {"no": "development", "yes": "held out", "half": "both"}
    for result in results:
        package, erased = result.package, result.erased
        shares = [share([result], [tool]) for tool in TOOLS]
        numbers = [f"{erased.lines:,}", len(erased.sites), erased.statements]
        lines.append(row([package.name, labels[package.held_out], *numbers, *shares]))
    return lines


def report(results: list[Result], parts: dict[str, float], rest: list[str], with_held_out: bool) -> str:
    """Return the whole measurement as Markdown; ``rest`` is what is said of goals and of what is missed."""
    failed = [
        f"- {tool} on {result.package.name}: {result.reports[tool].failed}"
        for result in results
        for tool in TOOLS
        if result.reports[tool].failed
    ]
    versions = ", ".join(f"{name} {version}" for name, version in PINNED.items())
    by_part = ", ".join(f"{name} {seconds:.1f}" for name, seconds in parts.items())
    text = [
        "# What is known: await erasure",
        "",
        "Written by `python benchmarks/facts.py run`. Every call statement `await f(...)` of correct, released code loses its",
        "`await` (in legacy code `yield from`, under `@asyncio.coroutine`); recall is the share of those lines that a tool",
        "then reports as an unused coroutine. Dependencies are not installed. Tests, documentation and examples are left out.",
        f"{OURS} also reports what a coroutine drops of a callback that is annotated to give an awaitable, and (for a person to",
        "look at) what it drops of something unknown of which something else hints that it is one; what the checkers call an unused",
        "coroutine is a coroutine by its type.",
        f"The held-out half is only looked at after the last change of the inference. Tools: {versions}.",
        "",
        *recall_table(results),
        "",
        *rest,
        "",
        "## Unexpected reports",
        "",
        "Reports on other lines, each judged by reading the code."
        + ("" if with_held_out else " Those of the held-out half are counted, not shown."),
        "",
        *unexpected_table(results, with_held_out),
        "",
        "## CPU seconds",
        "",
        f"User and system time of every process. {OURS} by part: {by_part}.",
        "",
        *cost_table(results),
        "",
        "## Packages",
        "",
        *package_table(results),
    ]
    return "\n".join([*text, *(["", "## No result", "", *failed] if failed else [])]) + "\n"
