"""Compare what aiomend makes of legacy releases with what their maintainers made of them by hand.

    python benchmarks/migration.py run [NAME ...]      print how far both agree, and each difference
    python benchmarks/migration.py report              run all pairs, and write benchmarks/migration.md

The pairs are in migration.toml, with what a person said of each difference. Releases come from the package index as those
of corpus.py do; asyncio's own two versions come from the interpreters that are installed. Nothing of them is executed.
"""

from __future__ import annotations

import argparse
import ast
import copy
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from aiomend import EVERYTHING, Selection, Settings, TargetRange
from aiomend.source import Unreadable, read

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests" / "runtime")]
from interpreters import of_version  # noqa: E402

import corpus  # noqa: E402

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Pair:
    """A legacy release, the release behind its migration, and what was renamed in between."""

    name: str
    old: str
    new: str
    renames: tuple[tuple[str, str], ...] = ()
    target: str = "3.8"

    def new_path(self, path: str) -> str:
        for pattern, other in self.renames:
            path = re.sub(pattern, other, path)
        return path


@dataclass(slots=True)
class Score:
    """How far one pair agrees. ``decorated`` and ``plain`` count functions by what was under no `@coroutine` before."""

    pair: Pair
    decorated: Counter[str] = field(default_factory=Counter)
    plain: Counter[str] = field(default_factory=Counter)
    differences: list[tuple[str, str]] = field(default_factory=list)  #: (kind, path:function)
    broken: list[str] = field(default_factory=list)  #: files that compiled before and do not after
    bystanders: int = 0  #: functions that neither had anything to migrate nor were touched by hand
    touched: int = 0  #: … and that aiomend changed

    def both(self, what: str) -> int:
        return self.decorated[what] + self.plain[what]


def known() -> tuple[list[Pair], dict[str, str]]:
    """Return the pairs, and what was said of each difference by `pair path:function`."""
    table = tomllib.loads((HERE / "migration.toml").read_text("utf-8"))
    pairs = [
        Pair(name, one["old"], one["new"], tuple(one.get("renames", {}).items()), one.get("target", "3.8"))
        for name, one in table["pairs"].items()
    ]
    return pairs, {f"{name} {place}": text for name, one in table["said"].items() for place, text in one.items()}


def files_of(requirement: str) -> dict[str, bytes] | None:
    """Return the Python files of a release; None where it cannot be had. `asyncio 3.6` is the standard library's."""
    if (match := re.fullmatch(r"asyncio 3\.(\d+)", requirement)) is None:
        try:
            return corpus.load(corpus.fetch(requirement))
        except (subprocess.CalledProcessError, StopIteration):
            return None
    interpreter = of_version((3, int(match[1])))
    if interpreter is None:
        return None
    command = [interpreter.path, "-c", "import asyncio; print(asyncio.__path__[0])"]
    folder = Path(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())
    return {f"asyncio/{path}": data for path, data in corpus.load(folder).items()}


def migrated(files: dict[str, bytes], target: str) -> dict[str, bytes]:
    """Return the files as the legacy rules leave them, with all unsafe fixes."""
    settings = Settings(select=Selection(frozenset({"AIO0"})), unsafe=EVERYTHING, target=TargetRange.parse(target))
    return corpus.run(files, lambda _: settings)[1]


# ---- functions ----


