"""AIO000: a suppression that silences nothing."""

from __future__ import annotations

from collections.abc import Iterator

from aiomend.facts.view import Module
from aiomend.model import Impact, Safety
from aiomend.rules.rule import Fix, Rule


class UnusedSuppression(Rule):
    """Report `# aiomend: ignore` comments that silence nothing, and those that name no rule.

    A comment that outlives its trap hides the next one at the same place. It names rules by their codes, sections or names, as
    `--select` does: `ignore[AIO402]`, `ignore[AIO4]`, `ignore[blocking-call]`. Only those that ran count; a comment
    with several of them is reported when none was needed. One by which no rule goes is reported in any case, but for codes of
    rule packages that are not loaded. The engine reports these itself, after all other rules,
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
