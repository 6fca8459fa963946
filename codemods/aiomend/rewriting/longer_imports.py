"""Names that go into an import that a file has: `from x import a, b` takes `c` as isort and ruff would put it there."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from aiomend.facts.module import ModuleFacts
from aiomend.source import last_line

_From = ast.ImportFrom


@dataclass(frozen=True, slots=True)
class Longer:
    """An import with more names: the text of the whole statement, with plain newlines, in the place of ``length`` characters."""

    node: ast.ImportFrom
    text: str
    length: int


def longer_import(facts: ModuleFacts, there: Sequence[_From], more: Iterable[str], limit: int) -> Longer | None:
    """Return the first of the imports from one module that takes ``more`` names, each line of it within a limit.

    None where each of them is plain and would be too long, has a comment that may be about its names, or is not alone on its lines.
    """
    names = sorted(more, key=by_type)
    return next((longer for node in there if (longer := _with(facts, node, names, limit)) is not None), None)


def one_name_each(imports: Iterable[ast.Import | _From]) -> bool:
    """True where a file imports every name by a statement of its own, several from one module: isort's force_single_line."""
    found = [node for node in imports if isinstance(node, _From)]
    per_module = Counter((node.level, node.module) for node in found)
    return all(len(node.names) == 1 for node in found) and any(count > 1 for count in per_module.values())


def _with(facts: ModuleFacts, node: _From, more: Sequence[str], limit: int) -> Longer | None:
    source = facts.source
    start, end = source.span(node)
    written = source.text[start:end]
    text = written.replace("\r\n", "\n")
    lines = text.split("\n")
    if len(node.names) == 1 and node.names[0].asname is not None:
        return None  # isort and ruff leave it a statement of its own
    if node.names[0].name == "*" or "\\" in text or written != text.replace("\n", source.newline):
        return None  # it may give these names already; or its lines end in several ways
    if source.text[end:].partition("\n")[0].strip() or any(line.lstrip().startswith("#") for line in lines):
        return None  # what else stands there, or between the names, may be about these names
    spans = [_span(facts, name, start) for name in node.names]
    spans = [(first - written.count("\r", 0, first), last - written.count("\r", 0, last)) for first, last in spans]
    gaps = zip([0, *(last for _, last in spans)], (first for first, _ in spans), strict=False)
    is_vertical = all("\n" in text[before:after] for before, after in gaps)
    if not is_vertical and "#" in text:
        return None  # a comment for several names
    slots = _slots([name.name for name in node.names], more)
    ways = [_each_on_its_line] if is_vertical else [_side_by_side, _on_a_new_line]
    for way in ways:
        made = way(text, spans, slots)
        if all(len(line) <= limit for line in set(made.split("\n")) - set(lines)):
            return Longer(node, made, end - start)
    return None  # a person would wrap it, in one of many ways


def _span(facts: ModuleFacts, name: ast.alias, start: int) -> tuple[int, int]:
    first = facts.source.offset(name.lineno, name.col_offset)
    last = facts.source.offset(last_line(name), name.end_col_offset or 0)
    return first - start, last - start


def _each_on_its_line(text: str, spans: Sequence[tuple[int, int]], slots: Sequence[Sequence[str]]) -> str:
    first, end = spans[0][0], spans[-1][1]
    margin = text[text.rindex("\n", 0, first) + 1 : first]
    names, rest = _in_front(text, spans, slots, f",\n{margin}"), text[end:]
    if not slots[-1]:
        return names + rest
    last = f",\n{margin}".join(slots[-1])
    beside, newline, below = rest.partition("\n")  # a comma and a comment, or the bracket
    if not newline:
        return f"{names},\n{margin}{last}{rest}"
    if beside.startswith(","):
        return f"{names}{beside}\n{margin}{last},\n{below}"
    return f"{names},{beside}\n{margin}{last}\n{below}"


def _side_by_side(text: str, spans: Sequence[tuple[int, int]], slots: Sequence[Sequence[str]]) -> str:
    return "".join([_in_front(text, spans, slots, ", "), *(f", {name}" for name in slots[-1]), text[spans[-1][1] :]])


def _on_a_new_line(text: str, spans: Sequence[tuple[int, int]], slots: Sequence[Sequence[str]]) -> str:
    """Return the names side by side, in brackets, with a new line that begins with the new ones where these stand together."""
    at, *others = [number for number, names in enumerate(slots) if names]
    begin = spans[at - 1][1] if at else 0
    end = spans[at][0] if at < len(spans) else begin
    if others or not at or "(" not in text or "\n" in text[begin:end]:
        return _side_by_side(text, spans, slots)
    line = text[: spans[-1][0]].rpartition("\n")[2]
    margin = line[: len(line) - len(line.lstrip())] or " " * spans[0][0]
    return f"{text[:begin]},\n{margin}{', '.join(slots[at])}{', ' if at < len(spans) else ''}{text[end:]}"


def _in_front(text: str, spans: Sequence[tuple[int, int]], slots: Sequence[Sequence[str]], comma: str) -> str:
    """Return the text up to the end of the last name that is there, with what goes in front of each."""
    out, at = [], 0
    for (start, end), names in zip(spans, slots, strict=False):
        out += [text[at:start], *(f"{name}{comma}" for name in names), text[start:end]]
        at = end
    return "".join(out)


# ---- the order of names ---


def by_type(name: str) -> tuple[int, str]:
    """As isort and ruff sort: constants, then classes, then everything else."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name


_ORDERS: tuple[Callable[[str], tuple[int, str]], ...] = (
    by_type,
    lambda name: (0, name),
    lambda name: (0, name.lower()),
)


def _slots(names: Sequence[str], more: Sequence[str]) -> list[list[str]]:
    """Return the new names that go in front of each of those that are there, and behind all.

    Where these are not sorted, the new ones go among those at the end that are: it makes no difference which comes first.
    """
    key = next((order for order in _ORDERS if list(names) == sorted(names, key=order)), by_type)
    begin = len(names) - 1
    while begin and key(names[begin - 1]) <= key(names[begin]):
        begin -= 1
    slots: list[list[str]] = [[] for _ in range(len(names) + 1)]
    for name in sorted(more, key=key):
        place = next((at for at in range(begin, len(names)) if key(names[at]) > key(name)), len(names))
        slots[place].append(name)
    return slots
