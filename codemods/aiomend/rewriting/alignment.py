"""Continuation lines that are aligned with what follows a bracket: they go where it goes."""

from __future__ import annotations

import difflib
import io
import tokenize
from dataclasses import dataclass, replace

_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_SPACE = frozenset({tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT})
_MANY = 2_500  #: pairs of lines; where there are more, nobody knows which became which
#: Python 3.12 reads an f-string as several tokens, and 3.14 a t-string.
_BEGINS, _ENDS = (
    frozenset(getattr(tokenize, f"{kind}STRING_{edge}", None) for kind in "FT") - {None} for edge in ("START", "END")
)


@dataclass(frozen=True, slots=True)
class _Bracket:
    """A bracket that is open where its line ends."""

    line: int  #: 1-based
    column: int
    content: int | None  #: the column of what follows it on its line; None where nothing does
    inner: int  #: how many brackets of its line that are open where that ends stand inside it


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that begins within a bracket."""

    indent: int
    around: _Bracket
    closes: bool  #: it begins with the bracket's end

    @property
    def aligned(self) -> int | None:
        """How far to the right of the bracket's content it begins: not at all, or its end as the bracket; None where neither is so."""
        content = self.around.content
        if content is None:
            return None
        if self.closes and self.indent == self.around.column:
            return self.indent - content
        return 0 if self.indent == content else None


def realigned(old: str, new: str) -> str:
    """Return ``new`` with those lines moved that begin in ``old`` where what follows their bracket does, and what hangs from them.

    Both are whole statements with plain newlines. Where there are tabs, nothing moves.
    """
    if not _may_be_aligned(old):
        return new
    was, now = _continuations(old), _continuations(new)
    before, after = old.split("\n"), new.split("\n")
    partner = _partners(before, after)
    moves: dict[int, int] = {}  #: how far lines of ``new`` move to the right
    for number, line in was.items():
        mine = partner.get(number, 0)
        other = now.get(mine)
        if (
            other is None
            or partner.get(line.around.line) != other.around.line
            or line.around.inner != other.around.inner
        ):
            continue  # it stands in something else now
        moved = moves.get(other.around.line, 0)
        match line.aligned, other.around.content:
            case int() as offset, int() as content:
                by = content + moved + offset - other.indent
            case None, None if line.around.content is None:
                by = moved
            case _:
                continue
        if by and other.indent + by >= 0:
            moves[mine] = by
    for number, by in moves.items():
        after[number - 1] = " " * (now[number].indent + by) + after[number - 1].lstrip(" ")
    return "\n".join(after)


def _may_be_aligned(code: str) -> bool:
    """True where a line may begin right behind the column of a bracket above it: cheap, as most code has no such line."""
    above: list[
        tuple[int, set[int]]
    ] = []  #: lines that stand less deep than what follows them: the columns behind their brackets
    for line in code.split("\n"):
        indent = len(line) - len(line.lstrip(" "))
        if indent == len(line):
            continue
        while above and above[-1][0] >= indent:
            above.pop()
        if any(indent in columns or indent + 1 in columns for _, columns in above):
            return True
        above.append((indent, {at + 1 for at, sign in enumerate(line) if sign in _OPENING}))
    return False


def _partners(before: list[str], after: list[str]) -> dict[int, int]:
    """Return which line of ``after`` each of ``before`` became, 1-based: the same one elsewhere, or what is most like it there."""
    was, now = [line.strip() for line in before], [line.strip() for line in after]
    found: dict[int, int] = {}
    for _, a, b, c, d in difflib.SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        todo = [(range(a, b), range(c, d))]
        while todo:
            ours, theirs = todo.pop()
            if len(ours) == len(theirs):
                found |= {one + 1: other + 1 for one, other in zip(ours, theirs, strict=True)}
            elif 0 < len(ours) * len(theirs) <= _MANY:
                _, one, other = max((_likeness(was[one], now[other]), one, other) for one in ours for other in theirs)
                found[one + 1] = other + 1
                todo += [
                    (range(ours.start, one), range(theirs.start, other)),
                    (range(one + 1, ours.stop), range(other + 1, theirs.stop)),
                ]
    return found


def _likeness(first: str, second: str) -> float:
    return difflib.SequenceMatcher(None, first, second, autojunk=False).ratio()


def _continuations(code: str) -> dict[int, _Line]:
    """Return the lines that begin within a bracket, by their 1-based number, but for those that begin within a text or with tabs."""
    found: dict[int, _Line] = {}
    opened: list[_Bracket] = []
    ended, texts = 0, 0  #: the line on which the last token ended, and how many f-strings are open
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            line, column = token.start
            if opened and line > ended:
                opened = [
                    replace(one, inner=sum(each.line == ended for each in opened[at + 1 :]))
                    if one.line == ended
                    else one
                    for at, one in enumerate(opened)
                ]
                if not texts and token.type != tokenize.NL and "\t" not in token.line[:column]:
                    found[line] = _Line(column, opened[-1], token.string in _CLOSING)
            if opened and opened[-1].content is None and opened[-1].line == line and token.type not in _SPACE:
                opened[-1] = replace(opened[-1], content=column)
            if token.type == tokenize.OP and token.string in _OPENING:
                opened.append(_Bracket(line, column, None, 0))
            elif token.type == tokenize.OP and token.string in _CLOSING:
                opened.pop()
            texts += (token.type in _BEGINS) - (token.type in _ENDS)
            ended = token.end[0]
    except (tokenize.TokenError, SyntaxError, IndexError):
        return {}  # part of a statement
    return found
