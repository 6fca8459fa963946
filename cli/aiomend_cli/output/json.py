"""The report as one JSON object, version 1: a contract that tools rely on."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from aiomend.model import Finding, FixData, Safety
from aiomend.report import FileResult
from aiomend.settings import TargetRange
from aiomend_cli.runner import Run
from aiomend_cli.standing import Standing, counted
from aiomend_cli.tested import Tested
from aiomend_cli.version import version

VERSION = 1


def to_json(run: Run) -> str:
    """Return ``run`` as JSON.

    Lines and columns are 1-based, edits are character offsets of the original files.
    """
    report = run.report
    skipped = [file for file in report.files if file.skip is not None]
    data = {
        "version": VERSION,
        "tool_version": version(),
        "target": _target(run.targets),
        "findings": [_finding(finding) for finding in report.findings],
        "files": _files(run),
        "skipped": [_skipped(file) for file in skipped],
        "summary": _summary(run),
    }
    if run.tested is not None:
        data["tests"] = _tests(run.tested)
    return json.dumps(data, indent=2) + "\n"


def _target(targets: tuple[TargetRange, ...]) -> dict[str, Any]:
    """Return the target of most files, with those of the rest under ``others``."""
    first, *others = [_range(target) for target in targets or (TargetRange(),)]
    return first | {"others": others}


def _range(target: TargetRange) -> dict[str, str]:
    low, high = (".".join(map(str, version)) for version in (target.low, target.high))
    return {"range": str(target), "low": low, "high": high, "origin": target.origin}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "code": finding.code,
        "name": finding.name,
        "section": finding.section,
        "impact": finding.impact.label,
        "message": finding.message,
        "path": finding.path,
        "line": finding.line,
        "column": finding.column,
        "end_line": finding.end_line,
        "end_column": finding.end_column,
        "safety": finding.safety.label,
        "fixable": finding.fixable,
        "applied": finding.applied,
        "reason": finding.reason,
        "url": finding.url,
        "evidence": [{"path": item.path, "line": item.line, "note": item.note} for item in finding.evidence],
        "fix": None if finding.fix is None else _fix(finding.fix),
    }


def _fix(fix: FixData) -> dict[str, Any]:
    return {
        "safety": fix.safety.label,
        "edits": [{"path": e.path, "start": e.start, "end": e.end, "text": e.text} for e in fix.edits],
        "requires": list(fix.requires),
    }


def _files(run: Run) -> list[dict[str, Any]]:
    """Return every file that has a finding, changed, or could not be handled."""
    errors = {file.path: file.detail or file.skip.value for file in run.report.files if file.skip is not None}
    errors |= {left.path: left.detail or left.outcome.value for left in run.unwritten}
    changed = {file.path for file in run.report.changed}
    created = {file.path for file in run.report.changed if file.created}
    paths = changed | set(errors) | {finding.path for finding in run.report.findings}
    return [
        {"path": path, "changed": path in changed, "created": path in created, "error": errors.get(path)}
        for path in sorted(paths)
    ]


def _tests(tested: Tested) -> dict[str, Any]:
    return {
        "command": tested.command,
        "runs": tested.runs,
        "seconds": round(tested.seconds, 3),
        "passed": tested.passed,
        "failed": tested.failed,
        "flaky": list(tested.flaky),
        "dropped": dict(sorted(tested.dropped.items())),
    }


def _skipped(file: FileResult) -> dict[str, Any]:
    assert file.skip is not None
    return {"path": file.path, "reason": file.skip.value, "kind": _kind(file), "detail": file.detail}


def _kind(file: FileResult) -> str:
    return file.skip.name.lower().replace("_", "-") if file.skip else ""


def _summary(run: Run) -> dict[str, Any]:
    report, standing = run.report, counted(run)
    safety = Counter(finding.safety for finding in report.findings)
    skipped = Counter(_kind(file) for file in report.files if file.skip is not None)
    return {
        "checked": report.checked,
        "findings": len(report.findings),
        "fixable": sum(finding.fixable for finding in report.findings),
        "applied": standing[Standing.FIXED],
        "safety": {level.label: safety[level] for level in sorted(Safety, reverse=True)},
        "rules": dict(sorted(Counter(finding.code for finding in report.findings).items())),
        "changed": len(report.changed),
        "refused": standing[Standing.REFUSED],
        "skipped": dict(sorted(skipped.items())),
        "refusals": [
            {"id": r.id, "code": r.code, "path": r.path, "line": r.line, "proof": r.proof, "reason": r.reason}
            for r in report.refusals
        ],
        "notes": list(report.notes),
    }
