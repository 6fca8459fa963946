"""A test command as it is typed: its words, or what a shell makes of it."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from aiomend_cli.errors import UserError

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_FOR_A_SHELL = frozenset("|&;<>()$`\\*?[]{}!~#\n")
_IN_DOUBLE_QUOTES = frozenset("$`\\!")
_PYTEST = frozenset({"pytest", "py.test"})
_RUNNERS = frozenset({"run", "exec", "-m"})  #: `uv run pytest`, `coverage run -m pytest`
_REPORT = re.compile(r"--junit-?xml(=.*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Command:
    """What to run. ``words`` start it, with ``variables`` set; ``text`` is what the user typed."""

    text: str
    words: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)
    pytest: int | None = None  #: the place of the word after which pytest's own options stand

    @property
    def report(self) -> Path | None:
        """The JUnit file that pytest is told to write by the user; None where it is not."""
        for number, word in enumerate(self.words if self.pytest is not None else ()):
            if match := _REPORT.fullmatch(word):
                value = match[1][1:] if match[1] else next(iter(self.words[number + 1 :]), "")
                return Path(value) if value else None
        return None

    def reporting(self, file: Path) -> Command:
        """Return the command such that pytest writes a JUnit file; itself where it is none of pytest's."""
        if self.pytest is None:
            return self
        after = self.pytest + 1
        return replace(self, words=(*self.words[:after], f"--junitxml={file}", *self.words[after:]))


def parse(text: str, option: str = "--test") -> Command:
    """Return the command that ``text`` is.

    It is started without a shell, words as a shell would split them and variables in front of it set, unless it holds what
    only a shell understands (`&&`, `$HOME`, `*.py`): then `sh -c` gets it. Raises UserError where it is no command;
    ``option`` is what it was given to.
    """
    if _needs_a_shell(text):
        return Command(text, ("/bin/sh", "-c", text))
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UserError(f"{option} {text}: is no command: {error}") from None
    variables: dict[str, str] = {}
    while words and (match := _ASSIGNMENT.fullmatch(words[0])):
        variables[match[1]] = match[2]
        del words[0]
    if not words:
        raise UserError(f"{option} {text!r}: is no command")
    return Command(text, tuple(words), variables, _pytest(words))


def _needs_a_shell(text: str) -> bool:
    """True where a character that has a meaning in a shell stands outside of quotes that take it away."""
    quote = ""
    for character in text:
        if quote:
            if character == quote:
                quote = ""
            elif quote == '"' and character in _IN_DOUBLE_QUOTES:
                return True
        elif character in "'\"":
            quote = character
        elif character in _FOR_A_SHELL:
            return True
    return False


def _pytest(words: list[str]) -> int | None:
    for number, word in enumerate(words):
        if os.path.basename(word) in _PYTEST and (number == 0 or words[number - 1] in _RUNNERS):  # noqa: PTH119
            return number
    return None
