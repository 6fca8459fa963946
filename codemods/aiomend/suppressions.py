"""`# aiomend: ignore[AIO402] reason`, and the `# noqa` codes of ruff and flake8-async that name the same trap."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

from aiomend.codes import prefix_of, section_term

_IGNORE = re.compile(r"#\s*aiomend:\s*ignore(?:\[(?P<codes>[^\]]*)\])?", re.IGNORECASE)
_NOQA = re.compile(r"#\s*noqa:\s*(?P<codes>[A-Z]+[0-9]+(?:[\s,]+[A-Z]+[0-9]+)*)", re.IGNORECASE)

#: Codes of other tools, and the rules whose trap they name.
SAME_TRAP: dict[str, frozenset[str]] = {
    "RUF006": frozenset({"AIO701", "AIO801", "AIO901"}),
    "ASYNC103": frozenset({"AIO205"}),
    "ASYNC104": frozenset({"AIO205"}),
    "ASYNC251": frozenset({"AIO401"}),
    "ASYNC101": frozenset({"AIO401", "AIO402"}),
    "ASYNC102": frozenset({"AIO402"}),
    "ASYNC300": frozenset({"AIO701", "AIO801", "AIO901"}),
    **dict.fromkeys(
        ("ASYNC100", "ASYNC210", "ASYNC211", "ASYNC212", "ASYNC220", "ASYNC221", "ASYNC222", "ASYNC230", "ASYNC231",
         "ASYNC232", "ASYNC240", "ASYNC250"),
        frozenset({"AIO402"}),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Suppression:
    """One comment of ours. ``terms`` is empty where it silences every rule; ``covers`` are 1-based lines."""

    line: int
    column: int  #: 1-based, in characters
    end_column: int
    terms: frozenset[str]  #: codes, sections and names, as they are written
    covers: frozenset[int]

    def means(self, code: str, name: str) -> bool:
        """True where it silences a rule: by its code, its section, its prefix or its name."""
        return not self.terms or any(stands_for(term, code, name) for term in self.terms)


class Suppressions:
    """All suppressions of one file's text; none where it cannot be tokenised. Found when somebody asks: that takes longer than parsing."""

    def __init__(self, text: str) -> None:
        self._text = text

    def match(self, code: str, name: str, lines: Collection[int]) -> Suppression | bool:
        """Return our comment that silences a rule on one of ``lines``, True for a foreign one, else False."""
        for entry in self.own:
            if any(line in entry.covers for line in lines) and entry.means(code, name):
                return entry
        return any(line in lines and code in codes for line, codes in self._foreign)

    @cached_property
    def own(self) -> tuple[Suppression, ...]:
        """Our comments, in the order of the file."""
        return tuple(self._own()) if "aiomend:" in self._text.lower() else ()

    def _own(self) -> Iterator[Suppression]:
        tokens = _tokens(self._text)
        for index, token in enumerate(tokens):
            if token.type == tokenize.COMMENT and (match := _IGNORE.search(token.string)):
                row, column = token.start
                terms = frozenset(term.strip() for term in (match["codes"] or "").split(",") if term.strip())
                alone = not token.line[:column].strip()
                covers = frozenset({row, _next_code_line(tokens, index)} if alone else {row})
                yield Suppression(row, column + match.start() + 1, column + len(token.string) + 1, terms, covers)

    @cached_property
    def _foreign(self) -> list[tuple[int, frozenset[str]]]:
        """(line, our codes) from `# noqa`."""
        if "noqa" not in self._text.lower():
            return []
        comments = [token for token in _tokens(self._text) if token.type == tokenize.COMMENT]
        given = [(token.start[0], _NOQA.search(token.string)) for token in comments]
        return [(row, _ours(match["codes"])) for row, match in given if match is not None]


def stands_for(term: str, code: str, name: str) -> bool:
    """True where a term of a comment names a rule: `AIO402`, `AIO4`, `AIO`, `ALL`, `blocking-io`, in any case."""
    return term.upper() in (code, section_term(code), prefix_of(code), "ALL", name.upper())


def _tokens(text: str) -> list[tokenize.TokenInfo]:
    try:
        return list(tokenize.generate_tokens(io.StringIO(text, newline="").readline))
    except (tokenize.TokenError, SyntaxError, IndentationError):
        return []


def _ours(codes: str) -> frozenset[str]:
    given = re.findall(r"[A-Z]+[0-9]+", codes.upper())
    return frozenset().union(*(SAME_TRAP.get(code, frozenset({code})) for code in given))


def _next_code_line(tokens: list[tokenize.TokenInfo], index: int) -> int:
    quiet = (tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.NEWLINE)
    return next((token.start[0] for token in tokens[index + 1 :] if token.type not in quiet), tokens[index].start[0])
