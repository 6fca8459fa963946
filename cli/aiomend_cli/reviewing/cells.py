"""Cells: the places of a file that fixes change, each with what the engine wrote there for which choice of fixes.

What stands in a cell depends on a few *features* of a selection: one of some fixes is chosen (those that write the same
edit, such as an import that several need), or all of them are (those that together take the last use of an import). The
table of a cell has what was seen of the engine under each value of its features, and nothing else: a value that is
missing is not known, and nobody guesses. Where something else decides, too, only whole selections are known.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from aiomend.model import Finding, TextEdit
from aiomend_cli.reviewing.lines import Change, Lines

#: Runs that have to agree on what a fix makes that others brought about: the others may be more than it says.
_OFTEN = 3


#: `async` as a name: a file is for newer Pythons once no such name is left, and then some code is written in another way.
_ASYNC = re.compile(r"\basync\b(?!\s+(?:def|for|with)\b)")


@dataclass(frozen=True, slots=True)
class Feature:
    """What a cell asks of a selection: whether any of some fixes is chosen, or all of them are."""

    fixes: frozenset[str]
    every: bool = False

    def holds(self, chosen: Collection[str]) -> bool:
        found = sum(one in chosen for one in self.fixes)
        return found == len(self.fixes) if self.every else found > 0


@dataclass(frozen=True, slots=True)
class Observation:
    """One run of the engine: the fixes that it was given, and what they made of each file, by its path."""

    chosen: frozenset[str]
    edits: Mapping[str, tuple[TextEdit, ...]]


@dataclass(slots=True)
class Cell:
    """Lines ``start`` up to, not including, ``end`` (0-based) of a file, and what becomes of them."""

    path: str
    start: int
    end: int
    features: tuple[Feature, ...]
    table: dict[str, tuple[str, ...]] = field(default_factory=dict)  #: lines by the features: "1" for each that holds
    #: Where something is missing there: lines by the number of the observation, for whole selections that were seen.
    seen: dict[str, tuple[str, ...]] = field(default_factory=dict)
    contradicted: bool = False  #: the same features came with other lines: something else decides, too

    def key(self, chosen: Collection[str]) -> str:
        return "".join("1" if feature.holds(chosen) else "0" for feature in self.features)


def cells_of(
    path: str, text: str, fixes: Sequence[Finding], observations: Sequence[Observation], *, unchecked: bool = False
) -> list[Cell]:
    """Return the cells of one file, in its order; ``fixes`` are those that change it.

    ``unchecked`` ones are loose: too little was seen to trust their features.
    """
    lines = Lines(text)
    seen = [(one.chosen, lines.changes(one.edits.get(path, ()))) for one in observations]
    own = _own_edits(path, fixes)
    late = frozenset(one.id for one in fixes if one.fix is not None and one.fix.requires)
    freeing = frozenset(
        one
        for edit, ids in own.items()
        for one in ids
        if _count(_ASYNC, text[edit.start : edit.end]) > _count(_ASYNC, edit.text)
    )
    cells = []
    for start, end in _ranges(change for _, changes in seen for change in changes):
        contents = [(chosen, _content(lines, start, end, changes)) for chosen, changes in seen]
        cell = Cell(path, start, end, _features(lines, start, end, own, contents))
        _fill(cell, contents, late, is_trusted=bool(cell.features) and not unchecked)
        if cell.contradicted and freeing:
            cell = Cell(path, start, end, (*cell.features, Feature(freeing, every=True)))
            _fill(cell, contents, late, is_trusted=not unchecked)
        cells.append(cell)
    return cells


def _own_edits(path: str, fixes: Iterable[Finding]) -> dict[TextEdit, frozenset[str]]:
    """Return what fixes by themselves would change in a file, and the fixes that each edit belongs to."""
    found: dict[TextEdit, set[str]] = {}
    for one in fixes:
        for edit in one.fix.edits if one.fix is not None else ():
            if edit.path == path:
                found.setdefault(edit, set()).add(one.id)
    return {edit: frozenset(ids) for edit, ids in found.items()}


def _ranges(changes: Iterable[Change]) -> list[tuple[int, int]]:
    """Return the smallest runs of lines that hold all changes; what is inserted goes with the lines that it touches."""
    runs: list[tuple[int, int]] = []
    for start, end in sorted({(change.start, change.end) for change in changes}):
        if runs and touch(*runs[-1], start, end):
            runs[-1] = runs[-1][0], max(end, runs[-1][1])
        else:
            runs.append((start, end))
    return runs


def touch(start: int, end: int, other_start: int, other_end: int) -> bool:
    """Return True where two runs of lines share one, or where one of them is a place between lines at the other."""
    if start == end or other_start == other_end:
        return max(start, other_start) <= min(end, other_end)
    return max(start, other_start) < min(end, other_end)


def _content(lines: Lines, start: int, end: int, changes: Iterable[Change]) -> tuple[str, ...]:
    content: list[str] = []
    at = start
    for change in changes:
        if start <= change.start and change.end <= end:
            content += [*lines.lines[at : change.start], *change.new]
            at = change.end
    return (*content, *lines.lines[at:end])


def _features(
    lines: Lines,
    start: int,
    end: int,
    own: Mapping[TextEdit, frozenset[str]],
    contents: Sequence[tuple[frozenset[str], tuple[str, ...]]],
) -> tuple[Feature, ...]:
    """Return what decides on a cell: the fixes that write there, and those that together leave an import without use."""
    inside = {edit: ids for edit, ids in own.items() if touch(start, end, *lines.spans(edit))}
    found = {Feature(ids) for ids in inside.values()}
    for name in _imported("".join(lines.lines[start:end])):
        word = re.compile(rf"\b{re.escape(name)}\b")
        if all(word.search("".join(content)) for _, content in contents):
            continue  # it stays
        users = {
            one
            for edit, ids in own.items()
            for one in ids
            if edit not in inside and _count(word, lines.text[edit.start : edit.end]) > _count(word, edit.text)
        }
        if users:
            found.add(Feature(frozenset(users), every=len(users) > 1))
    return tuple(sorted(found, key=lambda feature: (sorted(feature.fixes), feature.every)))


def _imported(text: str) -> set[str]:
    """Return the names that lines bind which are nothing but imports of the top level, and what stands around them."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError):
        return set()
    imports = (one for one in body if isinstance(one, ast.Import | ast.ImportFrom))
    return {alias.asname or alias.name.partition(".")[0] for one in imports for alias in one.names}


def _count(word: re.Pattern[str], text: str) -> int:
    return len(word.findall(text))


def _fill(
    cell: Cell, contents: Sequence[tuple[frozenset[str], tuple[str, ...]]], late: frozenset[str], *, is_trusted: bool
) -> None:
    """Put what was seen into a cell; ``late`` are fixes that build on others, perhaps on more than they say."""
    by_key: dict[str, list[tuple[str, ...]]] = {}
    for chosen, content in contents:
        by_key.setdefault(cell.key(chosen), []).append(content)
    cell.contradicted = any(len(set(several)) > 1 for several in by_key.values())
    for key, several in by_key.items():
        on = (feature for feature, bit in zip(cell.features, key, strict=True) if bit == "1")
        wanted = _OFTEN if any(feature.fixes & late for feature in on) else 2 if cell.contradicted else 1
        if is_trusted and len(set(several)) == 1 and len(several) >= wanted:
            cell.table[key] = several[0]
    if len(cell.table) < len(by_key):
        cell.seen = {str(number): content for number, (_, content) in enumerate(contents)}
