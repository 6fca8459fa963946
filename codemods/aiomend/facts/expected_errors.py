"""Places where the error of a future that has its result already is expected: handlers, tests, functions of mocks."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from aiomend.facts.flow import contexts_around, handlers_around
from aiomend.facts.named_errors import handles
from aiomend.facts.scopes import last_name
from aiomend.facts.view import Module

_ERROR = frozenset({"InvalidStateError"})
_CATCHES = frozenset(
    {"asyncio.InvalidStateError", "concurrent.futures.InvalidStateError", "Exception", "BaseException"}
)


def error_is_expected(module: Module, node: ast.expr) -> bool:
    """True where an InvalidStateError raised at ``node`` is caught in the same function, or a test waits for it."""
    if any(_catches(module, handler.type) for handler in handlers_around(module.facts, node)):
        return True
    if handles(module.inference, module.facts, node, _ERROR):
        return True  # by another name
    for _, item in contexts_around(module.facts, node):
        match item.context_expr:
            case ast.Call(func=func, args=args):
                if module.name_of(func) == "contextlib.suppress" and any(_catches(module, one) for one in args):
                    return True
                name = last_name(func)
                if name == "raises" or name.startswith("assertRaises"):
                    return True
            case _:
                pass  # no context that swallows
    return False


def _catches(module: Module, caught: ast.expr | None) -> bool:
    match caught:
        case None:
            return True
        case ast.Tuple(elts=parts):
            return any(_catches(module, part) for part in parts)
        case _:
            name = module.name_of(caught)
            return name in _CATCHES or (name or "").endswith("InvalidStateError")


def is_side_effect(module: Module, node: ast.expr) -> bool:
    """True in a function that a mock calls: the future is a test's own, and a line old."""
    facts = module.facts
    function = facts.function_at(node)
    uses: Sequence[ast.expr] = ()
    match function:
        case ast.Lambda():
            uses = [function]
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            home = facts.scope_at(function).find(name)
            uses = facts.mentions(name).get(home[0], ()) if home is not None else ()
        case _:
            pass  # at the top of the file, or in a class
    return any(_becomes_side_effect(facts.parents[use]) for use in uses)


def _becomes_side_effect(parent: ast.AST) -> bool:
    match parent:
        case ast.Assign(targets=[ast.Attribute(attr="side_effect")]) | ast.keyword(arg="side_effect"):
            return True
        case _:
            return False
