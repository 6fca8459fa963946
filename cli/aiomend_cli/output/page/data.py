"""A review as the data that its page reads: an index of all fixes and files, and the lines of each file by itself."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiomend.diff import unified
from aiomend.guide import section_of
from aiomend.model import Finding
from aiomend.report import FileResult, Skip
from aiomend.source import Source, Unreadable, decode
from aiomend_cli.output.excerpt import text_of
from aiomend_cli.output.page.colour import coloured, units
from aiomend_cli.output.words import Piece, changed_words
from aiomend_cli.reviewing.cells import Cell, touch
from aiomend_cli.reviewing.lines import Lines
from aiomend_cli.reviewing.rehearsal import Rehearsed
from aiomend_cli.runner import Run
from aiomend_cli.standing import Standing, standings
from aiomend_cli.terminal import escape
from aiomend_cli.tested import Traced
from aiomend_cli.version import version

Data = dict[str, Any]

_WHOLE = 600  #: lines of a file up to which the page has all of them
_AROUND = 60  #: lines that it has around what changes or is found in a longer one
_DEFINITION = re.compile(r"(?:async def|def|class)\b|@")  #: at the start of a line: no text goes on there
_NAMED = 20  #: files that were left alone, named for each reason


@dataclass(frozen=True, slots=True)
class Review:
    """Everything that a page shows."""

    title: str
    run: Run  #: with all fixes
    chosen: frozenset[str]  #: ids of the fixes that are chosen to begin with
    requires: Mapping[str, tuple[str, ...]]
    rehearsed: Rehearsed
    originals: Mapping[str, bytes]  #: of the files with findings, by path
    base: str | None  #: the folder that a patch is to be applied in, where it is not the working one
    command: str  #: what applies a selection that was downloaded
    names: Mapping[str, str]  #: paths of changed files as a patch for ``base`` has them
    traced: Traced | None = None  #: what a program did with the fixes that are chosen to begin with


class Index:
    """Numbers for the findings, rules and files of a review, which the page counts with instead of their names."""

    def __init__(self, review: Review) -> None:
        report = review.run.report
        self.findings = report.findings
        paths = {finding.path for finding in report.findings} | {file.path for file in report.changed}
        self.paths = sorted(paths)
        self.codes = sorted({finding.code for finding in report.findings}, key=_guide_order)
        self.file = {path: number for number, path in enumerate(self.paths)}
        self.rule = {code: number for number, code in enumerate(self.codes)}
        self.results = {file.path: file for file in report.changed}
        self.here: dict[str, list[int]] = defaultdict(list)  #: the findings of each file
        for number, finding in enumerate(report.findings):
            self.here[finding.path].append(number)
        self.ids: dict[str, list[int]] = defaultdict(list)  #: of fixes; the same file in two projects shares its ids
        for number, finding in enumerate(report.findings):
            if finding.fixable:
                self.ids[finding.id].append(number)

    def of(self, ids: Iterable[str]) -> list[int]:
        return sorted(number for one in ids for number in self.ids.get(one, ()))


def _guide_order(code: str) -> tuple[int, str]:
    try:
        return section_of(code).number, code
    except (KeyError, ValueError):
        return len(code) + 100, code


def index_of(review: Review, index: Index) -> Data:
    """Return what the page needs before anybody looks at a file."""
    report = review.run.report
    standing = standings(review.run)
    created = {file.path for file in report.changed if file.created}
    return {
        "tool": version(),
        "title": escape(review.title),
        "targets": [f"Python {target} ({escape(target.origin)})" for target in review.run.targets],
        "command": escape(review.command),
        "base": None if review.base is None else escape(review.base),
        "checked": report.checked,
        "notes": [escape(note) for note in report.notes],
        "skipped": _skipped(report.files),
        "rules": [_rule(code, review.run) for code in index.codes],
        "fixes": [_fix(finding, standing(finding), review, index) for finding in report.findings],
        "files": [{"path": escape(path), "created": path in created} for path in index.paths],
        "selections": [index.of(chosen) for chosen in review.rehearsed.selections],
    }


def _skipped(files: Iterable[FileResult]) -> list[Data]:
    groups: dict[Skip, list[str]] = defaultdict(list)
    for file in files:
        if file.skip is not None:
            groups[file.skip].append(escape(file.path))
    ordered = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0].name))
    return [{"reason": skip.value, "count": len(paths), "paths": paths[:_NAMED]} for skip, paths in ordered]


def _rule(code: str, run: Run) -> Data:
    rule = run.rules.get(code)
    name = next((finding.name for finding in run.report.findings if finding.code == code), code)
    if rule is None:
        return {"code": code, "name": name, "summary": "", "section": ""}
    section = rule.section()
    return {"code": code, "name": name, "summary": rule.summary().replace("`", ""), "section": section.title}


def _fix(finding: Finding, standing: Standing, review: Review, index: Index) -> Data:
    own = index.ids.get(finding.id, []) if finding.fixable else []
    return {
        "id": finding.id,
        "rule": index.rule[finding.code],
        "impact": finding.impact.label,
        "safety": finding.safety.label if finding.fixable else _level(standing),
        "fixable": finding.fixable,
        "message": escape(finding.message),
        "reason": None if finding.reason is None else escape(finding.reason),
        "url": finding.url,
        "file": index.file[finding.path],
        "files": sorted(index.file[path] for path in finding.paths - {finding.path} if path in index.file),
        "line": finding.line,
        "column": finding.column,
        "evidence": [
            {"path": escape(item.path), "file": index.file.get(item.path), "line": item.line, "note": escape(item.note)}
            for item in finding.evidence
        ],
        "requires": sorted({*index.of(review.requires.get(finding.id, ())), *own} - {_number(own, finding, index)}),
        "chosen": finding.fixable and finding.id in review.chosen,
    }


def _number(own: Sequence[int], finding: Finding, index: Index) -> int:
    return next((number for number in own if index.findings[number] is finding), -1)


def _level(standing: Standing) -> str:
    return "refused" if standing is Standing.REFUSED else "manual"


def file_data(path: str, review: Review, index: Index) -> Data:
    """Return the lines of one file, what becomes of them, and what a patch of it needs."""
    result = index.results.get(path)
    source = _source(path, b"" if result is not None and result.created else review.originals.get(path, b""))
    cells = review.rehearsed.cells.get(path, [])
    lines = Lines(source.text)
    places = {
        number: (
            _line(source, lines, index.findings[number].line),
            _line(source, lines, index.findings[number].end_line),
        )
        for number in index.here.get(path, ())
    }
    data: Data = {
        "count": len(lines.lines),
        "chunks": _chunks(lines.lines, [*((cell.start, cell.end) for cell in cells), *places.values()]),
        "places": places,
        "cells": [_cell(cell, source, lines, index) for cell in cells],
    }
    if result is not None:
        data |= _patching(result, review.names.get(path, path), source, cells)
    return data


def _source(path: str, data: bytes) -> Source:
    try:
        return decode(path, data)
    except Unreadable:  # there is nothing to change in it, and something to show
        return Source(path, data, text_of(data), "utf-8", False)


def _line(source: Source, lines: Lines, line: int) -> int:
    """Return the 0-based line of the page for a 1-based one of Python, which may end lines with a lone CR."""
    return lines.at(source.starts[line - 1]) if line <= len(source.starts) else len(lines.lines)


def _chunks(lines: Sequence[str], places: Iterable[tuple[int, int]]) -> list[Data]:
    """Return runs of lines with their colours: all of a file, or what is around some places of a long one."""
    runs: list[tuple[int, int]] = [(0, len(lines))] if len(lines) <= _WHOLE else []
    if not runs:
        for start, end in sorted((_above(lines, a), min(len(lines), b + _AROUND)) for a, b in places):
            if runs and start <= runs[-1][1]:
                runs[-1] = runs[-1][0], max(end, runs[-1][1])
            else:
                runs.append((start, end))
    return [{"start": a, "lines": lines[a:b], "colours": coloured(lines[a:b])} for a, b in runs]


def _above(lines: Sequence[str], line: int) -> int:
    """Return where to begin to show what is above a line: at a definition, as far as one is near."""
    first = max(0, line - _AROUND)
    around = range(first, max(0, first - _AROUND), -1)
    return next((one for one in around if one < len(lines) and _DEFINITION.match(lines[one])), first)


def _cell(cell: Cell, source: Source, lines: Lines, index: Index) -> Data:
    old = lines.lines[cell.start : cell.end]
    states = list(dict.fromkeys([*cell.table.values(), *cell.seen.values()]))
    return {
        "start": cell.start,
        "end": cell.end,
        "by": [{"every": one.every, "fixes": index.of(one.fixes)} for one in cell.features],
        "owners": _owners(cell, source, lines, index),
        "states": [None if new == old else _state(old, new) for new in states],
        "table": {key: states.index(new) for key, new in cell.table.items()},
        "seen": {number: states.index(new) for number, new in cell.seen.items()},
    }


def _owners(cell: Cell, source: Source, lines: Lines, index: Index) -> list[int]:
    """Return the fixes whose own business a cell is; what several need, such as an import, is nobody's own."""
    numbers = [index.of(feature.fixes) for feature in cell.features]

    def is_there(number: int) -> bool:
        finding = index.findings[number]
        first, last = _line(source, lines, finding.line), _line(source, lines, finding.end_line)
        return finding.path == cell.path and touch(cell.start, cell.end, first, last + 1)

    there = {number for several in numbers for number in several if is_there(number)}
    if there:
        return sorted(there)
    return sorted(number for [number] in numbers) if all(len(several) == 1 for several in numbers) else []


