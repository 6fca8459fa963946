"""``--since REF``: the lines that changed since a commit, as git sees them."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass

from aiomend_cli.errors import UserError
from aiomend_cli.git import Repository, names

_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_PLAIN = (  # whatever the user's own settings say
    "--no-ext-diff", "--no-textconv", "--no-color", "--text", "--unified=0", "--inter-hunk-context=0",
    "--find-renames", "--ignore-submodules=all", "--src-prefix=a/", "--dst-prefix=b/",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Changed:
    """Lines by path, relative to the repository's root; files that git does not know are new from end to end."""

    lines: Mapping[str, tuple[range, ...]]
    new: frozenset[str]

    def touches(self, path: str, first: int, last: int) -> bool:
        """Return True where one of the lines ``first`` to ``last`` (1-based) changed."""
        return path in self.new or any(first < lines.stop and last >= lines.start for lines in self.lines.get(path, ()))


def changed_since(repository: Repository, reference: str) -> Changed:
    """Return what the files on disk have changed since they left the history of ``reference``.

    That is where the branches parted, so what others did there since then does not count. Raises UserError where there is
    no such commit, or no common one.
    """
    commit = repository.git(
        "rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{commit}}", accept=(0, 1, 128)
    )
    if not commit.strip():
        raise UserError(f"--since {reference}: no such commit in {repository.root}; in CI, fetch it first")
    base = repository.git("merge-base", commit.decode().strip(), "HEAD", accept=(0, 1)).decode().strip()
    if not base:
        raise UserError(
            f"--since {reference}: nothing in common with what is checked out in {repository.root}; "
            "fetch more of the history (in GitHub's checkout: fetch-depth: 0)"
        )
    diff = repository.git(*repository.without_filters(), "diff", *_PLAIN, base, "--")
    unknown = repository.git("ls-files", "-z", "--others", "--exclude-standard")
    return Changed(changed_lines(diff), frozenset(names(unknown)))


def changed_lines(diff: bytes) -> dict[str, tuple[range, ...]]:
    """Return the new lines of a diff without context, by path. Code that looks like a diff is counted past."""
    found: dict[str, list[range]] = {}
    path = ""
    lines = iter(diff.split(b"\n"))
    for line in lines:
        if line.startswith(b"+++ "):
            path = _path(line.removeprefix(b"+++ "))
        elif hunk := _HUNK.match(line):
            start, count = int(hunk[2]), int(hunk[3] or 1)
            found.setdefault(path, []).append(range(start, start + count))
            left = int(hunk[1] or 1) + count
            while left:
                left -= not next(lines).startswith(b"\\")  # "\ No newline at end of file" is no line of it
    return {name: tuple(ranges) for name, ranges in found.items()}


def _path(name: bytes) -> str:
    """Return the path in a `+++` line, where git quotes what is not plain and ends names with blanks by a tab."""
    name = name.removesuffix(b"\t")
    if name.startswith(b'"'):
        name = codecs.escape_decode(name[1:-1])[0]
    return name.removeprefix(b"b/").decode("utf-8", "surrogateescape")
