"""Which file an absolute import means: the names of a project's files, and the folder from which each name counts.

Python looks in the folders of `sys.path`, the script's own before the standard library and installed projects after it. Which
script runs is not known, so any folder above the importing file may be first; another folder can only come later.
"""

from __future__ import annotations

import posixpath
import re
import sys
from collections.abc import Collection
from functools import cache

#: asyncio imports these: where a file of the same name came first, it could not be imported at all.
_NEEDED = frozenset(
    {
        *("collections", "contextvars", "enum", "functools", "heapq", "inspect", "linecache", "logging", "os", "re"),
        *(
            "reprlib",
            "selectors",
            "socket",
            "stat",
            "subprocess",
            "threading",
            "traceback",
            "types",
            "typing",
            "warnings",
        ),
        "weakref",
    }
)
_TEST_FILE = re.compile(r"(?:^|/)(?:tests?|testing)/|(?:^|/)(?:test_[^/]*|[^/]*_tests?|conftest)\.py$")


@cache
def is_test_path(path: str) -> bool:
    """True where a file's place or name says that it holds tests."""
    return _TEST_FILE.search(path) is not None


class ModuleNames:
    """The full names of files: a file goes by its package's name, and by that of all its folders."""

    def __init__(self, paths: Collection[str]) -> None:
        self._packages = {_folder(path) for path in paths if is_package(path)}
        self._found: dict[str, dict[str, str]] = {}  #: name -> the folder that it counts from -> path
        self._asked: dict[tuple[str, str], str | None] = {}
        self.top_levels: set[str] = set()  #: the first parts of all names but those that tests alone can import
        for path in paths:
            self.add(path)

    def add(self, path: str) -> None:
        """Let imports find a file."""
        self._asked.clear()
        for root in {self._root(path), ""}:
            name = _dotted(path, root)
            if not is_test_path(f"{root}/"):
                self.top_levels.add(name.partition(".")[0])
            rivals = self._found.setdefault(name, {})
            rivals[root] = min(path, rivals.get(root, path), key=lambda one: (not is_package(one), len(one)))

    def name(self, path: str) -> str:
        """Return the full name of a file as a module of the outermost package around it."""
        return _dotted(path, self._root(path))

    def _root(self, path: str) -> str:
        folder = _folder(path)
        while folder in self._packages and folder:
            folder = _folder(folder)
        return folder

    def find(self, name: str, near: str) -> str | None:
        """Return the file that ``name`` means where the file ``near`` imports it; None where it means none, or nobody can say.

        The folder above ``near`` that is closest has the word; what asyncio imports cannot be hidden there, as it would not find
        it either. Elsewhere the project can only be installed from: that hides no standard module, never begins in a folder of
        tests, and of several such folders the one in the same part of the tree counts.
        """
        key = name, _folder(near)
        if key not in self._asked:
            self._asked[key] = self._find(*key)
        return self._asked[key]

    def _find(self, name: str, here: str) -> str | None:
        if name.partition(".")[0] in _NEEDED:
            return None
        rivals = self._found.get(name, {})
        if above := [root for root in rivals if not root or f"{here}/".startswith(f"{root}/")]:
            return rivals[max(above, key=len)]
        if name.partition(".")[0] in sys.stdlib_module_names:
            return None
        shared = {root: posixpath.commonpath([root, here]) for root in rivals if not is_test_path(f"{root}/")}
        closest = [root for root, folder in shared.items() if folder == max(shared.values(), key=len)]
        return rivals[closest[0]] if len(closest) == 1 else None


def is_package(path: str) -> bool:
    """True for the file that makes a package of its folder."""
    return posixpath.basename(path) in ("__init__.py", "__init__.pyi")


def _folder(path: str) -> str:
    """Return the folder of a path; all paths of a project are as short as they can be, so this is `posixpath.dirname`, faster."""
    return path.rpartition("/")[0]


def _dotted(path: str, root: str) -> str:
    """Return the full name of a file that is found from ``root``."""
    name = posixpath.splitext(path[len(root) :].lstrip("/"))[0].replace("/", ".")
    return name.removesuffix(".__init__")
