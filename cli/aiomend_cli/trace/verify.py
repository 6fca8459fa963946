"""``aiomend verify``: a program runs on the original and on the fixed code, and the complaints are compared."""

from __future__ import annotations

import ast
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from aiomend.model import Finding
from aiomend_cli import preparing
from aiomend_cli.errors import UserError
from aiomend_cli.fix import run_wanted
from aiomend_cli.other_options import VerifyOptions
from aiomend_cli.output import emit
from aiomend_cli.runner import Run, Workspace
from aiomend_cli.trace import program
from aiomend_cli.trace.comparison import Executed, Row, Verdict, compared
from aiomend_cli.trace.copies import copy, import_roots
from aiomend_cli.trace.kinds import KINDS
from aiomend_cli.trace.log import Complaint, Place, merged
from aiomend_cli.trace.program import Wish
from aiomend_cli.trace.runs import Ran, run
from aiomend_cli.trace.texts import became, text_of

_SLACK = 30.0  #: seconds, and ten times what the original took: a fixed program that takes longer hangs


@dataclass(frozen=True, slots=True)
class Verified:
    """What the runs showed; paths of rows are relative to the working directory."""

    rows: tuple[Row, ...]
    before: tuple[Ran, ...]
    after: tuple[Ran, ...]
    debug: Ran
    objections: tuple[str, ...]  #: sentences on what else is not as before

    @property
    def proved(self) -> tuple[Row, ...]:
        """Return the rows that count as verified."""
        bad = self.objections or any(row.verdict is Verdict.NEW for row in self.rows)
        return () if bad else tuple(row for row in self.rows if row.verdict is Verdict.GONE)

    @property
    def holds(self) -> bool:
        """True where every complaint with a fix is verified, and nothing else is worse."""
        fixed = [row for row in self.rows if row.rules or row.verdict is Verdict.NEW]
        return not self.objections and all(row.verdict is Verdict.GONE for row in fixed)


def verify(options: VerifyOptions) -> int:
    """Print the table; return 0 where everything that has a fix is verified, 1 where something is not."""
    from aiomend_cli.trace.table import written

    command = options.paths
    if not command:
        raise UserError("which program? Its command stands behind `--`: aiomend verify -- pytest -q")
    if options.runs < 1 or options.time_limit <= 0:
        raise UserError("--runs and --time-limit have to be more than nothing")
    workspaces = preparing.prepare(replace(options, paths=(".",)))
    if len(workspaces) != 1:
        raise UserError("there is more than one project here: verify one at a time, from its folder")
    fixed = run_wanted(workspaces, options, {})
    if not fixed.report.changed:
        raise UserError("no fix would be applied, so there is nothing to verify\n--unsafe or --unsafe-rules allow more")
    result = verified(workspaces[0], fixed, command, options)
    emit("\n".join([*written(result, options.output_format), ""]), options.output)
    return 0 if result.holds else 1


def verified(workspace: Workspace, fixed: Run, command: Sequence[str], options: VerifyOptions) -> Verified:
    """Return what runs of ``command`` on the original and on the ``fixed`` code show."""
    changed = {
        inside: file.new
        for file in fixed.report.changed
        if (inside := workspace.inside(file.path)) and file.new is not None
    }
    with tempfile.TemporaryDirectory(prefix="aiomend-verify-") as folder:
        stage = _Stage(workspace, Path(folder).resolve(), changed, tuple(command), options)
        before = [stage.run({}, options.time_limit) for _ in range(options.runs)]
        limit = min(options.time_limit, 10 * max(ran.seconds for ran in before) + _SLACK)
        old = merged(complaint for ran in before for complaint in ran.trace.complaints)
        bodies = stage.bodies(old)
        lines = stage.lines_for(old, bodies)
        after = [stage.run(changed, limit, lines) for _ in range(options.runs)]
        debug = stage.run(changed, limit, debug=True)
        steady = len({ran.output for ran in before}) == 1
        if steady and after[0].output != before[0].output:
            steady = stage.run({}, options.time_limit).output == before[0].output
        rows = compared(
            old,
            merged(complaint for ran in after for complaint in ran.trace.complaints),
            stage.became,
            Executed(frozenset((row["file"], row["line"]) for ran in after for row in ran.trace.facts)),
            bodies,
            lambda complaint: stage.rules(complaint, fixed.report.findings),
        )
        return Verified(
            tuple(replace(row, file=stage.shown(row.file)) for row in _sorted(rows)),
            tuple(before),
            tuple(after),
            debug,
            tuple(_objections(before, after, debug, steady, stage.strangers(old, after))),
        )


def _sorted(rows: Iterable[Row]) -> list[Row]:
    """Return rows by cost; a slow step is left out where its line is known."""
    rows = list(rows)
    blamed = {
        detail
        for row in rows
        if row.kind == "blocking-call"
        for c in (row.before, row.after)
        if c
        for detail in c.details
    }
    kept = [
        row
        for row in rows
        if row.kind != "slow-callback" or not blamed.intersection(((row.before or row.after) or _NOTHING).details)
    ]
    return sorted(
        kept,
        key=lambda row: (
            -(row.before.seconds if row.before else 0),
            KINDS[row.kind].section,
            row.file or "~",
            row.line,
        ),
    )


_NOTHING = Complaint("", None, 0, "", 0, 0.0)


