"""Projects that are asyncio: the standard library's, one of before it was in there, or one for another Python."""

from __future__ import annotations

import re

from aiomend.facts.module_names import is_test_path
from aiomend.facts.project import ProjectFacts

#: `asyncio.py`, or a file of a package `asyncio`, and the folder that it is imported from.
_PLACE = re.compile(r"(?P<home>(?:.+/)?)(?P<package>asyncio|trollius|uasyncio)(?P<file>/[^/]+)?\.py")
_DEFINES = re.compile(rb"^class (?:AbstractEventLoop|BaseEventLoop|Future|Task)\b", re.MULTILINE)


def own_asyncio(project: ProjectFacts) -> frozenset[str]:
    """Return the files of a project below a folder from where `import asyncio` gives a package that makes its futures itself.

    What such code awaits, and what runs it, are its own futures and tasks and not those of the Python that it is written for. A
    part of a package that has the name, such as `redis.asyncio`, and a folder of tests are none.
    """
    homes = {home for path in project.paths if (home := _home(project, path)) is not None}
    starts = tuple("" if home == "src/" else home for home in homes)
    return frozenset(path for path in project.paths if path.startswith(starts)) if starts else frozenset()


def _home(project: ProjectFacts, path: str) -> str | None:
    """Return the folder that a file's asyncio is imported from, with a slash; None for a file of none."""
    place = _PLACE.fullmatch(path)
    if place is None:
        return None
    home, package, file = place["home"], place["package"], place["file"]
    if file and f"{home}{package}/__init__.py" not in project.known:
        return None  # no package
    if f"{home}__init__.py" in project.known or is_test_path(home):
        return None  # imported by a longer name
    try:
        return home if _DEFINES.search(project.data(path)) else None
    except OSError:
        return None
