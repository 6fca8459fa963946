"""The ways to write what closes a transport, a writer or a server."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from aiomend.facts.view import Module
from aiomend.rewriting import removal, syntax
from aiomend.rewriting.edits import Wrap
from aiomend.rules.closing import writing
from aiomend.rules.closing.transport_places import Ending, Form
from aiomend.source import last_line

if TYPE_CHECKING:
    import libcst as cst


def wrap(module: Module, found: Ending, lines: str) -> Wrap:
    """Return the edit that closes what was opened; ``lines`` do it where nothing does it today."""
    indent = module.facts.indent
    inner = frozenset(map(module.text, found.inner))
    above = _above(module, found)

    def transform(whole: Sequence[cst.BaseStatement]) -> Sequence[cst.BaseStatement]:
        return [*whole[: len(above)], *ended(whole[len(above) :])]

    def ended(body: Sequence[cst.BaseStatement]) -> Sequence[cst.BaseStatement]:
        rest, _ = writing.parted(body, (*found.moved, *found.behind))
        _, final = writing.parted(body, found.moved)
        _, behind = writing.parted(body, found.behind)
        if inner:
            rest = removal.without(rest, inner, indent)
        final = final or syntax.statements(lines, indent)
        match found.form:
            case Form.ENCLOSED:
                return [syntax.try_finally(rest, final, indent, takes_comments=True), *behind]
            case Form.REUSED:
                return [syntax.with_finally(rest[0], final, indent), *rest[1:]]
            case Form.ABSORBED:
                return writing.absorbed(body, indent)
            case Form.INSERTED:
                return [*rest, *final]

    return Wrap((*above, *found.statements), transform, alone=True)


def _above(module: Module, found: Ending) -> tuple[ast.stmt, ...]:
    """Return the statement above, where comments in between belong into the `try` with what they stand above."""
    first = found.statements[0]
    block = module.facts.block(first)
    at = block.index(first)
    if found.form is not Form.ENCLOSED or not at:
        return ()
    before = block[at - 1]
    lines = range(last_line(before) + 1, first.lineno)
    return (before,) if any(module.source.line(number).lstrip().startswith("#") for number in lines) else ()
