"""Who owns a file by ``CODEOWNERS``, for ``--split-by owner``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from aiomend_cli.errors import UserError

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")  #: the first one counts, as on GitHub
NOBODY = "nobody"


def owners(root: Path) -> Callable[[str], str]:
    """Return what names the owners of a path, such as ``@org/team @someone``; ``nobody`` where there is none.

    Raises UserError where the project has no such file, or it cannot be read.
    """
    try:
        from codeowners import CodeOwners
    except ImportError as error:
        raise UserError("--split-by owner needs `codeowners`: install aiomend[pr]") from error

    file = next((root / place for place in PLACES if (root / place).is_file()), None)
    if file is None:
        raise UserError(f"--split-by owner: there is no CODEOWNERS file; it would be one of {', '.join(PLACES)}")
    try:
        rules = CodeOwners(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"--split-by owner: {file.relative_to(root)} cannot be read: {error}") from error
    return lambda path: " ".join(sorted(name for _, name in rules.of(path))) or NOBODY
