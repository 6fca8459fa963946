"""What a rule is written with: all that a rule package needs of aiomend, and the only modules that stay as they are.

`Module` answers questions about code, on the trees of `ast`; `Replace` and `Wrap` say what changes, with the functions of
`syntax` on LibCST's trees. `syntax` loads LibCST when it is first used: use it in transforms alone.
"""

from __future__ import annotations

from aiomend.facts.imported_names import Spelling
from aiomend.facts.module import Colour
from aiomend.facts.suspension import is_awaited, misplaced, obstacle
from aiomend.facts.thread_accounts import Where
from aiomend.facts.view import Module
from aiomend.model import Evidence, Impact, Safety
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Edit, Helper, Import, Need, Replace, Wrap
from aiomend.rules.rule import Fix, Rule, imports_of

__all__ = [
    "Colour",
    "Edit",
    "Evidence",
    "Fix",
    "Helper",
    "Impact",
    "Import",
    "Module",
    "Need",
    "Replace",
    "Rule",
    "Safety",
    "Spelling",
    "Where",
    "Wrap",
    "imports_of",
    "is_awaited",
    "misplaced",
    "obstacle",
    "syntax",
]
