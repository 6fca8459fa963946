"""Uses of names of asyncio that moved or died, as the file writes them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from aiomend.facts.catalog.interfaces import canonical, interfaces
from aiomend.facts.scopes import Binding, How
from aiomend.facts.view import Module
from aiomend.facts.written_names import imported_name, written_name


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """One place: an attribute, or an import with the name that it takes."""

    node: ast.Attribute | ast.ImportFrom | ast.Import
    name: str


def uses(module: Module, names: Mapping[str, object]) -> Iterator[Use]:
    """Yield the places of a file that take one of ``names`` from where it is, or something in it."""
    for name in names:
        for node in module.facts.attributes.get(name.rpartition(".")[2], ()):
            if written_name(module, node) == name:
                yield Use(node, name)
    seen: set[tuple[ast.AST, str]] = set()
    for binding in _imports(module):
        full = imported_name(module, binding)
        found = next(
            (name for name in names if full is not None and (full == name or full.startswith(f"{name}."))), None
        )
        if found is None or not isinstance(binding.node, (ast.ImportFrom, ast.Import)):
            continue  # nothing of interest
        if (binding.node, found) not in seen:
            seen.add((binding.node, found))
            yield Use(binding.node, found)
    for statement in module.facts.nodes(ast.Import):  # of `import asyncio.test_utils` the name binds `asyncio` alone
        for alias in statement.names:
            found = next((name for name in names if alias.name == name or alias.name.startswith(f"{name}.")), None)
            if found is not None and (statement, found) not in seen:
                seen.add((statement, found))
                yield Use(statement, found)


def _imports(module: Module) -> Iterator[Binding]:
    for scope in module.facts.scopes.values():
        for bindings in scope.bindings.values():
            yield from (one for one in bindings if one.how in (How.FROM, How.IMPORT))


def names_of(module: Module, node: ast.ImportFrom, name: str) -> list[ast.Name]:
    """Return the uses in the file of the name that an import takes; of those under another name none."""
    last = name.rpartition(".")[2]
    return [
        one
        for one in module.facts.names.get(last, ())
        if (found := module.facts.scope_at(one).find(last)) is not None and found[1][0].node is node
    ]


def is_public(name: str) -> bool:
    """True for what the interface of asyncio has under its last name, too."""
    known = canonical(name)
    table = interfaces()
    return known == f"asyncio.{name.rpartition('.')[2]}" and (
        known in table.returns or known in table.coroutines or known in table.bases
    )
