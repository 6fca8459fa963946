"""Where a run keeps what the next one has to know if it is killed."""

from __future__ import annotations

from pathlib import Path

from aiomend_cli.git import Repository

NAME = ".aiomend-unfinished"
TRIAL = ".aiomend-trial"


def place(root: Path, repository: Repository | None) -> Path:
    """Return where the files are noted that are being written together: beside git's own files, else in the project's root."""
    return repository.git_dir / "aiomend" / "unfinished" if repository else root / NAME


def trial(root: Path, repository: Repository | None) -> Path:
    """Return where the files are noted in which fixes are being tried, likewise."""
    return repository.git_dir / "aiomend" / "trial" if repository else root / TRIAL
