"""What every fixture has to pass: each proof raises Broken where a promise does not hold."""

from __future__ import annotations

import ast
import dataclasses

from aiomend.facts.scopes import last_name
from aiomend.model import FixData
from aiomend.report import Report
from aiomend.source import read
from aiomend.testing.case import Broken, Case, compiled, result, run, same

_SUSPENDING = frozenset({"run_in_executor", "to_thread"})


def changes_or_stays(case: Case) -> None:
    """A positive case changes; a silent one stays, byte for byte, without a finding that has a fix."""
    report = run(case)
    if case.silent:
        same(case, result(case, report), "the rule must leave it alone")
        for finding in report.findings:
            if finding.fixable:
                raise Broken(f"{_place(case, finding.path, finding.line)}: a fix is offered: {finding.message}")
    elif not report.findings:
        raise Broken(f"{case.name}: {case.code} finds nothing; is this a skip_ case?")
    elif not report.changed and not case.refuses and any(finding.fixable for finding in report.findings):
        raise Broken(f"{case.name}: {case.code} offers a fix and changes nothing: {_reasons(report)}")


def compiles(case: Case) -> None:
    """The files compile, before and after."""
    compiled(case, "before any change")
    for alone in (True, False):
        compiled(result(case, run(case, alone=alone)), "after the fixes")


def settles(case: Case) -> None:
    """A second run with the same settings changes nothing and offers nothing, with the rule alone and with all rules."""
    for alone in (True, False):
        once = result(case, run(case, alone=alone))
        again = run(once, alone=alone)
        rules = f"{case.code} alone" if alone else "all rules"
        same(once, result(once, again), f"a second run with {rules} must change nothing")
        for finding in again.findings:
            if finding.fixable:
                where = _place(case, finding.path, finding.line)
                raise Broken(f"{where}: after the fixes of {rules}, {finding.code} still offers one: {finding.message}")


def goes_in_steps(case: Case) -> None:
    """`fix` and then `fix --unsafe` give what `fix --unsafe` gives at once."""
    step = result(case, run(case, alone=False, unsafe=False))
    same(
        result(case, run(case, alone=False)),
        result(step, run(step, alone=False)),
        "`fix` then `fix --unsafe` must equal `fix --unsafe`",
    )


def refuses_nothing(case: Case) -> None:
    """Every rule settles, and no fix fails its proof, but for the proofs that the case announces; those do fail."""
    reports = (run(case), run(case, alone=False))
    for note in (note for report in reports for note in report.notes):
        raise Broken(f"{case.name}: {note}")
    refusals = [refusal for report in reports for refusal in report.refusals]
    for refusal in refusals:
        if refusal.proof not in case.refuses:
            where = _place(case, refusal.path, refusal.line)
            raise Broken(f"{where}: {refusal.code} was refused ({refusal.proof}): {refusal.reason}")
    missing = case.refuses - {refusal.proof for refusal in refusals}
    if missing:
        raise Broken(f"{case.name}: no fix fails the proof {sorted(missing)}, as the first line says")


def safe_never_suspends(case: Case) -> None:
    """No safe fix adds a suspension point or a hop to another thread."""
    for alone in (True, False):
        after = result(case, run(case, alone=alone, unsafe=False))
        before = dict(case.files)
        for path, new in after.files:
            had = _suspensions(path, before.get(path, b""))
            if (has := _suspensions(path, new)) > had:
                raise Broken(f"{case.name}, {path}: safe fixes bring {has - had} suspension points or thread hops")


def offers_whole_fixes(case: Case) -> None:
    """What a finding hands out as its fix, applied alone, gives code that compiles and differs."""
    for finding in run(case).findings:
        if finding.fix is not None and not finding.fix.requires:
            changed = _apply(case, finding.fix)
            where = _place(case, finding.path, finding.line)
            if changed.files == case.files:
                raise Broken(f"{where}: the fix of {finding.code} changes nothing when it is applied alone")
            compiled(changed, f"with the fix of {finding.code} at {where} alone")


def _apply(case: Case, fix: FixData) -> Case:
    files = dict(case.files)
    for path in {edit.path for edit in fix.edits}:
        source = read(path, files.get(path, b""))
        text = source.text
        for edit in sorted((e for e in fix.edits if e.path == path), key=lambda e: (e.start, e.end), reverse=True):
            text = text[: edit.start] + edit.text + text[edit.end :]
        files[path] = source.encode(text)
    return dataclasses.replace(case, files=tuple(files.items()))


# ---- what the proofs share ---


def _suspensions(path: str, data: bytes) -> int:
    nodes = list(ast.walk(read(path, data).tree))
    return sum(map(_suspends, nodes)) + sum(map(_left_to_the_decorator, nodes))


def _left_to_the_decorator(node: ast.AST) -> int:
    """Return how many places of a function `@asyncio.coroutine` waits for: what it returns, where it is no generator."""
    match node:
        case ast.FunctionDef(decorator_list=decorators) if any(last_name(one) == "coroutine" for one in decorators):
            inside = list(ast.walk(node))
            if any(isinstance(one, (ast.Yield, ast.YieldFrom)) for one in inside):
                return 0
            chosen = sum(isinstance(one, ast.IfExp) for one in inside)
            return chosen + sum(isinstance(one, ast.Return) for one in inside)
        case _:
            return 0


def _suspends(node: ast.AST) -> bool:
    match node:
        case ast.Await() | ast.YieldFrom() | ast.AsyncFor() | ast.AsyncWith():
            return True
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name in _SUSPENDING
        case _:
            return False


def _place(case: Case, path: str, line: int) -> str:
    return f"{case.name}, {path}:{line}"


def _reasons(report: Report) -> str:
    return "; ".join(f"line {finding.line}: {finding.reason or finding.message}" for finding in report.findings)
