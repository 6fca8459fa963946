"""A copy of a project's tree, in which its program may run as often as wanted."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from aiomend_cli.errors import UserError

#: What a program makes again, and git's own data: a test that commits must not reach the user's repository.
LEFT_OUT = frozenset(
    {".git", ".hg", "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".tox", ".nox", "node_modules"}
)


def copy(root: Path, to: Path, changed: Mapping[str, bytes]) -> None:
    """Make ``to`` a copy of ``root`` in which the files ``changed`` have other contents; what was there is gone.

    Virtual environments are linked. Raises UserError where something cannot be read or written.
    """
    try:
        _copy(root, to, changed)
    except shutil.Error as error:  # one row for each file that failed: what, where to, and why
        file, _, why = error.args[0][0]
        raise UserError(f"{file}: cannot be copied for a run of the program: {why}") from error
    except OSError as error:
        raise UserError(f"{to}: cannot be written for a run of the program: {error.strerror}") from error


def _copy(root: Path, to: Path, changed: Mapping[str, bytes]) -> None:
    if to.exists():
        shutil.rmtree(to)
    linked: list[Path] = []

    def left_out(folder: str, names: list[str]) -> set[str]:
        found = set()
        for name in names:
            path = Path(folder, name)
            if name in LEFT_OUT or path == to or not (path.is_symlink() or path.is_dir() or path.is_file()):
                found.add(name)
            elif not path.is_symlink() and (path / "pyvenv.cfg").is_file():
                found.add(name)
                linked.append(path)
        return found

    shutil.copytree(root, to, symlinks=True, ignore=left_out)
    for environment in linked:
        (to / environment.relative_to(root)).symlink_to(environment, target_is_directory=True)
    for path, content in changed.items():
        target = to / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def import_roots(tree: Path, changed: Iterable[str]) -> list[Path]:
    """Return the folders of ``tree`` that imports have to find first, so that no installed link leads to the original.

    The top is one only where a package or a module in it changes, and nothing in it hides a module of Python's.
    """
    roots = [tree / "src"] if (tree / "src").is_dir() else []
    tops = {Path(path).parts[0] for path in changed}
    packages = any((tree / top / "__init__.py").is_file() for top in tops)
    hides = any(entry.stem in sys.stdlib_module_names for entry in tree.iterdir() if entry.suffix in ("", ".py"))
    return [*roots, tree] if packages and not hides else roots
