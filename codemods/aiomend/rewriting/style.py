"""New code is wrapped as the formatter of the project would wrap it, and only where the code was formatted before."""

from __future__ import annotations

import ast
import dataclasses
import functools
import itertools
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiomend.rewriting.layouts import is_foreign
from aiomend.settings import Style
from aiomend.source import last_line, parse

if TYPE_CHECKING:
    import black

FORMATTER_INDENT = "    "  #: black knows no other step: a file with one was not formatted

_TOO_LONG = 400  #: lines; a longer slice as a whole is not worth the formatter's time
_NARROW, _WIDE = 79, 120  #: columns: what PEP 8 allows, and the widest that a file without settings is taken to mean
_SPOILED = 3  #: lines that were there; a statement that would lose more of them keeps its layout

#: Comments that tools read by their line: a line is not wrapped because of their length, which would take them off it.
_FOR_TOOLS = re.compile(r"# ?(?:noqa|type: ?ignore|pragma|pylint|nosec|pyright|mypy|ruff)\b[^\"'\n]*$", re.M | re.I)

_SHORT = re.compile(r"# ?:(\d+)$", re.M)

_CLOSING = " )]},"
_LONE_NAME = re.compile(r" *\w+[)\]},]*")
_LAYOUT = re.compile(r"[\s,()]")  #: what a formatter may add and take away


def kept_in(text: str, style: Style) -> Style:
    """Return the style for a file: how long its lines are, where nobody says how long they may be."""
    return dataclasses.replace(style, line_length=_habit(text, style.line_length)) if style.follows_file else style


@functools.lru_cache(maxsize=16)
def _habit(text: str, usual: int) -> int:
    """Return the columns that a file keeps to: 79, some number beyond the ``usual`` one, or that where too little is seen."""
    lines = text.splitlines()
    longest = max(map(len, lines), default=0)
    if longest <= _NARROW:
        return _NARROW if len(lines) >= 40 else usual
    # what has no text and no comment, a formatter would have wrapped
    wide = [len(line) for line in lines if len(line) > usual and "(" in line and not re.search("[\"'#]", line)]
    return min(max(wide), _WIDE) if len(wide) >= 3 else usual


def formatted(old: str, new: str, style: Style) -> str:
    """Return ``new`` as black would write it where it would leave ``old`` as it is; else only such statements of it.

    So it makes no difference which other statements change with one. What got a line that is too long, or one that a name
    has for itself, is wrapped anew even where black did not write it. Both are whole lines with plain newlines, but perhaps
    for the last; their first line says how deep they stand.
    """
    if not old.endswith("\n"):
        whole = new if new.endswith("\n") else f"{new}\n"
        return formatted(f"{old}\n", whole, style).removesuffix("\n")  # the last line of the file
    return _fitted(old, _as_before(old, new, style), style)


def laid_out(code: str, style: Style) -> str:
    """Return definitions of the top level as they are, or as black would write them where a line of them is too long."""
    if all(len(line) <= style.line_length for line in code.split("\n")):
        return code
    return _run(code, 0, dataclasses.replace(style, preserve_quotes=True)) or code


def _as_before(old: str, new: str, style: Style) -> str:
    """Return ``new`` with what black would have left alone in ``old`` as black would write it."""
    indent = re.match(r"[ \t]*", old)
    depth = len(indent[0]) if indent else 0
    if "\t" in old or depth % 4:
        return new
    if old.count("\n") > _TOO_LONG or is_foreign(old, normalizes_quotes=_normalizes_quotes(style)):
        return _by_statement(old, new, style)
    code = new.lstrip("\n")  # blank lines on top depend on what stands above, which black does not see
    wrapped = _run(code, depth, style)
    if wrapped is not None and (wrapped := wrapped.lstrip("\n")) == code:
        return new  # whatever it was before
    if _run(old, depth, style) != old:
        return _by_statement(old, new, style)
    if wrapped is None or not _same_code(wrapped, code):
        return new
    return new[: len(new) - len(code)] + wrapped


def _by_statement(old: str, new: str, style: Style) -> str:
    """Return ``new`` with those simple statements as black would write them that differ and that it would have left alone."""
    before, after = _statements(old), _statements(new)
    if [one.kind for one in before] != [one.kind for one in after]:
        return new  # nobody knows which statement became which
    was, lines = old.split("\n"), new.split("\n")
    pairs = [pair for pair in zip(before, after, strict=True) if all(one.is_simple for one in pair)]
    for first, second in sorted(pairs, key=lambda pair: pair[0].start, reverse=True):
        one, other = "\n".join(was[first.start : first.end]), "\n".join(lines[second.start : second.end])
        if one != other and f"{one}\n" != old:  # smaller than what was just tried
            lines[second.start : second.end] = _as_before(f"{one}\n", f"{other}\n", style)[:-1].split("\n")
    return "\n".join(lines)


