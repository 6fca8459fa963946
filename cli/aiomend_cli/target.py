"""Which Python versions a project supports, read from what it says and never executed."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from aiomend.settings import NEWEST, OLDEST, TargetRange, Version
from aiomend_cli.projectfiles import core_metadata, ini, table, toml, upwards

_PREFIX = "Programming Language :: Python :: "
_PATCHES = range(40)

_Requirements = Callable[[Path], Iterable[tuple[str, str]]]
_Classifiers = Callable[[Path], Iterable[tuple[str, Iterable[object]]]]


def target_of(folder: Path, root: Path) -> TargetRange:
    """Return the range that governs ``folder``: from the nearest statement up to ``root``, else 3.8 to the
    newest.

    What a build left behind counts after all that a person wrote. Its classifiers say what the package ran on when it was
    built, and nothing of newer versions.
    """
    unread: list[str] = []
    sources: tuple[tuple[_Requirements, _Classifiers, bool], ...] = (
        (_requirements, _classifiers, False),
        (_built_requirements, _built_classifiers, True),
    )
    for requirements, classifiers, is_built in sources:
        for place in upwards(folder, root):
            prefix = f"{place.relative_to(root).as_posix()}/" if place != root and place.is_relative_to(root) else ""
            for name, text in requirements(place):
                if (allowed := allowed_versions(text)) is not None:
                    return _clamped(allowed, f"{prefix}{name} {text}")
                unread.append(f"{prefix}{name} {text!r}")
            for name, lines in classifiers(place):
                if listed := _listed(lines):
                    since = tuple((3, minor) for minor in range(min(listed)[1], NEWEST[1] + 1))
                    return _clamped(since if is_built else listed, f"{prefix}{name}{', and newer' * is_built}")
    if unread:
        return TargetRange(origin=f"default, {unread[0]} is no version specifier")
    return TargetRange(origin="default, the project names none")


def _requirements(place: Path) -> Iterable[tuple[str, str]]:
    project = toml(place / "pyproject.toml")
    if isinstance(text := table(project, "project").get("requires-python"), str):
        yield "pyproject.toml requires-python", text
    python = table(project, "tool", "poetry", "dependencies").get("python")
    if isinstance(python, dict):
        python = python.get("version")
    if isinstance(python, str):
        yield "pyproject.toml poetry python", python
    if required := ini(place / "setup.cfg").get("options", {}).get("python_requires"):
        yield "setup.cfg python_requires", required.strip()
    given = _setup_arguments(place / "setup.py").get("python_requires")
    if isinstance(given, str):
        yield "setup.py python_requires", given


def _classifiers(place: Path) -> Iterable[tuple[str, Iterable[object]]]:
    project = toml(place / "pyproject.toml")
    for keys in (("project",), ("tool", "poetry")):
        listed = table(project, *keys).get("classifiers")
        if isinstance(listed, list):
            yield "pyproject.toml classifiers", listed
    metadata = ini(place / "setup.cfg").get("metadata", {})
    yield (
        "setup.cfg classifiers",
        (metadata.get("classifiers") or metadata.get("classifier") or "").splitlines(),
    )
    listed = _setup_arguments(place / "setup.py").get("classifiers")
    if isinstance(listed, (list, tuple)):
        yield "setup.py classifiers", listed


def _built_requirements(place: Path) -> Iterable[tuple[str, str]]:
    for name, metadata in core_metadata(place):
        if text := metadata.get("Requires-Python"):
            yield f"{name} Requires-Python", text


def _built_classifiers(place: Path) -> Iterable[tuple[str, Iterable[object]]]:
    for name, metadata in core_metadata(place):
        yield f"{name} classifiers", metadata.get_all("Classifier", [])


@functools.lru_cache(maxsize=1024)
def _setup_arguments(path: Path) -> dict[str, object]:
    """Return the literal arguments of ``setup()`` in a ``setup.py``, names of module-level literals
    followed."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return {}
    constants: dict[str, ast.expr] = {}
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                constants[name] = value
    arguments: dict[str, object] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="setup") | ast.Attribute(attr="setup"), keywords=keywords):
                given = [(keyword.arg, keyword.value) for keyword in keywords]
            case _:
                continue  # not the call that describes the package
        for argument, value in given:
            if argument is not None:
                arguments[argument] = _literal(value, constants)
            elif isinstance(mapping := _literal(value, constants), dict):
                arguments.update(mapping)
    return arguments


