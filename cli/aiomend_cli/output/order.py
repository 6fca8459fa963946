"""The order in which changed files are shown to people."""

from __future__ import annotations

from aiomend.model import Impact
from aiomend.report import FileResult, Report


def worst_first(report: Report) -> list[FileResult]:
    """Return the changed files as people should see them: new ones first, then by the worst that their fixes mend."""
    worst: dict[str, Impact] = {}
    for finding in report.findings:
        if finding.applied:
            for path in finding.paths:
                worst[path] = min(finding.impact, worst.get(path, Impact.TIDY))
    return sorted(report.changed, key=lambda file: (not file.created, worst.get(file.path, Impact.TIDY), file.path))