def _objections(
    before: Sequence[Ran], after: Sequence[Ran], debug: Ran, steady: bool, stranger: str | None
) -> Iterable[str]:
    codes = {ran.status for ran in before}
    if not any(ran.trace.watched for ran in before):
        yield "nothing was watched: the program is no Python, or did not import asyncio"
    if None in codes:
        yield "the original did not end in time"
    elif None in {ran.status for ran in after}:
        yield "the fixed program did not end in time"
    elif not {ran.status for ran in after} <= codes:
        yield f"the exit status is {after[0].status}, and was {before[0].status}"
    if steady and after[0].output != before[0].output and None not in codes:
        yield "the output is not what it was"
    if debug.status is None:
        yield "the fixed program did not end in time in asyncio's debug mode"
    if stranger is not None:
        yield f"the program took code from {stranger}, not from the fixed copy: was it installed from there?"


class _Stage:
    """One temporary folder in which the original and the fixed program run at the same path."""

    def __init__(
        self,
        workspace: Workspace,
        folder: Path,
        changed: Mapping[str, bytes],
        command: tuple[str, ...],
        options: VerifyOptions,
    ) -> None:
        self.workspace, self.changed, self.command, self.options = workspace, changed, command, options
        self.tree = folder / "tree"
        self.trace = folder / "trace.jsonl"
        self.wanted = folder / "lines"
        self._became: dict[str, Mapping[int, range]] = {}

    def run(
        self, changed: Mapping[str, bytes], limit: float, lines: Iterable[Place] = (), *, debug: bool = False
    ) -> Ran:
        """Run the program once in a fresh copy."""
        copy(self.workspace.root, self.tree, changed)
        rows = "".join(f"{line}\t{file}\n" for file, line in sorted(set(lines)))
        self.wanted.write_text(rows, "utf-8", "surrogateescape")
        wish = Wish(self.trace, self.options.slow, debug=debug, lines=self.wanted if rows else None)
        environ = program.environment(wish, os.environ)
        cwd = self.tree / os.path.relpath(self.workspace.cwd, self.workspace.root)
        first, *others = environ["PYTHONPATH"].split(os.pathsep)
        roots = [str(root) for root in import_roots(self.tree, self.changed)]
        environ["PYTHONPATH"] = os.pathsep.join([first, *roots, *map(self._here, others)])
        environ["PWD"] = str(cwd)
        return run(self.command, cwd=cwd, wish=wish, environ=environ, limit=limit)

    def _here(self, entry: str) -> str:
        path = Path(entry)
        if path.is_absolute() and path.is_relative_to(self.workspace.root):
            return str(self.tree / path.relative_to(self.workspace.root))
        return entry

    def became(self, place: Place) -> Sequence[int]:
        """Return the lines of the fixed file for a line of the original."""
        file, line = place
        if file not in self._became:
            name = self._inside(file)
            if name is None or name not in self.changed:
                return [line]
            old = (self.workspace.root / name).read_bytes()
            self._became[file] = became(text_of(old), text_of(self.changed[name]))
        return self._became[file].get(line, range(0))

    def _inside(self, file: str) -> str | None:
        path = Path(file)
        return path.relative_to(self.tree).as_posix() if path.is_relative_to(self.tree) else None

    def shown(self, file: str | None) -> str | None:
        """Return a path of the copy as one of the original, seen from the working directory."""
        inside = self._inside(file) if file is not None else None
        return self.workspace.shown(inside) if inside is not None else file

    def lines_for(self, complaints: Iterable[Complaint], bodies: Mapping[Place, Place]) -> list[Place]:
        """Return the lines of the fixed files that have to run again."""
        places = [complaint.place for complaint in complaints if complaint.place is not None]
        return [(place[0], line) for place in places for line in self.became(place)] + list(bodies.values())

    def bodies(self, complaints: Iterable[Complaint]) -> dict[Place, Place]:
        """Return the first line of the body of each coroutine that nobody awaited, in the fixed file."""
        found = {}
        for complaint in complaints:
            if complaint.kind == "never-awaited" and complaint.place is not None and complaint.defined is not None:
                file, _ = complaint.defined
                name = self._inside(file)
                for new in self.became(complaint.defined) if name is not None else ():
                    content = self.changed.get(name or "") or (self.workspace.root / (name or "")).read_bytes()
                    if (first := _first_line(content, new)) is not None:
                        found[complaint.place] = (file, first)
        return found

    def rules(self, complaint: Complaint, findings: Iterable[Finding]) -> tuple[str, ...]:
        """Return the codes of the applied fixes at the places of a complaint."""
        codes = []
        for file, line in [place for place in (complaint.place, *complaint.related) if place is not None]:
            shown = self.shown(file)
            for finding in findings:
                there = finding.path == shown and finding.line <= line <= finding.end_line
                if there and finding.applied and finding.code in KINDS[complaint.kind].rules:
                    codes.append(finding.code)
        return tuple(dict.fromkeys(codes))

    def strangers(self, old: Iterable[Complaint], after: Iterable[Ran]) -> str | None:
        """Return the original's folder where the program took code from it all the same."""
        root = self.workspace.root
        complaints = [*old, *(complaint for ran in after for complaint in ran.trace.complaints)]
        return str(root) if any(c.file and Path(c.file).is_relative_to(root) for c in complaints) else None


def _first_line(content: bytes, definition: int) -> int | None:
    """Return the first line that runs in the function whose first line, a decorator's too, is ``definition``."""
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            if definition in (first, node.lineno):
                body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
                return body[0].lineno if body else None
    return None
