"""The report as Markdown, for a comment on a pull request, a job's summary or an issue."""

from __future__ import annotations

import re
from collections import Counter
from itertools import groupby

from aiomend.model import Finding, Impact, Safety
from aiomend_cli.output.text import tail, totals
from aiomend_cli.runner import Run
from aiomend_cli.standing import Standing, levels, standings, used_levels
from aiomend_cli.terminal import escape

_JOINER = "\u2060"  # what follows it mentions nobody and links to no issue
_LINKED = re.compile(r"([@#](?=\w)|\b(?i:GH)-(?=\d)|\b(?i:https?):(?=//)|\b(?i:www)(?=\.))")
_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")


def to_markdown(run: Run) -> str:
    """Return the sum, a table of the rules, and the findings of each file as a list."""
    lines = ["## aiomend", "", prose(totals(run)), ""]
    if run.report.findings:
        lines += [*_table(run), ""]
    standing = standings(run)
    for path, findings in groupby(run.report.findings, key=lambda finding: finding.path):
        lines += [f"### {code(path)}", "", *(_item(finding, standing(finding)) for finding in findings), ""]
    if others := tail(run):
        lines += ["### Besides", "", *(f"- {prose(line.strip())}" for line in others), ""]
    return "\n".join(lines)


def _table(run: Run) -> list[str]:
    level, words = levels(run), used_levels(run)
    rows: dict[tuple[Impact, str, str, str], Counter[str]] = {}
    for finding in run.report.findings:
        key = (finding.impact, finding.code, finding.name, finding.url)
        rows.setdefault(key, Counter())[level(finding)] += 1
    lines = [
        f"| rule | impact | {' | '.join(words)} |",
        f"|---|---|{'---:|' * len(words)}",
    ]
    for (impact, rule, name, url), counts in sorted(rows.items()):
        numbers = " | ".join(str(counts[word] or "") for word in words)
        lines.append(f"| [{rule}]({url}) {name} | {impact.label} | {numbers} |")
    return lines


def _item(finding: Finding, standing: Standing) -> str:
    lines = [
        f"- **{finding.line}:{finding.column}** {finding.code} {prose(finding.message)} *{_remedy(finding, standing)}*"
    ]
    lines += [f"    - see {code(f'{item.path}:{item.line}')}: {prose(item.note)}" for item in finding.evidence]
    return "\n".join(lines)


def _remedy(finding: Finding, standing: Standing) -> str:
    reason = f": {prose(finding.reason)}" if finding.reason else ""
    match standing:
        case Standing.FIXED:
            return "safe fix" if finding.safety is Safety.SAFE else "unsafe fix, accepted"
        case Standing.UNSAFE:
            return f"unsafe fix{reason}"
        case Standing.MANUAL:
            return f"manual{reason}"
        case Standing.REJECTED:
            return f"{finding.safety.label} fix, not chosen"
        case Standing.REFUSED | Standing.HELD | Standing.DROPPED:
            return f"{finding.safety.label} fix, not applied{reason}"


def code(text: str) -> str:
    """Return ``text`` as a span of code, whatever backticks are in it."""
    shown = escape(text)
    fence = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    pad = " " if shown[:1] == "`" or shown[-1:] == "`" else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def prose(text: str) -> str:
    """Return a sentence with its spans of code kept, and nothing else in it that Markdown or HTML would see."""
    parts, end = [], 0
    for span in _SPAN.finditer(text):
        parts += [_plain(text[end : span.start()]), code(span[2].strip())]
        end = span.end()
    return "".join([*parts, _plain(text[end:])])


def _plain(text: str) -> str:
    quoted = re.sub(r"([\\`*_\[\]<>|~$])", r"\\\1", escape(text)).replace("&", "&amp;")
    return unlinked(quoted)


def unlinked(text: str) -> str:
    """Return ``text`` with nothing in it by which a forge tells people, or links issues or addresses."""
    return _LINKED.sub(rf"\1{_JOINER}", text)
