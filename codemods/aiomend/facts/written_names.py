"""Names of other packages as the file's imports write them, before the catalogues make one name of several."""

from __future__ import annotations

import ast

from aiomend.facts.scopes import Binding, How
from aiomend.facts.view import Module


def written_name(module: Module, node: ast.expr) -> str | None:
    """Return the dotted name outside the project that imports give to an expression: `asyncio.futures.CancelledError`.

    None where it is no such name, or may be something else. `async` as a name is written as the file does.
    """
    match node:
        case ast.Attribute(value=value, attr=attr):
            owner = written_name(module, value)
            return f"{owner}.{_shown(module, attr)}" if owner is not None else None
        case ast.Name(id=name):
            home = module.facts.scope_at(node).find(name)
            found = {imported_name(module, binding) for binding in home[1]} if home is not None else set()
            return found.pop() if len(found) == 1 else None
        case _:
            return None


def imported_name(module: Module, binding: Binding) -> str | None:
    """Return the dotted name that an import binds; None for other bindings, and for what the project has."""
    match binding.how:
        case How.IMPORT:
            full = binding.target
        case How.FROM:
            full = f"{binding.target}.{_shown(module, binding.member)}"
        case _:
            return None
    root = full.partition(".")[0]
    return full if root and module.inference.project.module(root, module.path) is None else None


def _shown(module: Module, name: str) -> str:
    return next((word for stand_in, word in module.source.placeholders if name == stand_in), name)
