"""How a newer function of asyncio is written where an older one stands."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from aiomend.facts.imported_names import Spelling
from aiomend.facts.view import Module
from aiomend.rewriting import syntax

if TYPE_CHECKING:
    import libcst as cst


def successor(module: Module, old: ast.expr, new: str) -> Spelling:
    """Return how `asyncio.new` is written in the place of ``old``: through the module, or by an import like the old one's."""
    if isinstance(old, ast.Attribute) and module.name_of(old.value) == "asyncio" and isinstance(old.value, ast.Name):
        return Spelling(f"{old.value.id}.{new}")
    spelling = module.spell("asyncio", new, old)
    is_name = isinstance(old, ast.Name)
    if is_name and spelling.module is not None and module.is_free(new, old):
        return Spelling(new, "asyncio", new)  # the file takes single names from asyncio
    return spelling


def written_as(text: str) -> Callable[[cst.BaseExpression], cst.BaseExpression]:
    """Return what writes a name in the place of another, which keeps its layout where only its last part changes."""

    def transform(node: cst.BaseExpression) -> cst.BaseExpression:
        return syntax.named_like(node, text)

    return transform
