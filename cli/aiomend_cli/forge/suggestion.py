"""What a comment at a line of a pull request says: the finding, and its fix as a suggestion that one click applies."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

from aiomend.model import Finding, Safety
from aiomend.report import FileResult
from aiomend_cli.forge.body import alone, cut, fenced
from aiomend_cli.forge.patches import Hunk, around
from aiomend_cli.forge.pull import Comment
from aiomend_cli.forge.sets import digest
from aiomend_cli.output.markdown import code, prose
from aiomend_cli.terminal import escape

_MOST_LINES = 30  #: of a suggestion: who applies it with a click has to see all of it
_MOST_CHARACTERS = 10_000
_EVIDENCE = 3  #: places that are named
_MARKER = re.compile(r"\n*<!-- aiomend: finding=([0-9a-f]+) says=([0-9a-f]+) seal=([0-9a-f]+) -->\s*$")


@dataclass(frozen=True, slots=True)
class Key:
    """By which a comment is known again: its finding, whose id survives moved lines, and what it suggests."""

    finding: str
    says: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One comment before it is made."""

    finding: Finding
    comment: Comment
    key: Key
    is_applicable: bool  #: whether one click makes the fix


@dataclass(frozen=True, slots=True)
class Replaced:
    """Lines (1-based) of a file, and what stands there with a fix."""

    first: int
    last: int
    lines: tuple[str, ...]


# ---- the marker ---


def key_of(text: str) -> Key | None:
    """Return the key in a comment's text, None where aiomend did not write it."""
    found = _MARKER.search(_plain(text))
    return Key(found[1], found[2]) if found else None


def is_untouched(text: str) -> bool:
    """Return True for a comment that stands as aiomend wrote it: what somebody has edited is that person's."""
    plain = _plain(text)
    found = _MARKER.search(plain)
    return found is not None and digest([plain[: found.start()].strip()]) == found[3]


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n")


def _marked(text: str, key: Key) -> str:
    return f"{text}\n\n<!-- aiomend: finding={key.finding} says={key.says} seal={digest([text.strip()])} -->"


# ---- the text ---


def suggestion(finding: Finding, file: FileResult | None, hunks: Sequence[Hunk], standing: str) -> Suggestion | None:
    """Return the comment for ``finding``, None where the pull request does not change its lines.

    ``file`` is what the run made of its file, None where that is as it was; ``standing`` says in a sentence why no fix
    went in, where none did.
    """
    hunk = around(hunks, finding.line, finding.end_line)
    if hunk is None:
        return None
    first, last = max(finding.line, hunk.shown.start), min(finding.end_line, hunk.shown.stop - 1)
    says: Sequence[str] = ("-",)
    is_applicable = False
    if not finding.applied or file is None:
        remedy = prose(standing)
    elif isinstance(found := _replaced(finding, file, hunks), Replaced):
        first, last, says, is_applicable = found.first, found.last, ("+", *found.lines), True
        remedy = suggested(found.lines)
    else:
        diff = alone(file, finding)
        shown = f"\n\n{fenced(cut(diff), 'diff')}" if diff is not None else ""
        remedy = f"There is a fix, which is no suggestion: {found}.{shown}"
    key = Key(finding.id, digest(says))
    parts = [_head(finding), *([_unsafe(finding)] if finding.applied else []), remedy, _evidence(finding)]
    text = "\n\n".join(part for part in parts if part)
    return Suggestion(finding, Comment(finding.path, first, last, _marked(text, key)), key, is_applicable)


def _head(finding: Finding) -> str:
    return f"**{finding.code} {finding.name}**: {prose(finding.message)} ([why]({finding.url}))"


def _unsafe(finding: Finding) -> str:
    if finding.safety is Safety.SAFE:
        return ""
    why = f" ({prose(finding.reason)})" if finding.reason else ""
    more = code(f"aiomend explain {finding.code}")
    return f"Its fix is unsafe{why}: please look at it before you take it. {more} says more."


def _evidence(finding: Finding) -> str:
    return "\n".join(
        f"- see {code(f'{one.path}:{one.line}')}: {prose(one.note)}" for one in finding.evidence[:_EVIDENCE]
    )


def suggested(lines: Sequence[str]) -> str:
    """Return a block that a forge puts in the place of the comment's lines; nothing in them ends it early."""
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}suggestion", *lines, fence])


# ---- whether a fix is a suggestion ---


def _replaced(finding: Finding, file: FileResult, hunks: Sequence[Hunk]) -> Replaced | str:
    """Return the lines that the fix of ``finding`` replaces, or in words why a forge could not."""
    fix = finding.fix
    assert fix is not None, "it was applied"
    if others := sorted(finding.paths - {finding.path}):
        return f"it also changes {', '.join(map(code, others))}"
    if fix.requires or fix.changes:
        return "it builds on another one"
    if file.encoding != "utf-8":
        return f"the file is in {code(file.encoding)}"
    old = file.old.decode("utf-8")
    if "\r" in old:
        return "the file has CR LF line ends"
    new = old
    for edit in sorted(fix.edits, key=lambda one: -one.start):
        new = new[: edit.start] + edit.text + new[edit.end :]
    found = replaced(old, new)
    if not any(hunk.holds(found.first, found.last) for hunk in hunks):
        return "it also changes lines that this pull request does not show"
    if max(found.last - found.first + 1, len(found.lines)) > _MOST_LINES:
        return f"it reaches from line {found.first} to line {found.last}"
    if sum(map(len, found.lines)) > _MOST_CHARACTERS:
        return "its lines are too long"
    if _parses(old) and not _parses(new):
        return "it needs what others change"
    if not all(map(_is_plain, found.lines)):
        return "its lines hold characters that cannot be seen"
    return found


def replaced(old: str, new: str) -> Replaced:
    """Return the fewest whole lines of ``old`` that are others in ``new``; where lines only come in, one beside them is
    written again."""
    before, after = old.split("\n"), new.split("\n")
    start = _alike(before, after)
    stop = len(before) - _alike(before[start:][::-1], after[start:][::-1])
    if start == stop:
        if stop < len(before) and (stop + 1 < len(before) or before[stop]):
            stop += 1
        else:
            start -= 1
    return Replaced(start + 1, stop, tuple(after[start : len(after) - (len(before) - stop)]))


def _alike(first: Sequence[str], second: Sequence[str]) -> int:
    """Return how many lines are the same at the beginning of both."""
    pairs = zip(first, second, strict=False)
    return next((at for at, (one, other) in enumerate(pairs) if one != other), min(len(first), len(second)))


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _is_plain(line: str) -> bool:
    text = line.replace("\t", "")
    return escape(text) == text
