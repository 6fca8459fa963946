"""The table of ``aiomend verify``: complaints before and after, by kind and site."""

from __future__ import annotations

import json
from collections.abc import Iterable

from aiomend_cli.options import ReportFormat
from aiomend_cli.output.text import count
from aiomend_cli.terminal import escape
from aiomend_cli.tested import TRACED
from aiomend_cli.trace.comparison import Row
from aiomend_cli.trace.log import Complaint
from aiomend_cli.trace.report import cost
from aiomend_cli.trace.verify import Verified


def written(result: Verified, output_format: ReportFormat) -> list[str]:
    """Return the lines of the answer in a format; those without one of their own get text."""
    match output_format:
        case ReportFormat.JSON:
            return [json.dumps(_json(result), indent=2)]
        case ReportFormat.MARKDOWN:
            return markdown(result)
    return _text(result)


def cells(row: Row) -> tuple[str, ...]:
    """Return the cells of a row as plain text."""
    site = f"{row.file}:{row.line}" if row.file is not None else "in a library"
    return (site, row.kind, _cost(row.before), _cost(row.after), ", ".join(row.rules) or "-", row.verdict.value)


def _cost(complaint: Complaint | None) -> str:
    return cost(complaint) if complaint is not None else "-"


def _text(result: Verified) -> list[str]:
    rows = [TRACED, *(tuple(map(escape, cells(row))) for row in result.rows)]
    wide = [max(len(row[column]) for row in rows) for column in range(len(TRACED))]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(row, wide, strict=True)).rstrip() for row in rows]
    return [*(table if result.rows else ["no complaint, before or after"]), "", *map(escape, summary(result))]


def markdown(result: Verified) -> list[str]:
    """Return the table as Markdown, for the body of a pull request."""
    lines = [f"| {' | '.join(TRACED)} |", f"|{'---|' * len(TRACED)}"]
    for row in result.rows:
        site, *others = cells(row)
        lines.append(f"| {' | '.join([_code(site), *others])} |")
    return [*(lines if result.rows else ["No complaint, before or after."]), "", *summary(result)]


def _code(text: str) -> str:
    return "`" + escape(text).replace("`", "'").replace("|", "\\|") + "`"


def summary(result: Verified) -> list[str]:
    """Return the sentences below the table."""
    lines = [f"{len(result.proved)} of {count(len(result.rows), 'complaint')} verified"]
    return lines + [f"not verified: {objection}" for objection in result.objections] + list(_runs(result))


def _runs(result: Verified) -> Iterable[str]:
    before = ", ".join(f"{ran.seconds:.1f} s" for ran in result.before)
    after = ", ".join(f"{ran.seconds:.1f} s" for ran in result.after)
    yield f"original: {before}; fixed: {after}; fixed, in debug mode: {result.debug.seconds:.1f} s"


def _json(result: Verified) -> dict[str, object]:
    return {
        "version": 1,
        "holds": result.holds,
        "verified": len(result.proved),
        "objections": list(result.objections),
        "rows": [
            {
                "kind": row.kind,
                "path": row.file,
                "line": row.line,
                "function": row.function or None,
                "before": _numbers(row.before),
                "after": _numbers(row.after),
                "rules": list(row.rules),
                "result": row.verdict.value,
                "verified": row in result.proved,
            }
            for row in result.rows
        ],
    }


def _numbers(complaint: Complaint | None) -> dict[str, float] | None:
    return None if complaint is None else {"count": complaint.count, "seconds": round(complaint.seconds, 6)}
