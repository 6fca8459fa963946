"""AIO000: a suppression that silences nothing."""

from __future__ import annotations

from collections.abc import Iterator

from aiomend.facts.view import Module
from aiomend.model import Impact, Safety
from aiomend.rules.rule import Fix, Rule


class UnusedSuppression(Rule):
    """Report `# aiomend: ignore` comments that silence nothing.

    A comment that outlives its trap hides the next one at the same place. Only the codes of rules that ran count; a comment
    with several codes is reported when none of them was needed. The engine reports these itself, after all other rules,
    because only then it is known what was silenced.

    Fix safety: there is no fix; take the comment out, or correct its codes.
    """

    code = "AIO000"
    name = "unused-suppression"
    safety = Safety.MANUAL
    impact = Impact.TIDY
    triggers = frozenset({"aiomend:"})

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield nothing: see `aiomend.findings`."""
        return iter(())
