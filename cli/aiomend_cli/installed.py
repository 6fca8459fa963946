"""The packages of a Python environment, found by how such folders are laid out: nothing of it is run."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aiomend_cli.errors import UserError

_VERSION = re.compile(r"python(3\.\d+)", re.IGNORECASE)
_WANTED = "it must be a Python interpreter, or the folder of a virtual environment"


@dataclass(frozen=True, slots=True)
class Installed:
    """The library's ``Library``: the typed modules of some folders, the first that has one first (PEP 561)."""

    folders: tuple[Path, ...]

    def find(self, module: str) -> str | None:
        """Return the file that says most of ``module``, None where it is not there or its package is not typed."""
        top, *inner = module.split(".")
        for folder in self.folders:
            stubs = folder / f"{top}-stubs"
            if stubs.is_dir():
                if found := _module(stubs, inner, (".pyi",)):
                    return found.as_posix()
                if not _is_partial(stubs):
                    return None  # they stand for the whole package
        for folder in self.folders:
            package = folder / top
            if not package.is_dir() and not (folder / f"{top}.pyi").is_file():
                continue  # not here, or one file without stubs, which says nothing of its types
            suffixes = (".pyi", ".py") if _is_typed(package, inner) else (".pyi",)
            found = _module(package, inner, suffixes)
            return found.as_posix() if found else None
        return None

    def read(self, path: str) -> bytes:
        """Return the bytes of a file that was found; raises OSError."""
        return Path(path).read_bytes()


def _module(package: Path, inner: list[str], suffixes: tuple[str, ...]) -> Path | None:
    whole = package.joinpath(*inner)
    for suffix in suffixes:
        for candidate in (whole / f"__init__{suffix}", whole.with_name(whole.name + suffix)):
            if candidate.is_file():
                return candidate
    return None


def _is_typed(package: Path, inner: list[str]) -> bool:
    """True where the package, or the part of a namespace package that a module is in, says that it is typed."""
    return any((package.joinpath(*inner[:depth]) / "py.typed").is_file() for depth in range(len(inner) + 1))


def _is_partial(stubs: Path) -> bool:
    try:
        return "partial" in (stubs / "py.typed").read_text("utf-8", "replace").split()
    except OSError:
        return False


# ---- where they are ---


def installed(python: Path, origin: str) -> Installed:
    """Return the packages of the environment at ``python``: an interpreter, or the folder of an environment.

    Raises UserError that begins with ``origin`` where it is neither, or has no place for packages.
    """
    if not python.exists():
        raise UserError(f"{origin}: there is no {python}; {_WANTED}")
    places = [python] if python.is_dir() else list(dict.fromkeys([_absolute(python), python.resolve()]))
    for place in places:  # a link in a folder of links, such as /usr/local/bin, has no packages beside it
        prefix = place if place.is_dir() else _prefix(place)
        if prefix is not None and (folders := _site_packages(prefix, place.name, origin)):
            break
    else:
        raise UserError(f"{origin}: {python} has no site-packages folder beside it; {_WANTED}")
    if (base := _base(prefix)) is not None:
        said = _configured(prefix)
        folders += _site_packages(base, f"python{said.get('version_info') or said.get('version', '')}", origin)
    return Installed(tuple(dict.fromkeys(one for folder in folders for one in (folder, *_added(folder)))))


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - links stay: what they stand beside is the environment


def _prefix(interpreter: Path) -> Path | None:
    """The folder of the environment that an interpreter belongs to."""
    folder = interpreter.parent
    if folder.name.lower() in ("bin", "scripts"):
        return folder.parent
    return folder if interpreter.suffix.lower() == ".exe" else None


def _site_packages(prefix: Path, named: str, origin: str) -> list[Path]:
    """Return where an environment keeps packages; of several versions only those of the one that ``named`` is."""
    versions = [folder for kind in ("site", "dist") for folder in sorted(prefix.glob(f"lib/python3.*/{kind}-packages"))]
    if (wanted := _VERSION.match(named)) is not None:
        versions = [folder for folder in versions if folder.parent.name == f"python{wanted[1]}"] or versions
    if len(found := {folder.parent.name for folder in versions}) > 1:
        example = f"{prefix / 'bin' / max(found)}"
        raise UserError(
            f"{origin}: {prefix} holds the packages of {', '.join(sorted(found))}; name one, such as {example}"
        )
    others = (prefix / "lib" / "python3" / "dist-packages", prefix / "Lib" / "site-packages")
    return [*versions, *(folder for folder in others if folder.is_dir())]


def _configured(prefix: Path) -> dict[str, str]:
    """What ``pyvenv.cfg`` says; nothing where there is none."""
    try:
        lines = (prefix / "pyvenv.cfg").read_text("utf-8", "replace").splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines)
    return {key.strip().lower(): value.strip() for key, _, value in pairs}


def _base(prefix: Path) -> Path | None:
    """The installation whose packages a virtual environment sees too."""
    said = _configured(prefix)
    if said.get("include-system-site-packages", "").lower() != "true" or not said.get("home"):
        return None
    home = Path(said["home"])
    return home.parent if home.name.lower() == "bin" else home


def _added(folder: Path) -> Iterator[Path]:
    """Yield the folders that ``.pth`` files add: editable installations. Lines of code in them are not run."""
    for file in sorted(folder.glob("*.pth")):
        try:
            lines = file.read_text("utf-8", "replace").splitlines()
        except OSError:
            continue  # whatever it adds stays unknown
        for line in lines:
            if line.strip() and not line.startswith(("#", "import ", "import\t")):
                added = folder / line.strip()
                if added.is_dir():
                    yield added
