"""`from asyncio import coroutine` that nothing uses: since Python 3.11 the import itself fails."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from aiomend.facts.scopes import last_name
from aiomend.facts.view import Module
from aiomend.rewriting import removal, syntax
from aiomend.rewriting.edits import Wrap
from aiomend.source import last_line

_HOMES = ("asyncio", "asyncio.coroutines")
_LACKS = ("ImportError", "AttributeError", "Exception")


@dataclass(frozen=True, slots=True)
class IdleImport:
    """An import that nothing uses; ``edit`` takes the name out, and ``reason`` says why nobody but a person can."""

    statement: ast.ImportFrom
    edit: Wrap | None
    reason: str | None


def idle_imports(module: Module) -> Iterator[IdleImport]:
    """Yield the imports of the decorator in a file that nothing in the file uses."""
    for statement in module.facts.nodes(ast.ImportFrom) if "coroutine" in module.source.code else ():
        if statement.level or statement.module not in _HOMES:
            continue  # of something else
        for alias in statement.names:
            name = alias.asname or alias.name
            if alias.name == "coroutine" and not module.facts.names.get(name):
                found = _idle(module, statement, alias, name)
                if found is not None:
                    yield found


def _idle(module: Module, statement: ast.ImportFrom, alias: ast.alias, name: str) -> IdleImport | None:
    attempt = next((one for one in module.facts.ancestors(statement) if isinstance(one, ast.Try)), None)
    handlers = [one for one in attempt.handlers if _is_lacking(one)] if attempt is not None else []
    is_alone = len(statement.names) == 1
    if attempt is not None and handlers and statement in attempt.body and is_alone and not any(map(_imports, handlers)):
        return None  # the program knows that it can be missing
    if module.is_shared(name) or name in module.facts.texts:
        return IdleImport(statement, None, f"other code may take `{name}` from here")
    lines = range(statement.lineno, last_line(statement) + 1)
    if any("#" in module.source.line(line) for line in lines):
        return IdleImport(statement, None, "the comment beside it would have no place")
    if not is_alone:
        return IdleImport(statement, Wrap((statement,), partial(syntax.without_imported, name=alias.name)), None)
    block = module.facts.block(statement)
    at = block.index(statement)
    if len(block) == 1:
        return IdleImport(statement, None, "nothing else stands in its block")
    neighbours = (statement, block[at + 1]) if at + 1 < len(block) else (block[at - 1], statement)
    texts = frozenset({module.text(statement)})
    return IdleImport(
        statement, Wrap(neighbours, partial(removal.without, texts=texts, indent=module.facts.indent)), None
    )


def _is_lacking(handler: ast.ExceptHandler) -> bool:
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or last_name(kind) in _LACKS for kind in types)


def _imports(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(one, (ast.Import, ast.ImportFrom, ast.Raise)) for one in ast.walk(handler))
