"""Bytes to text and back: coding cookie, BOM, line ends, generated files, and `async` as a name in code before 3.7."""

from __future__ import annotations

import ast
import bisect
import io
import re
import tokenize
import warnings
from dataclasses import dataclass, field
from functools import cached_property

from aiomend.oddities import is_generated
from aiomend.report import Skip

#: More than this is data in Python's clothes; nobody reviews a diff of it.
MAX_BYTES = 4_000_000

_NEWLINE = re.compile(r"\r\n|\r|\n")
_NEEDLESS = re.compile(r"(?<=[(\[{]) | (?=[)\]}])| (?=\.[^\W\d])")
_CONTINUED = re.compile(r"\\(?:\r\n|\r|\n)")  #: a line that a backslash ends
_LONG_PHRASE = 60
_PYTHON2 = re.compile(
    r"^\s*(?:print\s+[\"'\w%(]|print\s*>>|exec\s+[\"'\w]|raise\s+\w[\w.]*\s*,\s*\S|except\s+[\w.()\s,]+?\s*,\s*\w+\s*:)"
    r"|\bur?\"|\b0[0-7]+\b(?!\.)|<>|`[^`\n]+`",
    re.MULTILINE,
)
#: What the parser says where its own limits end; there is nothing to be had from asking another one.
_TOO_DEEP = re.compile("too many (?:nested|levels of indentation|statically nested)|nested too deeply")
#: What cannot stand behind the keyword `await`.
_NO_OPERAND = frozenset(
    {"=", ")", ",", ".", ":", "]", "}", "for", "in", "is", "and", "or", "if", "else", "==", "!=",
     "<", ">", "<=", ">=", "*", "/", "//", "%", "|", "&", "^", "@", "**", ":=", ";", "!"}
)  # fmt: skip
#: A text that Python up to 3.11 tokenises as one piece, and the expressions in it.
_FSTRING = re.compile(r"[rR]?[fF]")
_FIELD = re.compile(r"(?<!\{)(?:\{\{)*\{[^{}]+\}")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_ASYNC_WORD = re.compile(r"\b(?:async|await)\b")
#: Behind those words where they are keywords, and before them where they are names all the same.
_KEYWORD = re.compile(r"(?<=c)[ \t]+(?:def|for|with)\b|(?<=t)[ \t]*(?!(?:for|in|is|and|or|if|else)\b)[\w(\[{'\"+~-]")
_NAMING = re.compile(r"(?:\.|\b(?:def|class|import|as|lambda|global|nonlocal))(?:[ \t\f]|\\\s)*\Z")


class Unreadable(Exception):
    """The bytes cannot be worked on; ``skip`` says why, the text adds one line for people."""

    def __init__(self, skip: Skip, detail: str) -> None:
        super().__init__(detail)
        self.skip = skip
        self.detail = detail


