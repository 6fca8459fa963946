"""What a person sees of a fix before saying yes or no, and of the decisions."""

from __future__ import annotations

import re
import shutil
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aiomend.diff import unified
from aiomend.model import Finding, Safety, TextEdit
from aiomend.report import FileResult
from aiomend_cli.interactive.review import Review, changed, needed, resting_on
from aiomend_cli.output.excerpt import text_of
from aiomend_cli.output.patch import on_terminal
from aiomend_cli.output.text import count
from aiomend_cli.selection import place
from aiomend_cli.terminal import Painter, escape

_LINE_ENDS = re.compile(r"\r\n?")
_NAMED = 3  #: fixes that a sentence names before "and N more"

HELP = """\
y  yes, apply this fix, and what it builds on
n  no, and nothing that builds on it
a  yes to this and all left of its rule     (unsafe ones only
A  yes to this and all left in its file      where this one is)
d  no to this and all left of its rule
D  no to this and all left in its file
j  leave it for later
k  back to the one before
u  undo the last decision
e  explain the rule
p  show this fix again
q  quit: what was accepted is applied; so does Ctrl-D
Ctrl-C breaks off: nothing is applied"""

KEYS = "y,n,a,d,A,D,j,k,u,e,p,q,?"


@dataclass(frozen=True, slots=True)
class Screen:
    """Writes questions and answers, in colour or without."""

    contents: Mapping[str, bytes]  #: of the original files, by shown path
    paint: Painter
    shown: dict[bytes, Finding] = field(default_factory=dict)  #: the fix with which a new file was first shown

    def question(self, review: Review, fix: Finding) -> str:
        """Return everything that speaks for and against a fix, its own diff at the end.

        A new file that an earlier fix was shown with is only named: many fixes may want the same helpers.
        """
        paint = self.paint
        level = fix.safety.label if fix.safety is Safety.SAFE else paint(fix.safety.label, "yellow")
        title = f"{review.at + 1} of {len(review.fixes)}  {fix.impact.label}: {fix.code} {fix.name}"
        lines = [f"{paint(title, 'bold')} ({level})"]
        lines += _wrapped(f"{fix.path}:{fix.line}:{fix.column}: {fix.message}")
        if fix.reason:
            lines += _wrapped(f"{fix.safety.label}: {fix.reason}", "  ")
        for item in fix.evidence:
            lines += _wrapped(f"see {item.path}:{item.line}: {item.note}", "  ")
        if base := needed(review, fix):
            lines += _wrapped(f"builds on {named(base)}", "  ")
        if above := resting_on(review, fix):
            lines += _wrapped(f"{named(above)} {'builds' if len(above) == 1 else 'build'} on it", "  ")
        return "\n".join(["", *lines, self.diff(fix)])

    def diff(self, fix: Finding) -> str:
        """Return what the fix alone changes, on top of what it builds on."""
        parts, known = [], []
        for file in changes(fix, self.contents):
            part = unified(file, file.path)
            first = self.shown.setdefault(part, fix) if file.created else fix
            if first.id == fix.id:
                parts.append(part)
            else:
                known.append(f"new file {file.path}, as shown with {place(first)}")
        return on_terminal(b"".join(parts), self.paint) + "".join(
            f"{line}\n" for one in known for line in _wrapped(one)
        )

    def prompt(self, review: Review, fix: Finding) -> str:
        """Return the question itself, in one line."""
        what = fix.code if fix.safety is Safety.SAFE else f"{fix.safety.label} {fix.code}"
        match review.decided.get(fix.id):
            case None:
                so_far = ""
            case yes:
                so_far = f" (so far: {'yes' if yes else 'no'})"
        which = f"({review.at + 1}/{len(review.fixes)}) Apply {what}{so_far}?"  # a long diff hides the title
        return self.paint(f"{which} [{KEYS}]", "bold") + " "

    def end(self, review: Review, then: str) -> str:
        """Return the question whether to go on with what was accepted."""
        fixes = review.accepted
        files = {path for fix in fixes for path in fix.paths}
        refused = len(review.fixes) - len(fixes)
        counted = f"All {len(review.fixes)} decided: " if len(review.fixes) > 1 else ""
        said = f"{counted}{len(fixes)} accepted, {refused} refused."
        what = f"{then} {count(len(fixes), 'fix')} in {count(len(files), 'file')}" if fixes else "End without a change"
        return f"\n{said}\n" + self.paint(f"{what}? [y,u,k,?]", "bold") + " "