def _state(old: Sequence[str], new: Sequence[str]) -> Data:
    """Return what stands in a cell: its lines with their colours, and how they differ from the old ones.

    Each difference is four numbers of lines, old from and to and new from and to, and the words that stand out.
    """
    before, after = [_bare(line) for line in old], [_bare(line) for line in new]
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    differences = []
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind != "equal":
            removed, added = changed_words(before[a:b], after[c:d])
            differences.append([a, b, c, d, list(map(_emphasis, removed)), list(map(_emphasis, added))])
    return {"lines": new, "colours": coloured(new), "differences": differences}


def _bare(line: str) -> str:
    return line.removesuffix("\n").removesuffix("\r")


def _emphasis(pieces: Sequence[Piece]) -> list[int]:
    """Return where words of a line stand out: first and last UTF-16 unit of each, one after the other."""
    found: list[int] = []
    at = 0
    for text, stands_out in pieces:
        end = at + units(text)
        found += [at, end] if stands_out else []
        at = end
    return found


def _patching(result: FileResult, name: str, source: Source, cells: Sequence[Cell]) -> Data:
    """Return what a patch needs beyond lines: the names as git writes them, and the bytes of characters."""
    head = unified(FileResult(result.path, b"", b"\n", created=result.created), name).split(b"\n")[:2]
    texts = [source.text, *("".join(new) for cell in cells for new in (*cell.table.values(), *cell.seen.values()))]
    return {
        "head": [line.decode("ascii") for line in head],
        "mark": source.bom,
        "bytes": None if _is_utf8(source.encoding) else _bytes_of(texts, source.encoding),
    }


def _is_utf8(encoding: str) -> bool:
    return encoding.lower().replace("_", "-") in ("utf-8", "utf8", "ascii", "us-ascii")


def _bytes_of(texts: Iterable[str], encoding: str) -> Data | None:
    """Return the bytes of each character outside ASCII in hexadecimal digits; {"?": ""} where characters have none alone."""
    found: dict[str, str] = {}
    for text in texts:
        found |= {one: one.encode(encoding).hex() for one in set(text) if not one.isascii()}
        alone = b"".join(bytes.fromhex(found[one]) if not one.isascii() else one.encode("ascii") for one in text)
        if alone != text.encode(encoding):
            return {"?": ""}
    return found