@dataclass(frozen=True)
class Source:
    """One file as text. Offsets are characters of ``text``; lines are 1-based and end where Python ends them."""

    path: str  #: project-relative, with forward slashes
    data: bytes
    text: str  #: without the BOM
    encoding: str
    bom: bool
    placeholders: tuple[tuple[str, str], ...] = field(default=())  #: (stand-in, word): `async` as a name

    @cached_property
    def code(self) -> str:
        """The text with `async` and `await` as names replaced by stand-ins of the same length, so that it parses."""
        return hide_async_names(self.text, self.placeholders) if self.placeholders else self.text

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """The offset of each line's first character."""
        return (0, *(match.end() for match in _NEWLINE.finditer(self.text)))

    @cached_property
    def newline(self) -> str:
        """The line end that most lines have; ``\\n`` for a file of one line."""
        ends = _NEWLINE.findall(self.text)
        return max(("\n", "\r\n", "\r"), key=ends.count) if ends else "\n"

    def line_of(self, offset: int) -> int:
        """Return the 1-based line that holds the character at ``offset``."""
        return bisect.bisect_right(self.starts, offset)

    def line(self, number: int) -> str:
        """Return the 1-based line without its line end."""
        start = self.starts[number - 1]
        end = self.starts[number] if number < len(self.starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def rest_of_line(self, offset: int) -> str:
        """Return what stands on the line behind ``offset``, without the line end."""
        number = self.line_of(offset)
        return self.line(number)[offset - self.starts[number - 1] :]

    def line_end(self, number: int) -> str:
        """Return the line end of the 1-based line; "" for the last one where it has none."""
        start = self.starts[number - 1]
        end = self.starts[number] if number < len(self.starts) else len(self.text)
        line = self.text[start:end]
        return line[len(line.rstrip("\r\n")) :]

    def offset(self, line: int, byte_column: int) -> int:
        """Return the character offset of an `ast` position: 1-based line, 0-based column in UTF-8 bytes."""
        start = self.starts[line - 1]
        piece = self.code[start : start + byte_column]
        if piece.isascii():
            return start + byte_column
        end = self.starts[line] if line < len(self.starts) else len(self.text)
        return start + len(self.code[start:end].encode("utf-8")[:byte_column].decode("utf-8", "ignore"))

    def span(self, node: ast.expr | ast.stmt | ast.ExceptHandler) -> tuple[int, int]:
        """Return the character offsets of a node; a decorated definition starts at its `def` or `class`."""
        return (
            self.offset(node.lineno, node.col_offset),
            self.offset(last_line(node), node.end_col_offset or 0),
        )

    def segment(self, node: ast.expr | ast.stmt | ast.ExceptHandler) -> str:
        """Return the text of a node as it is written."""
        start, end = self.span(node)
        return self.text[start:end]

    def phrase(self, node: ast.expr | ast.stmt) -> str:
        """Return a node for people: in one line, cut where it has more than 60 characters."""
        text = self.segment(node)
        if _NEWLINE.search(text):
            text = _NEEDLESS.sub("", " ".join(_CONTINUED.sub(" ", text).split()))
        return text if len(text) <= _LONG_PHRASE else f"{text[: _LONG_PHRASE - 3]}..."

    @cached_property
    def tree(self) -> ast.Module:
        """The tree of ``code``; raises SyntaxError, ValueError, RecursionError or MemoryError as `ast` does."""
        return parse(self.code)

    def encode(self, text: str) -> bytes:
        """Return ``text`` as bytes of this file; raises UnicodeEncodeError where its encoding has no such character."""
        encoded = text.encode(self.encoding)
        return b"\xef\xbb\xbf" + encoded if self.bom else encoded

    def with_text(self, text: str) -> Source:
        """Return the same file with other text; stand-ins that it does not need any more are forgotten."""
        kept = self.placeholders if self.placeholders and hide_async_names(text, self.placeholders) != text else ()
        return Source(self.path, self.encode(text), text, self.encoding, self.bom, kept)


def last_line(node: ast.expr | ast.stmt | ast.ExceptHandler | ast.alias) -> int:
    """Return the 1-based line where a node of a parsed file ends."""
    assert node.end_lineno is not None
    return node.end_lineno


def parse(code: str) -> ast.Module:
    """Parse without the warnings that old string escapes would print."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(code)


def read(path: str, data: bytes) -> Source:
    """Return the file as a Source whose ``code`` parses; raises Unreadable with the reason where it does not."""
    if len(data) > MAX_BYTES:
        raise Unreadable(Skip.TOO_LARGE, f"{len(data):,} bytes")
    if is_generated(data):
        raise Unreadable(Skip.GENERATED, "marked as generated")
    source = decode(path, data)
    error = syntax_error(source)
    if error is None:
        return source
    if _may_name_async(source.text):
        hidden = Source(path, data, source.text, source.encoding, source.bom, _stand_ins(source.text))
        if hidden.code != source.text and syntax_error(hidden) is None:
            return hidden
    if _PYTHON2.search(source.text):
        raise Unreadable(Skip.PYTHON2, error)
    raise Unreadable(Skip.NOT_PYTHON, error)


def decode(path: str, data: bytes) -> Source:
    """Return the file as text by its BOM and coding cookie (PEP 263); raises Unreadable where they lie."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError as error:
        raise Unreadable(Skip.ENCODING, str(error)) from None
    bom = data.startswith(b"\xef\xbb\xbf")
    encoding = "utf-8" if encoding == "utf-8-sig" else encoding
    try:
        text = data[3 if bom else 0 :].decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise Unreadable(Skip.ENCODING, str(error)) from None
    if text.encode(encoding, "replace") != data[3 if bom else 0 :]:
        raise Unreadable(Skip.ENCODING, f"{encoding} does not give the same bytes back")
    return Source(path, data, text, encoding, bom)


def syntax_error(source: Source) -> str | None:
    """Return why a file's ``code`` cannot be parsed, None where it can; raises Unreadable where it is nested too deeply."""
    try:
        source.tree  # noqa: B018 - parsed once, kept for whoever asks next
    except SyntaxError as error:
        said = f"line {error.lineno}: {error.msg}" if error.lineno else error.msg
        if _TOO_DEEP.search(error.msg):
            raise Unreadable(Skip.TOO_DEEP, said) from None
        return said
    except (RecursionError, MemoryError) as error:
        raise Unreadable(Skip.TOO_DEEP, str(error) or "more than the parser can take") from None
    except ValueError as error:
        return str(error)
    return None


def _may_name_async(text: str) -> bool:
    """False where `async` and `await` are keywords wherever they stand, so that no tokens need be looked at."""
    return any(
        _KEYWORD.match(text, found.end()) is None or _NAMING.search(text, max(found.start() - 20, 0), found.start())
        for found in _ASYNC_WORD.finditer(text)
    )


def _stand_ins(text: str) -> tuple[tuple[str, str], ...]:
    """Five-letter names that the text does not use, one for `async` and one for `await`."""
    free = (name for first in "zxqwvkjy" for second in "zxqwvkjy" if (name := f"{first}{second}_as") not in text)
    return ((next(free), "async"), (next(free), "await"))


def hide_async_names(text: str, stand_ins: tuple[tuple[str, str], ...]) -> str:
    """Replace `async` and `await` where they are names by their stand-ins; text that cannot be tokenised stays."""
    by_word = {word: stand_in for stand_in, word in stand_ins}
    try:
        tokens = [
            token
            for token in tokenize.generate_tokens(io.StringIO(text, newline="").readline)
            if token.type not in (tokenize.COMMENT, tokenize.NL)
        ]
    except (tokenize.TokenError, SyntaxError, IndentationError):
        return text
    lines = text.splitlines(keepends=True) if not re.search("[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", text) else None
    if lines is None:
        starts = (0, *(match.end() for match in _NEWLINE.finditer(text)))
        lines = [text[a:b] for a, b in zip(starts, (*starts[1:], len(text)), strict=True)]
    for before, token, after in zip([None, *tokens], tokens, [*tokens[1:], None], strict=False):
        if token.type == tokenize.NAME and token.string in by_word and _is_name(before, token, after):
            hidden = by_word[token.string]
        elif token.type == tokenize.STRING and _FSTRING.match(token.string):
            hidden = _FIELD.sub(lambda field: hide_async_names(field[0], stand_ins), token.string)
        else:
            continue  # no name
        _put(lines, token.start, hidden)
    return "".join(lines)


def _put(lines: list[str], start: tuple[int, int], text: str) -> None:
    """Write text of the same length over what stands at a place, which may go on over several lines."""
    row, column = start
    for piece in _LINE.findall(text):
        line = lines[row - 1]
        lines[row - 1] = line[:column] + piece + line[column + len(piece) :]
        row, column = row + 1, 0


def _is_name(before: tokenize.TokenInfo | None, token: tokenize.TokenInfo, after: tokenize.TokenInfo | None) -> bool:
    if before is not None and before.string in (
        ".",
        "...",
        "def",
        "class",
        "import",
        "as",
        "lambda",
        "global",
        "nonlocal",
    ):
        return True
    follower = after.string if after is not None else ""
    if token.string == "async":
        return follower not in ("def", "for", "with")
    return follower in _NO_OPERAND or after is None or after.type == tokenize.NEWLINE


def show_async_names(text: str, stand_ins: tuple[tuple[str, str], ...]) -> str:
    """The reverse of `hide_async_names`."""
    for stand_in, word in stand_ins:
        text = text.replace(stand_in, word)
    return text