def functions(data: bytes, path: str) -> dict[str, Function]:
    """Return the functions of a file by dotted name; a second one of a name gets its number. Empty where it is no Python."""
    try:
        tree = read(path, data).tree
    except Unreadable:
        return {}
    found: dict[str, Function] = {}

    def walk(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                name, number = f"{prefix}{child.name}", 2
                if isinstance(child, Function):
                    while name in found:
                        name, number = f"{prefix}{child.name}#{number}", number + 1
                    found[name] = child
                walk(child, f"{name}.")
            else:
                walk(child, prefix)

    walk(tree, "")
    return found


def own(function: Function) -> Iterator[ast.AST]:
    """Yield the nodes of a function's own body."""
    stack: list[ast.AST] = list(function.body)
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            stack.extend(ast.iter_child_nodes(node))


def is_decorated(function: Function) -> bool:
    return any(
        re.fullmatch(r"(?:asyncio\.|coroutines\.)?coroutine", ast.unparse(one)) for one in function.decorator_list
    )


def is_candidate(function: Function) -> bool:
    """True for what a migration may be about: decorated, or a generator that delegates."""
    if isinstance(function, ast.AsyncFunctionDef):
        return False
    return is_decorated(function) or any(isinstance(node, ast.YieldFrom) for node in own(function))


class _Plain(ast.NodeTransformer):
    """Takes away what a maintainer changes along with the syntax, and, with ``form``, the syntax itself."""

    def __init__(self, *, form: bool) -> None:
        self._form = form

    def visit_FunctionDef(self, node: Function) -> ast.AST:
        self.generic_visit(node)
        match node.body[0]:
            case ast.Expr(value=ast.Constant(value=str())):
                node.body = node.body[1:] or [ast.Pass()]
        node.returns = None
        node.args.kwonlyargs, node.args.kw_defaults = self._without_loop(node.args)
        if not self._form:
            return node
        kept = [one for one in node.decorator_list if not re.fullmatch(r"(?:\w+\.)?coroutine", ast.unparse(one))]
        return ast.FunctionDef(node.name, node.args, node.body, kept, None)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self.visit_FunctionDef(node)

    @staticmethod
    def _without_loop(arguments: ast.arguments) -> tuple[list[ast.arg], list[ast.expr | None]]:
        pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        kept = [(one, default) for one, default in pairs if one.arg != "loop"]
        return [one for one, _ in kept], [default for _, default in kept]

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(node.arg)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        node.keywords = [one for one in node.keywords if one.arg != "loop"]
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name in ("ensure_future", "create_task", "Task") or name.strip("_").startswith("async"):
            node.func = ast.Name("spawn")
        elif name in ("get_event_loop", "get_running_loop"):
            node.func = ast.Name("loop")
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        self.generic_visit(node)
        return ast.Assign([node.target], node.value) if node.value is not None else None

    def visit_Await(self, node: ast.Await) -> ast.AST:
        self.generic_visit(node)
        return ast.YieldFrom(node.value) if self._form else node

    def visit_With(self, node: ast.With | ast.AsyncWith) -> ast.AST:
        self.generic_visit(node)
        for item in node.items:
            if isinstance(item.context_expr, (ast.Await, ast.YieldFrom)):
                item.context_expr = item.context_expr.value
        return ast.With(node.items, node.body)

    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.AST:
        return self.visit_With(node)

    def visit_AsyncFor(self, node: ast.AsyncFor) -> ast.AST:
        self.generic_visit(node)
        return ast.For(node.target, node.iter, node.body, node.orelse)


def plain(function: Function, *, form: bool = False) -> str:
    """Return what a function says, in a form in which only what matters differs."""
    return ast.dump(_Plain(form=form).visit(copy.deepcopy(function)))


# ---- scores ----


def compare(pair: Pair, old: dict[str, bytes], new: dict[str, bytes], ours: dict[str, bytes]) -> Score:
    """Return how far ``ours`` agrees with ``new``, the migration by hand of ``old``."""
    score = Score(pair)
    for path, data in old.items():
        theirs = functions(new.get(pair.new_path(path), b""), path)
        before, after = functions(data, path), functions(ours[path], path)
        if before and not after:
            score.broken.append(path)
        for name, function in before.items():
            if name in theirs and name in after:
                _note(score, f"{path}:{name}", function, theirs[name], after[name])
    return score


def _note(score: Score, place: str, old: Function, theirs: Function, ours: Function) -> None:
    inner = any(is_candidate(one) for one in ast.walk(old) if isinstance(one, Function) and one is not old)
    if not is_candidate(old):
        if not inner and ast.dump(old) == ast.dump(theirs):
            score.bystanders += 1
            if ast.dump(ours) != ast.dump(old):
                score.touched += 1
                score.differences.append(("aiomend changes something else in it", place))
        return
    counts = score.decorated if is_decorated(old) else score.plain
    by_hand, by_us = isinstance(theirs, ast.AsyncFunctionDef), isinstance(ours, ast.AsyncFunctionDef)
    counts["functions"] += 1
    counts["by hand"] += by_hand
    if by_us and not by_hand and not is_decorated(theirs):
        counts["only we"] += 1
        score.differences.append(("only aiomend converts it", place))
    if by_hand and not by_us:
        counts["only they"] += 1
        score.differences.append(("only the maintainers convert it", place))
    if by_hand and plain(old, form=True) == plain(theirs, form=True):
        counts["comparable"] += 1
        counts["same"] += plain(ours) == plain(theirs)
        counts["identical"] += ast.dump(ours) == ast.dump(theirs)
        if by_us and plain(ours) != plain(theirs):
            score.differences.append(("both convert it, and differ", place))


def score_of(pair: Pair) -> Score | None:
    """Return the score of a pair; None where one of its releases cannot be had."""
    old, new = files_of(pair.old), files_of(pair.new)
    return compare(pair, old, new, migrated(old, pair.target)) if old is not None and new is not None else None


# ---- the report ----


def table(scores: list[Score], said: dict[str, str]) -> str:
    """Return the results as Markdown."""
    lines = [
        "| legacy release | by hand | functions | by hand `async def` | only aiomend | only by hand | comparable | same "
        "| identical | bystanders touched | broken files |",
        f"|---|---|{'---:|' * 9}",
    ]
    for one in scores:
        counts = [
            *(
                one.both(what)
                for what in ("functions", "by hand", "only we", "only they", "comparable", "same", "identical")
            ),
            f"{one.touched} of {one.bystanders}",
            len(one.broken),
        ]
        lines.append(f"| {one.pair.old} | {one.pair.new} | {' | '.join(map(str, counts))} |")
    lines.append("")
    for name, which in (("under `@coroutine`", "decorated"), ("undecorated", "plain")):
        total: Counter[str] = sum((getattr(one, which) for one in scores), Counter())
        share = f" ({total['same'] / total['comparable']:.1%})" if total["comparable"] else ""
        lines.append(
            f"* {name}: {total['by hand']} became `async def` by hand, {total['comparable']} of them by nothing but the change "
            f"of syntax; of these aiomend writes {total['same']} alike{share}, {total['identical']} to the letter of the tree."
        )
    lines += ["", "## Each difference", ""]
    for one in scores:
        for kind, place in sorted(one.differences):
            text = said.get(f"{one.pair.name} {place}", "not explained yet")
            lines.append(f"* {one.pair.name} `{place}`: {kind}. {text[:1].upper()}{text[1:]}.")
    return "\n".join(lines)


REPORT = HERE / "migration.md"
_SUITES = "## Their own tests"  #: the section that migrated_suites.py writes


def report(scores: list[Score], said: dict[str, str]) -> str:
    """Return the report, with the section on test suites as it was."""
    old = REPORT.read_text("utf-8") if REPORT.exists() else ""
    suites = old[old.index(_SUITES) :] if _SUITES in old else f"{_SUITES}\n"
    return f"""# Migrations by hand, and by aiomend

Packages whose maintainers replaced generator-based coroutines by hand, before and after. aiomend migrates the release before
with `--select AIO0 --unsafe`; `python benchmarks/migration.py report` counts anew. Functions pair up by file and name.

*Comparable* are those that the maintainers changed in nothing but syntax: docstrings, annotations, `loop=`, the way a task is
made, and `with` or `async with` do not count. *Same* says that aiomend's function is theirs, with the same left out of account;
*identical* leaves nothing out. *Bystanders* have nothing to migrate, and the maintainers did not touch them either.

{table(scores, said)}

{suites}"""


def keep_section(title: str, text: str, report: Path = REPORT) -> None:
    """Put the last section of the report in its place."""
    old = report.read_text("utf-8") if report.exists() else f"{title}\n"
    report.write_text(old.partition(title)[0] + text, "utf-8")


def main() -> int:
    """Return 0 where all pairs could be had."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["run", "report"])
    parser.add_argument("names", nargs="*", metavar="NAME")
    given = parser.parse_args()
    pairs, said = known()
    scores = []
    for pair in pairs:
        if given.names and pair.name not in given.names:
            continue  # not asked for
        if (score := score_of(pair)) is None:
            print(f"{pair.name}: {pair.old} or {pair.new} cannot be had", file=sys.stderr)
            continue  # the others may be there
        scores.append(score)
        print(table([score], said), flush=True)
    if given.command == "report":
        REPORT.write_text(report(scores, said), "utf-8")
    return 0 if len(scores) == len(given.names or pairs) else 1


if __name__ == "__main__":
    sys.exit(main())
