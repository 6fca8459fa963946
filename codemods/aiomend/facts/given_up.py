"""Waits of tests that are given up: by a timeout, or because something is cancelled."""

from __future__ import annotations

import ast

from aiomend.facts.scopes import FUNCTIONS, called_name, last_name
from aiomend.facts.view import Module

_GIVEN_UP = frozenset({"CancelledError", "TimeoutError"})
_LIMITS = frozenset({"move_on_after", "timeout", "timeout_at", "wait_for"})


def may_be_given_up(module: Module, node: ast.AST) -> bool:
    """True where the code around a node of a file of tests may give up a wait and go on.

    That is a test that cancels something or names what a wait is given up with; a timeout of another kind ends the test. Of what
    serves the tests, a class or a function at the file's level, any timeout counts: who uses it may go on.
    """
    definitions = [one for one in (node, *module.facts.ancestors(node)) if isinstance(one, (*FUNCTIONS, ast.ClassDef))]
    tests = [one for one in definitions if not isinstance(one, ast.ClassDef) and one.name.startswith("test")]
    around = tests[-1] if tests else definitions[-1] if definitions else module.facts.tree
    return any(_gives_up(one, is_test=bool(tests)) for one in ast.walk(around))


def _gives_up(node: ast.AST, *, is_test: bool) -> bool:
    match node:
        case ast.Attribute(attr="cancel"):
            return True
        case ast.Name() | ast.Attribute():
            return last_name(node) in _GIVEN_UP
        case ast.Call(func=func):
            return not is_test and called_name(func) in _LIMITS
        case _:
            return False
