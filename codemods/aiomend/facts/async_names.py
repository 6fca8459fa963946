"""Where a file uses `async` or `await` as an ordinary name, which no Python after 3.6 can read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from aiomend.facts.scopes import FUNCTIONS
from aiomend.facts.view import Module

_OWNERS = ("asyncio", "asyncio.tasks")


@dataclass(frozen=True, slots=True, eq=False)
class AsyncName:
    """One use. ``node`` is what stands in the file, ``place`` the expression or statement around it."""

    node: ast.AST
    place: ast.expr | ast.stmt
    word: str  #: `async` or `await`
    kind: str  #: what it names, for people
    line: int


def async_names(module: Module) -> Iterator[AsyncName]:
    """Yield the uses of `async` and `await` as names, in the order of the file."""
    words = dict(module.source.placeholders)
    if not words:
        return
    found: list[AsyncName] = []
    for node in ast.walk(module.tree):
        for text, kind in _named(node):
            for part in text.split("."):
                if part in words:
                    place = _place(module, node)
                    line = getattr(node, "lineno", place.lineno)
                    found.append(AsyncName(node, place, words[part], kind, line))
    yield from sorted(found, key=lambda one: (one.line, getattr(one.node, "col_offset", 0)))


def _named(node: ast.AST) -> Iterator[tuple[str, str]]:
    match node:
        case ast.Attribute(attr=name):
            yield name, "an attribute"
        case ast.Name(id=name):
            yield name, "a variable"
        case ast.arg(arg=name):
            yield name, "a parameter"
        case ast.keyword(arg=str(name)):
            yield name, "a keyword argument"
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield name, "a function"
        case ast.ClassDef(name=name):
            yield name, "a class"
        case ast.alias(name=name, asname=asname):
            yield name, "an imported name"
            yield asname or "", "a variable"
        case ast.ImportFrom(module=str(name)):
            yield name, "a module"
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            yield from ((name, "a variable") for name in names)
        case ast.ExceptHandler(name=str(name)):
            yield name, "a variable"
        case _:
            pass  # bears no name


def _place(module: Module, node: ast.AST) -> ast.expr | ast.stmt:
    """Return the expression or statement that a finding can be at."""
    while not isinstance(node, (ast.expr, ast.stmt)):
        node = module.facts.parents[node]
        if isinstance(node, FUNCTIONS):
            break
    return node


def is_asyncio(module: Module, node: ast.expr) -> bool:
    """True for an expression that is the module asyncio, or the one in it that had `async` too."""
    roots = module.facts.imported_roots
    return module.name_of(node) in _OWNERS and ("trollius" not in roots or "asyncio" in roots)


def imports_async(module: Module, statement: ast.ImportFrom) -> bool:
    """True for `from asyncio import async`."""
    word = {word: stand_in for stand_in, word in module.source.placeholders}.get("async")
    is_ours = not statement.level and statement.module in _OWNERS
    return is_ours and any(alias.name == word for alias in statement.names)
