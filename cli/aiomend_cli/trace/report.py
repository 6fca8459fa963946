"""``aiomend trace report``: what a trace says, for somebody who has never seen asyncio complain."""

from __future__ import annotations

import linecache
import os
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from aiomend.guide import SECTIONS
from aiomend.model import Finding, Safety
from aiomend_cli.output.text import count
from aiomend_cli.terminal import Painter, escape, source
from aiomend_cli.trace.kinds import KINDS
from aiomend_cli.trace.log import Complaint, Trace
from aiomend_cli.trace.places import Lines

_TESTS = 3  #: names before "and N more"
_STACK = 4  #: frames of a line in a library


@dataclass(frozen=True, slots=True)
class Told:
    """What the text is made of."""

    trace: Trace
    lines: Lines
    findings: Mapping[Complaint, tuple[Finding, ...]]


def ordered(trace: Trace) -> list[Complaint]:
    """Return the complaints by cost: what took most of the loop's time first, then by section and count.

    A slow step is left out where a line of it is known.
    """
    blamed = {detail for c in trace.complaints if c.kind == "blocking-call" for detail in c.details}
    shown = [c for c in trace.complaints if c.kind != "slow-callback" or not blamed.intersection(c.details)]
    return sorted(
        shown, key=lambda c: (-c.seconds, c.file is None, KINDS[c.kind].section, -c.count, c.file or "", c.line, c.kind)
    )


def text(told: Told, paint: Painter) -> list[str]:
    """Return the lines of the report."""
    trace = told.trace
    lines = [*heading(trace), ""]
    own = [complaint for complaint in ordered(trace) if complaint.file is not None]
    others = [complaint for complaint in ordered(trace) if complaint.file is None]
    for _, group in groupby(own, key=lambda c: (c.file, c.line)):
        lines += _site(list(group), told, paint)
    if others:
        lines += [paint("Without a line of the program's own:", "bold"), ""]
        for complaint in others:
            lines += _elsewhere(complaint)
    return [*lines, *_tail(told)]


def heading(trace: Trace) -> list[str]:
    """Return what was watched, and for how long."""
    pythons = sorted({process.python for process in trace.processes}, key=lambda v: [int(p) for p in v.split(".")])
    lines = [
        f"watched: {count(len(trace.processes), 'process')}" + (f", Python {', '.join(pythons)}" if pythons else "")
    ]
    using = sum(process.asyncio for process in trace.processes)
    if not trace.processes:
        lines.append("         the program is no Python, or was started with -S, -E or -I: silence means nothing")
    elif not using:
        lines.append("         none of them imported asyncio")
    elif using < len(trace.processes):
        lines.append(f"         {using} of them imported asyncio")
    if trace.callbacks or trace.selector:
        lines.append(
            f"loops:   {seconds(trace.callbacks)} in callbacks, {seconds(trace.selector)} waiting for something to do"
        )
    lines += _gaps(trace)
    return lines


def _gaps(trace: Trace) -> list[str]:
    lines = []
    if trace.status is None:
        lines.append("note: the trace was cut off before the program's end")
    if trace.broken:
        lines.append(f"note: {count(trace.broken, 'line')} of the trace could not be read")
    if trace.lost:
        lines.append(f"note: {count(trace.lost, 'record')} beyond what is kept apart")
    if trace.failures:
        lines.append(f"note: the recorder failed at {', '.join(map(escape, trace.failures))}; please report it")
    return lines


def _site(group: list[Complaint], told: Told, paint: Painter) -> list[str]:
    first = group[0]
    assert first.file is not None
    now = told.lines.now((first.file, first.line))
    place = f"{shown(first.file)}:{now or first.line}"
    lines = [f"{paint(place, 'bold')} in {escape(first.function)}"]
    if now is not None and (code := linecache.getline(first.file, now).strip()):
        lines.append(f"    {source(code)}")
    elif first.file in told.lines.changed:
        lines.append("    (this line has changed since)")
    for complaint in group:
        kind = KINDS[complaint.kind]
        lines.append(f"  {paint(cost(complaint), 'yellow')}: {kind.what};")
        lines.append(f"    {kind.why}")
        lines += _related(complaint, told)
        lines += _tests(complaint)
    lines += _mending(group, told)
    return [*lines, ""]


def cost(complaint: Complaint) -> str:
    """Return ``1.2 s in 14 calls``, ``3 times``, ``once``."""
    if complaint.seconds:
        return f"{seconds(complaint.seconds)} in {count(complaint.count, 'call')}"
    return {1: "once", 2: "twice"}.get(complaint.count, f"{complaint.count} times")


def seconds(value: float) -> str:
    """Return ``1.2 s`` or ``45 ms``."""
    return f"{value:.1f} s" if value >= 1 else f"{value * 1000:.0f} ms"


