"""Edits to text: slices through LibCST, imports and helpers as lines, everything else untouched."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from aiomend.facts.module import ModuleFacts
from aiomend.model import TextEdit
from aiomend.rewriting.alignment import realigned
from aiomend.rewriting.edits import Edit, Helper, Import, Need, Replace
from aiomend.rewriting.helper_places import helper_insertions
from aiomend.rewriting.imports import Insertion, import_insertions, missing_imports
from aiomend.rewriting.slices import Slice, first_line, frame, merged, slice_around
from aiomend.rewriting.style import FORMATTER_INDENT, formatted, kept_in, laid_out
from aiomend.rewriting.transform import SpliceError, rewrite
from aiomend.rewriting.unused import MayDrop, dropped_imports
from aiomend.settings import Style
from aiomend.source import Source, last_line, show_async_names

__all__ = ["Order", "SpliceError", "Spliced", "splice"]


_LONE_QUOTE = re.compile(r'(?<!")"(?!")')  #: docstrings keep theirs, whatever the style


@dataclass(frozen=True, slots=True)
class Order:
    """What one fix wants of one file."""

    edits: tuple[Edit, ...]
    needs: tuple[Need, ...] = ()


@dataclass(frozen=True, slots=True)
class Spliced:
    """The new text, and the sorted edits without overlaps that lead to it."""

    text: str
    edits: tuple[TextEdit, ...]


def splice(facts: ModuleFacts, orders: Sequence[Order], style: Style, may_drop: MayDrop = lambda _: False) -> Spliced:
    """Return the file with all orders carried out; raises SpliceError where one cannot be.

    ``may_drop`` says which names nobody else takes from the file: their imports go when their last use went.
    """
    style = kept_in(facts.source.text, style)
    edits = list(dict.fromkeys(edit for order in orders for edit in order.edits))  # shared ones once
    statements = [_statements(facts, edit) for edit in edits]
    pieces = merged(facts, [slice_around(facts, edit) for edit in edits])
    made: list[TextEdit] = []
    for piece in pieces:
        inside = [
            edit for edit, run in zip(edits, statements, strict=True) if piece.first <= run[0].lineno <= piece.last
        ]
        made.extend(_slice_edits(facts, piece, tuple(inside), style))
    made.extend(_insertions(facts, orders, style))
    done_so_far = facts.source.with_text(apply(facts.source.text, _sorted(made)))
    dropped = list(dropped_imports(facts, lambda: _parsed(done_so_far), made, may_drop))
    instead = {(edit.start, edit.end) for edit in dropped}
    ordered = _sorted([*(edit for edit in made if (edit.start, edit.end) not in instead), *dropped])
    return Spliced(apply(facts.source.text, ordered), ordered)


#: What edits made of a slice: its first and last line, the edits in it, and the style.
_Made = dict[tuple[int, int, tuple[Edit, ...], Style], list[TextEdit]]


def _no_slices(_: ModuleFacts) -> _Made:
    return {}


def _slice_edits(facts: ModuleFacts, piece: Slice, inside: tuple[Edit, ...], style: Style) -> list[TextEdit]:
    """Return what edits make of a slice; worked out once, though a fix is sketched alone before it is proved with others."""
    known = facts.beside(_no_slices)
    key = (piece.first, piece.last, inside, style)
    if key not in known:
        done = rewrite(facts, piece, inside)
        aligned = realigned(done.old, done.new)
        new = formatted(done.old, aligned, style) if facts.indent == FORMATTER_INDENT else aligned
        known[key] = _line_edits(facts, piece, *_unframed(facts, piece, done.old, new))
    return known[key]


#: What was made of one slice, as data: its lines, the numbers of the edits in it, the style, and what came of it.
MadeSlice = tuple[int, int, tuple[int, ...], Style, list[TextEdit]]


def made_slices(facts: ModuleFacts, edits: Sequence[Edit]) -> list[MadeSlice]:
    """Return what some edits made of the slices of a file so far, for another process that has them in the same order."""
    numbers = {edit: number for number, edit in enumerate(edits)}
    return [
        (first, last, tuple(numbers[edit] for edit in inside), style, made)
        for (first, last, inside, style), made in facts.beside(_no_slices).items()
        if all(edit in numbers for edit in inside)
    ]


def take_slices(facts: ModuleFacts, edits: Sequence[Edit], slices: Sequence[MadeSlice]) -> None:
    """Take over what another process made of slices of a file: it is not made again."""
    for first, last, numbers, style, made in slices:
        facts.beside(_no_slices)[first, last, tuple(edits[number] for number in numbers), style] = made


def _unframed(facts: ModuleFacts, piece: Slice, old: str, new: str) -> tuple[str, str]:
    above, below = frame(facts, piece)
    assert new.startswith(above)
    assert new.endswith(below)
    return old[len(above) : len(old) - len(below)], new[len(above) : len(new) - len(below)]


def _sorted(edits: Sequence[TextEdit]) -> tuple[TextEdit, ...]:
    return tuple(sorted(edits, key=lambda edit: (edit.start, edit.end)))


def _parsed(source: Source) -> ast.Module:
    try:
        return source.tree
    except SyntaxError as error:
        raise SpliceError(f"the result would not parse (line {error.lineno}: {error.msg})") from None


def apply(text: str, edits: Sequence[TextEdit]) -> str:
    """Return the text with sorted edits applied; raises SpliceError where two overlap."""
    out: list[str] = []
    at = 0
    for edit in edits:
        if edit.start < at:
            raise SpliceError("two edits overlap")
        out += [text[at : edit.start], edit.text]
        at = edit.end
    return "".join([*out, text[at:]])


def _statements(facts: ModuleFacts, edit: Edit) -> list[ast.stmt]:
    """The statements that an edit changes; a comprehension's parts, a handler's and a case's belong to the one around."""
    return [facts.statement(edit.node)] if isinstance(edit, Replace) else list(edit.statements)


