"""How many small defects in the facts and the rewriting the tests see: a seeded sample of mutants, and who survives.

    python benchmarks/mutation.py reach                    which test runs which line, once for each state of the code
    python benchmarks/mutation.py run --mutants 300 --seed 1 [--minutes 25] [--jobs 2]
    python benchmarks/mutation.py again --mutants 300 --seed 1     the survivors, with all that runs their line
    python benchmarks/mutation.py report                   write benchmarks/mutation.md

It needs `pip install aiomend[mutation]`. Each mutant is judged in a process of its own, made by a fork of one
that has loaded everything but aiomend, and by tests that run the changed line: fixtures first, which are called as their
tests call them, then tests by pytest. A mutant that outlives the processor time which it gets is killed, too.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import dataclasses
import functools
import hashlib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import itertools
import json
import os
import random
import signal
import sqlite3
import sys
import time
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "codemods"
MUTATED = ("aiomend/facts", "aiomend/rewriting")
#: Tests that look at the facts, the rewriting and the rules in this process; those of the command line start others.
TESTS = (
    "tests/facts",
    "tests/rewriting",
    "tests/engine",
    "tests/rules",
    "tests/test_verify.py",
    "tests/test_source.py",
    "tests/test_suppressions.py",
    "tests/trust/test_containment.py",
)
LEFT_OUT = ("tests/rules/test_fixtures.py", "tests/rules/test_harness.py", "tests/rules/test_precision.py")
#: Looks at every class, and runs no line of it: of lines that importing a file runs, it is one of the tests.
SHAPES = "test tests/facts/test_shapes.py"
FIXTURES_EACH = 40  #: of those that run the line; a fixture takes some 20 ms
TESTS_EACH = 120
PROOFS_EACH = 120  #: fixtures that are put through all their proofs, of what survived everything else; 140 ms each
_SECONDS = 120  #: of processor time for one mutant and some tests
_SECONDS_FOR_ALL = 900
_TOO_LONG = 9  #: exit code of one that takes longer

STATE = ROOT / ".mutation"
PAGE = Path(__file__).with_name("mutation.md")
REASONS = Path(__file__).with_name("mutation_reasons.toml")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change to one file: ``path`` is relative to the source root, ``line`` 1-based."""

    path: str
    operator: str
    occurrence: int
    line: int

    @property
    def name(self) -> str:
        """What it is called as long as the file does not change."""
        return f"{self.path}:{self.line} {self.operator} {self.occurrence}"


# ---- which test runs which line ---


def reach() -> None:
    """Run all tests once and keep which of them run which line of the mutated files."""
    import coverage

    STATE.mkdir(exist_ok=True)
    data = STATE / "coverage"
    data.unlink(missing_ok=True)
    measured = coverage.Coverage(data_file=str(data), include=[str(SOURCES / part / "*") for part in MUTATED])
    measured.start()
    _run_fixtures(measured)
    _run_tests(measured)
    measured.stop()
    measured.save()


def reached(chosen: list[Mutant]) -> dict[Mutant, list[str]]:
    """Return the fixtures and tests that run the line of each mutant.

    Of a line that importing the file runs, they are those of all its lines; of one that has none, such as one in the middle of
    a statement, those of the next line above that has some.
    """
    from coverage.numbits import numbits_to_nums

    found: dict[Mutant, list[str]] = {}
    with contextlib.closing(sqlite3.connect(STATE / "coverage")) as data:
        for path in {mutant.path for mutant in chosen}:
            names: dict[int, set[str]] = defaultdict(set)
            for name, lines in data.execute(_LINES_OF, [str(SOURCES / path)]):
                for line in numbits_to_nums(lines):
                    names[line].add(name)
            for mutant in (one for one in chosen if one.path == path):
                line = next((line for line in range(mutant.line, 0, -1) if line in names), 0)
                here = {SHAPES}.union(*names.values()) if "" in names[line] else names[line]
                found[mutant] = sorted(here - {""})
    return found


_LINES_OF = """
    SELECT context.context, line_bits.numbits FROM line_bits
    JOIN context ON context.id = line_bits.context_id JOIN file ON file.id = line_bits.file_id
    WHERE file.path = ?
"""


def _run_fixtures(measured: Any) -> None:
    from aiomend import testing

    for case in testing.discover(ROOT / "fixtures"):
        measured.switch_context(f"fixture {case.name}")
        _forget()
        testing.patch(case)


def _run_tests(measured: Any) -> None:
    import pytest

    class Switch:
        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
            measured.switch_context(f"test {item.nodeid}")
            _forget()
            return (yield)

    options = [f"--ignore={path}" for path in LEFT_OUT]
    pytest.main([*TESTS, *options, "-q", "-p", "no:cacheprovider", f"--rootdir={ROOT}"], plugins=[Switch()])


