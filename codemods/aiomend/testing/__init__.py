"""A harness for rules: fixtures and documentation examples, and the proofs that each of them has to pass.

A fixture is plain Python under ``<root>/<section>/<rule_name>/``: ``<case>.py``, or a folder ``project_<case>/`` of
several files. A name that starts with ``skip_`` (or ``project_skip_``) says that the rule must leave it alone. The first
line of a file may set what a configuration would: ``# fixture: target-version=3.6, future-guard=done``; there,
``refuses=compile`` announces that a fix fails that proof.

Nothing here needs a test runner: a proof is a function that raises `Broken` with a text for people.
"""

from __future__ import annotations

from collections.abc import Callable

from aiomend.testing import disguises, proofs
from aiomend.testing.case import Broken, Case, differences, example, findings, patch, result, run
from aiomend.testing.documentation import documented
from aiomend.testing.fixtures import discover, strays

__all__ = [
    "PROOFS",
    "Broken",
    "Case",
    "differences",
    "discover",
    "documented",
    "example",
    "findings",
    "patch",
    "result",
    "run",
    "strays",
]

#: Every proof by the name that a test shows.
PROOFS: dict[str, Callable[[Case], None]] = {
    proof.__name__: proof
    for proof in (
        proofs.changes_or_stays,
        proofs.compiles,
        proofs.settles,
        proofs.goes_in_steps,
        proofs.refuses_nothing,
        proofs.safe_never_suspends,
        proofs.offers_whole_fixes,
        disguises.keeps_windows_lines,
        disguises.keeps_byte_order_mark,
        disguises.keeps_encoding,
        disguises.keeps_tabs,
        disguises.lives_without_last_newline,
    )
}