def _line_edits(facts: ModuleFacts, piece: Slice, old: str, new: str) -> list[TextEdit]:
    """Return the changed runs of lines of a slice, with the file's own line ends."""
    source = facts.source
    before, after = old.split("\n"), new.split("\n")
    ends_open = not old.endswith("\n")
    if not ends_open:
        before.pop()
        after = after[:-1] if new.endswith("\n") else after
    found: list[TextEdit] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            continue  # these lines keep their bytes
        start = _offset(facts, piece.first + a)
        end = _offset(facts, piece.first + b)
        # A line that replaces a line ends as that one did; an added line ends as most lines do.
        ends = [source.line_end(piece.first + number) or source.newline for number in range(a, b)]
        lines = [line + (ends[at] if at < len(ends) else source.newline) for at, line in enumerate(after[c:d])]
        if ends_open and b == len(before) and lines:
            lines[-1] = lines[-1].rstrip("\r\n")
            lines = [source.newline, *lines] if a == b else lines  # what is added starts on a line of its own
        found.append(TextEdit(source.path, start, end, show_async_names("".join(lines), source.placeholders)))
    return found


def _offset(facts: ModuleFacts, line: int) -> int:
    starts = facts.source.starts
    return starts[line - 1] if line <= len(starts) else len(facts.source.text)


def _insertions(facts: ModuleFacts, orders: Sequence[Order], style: Style) -> list[TextEdit]:
    needs = [need for order in orders for need in order.needs]
    wanted = [need for need in needs if isinstance(need, Import)]
    wanted += [one for need in needs if isinstance(need, Helper) for one in need.imports]
    places = import_insertions(facts, missing_imports(facts, wanted), style.line_length)
    uses = {replace(one, code=laid_out(one.code, style)): line for one, line in _first_uses(facts, orders).items()}
    for place in helper_insertions(facts, uses):
        if place.first_use is not None and place.line > place.first_use:
            raise SpliceError("the helper would stand below its first use")
        places.append(place)
    if any(first_line(one) < place.line <= last_line(one) for place in places for one in facts.tree.body):
        raise SpliceError("a statement runs across the line where an import or a helper belongs")
    return [_insertion(facts, place, style) for place in _joined(places)]


def _first_uses(facts: ModuleFacts, orders: Sequence[Order]) -> dict[Helper, int | None]:
    """Return each helper with the line of the first statement of the top level that is changed for it."""
    found: dict[Helper, int | None] = {}
    for order in orders:
        lines = [_top_line(facts, edit) for edit in order.edits]
        for need in order.needs:
            if isinstance(need, Helper):
                known = found.get(need)
                found[need] = min([*lines, *([known] if known is not None else [])], default=None)
    return found


def _joined(places: Sequence[Insertion]) -> list[Insertion]:
    """Insertions at one place become one."""
    by_place: dict[tuple[int, int], str] = {}
    for place in places:
        key = place.line, place.replaces
        by_place[key] = by_place.get(key, "") + place.text
    return [Insertion(line, text, replaces) for (line, replaces), text in sorted(by_place.items())]


def _insertion(facts: ModuleFacts, place: Insertion, style: Style) -> TextEdit:
    source = facts.source
    offset = _offset(facts, place.line)
    text = _LONE_QUOTE.sub("'", place.text) if style.single_quotes and "'" not in place.text else place.text
    text = text.replace("\n", source.newline)
    if offset == len(source.text) and source.text and not source.text.endswith(("\n", "\r")):
        text = source.newline + text.removesuffix(source.newline)
    return TextEdit(source.path, offset, offset + place.replaces, text)


def _top_line(facts: ModuleFacts, edit: Edit) -> int:
    """The line of the statement of the file's top level that holds an edit: it may run as soon as it stands there."""
    node: ast.AST = edit.node if isinstance(edit, Replace) else edit.statements[0]
    while facts.parents[node] is not facts.tree:
        node = facts.parents[node]
    assert isinstance(node, ast.stmt)
    return first_line(node)
