"""Git as a subprocess: plain commands and literal paths, no hooks and no file-system monitor."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aiomend_cli.errors import UserError


class GitError(UserError):
    """Git said no; the text is what it said."""


#: Set by git for its hooks: a command started by one would work on that repository, whichever it is meant for.
OF_A_HOOK = frozenset(
    {
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_PREFIX",
        "GIT_COMMON_DIR",
        "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_NAMESPACE",
    }
)

#: Nothing is fetched, whatever the repository's configuration says of objects that are elsewhere and of how to get them.
_NO_NETWORK = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none", "GIT_TERMINAL_PROMPT": "0"}
_NO_PROGRAMS = ("core.fsmonitor=false", f"core.hooksPath={os.devnull}", "gc.auto=0", "maintenance.auto=false")


#: Some versions of git trace what they send wherever it is set, to 0 as well.
_TRACE = "GIT_CURL_VERBOSE"


def _environment() -> dict[str, str]:
    dropped = OF_A_HOOK | {_TRACE}  # which repository is ours is found from the paths
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return kept | {"GIT_OPTIONAL_LOCKS": "0", "GIT_LITERAL_PATHSPECS": "0", "LC_ALL": "C"} | _NO_NETWORK


def git(
    folder: Path,
    *arguments: str,
    stdin: bytes = b"",
    accept: tuple[int, ...] = (0,),
    variables: Mapping[str, str] | None = None,
) -> bytes:
    """Return what ``git arguments`` prints in ``folder``; ``variables`` are added to its environment.

    Raises GitError where git is missing or its exit code is not accepted.
    """
    import subprocess

    settings = [word for setting in _NO_PROGRAMS for word in ("-c", setting)]
    command = ["git", "--no-pager", *settings, *arguments]
    try:
        environment = _environment() | dict(variables or {})
        done = subprocess.run(command, cwd=folder, input=stdin, capture_output=True, env=environment, check=False)
    except OSError as error:
        raise GitError(f"git could not be run: {error.strerror or error}") from error
    if done.returncode not in accept:
        said = done.stderr.decode("utf-8", "replace").strip() or f"exit code {done.returncode}"
        words = zip(("", *arguments), arguments, strict=False)
        command_name = next(word for before, word in words if not word.startswith("-") and before != "-c")
        raise GitError(f"git {command_name} failed in {folder}: {said}")
    return done.stdout


def names(output: bytes) -> list[str]:
    """Return the NUL-terminated names in ``output``, as file-system strings."""
    return [os.fsdecode(name) for name in output.split(b"\0") if name]


@dataclass(frozen=True, slots=True)
class Repository:
    """A work tree and where git keeps its own files for it."""

    root: Path
    git_dir: Path

    def git(
        self,
        *arguments: str,
        stdin: bytes = b"",
        accept: tuple[int, ...] = (0,),
        variables: Mapping[str, str] | None = None,
    ) -> bytes:
        return git(self.root, *arguments, stdin=stdin, accept=accept, variables=variables)

    def without_filters(self) -> tuple[str, ...]:
        """Return the options with which git runs none of the programs that clean files on their way into the index."""
        asked = ("config", "--name-only", "-z", "--get-regexp", r"^filter\..*\.(clean|smudge|process|required)$")
        options: list[str] = []
        for key in dict.fromkeys(names(self.git(*asked, accept=(0, 1)))):
            options += ["-c", f"{key}={'false' if key.endswith('.required') else ''}"]
        return tuple(options)


def repository(folder: Path) -> Repository | None:
    """Return the repository whose work tree holds ``folder``; None where there is none.

    Raises GitError where a ``.git`` stands above ``folder`` and git cannot work with it, or has its files elsewhere.
    """
    if not any((parent / ".git").exists() for parent in (folder, *folder.parents)):
        return None
    said = git(folder, "rev-parse", "--is-inside-work-tree", "--show-toplevel", "--absolute-git-dir")
    inside, top, git_dir = os.fsdecode(said).removesuffix("\n").split("\n")
    if folder.is_relative_to(git_dir):
        return None  # among git's own files
    if inside != "true" or not folder.is_relative_to(top):
        raise GitError(f"git's configuration has the files of the repository around {folder} elsewhere: core.worktree")
    return Repository(Path(top), Path(git_dir))
