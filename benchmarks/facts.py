"""Measure what is known of a project by await erasure, side by side with four type checkers; writes benchmarks/facts.md.

    python benchmarks/facts.py run [NAME ...]      every tool on every package (or on those, printed only)
    python benchmarks/facts.py ours [NAME ...]     this tool alone, on the development half
        --missed N      N missed sites at random, each with its reason and its lines
        --patterns N    the N most frequent reasons with two examples each
        --reachable     of those, only sites that some checker reports (after a `run`)
        --held-out      the held-out half instead, as one figure a package
        --without-known without the bundled data of well-known packages
        --types         with pyrefly's answers for what is not known, as `aiomend check --types` asks for them

`run` counts the unexpected reports of the held-out half, and lists them with `--held-out`: at the end, for their verdicts.

Nothing of a package is imported or executed, and nothing that it depends on is installed.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import gc
import hashlib
import pickle
import random
import resource
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from pathlib import Path

import facts_checkers
import facts_erasure
import facts_rest
import facts_table
from facts_checkers import PINNED, Reports
from facts_erasure import CACHE, Erased, Package, Site, packages
from facts_missed import Reason, Search
from facts_rest import FUTURE
from facts_table import OURS, TOOLS, Result, found, heading, report, row, share, unexpected

import corpus
from aiomend.api import MemorySources
from aiomend.facts.environment import Environment
from aiomend.facts.forgotten import waits
from aiomend.facts.hints import hint
from aiomend.facts.inference import Inference
from aiomend.facts.module import ModuleFacts
from aiomend.facts.oracle import Consultation, Oracle
from aiomend.facts.project import ProjectFacts
from aiomend_cli.entry import COLLECTOR

SEED = 20260101
CONSULTATIONS = 2  #: rounds of questions to a type checker


@dataclass(slots=True)
class Missed:
    """A site that was not reported."""

    site: Site
    reason: Reason
    text: str


@dataclass(slots=True)
class Ours:
    """What the inference said of one erased tree, with the CPU seconds of each part."""

    places: list[tuple[str, int]] = field(default_factory=list)
    parse: float = 0.0
    index: float = 0.0
    infer: float = 0.0
    wall: float = 0.0
    hinted: set[tuple[str, int]] = field(
        default_factory=set
    )  #: reported by what hints at it, of which nothing is known
    futures: set[Site] = field(default_factory=set)  #: missed, because what is dropped there is a future
    missed: list[Missed] = field(default_factory=list)

    @property
    def reports(self) -> Reports:
        return Reports(tuple(self.places), self.parse + self.index + self.infer, self.wall)

    @property
    def known_itself(self) -> Reports:
        """The reports that do not rest on hints."""
        return Reports(tuple(place for place in self.places if place not in self.hinted), 0.0, 0.0)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _plain(erased: Erased) -> float:
    """Return the CPU seconds that `ast.parse` alone takes for the files of a tree; other figures are read against it."""
    begin = _cpu()
    for data in erased.files.values():
        with warnings.catch_warnings(), contextlib.suppress(SyntaxError, ValueError):
            warnings.simplefilter("ignore")
            ast.parse(data)
    return _cpu() - begin


def ours(
    erased: Erased, explain: Set[Site] = frozenset(), *, with_known: bool = True, oracle: Oracle | None = None
) -> Ours:
    """Return what the inference says of a tree, and the reasons of those missed sites that are in ``explain``.

    ``with_known`` is whether the bundled data of well-known packages are asked, as in every run of the tool.
    """
    result = Ours()
    started, begin = time.perf_counter(), _cpu()
    project = ProjectFacts(MemorySources(erased.files))
    for path in project.paths:
        try:
            project.source(path)
        except Exception:
            continue  # facts() says None for it, below
    parsed = _cpu()
    modules = [facts for path in project.paths if (facts := project.facts(path)) is not None]
    indexed = _cpu()
    environment = Environment() if with_known else None
    calls = [(facts, call) for facts in modules for call in _statements(facts)]
    consultation = _consulted(project, environment, calls, oracle) if oracle is not None else None
    inference = Inference(project, environment, consultation)
    for facts, call in calls:
        if waits(inference, facts, call, inference.values_from_callers):
            result.places.append((facts.path, call.lineno))
        elif hint(inference, facts, call) is not None:
            result.places.append((facts.path, call.lineno))
            result.hinted.add((facts.path, call.lineno))
    done = _cpu()
    result.wall = time.perf_counter() - started
    result.parse, result.index, result.infer = parsed - begin, indexed - parsed, done - indexed
    by_place = {(facts.path, facts.statement(call).lineno): (facts, call) for facts, call in calls}
    for site in set(erased.sites) - found(erased.sites, result.reports):
        if (site.path, site.line) not in by_place:
            continue  # the file is not read: generated
        facts, call = by_place[site.path, site.line]
        if inference.is_instance(inference.values_from_callers(facts, call), "asyncio.Future"):
            result.futures.add(site)
        if site in explain:
            reason = Reason(FUTURE) if site in result.futures else Search(inference).call(facts, call)
            result.missed.append(Missed(site, reason, ast.unparse(call)))
    result.missed.sort(key=lambda one: (one.site.path, one.site.line))
    return result


def _consulted(
    project: ProjectFacts, environment: Environment | None, calls: list[tuple[ModuleFacts, ast.Call]], oracle: Oracle
) -> Consultation:
    """Return what a type checker says of the calls of which nothing is known, and of what is unknown in them then."""
    consultation = Consultation(oracle, project)
    for _ in range(CONSULTATIONS):
        inference = Inference(project, environment, consultation)
        for facts, call in calls:
            inference.values_from_callers(facts, call)
        if not consultation.settle():
            break
    return consultation


def _statements(facts: ModuleFacts) -> Iterator[ast.Call]:
    return (call for call in facts.calls if isinstance(facts.parents[call], ast.Expr))


def load(package: Package) -> Erased:
    """Return the erased tree of a package; brought from the registry, and erased anew when the eraser changed."""
    kept = CACHE / "erased" / f"{package.group}-{package.name}.pickle"
    eraser = hashlib.sha256(Path(facts_erasure.__file__).read_bytes()).hexdigest()
    if kept.exists():
        made_by, erased = pickle.loads(kept.read_bytes())
        if made_by == eraser and isinstance(erased, Erased):
            return erased
    corpus.CORPUS = CACHE / "packages"
    erased = facts_erasure.erase(corpus.load(corpus.fetch(package.requirement)))
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(pickle.dumps((eraser, erased)))
    return erased


def run(chosen: list[Package], with_held_out: bool) -> str:
    """Measure every tool on the packages; return the report."""
    facts_checkers.installed()
    results = []
    parts: Counter[str] = Counter()
    for package in chosen:
        result = Result(package, load(package))
        sites = result.erased.sites
        own = ours(result.erased, {site for site in sites if not package.holds_out(site.path)})
        parts.update({"parsing": own.parse, "scopes and bindings": own.index, "inference": own.infer})
        result.reports[OURS], result.hits, result.futures = own.reports, found(sites, own.reports), own.futures
        result.missed = [one.reason for one in own.missed]
        result.known_itself = found(sites, own.known_itself)
        result.bare = ours(result.erased, with_known=False).reports
        for tool in PINNED:
            result.reports[tool] = facts_checkers.check(tool, package, result.erased)
        results.append(result)
        shares = ", ".join(f"{tool} {share([result], [tool])}" for tool in TOOLS)
        print(f"{package.name}: {shares}", file=sys.stderr, flush=True)
    return report(results, dict(parts), facts_rest.section(results), with_held_out)


# ---- for whoever improves the inference ----


def _reached(package: Package, erased: Erased) -> set[Site]:
    """The sites that some checker reports, as far as the cache tells."""
    answers = [facts_checkers.cached(tool, package, erased) for tool in PINNED]
    return set[Site]().union(*(found(erased.sites, one) for one in answers if one is not None))


def develop(
    chosen: list[Package], missed: int, patterns: int, reachable: bool, *, with_known: bool, with_types: bool
) -> None:
    """Print recall, cost and the reasons of what was missed on the development half."""
    everything: list[tuple[Package, Erased, Missed]] = []
    hits: Counter[str] = Counter()
    totals: Counter[str] = Counter()
    for package in chosen:
        erased = load(package)
        sites = [site for site in erased.sites if not package.holds_out(site.path)]
        wanted = set(sites) & _reached(package, erased) if reachable else set(sites)
        with facts_checkers.type_server(package, erased) if with_types else contextlib.nullcontext() as oracle:
            own = ours(erased, wanted, with_known=with_known, oracle=oracle)
        hit = len(found(sites, own.reports))
        hits[package.group] += hit
        totals[package.group] += len(sites)
        odd = [f"{path}:{line}" for path, line in unexpected(erased, own.reports) if not package.holds_out(path)]
        cost = f"parse {own.parse:.1f} + index {own.index:.1f} + infer {own.infer:.1f} s, {erased.lines:,} lines"
        cost += f", {own.reports.cpu / _plain(erased):.1f} times `ast.parse`"
        print(f"{package.name}: {hit}/{len(sites)} = {hit / max(1, len(sites)):.3f}; {cost}", flush=True)
        print("".join(f"    unexpected: {place}\n" for place in odd), end="")
        everything += [(package, erased, one) for one in own.missed]
    for group, total in totals.items():
        print(f"{group}: {hits[group]}/{total} = {hits[group] / max(1, total):.3f}")
    _print_reasons(everything, patterns)
    picked = random.Random(SEED).sample(everything, min(missed, len(everything)))
    for package, erased, one in picked:
        lines = erased.files[one.site.path].decode("utf-8", "replace").splitlines()
        print(f"\n{package.name} {one.site.path}:{one.site.line}  [{one.reason.kind}: {one.reason.detail}]")
        print("\n".join(f"    {line}" for line in lines[max(0, one.site.line - 3) : one.site.end]))


def _print_reasons(everything: list[tuple[Package, Erased, Missed]], patterns: int) -> None:
    by_group: dict[str, Counter[str]] = {}
    for package, _, one in everything:
        by_group.setdefault(one.reason.kind, Counter())[package.group] += 1
    groups = list(dict.fromkeys(package.group for package, _, _ in everything))
    print("\n" + "\n".join(heading(["why missed"], ["sites", *groups])))
    for kind, counts in sorted(by_group.items(), key=lambda item: -item[1].total()):
        print(row([kind, counts.total(), *(counts[group] for group in groups)]))
    if not patterns:
        return
    print("\n" + "\n".join([row(["sites", "packages", "why", "which", "examples"]), "|---:|---:|---|---|---|"]))
    by_reason: dict[Reason, list[tuple[Package, Missed]]] = {}
    for package, _, one in everything:
        by_reason.setdefault(one.reason, []).append((package, one))
    for reason, sites in sorted(by_reason.items(), key=lambda item: -len(item[1]))[:patterns]:
        shown = "; ".join(
            f"{package.name} {one.site.path}:{one.site.line} `{one.text[:70]}`"
            for package, one in (sites[0], sites[-1])
        )
        print(row([len(sites), len({p.name for p, _ in sites}), reason.kind, reason.detail, shown]))


def held_out(chosen: list[Package], *, with_known: bool) -> None:
    """Print one figure a package for the held-out half, and nothing that could be learned from."""
    for package in chosen:
        erased = load(package)
        sites = [site for site in erased.sites if package.holds_out(site.path)]
        hit = len(found(sites, ours(erased, with_known=with_known).reports))
        print(f"{package.name}: {hit}/{len(sites)} = {hit / max(1, len(sites)):.3f}", flush=True)


def main() -> None:
    """Run one of the verbs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=["run", "ours"])
    parser.add_argument("names", nargs="*", help="parts of package names; all where there is none")
    parser.add_argument("--missed", type=int, default=0, metavar="N")
    parser.add_argument("--patterns", type=int, default=0, metavar="N")
    parser.add_argument("--reachable", action="store_true")
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--without-known", action="store_true")
    parser.add_argument("--types", action="store_true")
    args = parser.parse_args()
    gc.set_threshold(*COLLECTOR)  # as the command line has it
    CACHE.mkdir(exist_ok=True)
    (CACHE / ".gitignore").write_text("*\n")
    chosen = [one for one in packages() if not args.names or any(name in one.name for name in args.names)]
    if args.verb == "run":
        text = run(chosen, args.held_out)
        print(text) if args.names else facts_table.write(facts=text)
    elif args.held_out:
        held_out([package for package in chosen if package.held_out != "no"], with_known=not args.without_known)
    else:
        shown = [package for package in chosen if package.held_out != "yes"]
        with_known = not args.without_known
        develop(shown, args.missed, args.patterns, args.reachable, with_known=with_known, with_types=args.types)


if __name__ == "__main__":
    main()
