"""The commits of a branch: the same fixes on the same base give the same commits, whoever makes them and whenever."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiomend_cli.commit import Step
from aiomend_cli.errors import UserError
from aiomend_cli.forge.settings import AUTHOR_FORM, author_of
from aiomend_cli.git import Repository

IGNORED_REVISIONS = ".git-blame-ignore-revs"
_SEAL = "Aiomend-Seal"
_SEAL_LINE = re.compile(rb"^Aiomend-Seal: ([0-9a-f]{16})\n", re.MULTILINE)
_SIGNATURE = re.compile(rb"^gpgsig(-sha256)? .*\n( .*\n)*", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Manner:
    """How commits are made: in whose name, when, with which trailers, and whether signed."""

    variables: Mapping[str, str]  #: of git's environment: names, addresses, dates
    trailers: tuple[str, ...] = ()
    signing: tuple[str, ...] = ()  #: options of ``git commit-tree``


@dataclass(frozen=True, slots=True)
class Commit:
    sha: str
    seal: str
    message: str


def manner(
    origin: Repository, work: Repository, base: str, author: str | None, trailers: tuple[str, ...], sign: bool
) -> Manner:
    """Return how to commit on top of ``base``: dated as that, and in the name of git's user where no ``author`` is given.

    Git's user is that of ``origin``; the base is in ``work``. Raises UserError where git does not know a name.
    """
    date = "@" + work.git("log", "-1", "--format=%cd", "--date=raw", base).decode().strip()
    variables = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    for role in ("AUTHOR", "COMMITTER"):
        said = author or _identity(origin, role)
        found = author_of(said)
        if found is None:
            raise UserError(f"author {said!r}: {AUTHOR_FORM}")
        variables |= {f"GIT_{role}_NAME": found[0], f"GIT_{role}_EMAIL": found[1]}
    signing: tuple[str, ...] = ()
    if sign:
        key = origin.git("config", "--get", "user.signingkey", accept=(0, 1)).decode().strip()
        signing = (f"--gpg-sign={key}" if key else "--gpg-sign",)
    return Manner(variables, trailers, signing)


def _identity(origin: Repository, role: str) -> str:
    said = origin.git("var", f"GIT_{role}_IDENT").decode("utf-8", "replace")
    return said[: said.rindex(">") + 1]


def commits(repository: Repository, base: str, steps: Sequence[tuple[Step, str]], manner: Manner) -> list[Commit]:
    """Return a commit for each step with its message, one on top of the other and the first one on ``base``.

    They are in the object store of ``repository``; nothing else of it has changed.
    """
    made: list[Commit] = []
    for step, message in steps:
        changes = {path: new for path, (_, new) in step.files.items()}
        made.append(_commit(repository, made[-1].sha if made else base, changes, message, manner))
    return made


def with_ignored_revisions(repository: Repository, base: str, made: list[Commit], manner: Manner) -> list[Commit]:
    """Return ``made`` and one more commit, by which ``git blame`` can be told to look through them."""
    old = _blob(repository, base, IGNORED_REVISIONS)
    lines = "".join(f"# {commit.message.splitlines()[0]}\n{commit.sha}\n" for commit in made)
    content = old + (b"\n" if old and not old.endswith(b"\n") else b"") + lines.encode()
    message = (
        "Let git blame look through these rewrites\n\nIt does with `blame.ignoreRevsFile = .git-blame-ignore-revs`.\n"
    )
    return [*made, _commit(repository, made[-1].sha, {IGNORED_REVISIONS: content}, message, manner)]


def is_sealed(repository: Repository, commit: str) -> str | None:
    """Return the seal of a commit that aiomend made and nobody changed since, else None.

    It is the digest of the whole commit, and so of its parents, too: nothing below it can be a person's.
    """
    raw = repository.git("cat-file", "commit", commit)
    seals = _SEAL_LINE.findall(raw)
    if len(seals) != 1 or _digest(_SEAL_LINE.sub(b"", raw)) != seals[0].decode():
        return None
    return str(seals[0].decode())


def _digest(raw: bytes) -> str:
    return hashlib.sha256(_SIGNATURE.sub(b"", raw, count=1)).hexdigest()[:16]


def _commit(repository: Repository, parent: str, changes: Mapping[str, bytes], message: str, manner: Manner) -> Commit:
    tree = _tree(repository, parent, changes)
    text = message.rstrip() + "\n\n" + "".join(f"{trailer}\n" for trailer in manner.trailers)

    def made(text: str, *options: str) -> str:
        arguments = ("-c", "i18n.commitEncoding=utf-8", "commit-tree", tree, "-p", parent, "-F", "-", *options)
        return repository.git(*arguments, stdin=text.encode(), variables=manner.variables).decode().strip()

    seal = _digest(repository.git("cat-file", "commit", made(text)))
    text += f"{_SEAL}: {seal}\n"
    return Commit(made(text, *manner.signing), seal, text)


def _tree(repository: Repository, parent: str, changes: Mapping[str, bytes]) -> str:
    """Return the tree of ``parent`` with the contents of ``changes`` in it; file modes stay."""
    listed = repository.git("ls-tree", "-r", "-z", "--full-tree", parent)
    modes = {path: entry.split()[0] for entry, _, path in (one.partition(b"\t") for one in listed.split(b"\0") if one)}
    lines = []
    for path, content in sorted(changes.items()):
        blob = repository.git("hash-object", "-w", "--no-filters", "--stdin", stdin=content).strip()
        name = os.fsencode(path)
        lines.append(modes.get(name, b"100644") + b" " + blob + b"\t" + name + b"\0")
    index = {"GIT_INDEX_FILE": str(repository.git_dir / "aiomend-index")}
    repository.git("read-tree", parent, variables=index)
    repository.git("update-index", "-z", "--index-info", stdin=b"".join(lines), variables=index)
    return repository.git("write-tree", variables=index).decode().strip()


def _blob(repository: Repository, commit: str, path: str) -> bytes:
    if not repository.git("--literal-pathspecs", "ls-tree", "-z", commit, "--", path):
        return b""
    return repository.git("cat-file", "blob", f"{commit}:{path}")