def _literal(value: ast.expr, constants: dict[str, ast.expr]) -> object:
    """Return what an expression of literals, of names for them and of texts put together is; None for all else."""
    try:
        return _folded(value, constants, depth=5)
    except (ValueError, TypeError, SyntaxError, LookupError, AttributeError, MemoryError, RecursionError):
        return None


def _folded(value: ast.expr, constants: dict[str, ast.expr], depth: int) -> object:
    def fold(inner: ast.expr) -> object:
        return _folded(inner, constants, depth - 1)

    match value:
        case ast.Name(id=name) if name in constants and depth:
            return fold(constants[name])
        case ast.JoinedStr(values=parts) if depth:
            return "".join(str(fold(part)) for part in parts)
        case ast.FormattedValue(value=inner, conversion=-1, format_spec=None):
            return fold(inner)
        case ast.BinOp(left=left, op=ast.Add(), right=right) if depth and isinstance(text := fold(left), str):
            return text + str(fold(right))
        case ast.BinOp(left=left, op=ast.Mod(), right=right) if depth and isinstance(text := fold(left), str):
            return text % fold(right)
        case ast.Call(func=ast.Attribute(value=left, attr="format"), args=args, keywords=[]) if depth:
            return str(fold(left)).format(*map(fold, args))
        case ast.Call(func=ast.Attribute(value=left, attr="join"), args=[ast.Tuple() | ast.List() as parts]) if depth:
            return str(fold(left)).join(str(fold(part)) for part in parts.elts)
        case _:
            return ast.literal_eval(value)


@functools.lru_cache(maxsize=1024)
def allowed_versions(text: str) -> tuple[Version, ...] | None:
    """Return the 3.x minor versions up to the newest of which ``text`` allows any patch release.

    ``text`` is a PEP 440 specifier or poetry's (``^3.8``, ``~3.8``, alternatives by ``||``). None where it
    is neither.
    """
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    found: set[Version] = set()
    try:
        for alternative in text.split("||"):
            specifier = SpecifierSet(",".join(_pep440(part) for part in re.split(r"\s*,\s*", alternative.strip())))
            for minor in range(NEWEST[1] + 1):
                if any(specifier.contains(f"3.{minor}.{patch}", prereleases=True) for patch in _PATCHES):
                    found.add((3, minor))
    except InvalidSpecifier:
        return None
    return tuple(sorted(found))


def _pep440(part: str) -> str:
    part = part.strip()
    if match := re.fullmatch(r"\^\s*(\d+)((?:\.\d+)*)", part):
        return f">={match[1]}{match[2]},<{int(match[1]) + 1}"
    if match := re.fullmatch(r"~\s*(\d+)\.(\d+)((?:\.\d+)*)", part):
        return f">={match[1]}.{match[2]}{match[3]},<{match[1]}.{int(match[2]) + 1}"
    if match := re.fullmatch(r"(\d+(?:\.\d+)*(?:\.\*)?)", part):
        return f"=={part}"
    return re.sub(r"\s+(?=[<>=!~])", ",", part) if part != "*" else ""


def _listed(classifiers: Iterable[object]) -> tuple[Version, ...]:
    texts = (text.strip() for text in classifiers if isinstance(text, str))
    found = (re.fullmatch(r"3\.(\d+)", text.removeprefix(_PREFIX)) for text in texts if text.startswith(_PREFIX))
    return tuple(sorted((3, int(match[1])) for match in found if match))


def _clamped(versions: tuple[Version, ...], origin: str) -> TargetRange:
    """Return the range from the oldest to the newest of ``versions``, held inside what aiomend can write
    for."""
    if not versions:
        return TargetRange(NEWEST, NEWEST, f"{origin}, which allows no version up to {_text(NEWEST)}")
    low, high = (min(max(version, OLDEST), NEWEST) for version in (versions[0], versions[-1]))
    if low != versions[0]:
        origin += f"; code for {_text(OLDEST)} is the oldest that aiomend writes"
    return TargetRange(low, high, origin)


def _text(version: Version) -> str:
    return ".".join(map(str, version))
