"""The body of a pull request: what a maintainer needs to judge it in a minute, and how to go on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from aiomend.diff import unified
from aiomend.guide import section_of
from aiomend.model import Finding, Safety
from aiomend.report import FileResult, Report
from aiomend_cli.forge.sets import FixSet
from aiomend_cli.output.markdown import code, prose, unlinked
from aiomend_cli.output.text import count
from aiomend_cli.terminal import source
from aiomend_cli.tested import TRACED, Tested, Traced
from aiomend_cli.version import version

LIMIT = 60_000  #: bytes; GitHub takes 65,536 characters, and the marker comes behind
_EXAMPLE_LINES = 24
_NAMED = 5  #: places before "and N more"
_LINE = 160  #: characters of a line of code
_MANUAL = 25  #: findings for a person that are listed
_TRACED = 30  #: complaints of a program that was watched
_PIPE = re.compile(r"(?<!\\)\|")  #: ends a cell, even in a span of code
_GUIDE = "https://docs.python.org/3.6/library/asyncio-dev.html"


@dataclass(frozen=True, slots=True)
class Contents:
    """What a body is made of; paths are relative to the root of the repository."""

    fix_set: FixSet
    report: Report  #: the run with the fixes of the set
    what: Mapping[str, str]  #: what each rule does, by code
    base: str  #: the branch
    base_sha: str
    web: str | None  #: where the repository is on the web; None: places are no links
    target: str  #: the versions of Python that new code fits
    commands: tuple[str, ...]  #: what makes the same of the base
    manual: tuple[Finding, ...] = ()  #: what a person has to look at
    tested: Tested | None = None  #: what the project's tests said of them
    traced: Traced | None = None  #: what a program was seen to do with them


def title(fix_set: FixSet, report: Report) -> str:
    """Return what a list of pull requests shows of it: the rules, and how many fixes."""
    found = sorted((finding.section, finding.code) for finding in report.findings if finding.applied)
    rules = Counter(code for _, code in found)
    place = f" in {' '.join(fix_set.part.split())}" if fix_set.part else ""
    named = ", ".join(list(rules)[:3]) + (f" and {len(rules) - 3} more" if len(rules) > 3 else "")
    fixes = count(rules.total(), "safe fix" if fix_set.safety is Safety.SAFE else "unsafe fix")
    return unlinked(f"aiomend: {fixes} for asyncio{place} ({named})")[:240]


def body(contents: Contents) -> str:
    """Return the body without its marker; what would make it too long is left out, and said so."""
    applied = [finding for finding in contents.report.findings if finding.applied]
    by_rule = _by_rule(applied)
    first = [_intro(contents, applied), _table(contents, by_rule)]
    last = [_verified(contents), _reproduce(contents), _turn_off(by_rule)]
    examples = [text for findings in by_rule.values() if (text := _example(contents, findings))]
    manual = _manual(contents)
    room = LIMIT - sum(_size(part) for part in (*first, *last)) - 400
    middle: list[str] = []
    for heading, parts, between in (
        ("### What asyncio complained of, before and after", _complaints(contents.traced), "\n"),
        ("### One example each", examples, "\n\n"),
        ("### For a person to decide", manual, "\n"),
    ):
        taken, room = _fitting(parts, room - _size(heading))
        if taken:
            middle += [heading, between.join(taken)]
        if len(taken) < len(parts):
            middle.append(f"And {len(parts) - len(taken)} more that found no room here.")
    return "\n\n".join(part for part in (*first, *middle, *last) if part)


def _fitting(parts: Sequence[str], room: int) -> tuple[list[str], int]:
    taken: list[str] = []
    for part in parts:
        if _size(part) > room:
            break
        taken.append(part)
        room -= _size(part)
    return taken, room


def _size(text: str) -> int:
    return len(text.encode("utf-8", "backslashreplace")) + 2


def _by_rule(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    result: dict[str, list[Finding]] = {}
    for finding in sorted(findings, key=lambda one: (one.section, one.code, one.path, one.line)):
        result.setdefault(finding.code, []).append(finding)
    return result


def _intro(contents: Contents, applied: Sequence[Finding]) -> str:
    fix_set = contents.fix_set
    files = count(len(contents.report.changed), "file")
    lines = [
        f"{count(len(applied), 'fix')} in {files}, so that traps are gone which the guide "
        f"[Develop with asyncio]({_GUIDE}) warns of. Each commit is of one rule, and compiles on its own."
    ]
    if fix_set.safety is not Safety.SAFE:
        lines.append(
            "**These fixes are unsafe**: they add a point where other tasks may run, move work to a thread, or rest on a "
            f"guess. Please look at each of them. {prose(contents.what.get(fix_set.rule or '', ''))}"
        )
    if fix_set.later:
        lines.append(f"{count(fix_set.later, 'file')} more with fixes of this rule will follow once this is merged.")
    if others := sorted({one.code for one in applied} - {fix_set.rule}) if fix_set.rule else []:
        lines.append(f"Fixes of {', '.join(others)} are among them, since the others build on them.")
    return "\n\n".join(lines)


def _table(contents: Contents, by_rule: dict[str, list[Finding]]) -> str:
    lines = ["| rule | what it does | fixes | files | safety | guide | example |", "|---|---|---:|---:|---|---|---|"]
    for rule, findings in by_rule.items():
        section = section_of(rule)
        files = len({path for one in findings for path in one.paths})
        levels = ", ".join(sorted({one.safety.label for one in findings}))
        cells = (
            f"{rule} {findings[0].name}",
            prose(contents.what.get(rule, "")),
            str(len(findings)),
            str(files),
            levels,
            f"[{section.title}]({section.url})",
            _place(contents, _plainest(findings)),
        )
        lines.append(f"| {' | '.join(map(_cell, cells))} |")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return _PIPE.sub(r"\|", text)


def _plainest(findings: Sequence[Finding]) -> Finding:
    """Return the finding whose fix is the shortest to read."""

    def length(finding: Finding) -> int:
        edits = finding.fix.edits if finding.fix else ()
        return sum(edit.end - edit.start + len(edit.text) for edit in edits)

    return min(findings, key=lambda one: (length(one), one.path, one.line))


def _place(contents: Contents, finding: Finding) -> str:
    shown = code(f"{finding.path}:{finding.line}")
    if contents.web is None:
        return shown
    path = quote(finding.path.encode("utf-8", "surrogateescape"))
    return f"[{shown}]({contents.web}/blob/{contents.base_sha}/{path}#L{finding.line})"


def _example(contents: Contents, findings: Sequence[Finding]) -> str | None:
    """Return the plainest fix of a rule as a diff, None where it cannot be shown."""
    finding = _plainest(findings)
    file = next((one for one in contents.report.changed if one.path == finding.path), None)
    lines = alone(file, finding) if file is not None else None
    if lines is None:
        return None
    return (
        f"**{finding.code}** at {_place(contents, finding)}: {prose(finding.message)}\n\n{fenced(cut(lines), 'diff')}"
    )


def alone(file: FileResult, finding: Finding) -> list[str] | None:
    """Return the hunk around ``finding`` of what its fix alone makes of its file, None where the text cannot be read."""
    edits = [edit for edit in (finding.fix.edits if finding.fix else ()) if edit.path == file.path]
    encoding = "utf-8" if file.encoding == "utf-8-sig" else file.encoding  # the mark is a character that edits count
    try:
        text = file.old.decode(encoding)
        for edit in sorted(edits, key=lambda one: -one.start):
            text = text[: edit.start] + edit.text + text[edit.end :]
        diff = unified(FileResult(file.path, file.old, text.encode(encoding)), file.path).decode(encoding)
    except (UnicodeError, LookupError):
        return None
    hunks = re.split(r"^(?=@@ )", diff, flags=re.MULTILINE)[1:]
    around = [hunk for hunk in hunks if _covers(hunk, finding.line)] or hunks[:1]
    return around[0].splitlines() if around else None


def _covers(hunk: str, line: int) -> bool:
    found = re.match(r"@@ -(\d+)(?:,(\d+))? ", hunk)
    return found is not None and int(found[1]) <= line < int(found[1]) + int(found[2] or 1)


def fenced(lines: Sequence[str], language: str) -> str:
    """Return ``lines`` as a block of code that nothing in them can end."""
    shown = [source(line.rstrip("\r\n")) for line in lines]
    longest = max((len(run) for line in shown for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}{language}", *shown, fence])


def cut(lines: Sequence[str]) -> list[str]:
    """Return what of an example is worth reading."""
    shown = [line if len(line) <= _LINE else line[: _LINE - 3] + "..." for line in lines[:_EXAMPLE_LINES]]
    more = len(lines) - len(shown)
    return [*shown, f"... {more} more lines"] if more else shown


def _manual(contents: Contents) -> list[str]:
    """Return an item for each finding that a person has to look at, as many as are worth reading here."""
    items = [
        f"- {_place(contents, one)}: {one.code} {prose(one.message)}{f' ({prose(one.reason)})' if one.reason else ''}"
        for one in contents.manual[:_MANUAL]
    ]
    more = len(contents.manual) - len(items)
    return [*items, *([f"- and {more} more, which `aiomend check` lists"] if more else [])]


def _verified(contents: Contents) -> str:
    lines = [
        "### How it was verified",
        "",
        f"- After each commit every changed file compiles, fits Python {contents.target}, and has kept its comments and "
        "signatures; outside of the edited statements its code is the same.",
        "- Another run on the result finds nothing more to fix of these.",
        *_tests(contents),
        *_watched(contents.traced),
    ]
    return "\n".join(lines)


def _tests(contents: Contents) -> list[str]:
    """Return what is known of tests; no times and no numbers that differ from run to run."""
    tested = contents.tested
    if tested is None:
        return ["- No tests were run; that is left to your checks."]
    known = f" ({count(tested.passed, 'test')} passed before)" if tested.passed is not None and not tested.flaky else ""
    lines = [f"- {code(tested.command)} was run before and after, and is no worse with these fixes{known}."]
    why = {one: reason.partition(":")[0] for one, reason in tested.dropped.items()}
    for reason in sorted(set(why.values())):
        places = [_place(contents, one) for one in contents.report.findings if why.get(one.id) == reason]
        more = f" and {len(places) - _NAMED} more" if len(places) > _NAMED else ""
        lines.append(f"- Left out, {prose(reason)}: {', '.join(places[:_NAMED])}{more}.")
    return lines


def _watched(traced: Traced | None) -> list[str]:
    if traced is None:
        return []
    return [
        f"- {code(traced.command)} was watched with the code as it is, and with these fixes; the table says what came of it."
    ]


def _complaints(traced: Traced | None) -> list[str]:
    """Return the table and what is said below it, as one part that is there as a whole or not at all."""
    if traced is None:
        return []
    head = [f"| {' | '.join(TRACED)} |", f"|{'---|' * len(TRACED)}"]
    rows = [
        f"| {' | '.join(map(_cell, (code(site), *map(prose, others))))} |" for site, *others in traced.rows[:_TRACED]
    ]
    more = [f"And {len(traced.rows) - _TRACED} more."] if len(traced.rows) > _TRACED else []
    table = [*head, *rows] if rows else ["No complaint, before or after."]
    return ["\n".join([*table, "", *(f"{prose(one)}." for one in (*more, *traced.said))])]


def _reproduce(contents: Contents) -> str:
    return (
        f"### How to get the same\n\nWith aiomend {version()}, at {contents.base_sha[:12]} of {code(contents.base)}:\n\n"
        + fenced(contents.commands, "sh")
    )


def _turn_off(by_rule: dict[str, list[Finding]]) -> str:
    rule = next(iter(by_rule), "AIO401")
    lines = [
        "### How to have less of this",
        "",
        f"- At one place: `# aiomend: ignore[{rule}] why` on its line or on the line above.",
        f'- A rule: `ignore = ["{rule}"]` under `[tool.aiomend]` in `pyproject.toml`.',
        "- All of these pull requests: `enabled = false` under `[tool.aiomend.pr]` there.",
        "- This one: close it, and it stays closed until there are other fixes. Commit to its branch, and aiomend leaves it to you.",
    ]
    return "\n".join(lines)
