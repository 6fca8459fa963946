"""Exceptions that leave a function, and that a caller in the project waits for by name."""

from __future__ import annotations

import ast

from aiomend.facts.flow import caught_around
from aiomend.facts.function_uses import uses_of
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import FUNCTIONS, last_name
from aiomend.facts.view import Module

_DEPTH = 3  #: a handler that lies more calls away is not looked for


def is_named_by_a_caller(module: Module, node: ast.AST, exceptions: frozenset[str]) -> bool:
    """True where a caller of the function around ``node`` handles one of the exceptions, named by their last component.

    A handler of `Exception` names none: it is there for whatever may happen.
    """
    if all(module.inference.project.files_mentioning(name) == () for name in exceptions):
        return False  # nobody names it
    return _is_named(module, module.facts, node, exceptions, _DEPTH)


def handed_on(module: Module, node: ast.AST, exceptions: frozenset[str]) -> str | None:
    """Return the function around ``node``, or one that calls it, that is handed on as a value; None if none is.

    Whoever calls it then may handle one of the exceptions out of sight; None, too, where nobody in the project names any.
    """
    if all(module.inference.project.files_mentioning(name) == () for name in exceptions):
        return None  # nobody names it
    return _handed_on(module, node, _DEPTH)


def _handed_on(module: Module, node: ast.AST, depth: int) -> str | None:
    function = module.facts.function_at(node)
    if depth == 0 or not isinstance(function, FUNCTIONS):
        return None
    uses = uses_of(module, function)
    if uses.handed:
        return function.name
    return next((name for user, call in uses.calls if (name := _handed_on(user, call, depth - 1)) is not None), None)


def _is_named(module: Module, facts: ModuleFacts, node: ast.AST, exceptions: frozenset[str], depth: int) -> bool:
    function = facts.function_at(node)
    if depth == 0 or not isinstance(function, FUNCTIONS):
        return False
    return any(
        any(caught is not None and last_name(caught) in exceptions for caught in caught_around(user, call))
        or _is_named(module, user, call, exceptions, depth - 1)
        for user, call in module.inference.callers.calls_of(facts, function) or ()
    )
