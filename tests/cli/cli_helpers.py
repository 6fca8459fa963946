"""Git, for tests."""

from __future__ import annotations

import subprocess
from pathlib import Path


def git(*arguments: str, cwd: Path | None = None) -> str:
    """Run git and return what it prints."""
    done = subprocess.run(["git", *arguments], cwd=cwd, capture_output=True, check=True, timeout=60)
    return done.stdout.decode("utf-8", "surrogateescape")


def commit_all(message: str = "start") -> None:
    """Commit everything in the working directory."""
    git("add", "-A")
    git("commit", "-q", "-m", message)
