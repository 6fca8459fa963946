"""Stable names for findings: the same trap keeps its id when lines around it move."""

from __future__ import annotations

import hashlib
from collections import Counter

from aiomend.facts.module import ModuleFacts
from aiomend.rules.rule import Fix


class Namer:
    """Gives ids to the fixes of one file, in the order of the file."""

    def __init__(self, facts: ModuleFacts) -> None:
        self._facts = facts
        self._seen: Counter[str] = Counter()

    def id(self, fix: Fix) -> str:
        """Return 12 hexadecimal digits made of rule, path, enclosing scope, the code itself, and which of its likes it is."""
        code = " ".join(self._facts.source.segment(fix.node).split())
        key = "\0".join([fix.code, self._facts.path, self._facts.qualname(fix.node), code])
        self._seen[key] += 1
        return digest(key, self._seen[key])


def digest(key: str, number: int) -> str:
    """Return the id of the ``number``-th of the findings that have ``key`` in common."""
    return hashlib.sha256(f"{key}\0{number}".encode("utf-8", "surrogatepass")).hexdigest()[:12]
