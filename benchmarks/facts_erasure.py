"""Await erasure: correct code without the `await` (or `yield from`) of its call statements, and where they stood."""

from __future__ import annotations

import ast
import hashlib
import re
import warnings
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from aiomend.facts.scopes import FUNCTIONS
from aiomend.source import Source, Unreadable, decode, parse, read

HERE = Path(__file__).resolve().parent
CACHE = HERE.parent / ".facts"

#: Folders of a release that are no part of what it installs, or that lean on fixtures that nobody can type.
_ASIDE = frozenset(
    {
        "benchmarks",
        "doc",
        "docs",
        "example",
        "examples",
        "samples",
        "script",
        "scripts",
        "templates",
        "test",
        "testing",
        "tests",
    }
)
_KEYWORD = re.compile(r"(?:await|yield(?:[ \t\f]|\\\r?\n|\r?\n)+from)\b[ \t\f]*")


@dataclass(frozen=True, slots=True)
class Package:
    """One pinned release of `facts.txt`."""

    group: str
    requirement: str
    held_out: str  #: "no", "yes", or "half": every second folder of the third level

    @property
    def name(self) -> str:
        return self.requirement.replace("==", "-")

    def holds_out(self, path: str) -> bool:
        """Return whether a file is only looked at after the last change of the inference."""
        if self.held_out != "half":
            return self.held_out == "yes"
        return bool(zlib.crc32("/".join(path.split("/")[:3]).encode()) % 2)


@dataclass(frozen=True, slots=True)
class Site:
    """A call statement that lost its keyword; a report on any of its lines is a report of it."""

    path: str
    line: int
    end: int


@dataclass(slots=True)
class Erased:
    """A package as the tools see it."""

    files: dict[str, bytes] = field(default_factory=dict)
    sites: list[Site] = field(default_factory=list)
    statements: int = 0  #: call statements that were none of the sites
    dropped: list[str] = field(default_factory=list)  #: files that this Python does not compile

    @property
    def lines(self) -> int:
        return sum(data.count(b"\n") for data in self.files.values())

    @property
    def digest(self) -> str:
        """Return what identifies the tree's content."""
        hashed = hashlib.sha256()
        for path, data in sorted(self.files.items()):
            hashed.update(path.encode() + b"\0" + data + b"\0")
        return hashed.hexdigest()[:16]


def packages() -> list[Package]:
    """Return the packages of `facts.txt`: one a line, group, requirement and, for some, `held-out` or `half`."""
    found = []
    for raw in (HERE / "facts.txt").read_text().splitlines():
        words = raw.partition("#")[0].split()
        if words:
            group, requirement, *rest = words
            found.append(Package(group, requirement, {"held-out": "yes", "half": "half"}.get("".join(rest), "no")))
    return found


def importable(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files of a release's packages, each by its path from the folder that `sys.path` would hold."""
    folders = {path.rpartition("/")[0] for path in files if path.endswith("/__init__.py")}
    tops = {folder for folder in folders if folder.rpartition("/")[0] not in folders}
    tops = {folder for folder in tops if not any(folder.startswith(f"{other}/") for other in tops)}
    kept: dict[str, bytes] = {}
    for path, data in files.items():
        top = next((top for top in tops if path.startswith(f"{top}/")), None)
        if top is None:
            continue  # setup.py and the like
        inner = path[len(top.rpartition("/")[0]) :].lstrip("/")
        *parents, name = path.split("/")
        modules = [*inner.split("/")[:-1], name.partition(".")[0]]
        if _ASIDE.isdisjoint(parents) and all(part.isidentifier() for part in modules):
            kept.setdefault(inner, data)
    return kept


def erase(files: dict[str, bytes]) -> Erased:
    """Return the tree without its keywords. Old names `async` become others of five letters, so that all can parse it."""
    erased = Erased()
    for path, data in importable(files).items():
        try:
            source = read(path, data)
        except Unreadable:
            if _compiles(path, data):
                erased.files[path] = data  # generated: others may need its names
            else:
                erased.dropped.append(path)
            continue
        text, sites = _without_keywords(source)
        if not _compiles(path, source.encode(text)):
            erased.dropped.append(path)  # one such file stops mypy
            continue
        erased.files[path] = source.encode(text)
        erased.sites += dict.fromkeys(sites)  # two on one line are one
        statements = [n for n in ast.walk(parse(text)) if isinstance(n, ast.Expr) and isinstance(n.value, ast.Call)]
        erased.statements += len(statements) - len(sites)
    return erased


def _compiles(path: str, data: bytes) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(decode(path, data).text, path, "exec", dont_inherit=True)
    except (Unreadable, SyntaxError, ValueError):
        return False
    return True


def _without_keywords(source: Source) -> tuple[str, list[Site]]:
    text = source.code
    sites = []
    cuts = []
    for statement in _awaited_statements(source.tree, False):
        start = source.offset(statement.value.lineno, statement.value.col_offset)
        keyword = _KEYWORD.match(text, start)
        assert keyword is not None, f"{source.path}:{statement.lineno}"
        cuts.append(keyword.span())
        sites.append(Site(source.path, statement.lineno, statement.end_lineno or statement.lineno))
    for start, end in sorted(cuts, reverse=True):
        line_ends = "\\\n" * text.count("\n", start, end)
        text = text[:start] + line_ends + text[end:]
    return text, sites


def _awaited_statements(node: ast.AST, in_coroutine: bool) -> list[ast.Expr]:
    """`yield from` awaits only in a function under a `coroutine` decorator."""
    found: list[ast.Expr] = []
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.Expr(value=ast.Await(value=ast.Call())):
                found.append(child)
            case ast.Expr(value=ast.YieldFrom(value=ast.Call())) if in_coroutine:
                found.append(child)
            case _:
                pass  # no statement of this kind
        inner = in_coroutine
        if isinstance(child, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
            inner = any(_last(decorator) == "coroutine" for decorator in getattr(child, "decorator_list", ()))
        found += _awaited_statements(child, inner)
    return found


def _last(decorator: ast.expr) -> str:
    match decorator:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""
