"""What the page says of goals, of the bundled data, and of what is missed: which of it no tool could have told."""

from __future__ import annotations

import sys
from collections import Counter

from facts_missed import Reason
from facts_table import OURS, Result, found, heading, row

from aiomend.facts.known import package

#: The recall that was asked for before anything was measured: by group, on its development half and on its held-out half.
GOALS = {"modern": 0.82, "legacy": 0.70, "home-assistant": 0.66}
FUTURE = "a future or a task: it runs whether it is awaited or not"
_UNTOLD = "a package that the bundled data do not have"


def goals_table(results: list[Result]) -> list[str]:
    """Return what was asked for, what was reached, and the same without the sites whose value is a future."""
    lines = heading(["group", "half"], ["asked for", "reached", "without futures", "asked for is"])
    for group, goal in GOALS.items():
        chosen = [result for result in results if result.package.group == group]
        for label, half in (("development", False), ("held out", True)):
            sites = [(r, s) for r in chosen for s in r.erased.sites if r.package.holds_out(s.path) == half]
            if not sites:
                continue  # not measured this time
            hit = sum(site in result.hits for result, site in sites)
            futures = sum(site in result.futures for result, site in sites)
            reached = round(hit / len(sites), 3)
            verdict = "reached" if reached >= goal else "not reached"
            shares = (f"{goal:.2f}", f"{reached:.3f}", f"{hit / (len(sites) - futures):.3f}")
            lines.append(row([group, label, *shares, verdict]))
    return lines


def known_table(results: list[Result]) -> list[str]:
    """Return recall without and with the bundled data, by group and half."""
    lines = heading(["group", "half"], ["without", "with", "sites more"])
    for group in dict.fromkeys(result.package.group for result in results):
        chosen = [result for result in results if result.package.group == group]
        for label, half in (("development", False), ("held out", True)):
            sites = [(r, s) for r in chosen for s in r.erased.sites if r.package.holds_out(s.path) == half]
            if sites:
                bare = sum(len(found([s for r, s in sites if r is one], one.bare)) for one in chosen)
                hit = sum(site in result.hits for result, site in sites)
                shares = (f"{bare / len(sites):.3f}", f"{hit / len(sites):.3f}")
                lines.append(row([group, label, *shares, hit - bare]))
    return lines


def hints_table(results: list[Result]) -> list[str]:
    """Return recall without and with the sites that are reported for what hints at them alone."""
    lines = heading(["group", "half"], ["without", "with", "sites more"])
    for group in dict.fromkeys(result.package.group for result in results):
        chosen = [result for result in results if result.package.group == group]
        for label, half in (("development", False), ("held out", True)):
            sites = [(r, s) for r in chosen for s in r.erased.sites if r.package.holds_out(s.path) == half]
            if sites:
                bare = sum(site in result.known_itself for result, site in sites)
                hit = sum(site in result.hits for result, site in sites)
                lines.append(row([group, label, f"{bare / len(sites):.3f}", f"{hit / len(sites):.3f}", hit - bare]))
    return lines


def rest_table(results: list[Result]) -> list[str]:
    """Return what the missed sites of the development half are."""
    groups = list(dict.fromkeys(result.package.group for result in results))
    counts: dict[str, Counter[str]] = {}
    for result in results:
        for one in result.missed:
            counts.setdefault(_kind(one), Counter())[result.package.group] += 1
    lines = heading(["what is missed, development half"], ["sites", *groups])
    for kind, by_group in sorted(counts.items(), key=lambda item: -item[1].total()):
        lines.append(row([kind, by_group.total(), *(by_group[group] for group in groups)]))
    return lines


def _kind(reason: Reason) -> str:
    """A few kinds for the many reasons: whose the unknown thing is, else which part of the project says too little."""
    if reason.kind == FUTURE:
        return FUTURE
    if "external" in reason.kind:
        root = reason.detail.rpartition(" ")[2].partition(".")[0]
        if package(root) is not None:
            return "a package that the bundled data have, but its versions do not agree, or they do not tell that much"
        if root in sys.stdlib_module_names or "." not in reason.detail:
            return "the standard library or a builtin, such as `getattr`"
        return _UNTOLD
    if reason.kind.startswith("parameter"):
        return "a parameter without annotation, which no caller in the project tells"
    if reason.kind.startswith(("known, and", "a coroutine or")):
        return "a callable that is annotated to give an awaitable, or a coroutine or something else"
    return "other: what containers hold, results of functions, decorators"


def section(results: list[Result]) -> list[str]:
    """Return the parts of the page on goals, on the rest, and on the bundled data."""
    return [
        "## Goals, and what is missed",
        "",
        '"Without futures" leaves those sites out whose value is a future or a task (`asyncio.gather()`,',
        "`run_in_executor()`): dropping it is no lost coroutine, and no tool of this page reports it.",
        "",
        *goals_table(results),
        "",
        *rest_table(results),
        "",
        "## Bundled data of well-known packages",
        "",
        f"{OURS} brings data on what well-known packages give (`codemods/aiomend/facts/catalog/known`). They were chosen for",
        "what they are for, from the most downloaded ones, before anything was measured here (`benchmarks/known.txt`); some",
        "packages of this benchmark are among them, but a package that is the project itself is never looked up. A name is told",
        "as far as all sampled releases agree. One unexpected report on the held-out half (a name that was no coroutine",
        "function for two years) had the samples taken closer to each other in time; no site of that half was looked at.",
        "",
        *known_table(results),
        "",
        "## What hints at a coroutine",
        "",
        "Of what is called nothing may be known, but another place awaits it or gathers it; all of the project's methods of its",
        "name are coroutine functions; all that it may be as far as is known is one; or nothing else can be meant by the time limit",
        "around it. Such a finding is for a person, never a fix. Here all statements lost their `await` at once, so that only the",
        "other places that use the result still tell; where one `await` is missing, all do. One unexpected report on the held-out half (two",
        "integrations of Home Assistant call different things `set_discovery_callback`) had a name count only where imports lead from",
        "the call to a class that has it; no missed site of that half was looked at.",
        "",
        *hints_table(results),
    ]
