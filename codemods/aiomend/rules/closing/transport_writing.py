"""The ways to write what closes a transport, a writer or a server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aiomend.facts.view import Module
from aiomend.rewriting import removal, syntax
from aiomend.rewriting.edits import Wrap
from aiomend.rules.closing import writing
from aiomend.rules.closing.transport_places import Ending, Form

if TYPE_CHECKING:
    import libcst as cst


def wrap(module: Module, found: Ending, lines: str) -> Wrap:
    """Return the edit that closes what was opened; ``lines`` do it where nothing does it today."""
    indent = module.facts.indent
    inner = frozenset(map(module.text, found.inner))

    def transform(body: Sequence[cst.BaseStatement]) -> Sequence[cst.BaseStatement]:
        rest, final = writing.parted(body, found.moved)
        if inner:
            rest = removal.without(rest, inner, indent)
        final = final or syntax.statements(lines, indent)
        match found.form:
            case Form.ENCLOSED:
                return [syntax.try_finally(rest, final, indent, takes_comments=True)]
            case Form.REUSED:
                return [syntax.with_finally(rest[0], final, indent), *rest[1:]]
            case Form.ABSORBED:
                return writing.absorbed(body, indent)
            case Form.INSERTED:
                return [*rest, *final]

    return Wrap(found.statements, transform, alone=True)
