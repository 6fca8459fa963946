"""What is safe and pleasant to print: no commands to the terminal, colour only where a person looks."""

from __future__ import annotations

import os
import sys
from typing import IO, TextIO

_COLOURS = {
    "reverse": 7,
    "red": 31,
    "green": 32,
    "yellow": 33,
    "blue": 34,
    "magenta": 35,
    "cyan": 36,
    "bold": 1,
    "dim": 2,
}
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_TAB = "    "


def escape(text: str) -> str:
    r"""Return ``text`` with what could move, colour or reorder a terminal spelled out, such as ``\x1b``.

    Bytes of a file name that are not UTF-8 (surrogates) appear as ``\xff``; line ends and tabs as ``\n``,
    ``\t``.
    """
    if text.isascii() and text.isprintable():
        return text
    import unicodedata

    return "".join(
        _escaped(character) if unicodedata.category(character) in _UNSAFE else character for character in text
    )


def _escaped(character: str) -> str:
    if "\udc80" <= character <= "\udcff":
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def source(text: str) -> str:
    """Return a line of source for people: tabs as four spaces, everything else as ``escape`` has it."""
    return _TAB.join(escape(part) for part in text.split("\t"))


def width(text: str) -> int:
    """Return the columns that escaped ``text`` takes on a terminal."""
    import unicodedata

    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def wants_colour(stream: IO[str], choice: str = "auto") -> bool:
    """Return True where colour is wanted on ``stream``.

    ``choice`` is ``always``, ``never``, or ``auto``: colour on terminals, unless NO_COLOR is set or TERM is ``dumb``,
    and elsewhere where FORCE_COLOR is set.
    """
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (stream.isatty() and os.environ.get("TERM") != "dumb")


class Painter:
    """Colours whole pieces of text, or leaves them as they are."""

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled

    def __call__(self, text: str, *styles: str) -> str:
        if not self.enabled or not text:
            return text
        return f"\x1b[{';'.join(str(_COLOURS[style]) for style in styles)}m{text}\x1b[0m"


def within(text: str, stream: TextIO) -> str:
    r"""Return ``text`` with the characters that the encoding of ``stream`` lacks spelled out, such as ``\u5909``."""
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def say(*lines: str) -> None:
    """Print to stderr, where it disturbs no patch and no JSON."""
    for line in lines:
        sys.stderr.write(within(line, sys.stderr) + "\n")
    sys.stderr.flush()