_RELATIONS = {
    "blocking-call": "called by the coroutine at",
    "exception-never-retrieved": "raised at",
    "threadsafe-exception-dropped": "raised at",
    "task-destroyed-pending": "it waited at",
    "pending-at-close": "it waited at",
}


def _related(complaint: Complaint, told: Told) -> list[str]:
    lines = []
    if complaint.kind == "wrong-thread":
        lines.append(f"    through {', '.join(f'{escape(name)}()' for name in complaint.details)}")
    if complaint.kind in ("exception-never-retrieved", "threadsafe-exception-dropped", "callback-exception"):
        lines.append(f"    {', '.join(map(escape, complaint.details))}")
    word = _RELATIONS.get(complaint.kind)
    for file, line in complaint.related if word else ():
        if (file, line) != complaint.place:
            lines.append(f"    {word} {shown(file)}:{told.lines.now((file, line)) or line}")
    return lines


def _tests(complaint: Complaint) -> list[str]:
    if not complaint.tests:
        return []
    more = f" and {len(complaint.tests) - _TESTS} more" if len(complaint.tests) > _TESTS else ""
    return [f"    in {', '.join(map(escape, complaint.tests[:_TESTS]))}{more}"]


def _mending(group: list[Complaint], told: Told) -> list[str]:
    found = {finding.id: finding for complaint in group for finding in told.findings.get(complaint, ())}
    if found:
        return [
            f"  {finding.code} {finding.name} ({_level(finding)}) at line {finding.line}: {escape(finding.message)}"
            for finding in found.values()
        ]
    rules = list(dict.fromkeys(code for complaint in group for code in KINDS[complaint.kind].rules))
    sections = sorted({KINDS[complaint.kind].section for complaint in group})
    titles = ", ".join(f"section {number}, {_title(number)}" for number in sections)
    return [
        f"  no rule finds it in the code; see the guide's {titles}"
        if rules
        else f"  no rule mends this; see the guide's {titles}"
    ]


def _title(number: int) -> str:
    return SECTIONS[number].title


def _level(finding: Finding) -> str:
    if finding.safety is Safety.MANUAL:
        return "for a person to change"
    return f"{finding.safety.label} fix"


def _elsewhere(complaint: Complaint) -> list[str]:
    kind = KINDS[complaint.kind]
    lines = [
        f"  {cost(complaint)}: {kind.what}"
        + (f" ({', '.join(map(escape, complaint.details))})" if complaint.details else "")
    ]
    lines += [f"    {escape(file)}:{line} in {escape(function)}" for file, line, function in complaint.stack[:_STACK]]
    return [*lines, *_tests(complaint), ""]


def _tail(told: Told) -> list[str]:
    trace = told.trace
    if not trace.complaints:
        return [
            "nothing to complain of"
            if trace.watched
            else "nothing was seen, which means nothing: no asyncio was watched"
        ]
    sites = {(c.file, c.line) for c in trace.complaints}
    lines = [f"{count(len(sites), 'site')}, {count(sum(c.count for c in trace.complaints), 'complaint')}"]
    found = [finding for group in told.findings.values() for finding in group]
    if codes := sorted({finding.code for finding in found if finding.fixable}):
        unsafe = any(finding.safety is Safety.UNSAFE for finding in found)
        lines.append(f"`aiomend diff {'--unsafe ' if unsafe else ''}--select {','.join(codes)}` shows the fixes")
    return lines


def shown(file: str) -> str:
    """Return a path as people see it from the working directory."""
    relative = os.path.relpath(file)
    return escape(file if relative.startswith("..") else relative)


def as_json(told: Told) -> dict[str, object]:
    """Return the report as data."""
    trace = told.trace
    return {
        "version": 1,
        "watched": [
            {"python": process.python, "executable": process.executable, "asyncio": process.asyncio}
            for process in trace.processes
        ],
        "complete": trace.status is not None,
        "callbacks": trace.callbacks,
        "selector": trace.selector,
        "sites": [_json(complaint, told) for complaint in ordered(trace)],
    }


def _json(complaint: Complaint, told: Told) -> dict[str, object]:
    place = complaint.place
    return {
        "kind": complaint.kind,
        "path": None if complaint.file is None else os.path.relpath(complaint.file),
        "line": None if place is None else told.lines.now(place),
        "traced_line": None if place is None else complaint.line,
        "function": complaint.function or None,
        "count": complaint.count,
        "seconds": round(complaint.seconds, 6),
        "threads": sorted(complaint.threads),
        "tests": list(complaint.tests),
        "details": list(complaint.details),
        "section": KINDS[complaint.kind].section,
        "what": KINDS[complaint.kind].what,
        "findings": [finding.id for finding in told.findings.get(complaint, ())],
    }
