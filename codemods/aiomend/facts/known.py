"""What well-known asyncio packages give, as far as all sampled versions of them agree: a ``Library`` of bundled data.

`benchmarks/known.py` writes the data: one file a package in `catalog/known`, one section a module, each a stub that
tells nothing but what is awaited. A name that is not in it is *unknown*, not missing.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass

from aiomend.facts.catalog import FOLDER

SUFFIX = ".api"
_PLACE = "aiomend/known/"  #: where the paths of its modules begin
_SECTION = "## "
#: Every section begins with this: a class that is open has more attributes than are told.
_HEAD = "import typing as _t\nclass _Open:\n    def __getattr__(): ...\n"


#: A line `await a b c` stands for as many coroutine functions of whose results nothing is told.
_AWAITED = re.compile(r"^( *)await (.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Package:
    """One file of the data: the versions that it was made from, and the text of each module."""

    versions: str
    modules: Mapping[str, str]


@functools.cache
def package(root: str) -> Package | None:
    """Return what is told of a top-level package, read once; None where nothing is."""
    file = FOLDER / "known" / f"{root}{SUFFIX}"
    if not root.isidentifier() or not file.is_file():
        return None
    text = _AWAITED.sub(_spelled_out, file.read_text("utf-8"))
    first, *sections = f"\n{text}".split(f"\n{_SECTION}")
    modules: dict[str, str] = {}
    for section in sections:
        name, _, text = section.partition("\n")
        modules[name] = f"{text}\n"
        while name := name.rpartition(".")[0]:
            modules.setdefault(name, "")  # a package of which only an inner module is told
    return Package(first.strip().removeprefix("# "), modules)


def _spelled_out(line: re.Match[str]) -> str:
    return "\n".join(f"{line[1]}async def {name}(): ..." for name in line[2].split())


class Known:
    """The bundled ``Library``: modules of well-known packages by name."""

    def find(self, module: str) -> str | None:
        """Return the path of a module that is told of; None for all others. Nothing is a file: each may have inner ones."""
        root = module.partition(".")[0]
        told = package(root)
        return (
            f"{_PLACE}{module.replace('.', '/')}/__init__.pyi" if told is not None and module in told.modules else None
        )

    def read(self, path: str) -> bytes:
        """Return the stub of a module."""
        name = path.removeprefix(_PLACE).removesuffix("/__init__.pyi").replace("/", ".")
        root = name.partition(".")[0]
        told = package(root)
        if told is None or name not in told.modules:
            raise FileNotFoundError(path)
        return f"import {root}\n{_HEAD}{told.modules[name]}".encode()

    def has(self, path: str) -> bool:
        """True for a path that `find` gave."""
        return path.startswith(_PLACE)