def _fitted(old: str, new: str, style: Style) -> str:
    """Return ``new`` with its simple statements wrapped anew that got too long, or whose second line is a mere name now."""
    lines, kept = new.split("\n"), set(old.split("\n"))
    known = {line.strip(_CLOSING) for line in kept}
    limit = max([style.line_length, *(len(line) for line in kept - set(lines))])  # no limit that was not kept before
    if limit > style.line_length and style.follows_file:
        limit = max(limit, _WIDE)  # nobody says how long, and whoever wrote this did not mind
    if not any(len(line) > limit or _LONE_NAME.fullmatch(line) for line in set(lines) - kept):
        return new
    quiet = dataclasses.replace(style, preserve_quotes=True)
    for one in sorted(_statements(new), key=lambda one: one.start, reverse=True):
        own = lines[one.start : one.end]
        is_long = any(len(line) > limit and line not in kept for line in own)
        is_bare = len(own) == 2 and own[1].strip(_CLOSING) not in known and _LONE_NAME.fullmatch(own[1]) is not None
        if not one.is_simple or not (is_long or is_bare) or "#" in "".join(own):
            continue  # as it was; or nobody knows which line a comment is for
        laid = _wrapped("\n".join(own), quiet)
        spoiled = (kept & set(own)) - set(laid)
        if len(laid) == 1 or (is_long and len(spoiled) <= _SPOILED):
            lines[one.start : one.end] = laid
    return "\n".join(lines)


def _wrapped(statement: str, style: Style) -> list[str]:
    """Return the lines of a statement as black lays them out; as they are where it would change more than that."""
    depth = len(statement) - len(statement.lstrip(" "))
    laid = _run(f"{statement}\n", depth, style) if depth % 4 == 0 and "\t" not in statement else None
    if laid is None or _LAYOUT.sub("", laid) != _LAYOUT.sub("", statement) or not _same_code(laid, statement):
        return statement.split("\n")
    return laid[:-1].split("\n")


@dataclass(frozen=True, slots=True)
class _Statement:
    """A statement of a slice: lines are 0-based, the end excluded."""

    kind: tuple[str, int]  #: its type, whatever its colour, and its column
    start: int
    end: int
    is_simple: bool  #: it has no body, and its lines to itself


def _statements(code: str) -> list[_Statement]:
    """Return the statements of a slice, outer ones first; none where it cannot be read alone."""
    inside = code.lstrip("\n")[:1] == " "
    try:
        tree = parse(f"if 1:\n{code}" if inside else code)
    except SyntaxError:
        return []  # part of a statement, such as an `elif`
    text = code.split("\n")
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)][inside:]
    simple = [node for node in nodes if not hasattr(node, "body") and not isinstance(node, ast.Match)]
    used = Counter(line for node in simple for line in range(node.lineno, last_line(node) + 1))
    found = []
    for node in nodes:
        start, end = node.lineno - 1 - inside, last_line(node) - inside
        alone = all(used[line] == 1 for line in range(node.lineno, last_line(node) + 1))
        is_simple = alone and node in simple and not text[start][: node.col_offset].strip()
        found.append(_Statement((type(node).__name__.removeprefix("Async"), node.col_offset), start, end, is_simple))
    return found


def _same_code(first: str, second: str) -> bool:
    """True where both parse alike, wherever they stand."""
    return ast.dump(parse(f"if 1:\n{first}" if first[:1] == " " else first)) == ast.dump(
        parse(f"if 1:\n{second}" if second[:1] == " " else second)
    )


@functools.lru_cache(maxsize=256)  # one statement is a part of several fixes, and of all of them together
def _run(code: str, depth: int, style: Style) -> str | None:
    import black

    head = "".join(f"{' ' * at}if 1:\n" for at in range(0, depth, 4))
    # A definition right below `if` gets no blank lines, whatever stands around it in the file.
    comments = _FOR_TOOLS.findall(code)
    number = itertools.count()
    short = _FOR_TOOLS.sub(lambda _: f"#:{next(number)}", code)
    try:
        done = black.format_str(head + short, mode=_mode(style))
    except (ValueError, AssertionError, RecursionError):
        return None
    if not done.startswith(head):
        return None
    return _SHORT.sub(lambda found: comments[int(found[1])], done[len(head) :]) if comments else done[len(head) :]


def _normalizes_quotes(style: Style) -> bool:
    return not (style.preserve_quotes or style.single_quotes)


@functools.cache
def _mode(style: Style) -> black.Mode:
    import black

    return black.Mode(
        line_length=style.line_length,
        string_normalization=_normalizes_quotes(style),
        magic_trailing_comma=style.magic_trailing_comma,
    )
