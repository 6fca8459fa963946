"""`# aiomend: ignore[AIO402] reason`, and the `# noqa` codes of ruff and flake8-async that name the same trap."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Collection
from dataclasses import dataclass

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
    """One comment of ours. ``codes`` is empty where it silences every rule; ``covers`` are 1-based lines."""

    line: int
    column: int  #: 1-based, in characters
    end_column: int
    codes: frozenset[str]
    covers: frozenset[int]


@dataclass(frozen=True, slots=True)
class Suppressions:
    """All suppressions of one file."""

    own: tuple[Suppression, ...] = ()
    foreign: tuple[tuple[int, frozenset[str]], ...] = ()  #: (line, our codes) from `# noqa`

    def match(self, code: str, lines: Collection[int]) -> Suppression | bool:
        """Return our comment that silences ``code`` on one of ``lines``, True for a foreign one, else False."""
        for entry in self.own:
            if any(line in entry.covers for line in lines) and (not entry.codes or code in entry.codes):
                return entry
        return any(line in lines and code in codes for line, codes in self.foreign)


def find(text: str) -> Suppressions:
    """Return the suppressions of a file's text; none where it cannot be tokenised."""
    if "aiomend:" not in text.lower() and "noqa" not in text.lower():
        return Suppressions()
    own: list[Suppression] = []
    foreign: list[tuple[int, frozenset[str]]] = []
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text, newline="").readline))
    except (tokenize.TokenError, SyntaxError, IndentationError):
        return Suppressions()
    for index, token in enumerate(tokens):
        if token.type != tokenize.COMMENT:
            continue
        row, column = token.start
        if match := _IGNORE.search(token.string):
            codes = frozenset(code.strip().upper() for code in (match["codes"] or "").split(",") if code.strip())
            alone = not token.line[:column].strip()
            covers = {row, _next_code_line(tokens, index)} if alone else {row}
            own.append(
                Suppression(row, column + match.start() + 1, column + len(token.string) + 1, codes, frozenset(covers))
            )
        if match := _NOQA.search(token.string):
            given = re.findall(r"[A-Z]+[0-9]+", match["codes"].upper())
            ours = frozenset().union(*(SAME_TRAP.get(code, frozenset({code})) for code in given))
            foreign.append((row, ours))
    return Suppressions(tuple(own), tuple(foreign))


def _next_code_line(tokens: list[tokenize.TokenInfo], index: int) -> int:
    quiet = (tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.NEWLINE)
    return next((token.start[0] for token in tokens[index + 1 :] if token.type not in quiet), tokens[index].start[0])
