"""What a project wants of its pull requests: ``[tool.aiomend.pr]``, under the options of ``aiomend pr``."""

from __future__ import annotations

import enum
import re
import string
from dataclasses import dataclass


class SplitBy(enum.StrEnum):
    """How the fixes are spread over pull requests."""

    NONE = "none"
    RULE = "rule"
    DIRECTORY = "directory"
    OWNER = "owner"


PREFIX = "aiomend/"  #: of every branch


@dataclass(frozen=True, slots=True)
class PullRequests:
    """The keys of the table, with what holds where it is silent."""

    enabled: bool = True
    split_by: SplitBy = SplitBy.NONE
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()  #: users, and teams as ``organisation/team``
    max_open: int = 2  #: pull requests with unsafe fixes that are open at once
    max_files: int = 20  #: files that one of them changes
    draft: bool = True  #: whether those with unsafe fixes are opened as drafts
    author: str | None = None  #: ``Name <mail>``; None: git's own
    trailers: tuple[str, ...] = ()
    sign: bool = False
    message: str | None = None  #: the template of commit messages
    blame_ignore_revs: bool = False  #: whether a last commit adds the others to ``.git-blame-ignore-revs``


AUTHOR_FORM = 'must be "Name <mail>"'
_AUTHOR = re.compile(r"([^<>\n\0]*[^<>\s\0]) <([^<>\s\0]+)>")


def author_of(text: str) -> tuple[str, str] | None:
    """Return the name and the address in ``Name <mail>``, None for any other text."""
    found = _AUTHOR.fullmatch(text.strip())
    return (found[1], found[2]) if found else None


def is_author(text: str) -> bool:
    return author_of(text) is not None


TRAILER_FORM = 'must be lines such as "Signed-off-by: Name <mail>"'


def is_trailer(text: str) -> bool:
    """Return True for a line that git reads as a trailer."""
    return re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]*: \S[^\n]*", text) is not None


#: What a template of commit messages may ask for.
FIELDS = ("code", "name", "fixes", "files", "what", "url", "left", "version")
TEMPLATE_FORM = f"may hold {', '.join(f'{{{field}}}' for field in FIELDS)}, and braces of its own as {{{{ and }}}}"


def is_template(text: str) -> bool:
    """Return True for a text that says something and asks for nothing but FIELDS."""
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        return False
    plain = all(field is None or (field in FIELDS and not spec and not turned) for _, field, spec, turned in parts)
    return plain and bool(text.strip())