def _forget() -> None:
    """Empty what aiomend keeps for a whole process: else only the first test of all would run what fills it."""
    kept = [module for name, module in sys.modules.items() if name.startswith(("aiomend.facts", "aiomend.testing"))]
    for one in (one for module in kept for one in vars(module).values()):
        if isinstance(one, functools._lru_cache_wrapper):
            one.cache_clear()


# ---- mutants ---


def mutants(path: Path) -> list[list[Mutant]]:
    """Return the mutants of a file, those of one place together; annotations, which are not evaluated, have none."""
    from cosmic_ray import plugins
    from cosmic_ray.ast import ast_nodes, get_ast

    text = path.read_text("utf-8")
    unseen = _annotations(ast.parse(text))
    nodes = [node for node in ast_nodes(get_ast(text)) if node.type not in _NOTHING_TO_CHANGE]
    found: dict[tuple[int, int], list[Mutant]] = {}
    for name in plugins.operator_names():
        operator = plugins.get_operator(name)
        if operator.arguments() or name.endswith("NoOp"):
            continue  # it wants to be told what to do, or does nothing
        positions = [at for node in nodes for at in operator().mutation_positions(node)]
        for occurrence, (start, _) in enumerate(positions):
            if not any(first <= start < last for first, last in unseen):
                mutant = Mutant(path.relative_to(SOURCES).as_posix(), name, occurrence, start[0])
                found.setdefault(start, []).append(mutant)
    return list(found.values())


_NOTHING_TO_CHANGE = frozenset(
    {"name", "newline", "string", "endmarker", "fstring_start", "fstring_end", "fstring_string"}
)


def _annotations(tree: ast.Module) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    found: list[ast.expr | None] = []
    for node in ast.walk(tree):
        match node:
            case ast.AnnAssign(annotation=annotation) | ast.arg(annotation=annotation):
                found.append(annotation)
            case ast.FunctionDef(returns=annotation):
                found.append(annotation)
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                found.append(node.test)
            case _:
                pass  # has none
    return [
        ((one.lineno, one.col_offset), (one.end_lineno or 0, one.end_col_offset or 0))
        for one in found
        if one is not None
    ]


def mutated(mutant: Mutant) -> str | None:
    """Return the text of the file with the mutant in it; None where that does not compile or means the same."""
    from cosmic_ray import plugins
    from cosmic_ray.mutating import mutate_code

    old = (SOURCES / mutant.path).read_text("utf-8")
    new = mutate_code(old, plugins.get_operator(mutant.operator)(), mutant.occurrence)
    try:
        return None if new is None or ast.dump(ast.parse(new)) == ast.dump(ast.parse(old)) else new
    except SyntaxError:
        return None


def sample(count: int, seed: int) -> list[Mutant]:
    """Return mutants of ``count`` places, one each; the same ones for the same seed and code. They are kept."""
    kept = STATE / f"sample-{count}-{seed}.json"
    if kept.exists():
        return [Mutant(*one) for one in json.loads(kept.read_text())]
    paths = [path for part in MUTATED for path in sorted((SOURCES / part).rglob("*.py"))]
    places = [place for path in paths for place in mutants(path)]
    print(f"{sum(map(len, places)):,} mutants of {len(places):,} places in {len(paths)} files", flush=True)
    order = random.Random(seed)
    order.shuffle(places)
    some = (order.choice(place) for place in places)
    chosen = list(itertools.islice((one for one in some if mutated(one) is not None), count))
    kept.write_text(json.dumps([dataclasses.astuple(one) for one in chosen]))
    return chosen


# ---- judging ---


