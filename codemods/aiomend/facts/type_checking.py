"""`if TYPE_CHECKING:` what stands there is never run, and says what the names of its `else` are."""

from __future__ import annotations

import ast
from enum import Enum, auto

from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import Binding, last_name


class Branch(Enum):
    """Where a place stands."""

    TYPES = auto()  #: only type checkers read it
    RUN = auto()  #: the other branch
    ANY = auto()  #: in neither


def branch_of(facts: ModuleFacts, node: ast.AST) -> Branch:
    """Return which branch of a test of `TYPE_CHECKING` a place stands in."""
    inner = node
    for outer in facts.ancestors(node):
        if isinstance(outer, ast.If) and last_name(outer.test) == "TYPE_CHECKING" and inner is not outer.test:
            return Branch.TYPES if inner in outer.body else Branch.RUN
        inner = outer
    return Branch.ANY


def telling(facts: ModuleFacts, bindings: list[Binding]) -> list[Binding]:
    """Return the bindings of a name that say what it is: none of those that are there at run time alone."""
    if len(bindings) < 2 or not ("TYPE_CHECKING" in facts.names or "TYPE_CHECKING" in facts.attributes):
        return bindings
    branches = [branch_of(facts, one.node) for one in bindings]
    if Branch.TYPES not in branches:
        return bindings
    return [one for one, branch in zip(bindings, branches, strict=True) if branch is not Branch.RUN]
