"""A repository of its own in a temporary folder, where branches are made while the user's tree and index stay alone."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from aiomend_cli.errors import UserError
from aiomend_cli.git import Repository, git

#: Files come out and go in byte for byte, and no program of the repository cleans them on the way.
_ATTRIBUTES = "* -text -filter -ident !eol !working-tree-encoding\n"


@contextlib.contextmanager
def scratch(origin: Repository) -> Iterator[Repository]:
    """Yield an empty repository that sees all objects of ``origin``, and puts new ones into its own folder.

    Raises UserError where it cannot be made.
    """
    with contextlib.ExitStack() as stack:
        try:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="aiomend-pr-"))
            work = _made(origin, Path(folder).resolve() / "checkout")
        except OSError as error:
            place = error.filename or tempfile.gettempdir()
            raise UserError(f"{place}: no repository can be made there: {error.strerror or error}") from error
        yield work


def _made(origin: Repository, root: Path) -> Repository:
    root.mkdir()
    kind = origin.git("rev-parse", "--show-object-format").decode().strip()
    git(root, "init", "--quiet", "--template=", f"--object-format={kind}")
    own = root / ".git"
    (own / "info").mkdir(exist_ok=True)
    (own / "info" / "attributes").write_text(_ATTRIBUTES)
    (own / "objects" / "info").mkdir(exist_ok=True)
    (own / "objects" / "info" / "alternates").write_bytes(_quoted(_place(origin, "objects")) + b"\n")
    if (shallow := _place(origin, "shallow")).is_file():
        (own / "shallow").write_bytes(shallow.read_bytes())
    return Repository(root, own)


def check_out(repository: Repository, commit: str) -> None:
    """Fill the work tree and the index of a scratch repository with the files of ``commit``, and no others."""
    repository.git("-c", "submodule.recurse=false", "read-tree", "--reset", "-u", commit)
    repository.git("clean", "-ffdxq")


def _place(origin: Repository, name: str) -> Path:
    said = origin.git("rev-parse", "--git-path", name).removesuffix(b"\n")
    return (origin.root / os.fsdecode(said)).resolve()


def _quoted(path: Path) -> bytes:
    """Return ``path`` as a line of ``alternates``: quoted as in C where it would end the line or look quoted."""
    raw = os.fsencode(path)
    if b"\n" not in raw and not raw.startswith((b'"', b"#")):
        return raw
    return b'"' + b"".join(b"\\%03o" % byte if byte in b'\n"\\' else bytes([byte]) for byte in raw) + b'"'
