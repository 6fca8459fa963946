"""The fixes of one file, from edits to proved text. Everything that may load LibCST is behind this door."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiomend.facts.scopes import FUNCTIONS
from aiomend.facts.view import Module
from aiomend.model import Safety, TextEdit
from aiomend.rewriting.edits import Helper, Replace
from aiomend.rules.rule import Fix
from aiomend.source import Source
from aiomend.verify import Refused, prove

if TYPE_CHECKING:
    from aiomend.rewriting.splice import Spliced


@dataclass(frozen=True, slots=True)
class Outcome:
    """A file with some fixes applied and proved."""

    source: Source
    edits: tuple[TextEdit, ...]


def compatible(fixes: Sequence[Fix]) -> list[Fix]:
    """Return the fixes that can be applied in one pass, first come first served; the others wait for the next round."""
    taken: set[ast.AST] = set()
    runs: list[tuple[ast.stmt, ...]] = []
    kept: list[Fix] = []
    for fix in fixes:
        nodes = {edit.node for edit in fix.edits if isinstance(edit, Replace)}
        own = [edit.statements for edit in fix.edits if not isinstance(edit, Replace)]
        if nodes & taken or any(_clash(run, other) for run in own for other in runs):
            continue  # both want the same place: the later one sees what the first one made of it
        taken |= nodes
        runs += own
        kept.append(fix)
    return kept


def _clash(first: tuple[ast.stmt, ...], second: tuple[ast.stmt, ...]) -> bool:
    """Runs of one block may hold one another, but not overlap or be the same."""
    a, b = set(first), set(second)
    return bool(a & b) and not (a < b or b < a)


def apply(module: Module, fixes: Sequence[Fix]) -> Outcome:
    """Return the file with all ``fixes``, proved; raises Refused with the proof that failed."""
    spliced = _spliced(module, fixes)
    after = module.facts.source.with_text(spliced.text)
    prove(module.facts, after, spliced.edits, module.settings.target, _helper_names(fixes))
    return Outcome(after, spliced.edits)


def sketch(module: Module, fix: Fix) -> tuple[TextEdit, ...]:
    """Return what one fix alone would change; raises Refused where its edits find no place."""
    return _spliced(module, [fix]).edits


def _spliced(module: Module, fixes: Sequence[Fix]) -> Spliced:
    from aiomend.rewriting.splice import Order, SpliceError, splice

    orders = [Order(fix.edits, fix.needs) for fix in fixes]
    try:
        return splice(module.facts, orders, module.settings.style, lambda name: not module.is_shared(name))
    except SpliceError as error:
        raise Refused("shape", str(error)) from None
    except UnicodeEncodeError as error:
        encoding = module.source.encoding
        raise Refused("compile", f"{encoding} cannot write the result ({error.reason})") from None


def _helper_names(fixes: Sequence[Fix]) -> set[str]:
    names: set[str] = set()
    for fix in fixes:
        for need in fix.needs:
            if isinstance(need, Helper):
                names |= {node.name for node in ast.parse(need.code).body if isinstance(node, FUNCTIONS)}
    return names


def culprits(module: Module, fixes: Sequence[Fix]) -> tuple[list[Fix], dict[Fix, Refused], Outcome | None]:
    """Return the largest prefix-greedy set of fixes that passes together, why each other one fell, and the result."""
    kept: list[Fix] = []
    fallen: dict[Fix, Refused] = {}
    outcome: Outcome | None = None
    for fix in fixes:
        try:
            outcome = apply(module, [*kept, fix])
            kept.append(fix)
        except Refused as refused:
            fallen[fix] = refused
    return kept, fallen, outcome


def is_fixable(fix: Fix) -> bool:
    """True where a fix has edits that some option would apply."""
    return bool(fix.edits) and fix.safety > Safety.MANUAL