class _Mutation(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module with other text, and leaves all others to Python."""

    def __init__(self, path: str, text: str) -> None:
        self._name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        self._file = SOURCES / path
        self._text = text

    def find_spec(self, name: str, path: object = None, target: object = None) -> importlib.machinery.ModuleSpec | None:
        if name != self._name:
            return None
        inside = [str(self._file.parent)] if self._file.name == "__init__.py" else None
        return importlib.util.spec_from_file_location(
            name, self._file, loader=_Text(self._text), submodule_search_locations=inside
        )


class _Text(importlib.abc.Loader):
    def __init__(self, text: str) -> None:
        self._text = text

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._text, str(module.__file__), "exec", dont_inherit=True), module.__dict__)


@dataclass(frozen=True, slots=True)
class _Running:
    """A process that judges a mutant, and the pipe through which it says what killed it; nothing where nothing did."""

    mutant: Mutant
    said: int

    def verdict(self, status: int) -> str:
        """Return the name of the test that killed it, `time`, `import` or `crash`; empty where nothing did."""
        with os.fdopen(self.said, "rb") as pipe:
            said = pipe.read().decode()
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == _TOO_LONG:
            return "time"
        return "crash" if status else said


def _start(mutant: Mutant, names: list[str], *, with_all: bool) -> tuple[int, _Running]:
    text = mutated(mutant)
    assert text is not None
    read, write = os.pipe()
    child = os.fork()
    if child:
        os.close(write)
        return child, _Running(mutant, read)
    signal.signal(signal.SIGPROF, lambda *_: os._exit(_TOO_LONG))
    signal.setitimer(signal.ITIMER_PROF, _SECONDS_FOR_ALL if with_all else _SECONDS)
    with Path(os.devnull).open("w") as nothing, redirect_stdout(nothing), redirect_stderr(nothing):
        os.write(write, _killer(mutant, text, names if with_all else _some(mutant, names), with_all).encode()[:4000])
    os._exit(0)


def _killer(mutant: Mutant, text: str, names: list[str], with_proofs: bool) -> str:
    sys.meta_path.insert(0, _Mutation(mutant.path, text))
    fixtures = [name.removeprefix("fixture ") for name in names if name.startswith("fixture ")]
    tests = [name.removeprefix("test ") for name in names if name.startswith("test ")]
    try:
        from aiomend import testing

        cases = {case.name: case for case in testing.discover(ROOT / "fixtures")}
    except BaseException:
        return "import"
    for name in fixtures:
        if not _holds(cases[name]):
            return f"fixture {name}"
    if with_proofs:
        for name in _by_turns(fixtures)[:PROOFS_EACH]:
            if not _keeps_its_promises(cases[name]):
                return f"fixture {name}"
    if not tests:
        return ""
    import pytest

    failed = _Failed()
    options = ["-x", "-q", "-p", "no:cacheprovider", f"--rootdir={ROOT}"]
    code = pytest.main([*tests, *options], plugins=[failed])
    return f"test {failed.name}" if code else ""


class _Failed:
    """Remembers the first test that failed."""

    name = "collection"

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.name = report.nodeid


def _holds(case: Any) -> bool:
    """True where a fixture's first proof holds and what is kept of it is the same, as in tests/rules/test_fixtures.py."""
    from aiomend import testing

    try:
        testing.PROOFS["changes_or_stays"](case)
        is_kept = testing.findings(case) == _kept(case, "findings")
        return is_kept and (case.silent or testing.patch(case) == _kept(case, "diff"))
    except Exception:
        return False


def _keeps_its_promises(case: Any) -> bool:
    """True where every proof of a fixture holds: with all rules, in steps, in other clothes."""
    from aiomend import testing

    try:
        for proof in testing.PROOFS.values():
            proof(case)
    except Exception:
        return False
    return True


def _kept(case: Any, ending: str) -> str:
    path = ROOT / "tests/rules/__snapshots__" / f"{case.name}.{ending}"
    return path.read_bytes().decode() if path.exists() else ""


def run(count: int, seed: int, minutes: float, jobs: int, *, again: bool) -> None:
    """Judge a sample, or ``again`` its survivors with all tests, and keep what becomes of each as soon as it is known."""
    results = STATE / "results.json"
    known: dict[str, str | None] = json.loads(results.read_text()) if results.exists() else {}
    chosen = sample(count, seed)
    todo = [one for one in chosen if (not known.get(one.name, "it was not judged") if again else one.name not in known)]
    names = reached(todo)
    if again:
        todo.sort(key=lambda one: len(names[one]))  # those first that take the least
    _load_the_rest()
    running: dict[int, _Running] = {}
    killers: set[str] = set()
    end = time.monotonic() + minutes * 60
    while running or (todo and time.monotonic() < end):
        while todo and len(running) < jobs and time.monotonic() < end:
            mutant = todo.pop(0)
            if names[mutant]:
                running |= [_start(mutant, names[mutant], with_all=again)]
            else:
                known[mutant.name] = None  # no test runs it
        if running:
            child, status = os.wait()
            one = running.pop(child)
            known[one.mutant.name] = killer = one.verdict(status)
            killers |= {killer} - {""}
            print(f"{one.mutant.name}: {known[one.mutant.name]}", flush=True)
        results.write_text(json.dumps(known, indent=1))
    print(f"{len(known)} judged, {len(todo)} left")
    _check(killers)


def _check(killers: set[str]) -> None:
    """Raise RuntimeError where what killed a mutant fails without it, too."""
    import pytest

    from aiomend import testing

    cases = {f"fixture {case.name}": case for case in testing.discover(ROOT / "fixtures")}
    fixtures = [cases[name] for name in killers & cases.keys()]
    failed = [case.name for case in fixtures if not (_holds(case) and _keeps_its_promises(case))]
    tests = sorted(name.removeprefix("test ") for name in killers if name.startswith("test tests/"))
    if failed or (tests and pytest.main([*tests, "-q", "-p", "no:cacheprovider", f"--rootdir={ROOT}"])):
        raise RuntimeError(f"fails without any mutant: {failed or 'see above'}")


def _some(mutant: Mutant, names: list[str]) -> list[str]:
    """Return tests that run the line, at most so many as each kind may be; always the same ones.

    Tests of the file itself come first, and of the fixtures each rule gives as many as the others.
    """
    names = sorted(names, key=lambda name: hashlib.sha256(f"{mutant.path}:{mutant.line}{name}".encode()).digest())
    fixtures = _by_turns([name for name in names if name.startswith("fixture ")])
    own = f"/test_{Path(mutant.path).stem}.py::"
    tests = sorted((one for one in names if one.startswith("test ")), key=lambda one: own not in one and one != SHAPES)
    return fixtures[:FIXTURES_EACH] + sorted(tests[:TESTS_EACH])


def _by_turns(fixtures: list[str]) -> list[str]:
    """Return fixtures so that each rule has its turn before one has a second."""
    rules: dict[str, list[str]] = defaultdict(list)
    for name in fixtures:
        rules[name.rpartition("/")[0]].append(name)
    turns = itertools.chain.from_iterable(itertools.zip_longest(*rules.values()))
    return [name for name in turns if name is not None]


def _load_the_rest() -> None:
    """Import what takes long and is not mutated, so that a fork has it."""
    for name in ("black", "hypothesis", "libcst.metadata", "pytest", "syrupy"):
        importlib.import_module(name)
    assert "aiomend" not in sys.modules


# ---- the page ---


def report() -> int:
    """Write the page; return 1 where fewer than 85 % were killed or a survivor has no reason."""
    known: dict[str, str | None] = json.loads((STATE / "results.json").read_text())
    reasons: dict[str, str] = tomllib.loads(REASONS.read_text("utf-8")) if REASONS.exists() else {}
    survivors = [name for name, killer in known.items() if not killer]
    equal = [name for name in survivors if reasons.get(name, "").startswith("equivalent")]
    killed, real = len(known) - len(survivors), len(known) - len(equal)
    by_kind = Counter((killer or "").partition(" ")[0] for killer in known.values() if killer)
    lines = [
        *_HEAD.splitlines(),
        "",
        f"{len(known)} mutants: {killed} killed, {len(equal)} equivalent, {len(survivors) - len(equal)} survived: "
        f"{killed / real:.0%} of those that are not equivalent. Killed by: "
        + ", ".join(f"{count} {kind}" for kind, count in by_kind.most_common())
        + ".",
        "",
        "| survivor | why |",
        "|---|---|",
        *(f"| `{name}` | {reasons.get(name, '**no reason yet**')} |" for name in sorted(survivors)),
    ]
    PAGE.write_text("\n".join(lines) + "\n", "utf-8")
    return int(killed < 0.85 * real or any(name not in reasons for name in survivors))


_HEAD = """# What the tests see of small defects

`python benchmarks/mutation.py` changes one operator, number, name of an exception, loop or decorator at a time, in a seeded
sample over all files of the facts and the rewriting, and runs tests that run the changed line: at most 40 fixtures and 120
other tests. `again` judges what survives these with every fixture and test that runs its line, and with all proofs of 120 fixtures.
A survivor is one that all of them let pass; its reason stands in `benchmarks/mutation_reasons.toml`. Names are of the code that was
measured. A fixture or test counts as running a line even where an answer that is kept for the whole process spares it that.

Tests are written for kinds of survivors, so only a fresh sample (`--seed`) is an honest measure: what each one found has since got
its test, and the next one says how much that was worth. Samples as they were drawn: 79 % (seed 1); 70 % (seed 2, 103 mutants, judged
with a part of the tests only); 80 % (seed 3, 103 mutants); 83 % (seed 4), after which most areas that had none got tests for each of
their conditions, with a look at seed 77 in between (70 mutants, 63 killed). These are seed 5 (100 mutants of 12,796 places, 92 killed)
and, of the same code, seed 6 (60 mutants, 54 killed); their survivors were judged again with all tests. Which test runs which line
was measured before, carried over by lines, and measured for all tests that are newer."""


def main() -> int:
    """Run one of the verbs; the exit status is 1 where the page is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=["reach", "run", "again", "report"])
    parser.add_argument("--mutants", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=60, help="begin no other mutant after this time")
    given = parser.parse_args()
    match given.verb:
        case "reach":
            reach()
        case "run" | "again":
            run(given.mutants, given.seed, given.minutes, given.jobs, again=given.verb == "again")
        case _:
            return report()
    return 0


if __name__ == "__main__":
    sys.exit(main())