def answer(old: Review, new: Review, key: str) -> str:
    """Return a sentence on what ``key`` decided, and on what was decided with it."""
    here = old.here
    others = [fix for fix in changed(old, new) if here is None or fix.id != here.id]
    match key:
        case "j":
            return "later" if new.at != old.at else "nothing else is left to decide on"
        case "k":
            return "back" if new.at != old.at else "this is the first one"
        case "u" if new is old:
            return "there is nothing to undo"
        case "u":
            return f"undone: {named(changed(old, new)) or 'back to the end'}"
        case "y" | "a" | "A":
            return f"yes{f', and to {named(others)}' if others else ''}{_less_safe(old, new, key)}"
    return f"no{f', nor to {named(others)}' if others else ''}"


def _less_safe(old: Review, new: Review, key: str) -> str:
    """Return how many fixes a yes to a whole rule or file left open, since they are less safe."""
    here = old.here
    if here is None or key == "y":
        return ""
    left = [fix for fix in new.undecided if (fix.code == here.code if key == "a" else fix.path == here.path)]
    return f"; {len(left)} less safe left open" if left else ""


def named(fixes: Sequence[Finding]) -> str:
    """Return the codes and places of a few fixes, and the number of the others."""
    first = ", ".join(place(fix) for fix in fixes[:_NAMED])
    return f"{first} and {len(fixes) - _NAMED} more" if len(fixes) > _NAMED else first


def summary(review: Review, without: int, held: int) -> list[str]:
    """Return what there is to decide, and what is not asked for."""
    levels = Counter(fix.safety.label for fix in review.fixes)
    of_which = ", ".join(f"{levels[level]} {level}" for level in ("safe", "unsafe") if levels[level])
    lines = [f"{count(len(review.fixes), 'fix')} to decide on: {of_which}." if review.fixes else "No fix to decide on."]
    if without:
        lines.append(f"{count(without, 'finding')} without a fix: `aiomend check` says why.")
    if held:
        lines.append(f"{count(held, 'fix')} in files that differ from git's index: left alone without --allow-dirty.")
    return (
        [*lines, "y: yes, n: no, ?: what else there is, q: quit and apply what was accepted."]
        if review.fixes
        else lines
    )


def changes(fix: Finding, contents: Mapping[str, bytes]) -> list[FileResult]:
    """Return the files that a fix changes, as it finds them and as it makes them, for people: in UTF-8, with ``\\n``."""
    if fix.fix is None:
        return []
    if fix.fix.changes:
        texts = {one.path: (one.old, one.new) for one in fix.fix.changes}
    else:
        old = {path: text_of(contents.get(path, b"")) for path in fix.paths}
        texts = {path: (text, _edited(text, path, fix.fix.edits)) for path, text in old.items()}
    return [
        FileResult(path, _shown(old), _shown(new), created=not old and path not in contents)
        for path, (old, new) in sorted(texts.items(), key=lambda item: (item[0] != fix.path, item[0]))
        if old != new
    ]


def _edited(text: str, path: str, edits: Sequence[TextEdit]) -> str:
    for edit in reversed([edit for edit in edits if edit.path == path]):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def _shown(text: str) -> bytes:
    return _LINE_ENDS.sub("\n", text).encode("utf-8", "surrogatepass")


def _wrapped(text: str, indent: str = "") -> list[str]:
    """Return a sentence in lines that fit on the screen, further lines indented."""
    columns = max(shutil.get_terminal_size().columns, 40)
    return textwrap.wrap(
        escape(text),
        columns,
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
    )
