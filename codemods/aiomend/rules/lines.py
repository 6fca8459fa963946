"""New lines in front of a statement."""

from __future__ import annotations

import ast

from aiomend.facts.view import Module
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Wrap


def put_before(module: Module, statement: ast.stmt, lines: str) -> Wrap:
    """Return the edit that puts lines in front of a statement; comments above it stay with it."""
    block, indent = module.facts.block(statement), module.facts.indent
    at = block.index(statement)
    above = module.source.line(statement.lineno - 1).lstrip() if statement.lineno > 1 else ""
    if at == 0 or not above.startswith("#"):
        return Wrap((statement,), lambda body: syntax.preceded(body, lines, indent))
    both = (block[at - 1], statement)  # what is above a statement belongs to the edit only behind another one
    return Wrap(both, lambda body: [*body[:-1], *syntax.preceded(body[-1:], lines, indent)])
