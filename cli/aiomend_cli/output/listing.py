"""Findings one by one for people, each with its excerpt and what would fix it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aiomend.model import Finding, Safety
from aiomend_cli.output.excerpt import excerpt, lines_of
from aiomend_cli.runner import Run
from aiomend_cli.standing import Standing, standings, why_refused
from aiomend_cli.terminal import Painter, escape


@dataclass(frozen=True, slots=True)
class Listing:
    """Prints single findings of one run."""

    run: Run
    contents: Mapping[str, bytes]
    paint: Painter

    def lines(self) -> list[str]:
        """Return all findings, in the order of the report."""
        standing = standings(self.run)
        result: list[str] = []
        path, source = None, [""]
        for finding in self.run.report.findings:
            if finding.path != path:
                path, source = finding.path, lines_of(self.contents.get(finding.path, b""))
            result += [*self._finding(finding, source, standing(finding)), ""]
        return result

    def _finding(self, finding: Finding, source: list[str], standing: Standing) -> list[str]:
        paint = self.paint
        place = f"{paint(escape(finding.path), 'bold')}:{finding.line}:{finding.column}:"
        lines = [f"{place} {paint(finding.code, 'red', 'bold')} {escape(finding.message)}"]
        lines += excerpt(finding, source, paint)
        margin = " " * (len(str(finding.line)) + 1)
        facts = [f"see {escape(item.path)}:{item.line}: {escape(item.note)}" for item in finding.evidence]
        facts += [_remedy(finding, standing), f"guide: {finding.url}"]
        return lines + [f"{margin}{paint('=', 'blue')} {fact}" for fact in facts]


def _remedy(finding: Finding, standing: Standing) -> str:
    reason = escape(finding.reason) if finding.reason else None
    match standing:
        case Standing.FIXED if finding.safety is Safety.SAFE:
            return "safe: `aiomend fix` applies it"
        case Standing.FIXED:
            return "unsafe, and accepted: `fix` applies it"
        case Standing.UNSAFE:
            return f"unsafe: `aiomend fix --unsafe` applies it{f' ({reason})' if reason else ''}"
        case Standing.MANUAL:
            return f"manual: {reason or 'the right change is for a person to choose'}"
        case Standing.REFUSED:
            return f"{finding.safety.label}, not applied: {escape(why_refused(finding))}"
        case Standing.HELD:
            return f"{finding.safety.label}, not applied: {reason or 'the file was left alone'}"
        case Standing.REJECTED:
            return f"{finding.safety.label}, not chosen"
        case Standing.DROPPED:
            return f"{finding.safety.label}, dropped: {reason}"
