"""Tests that rule out that a future's setter fails: before it, around it, at its callers."""

from __future__ import annotations

import ast
from collections.abc import Callable

from aiomend.facts.asked_futures import asks_another, tests_first
from aiomend.facts.filtered_futures import is_filtered
from aiomend.facts.flow import Test, assigns, between, guarded, implies
from aiomend.facts.futures import bindings_of, origin_of, spellings
from aiomend.facts.module import suspends
from aiomend.facts.new_futures import makes_anew
from aiomend.facts.own_object import self_name
from aiomend.facts.scopes import FUNCTIONS, Binding, How
from aiomend.facts.uses import own_calls
from aiomend.facts.view import Module

_DEPTH = 3  #: a test that lies more calls away than that is not looked for


def is_guarded(module: Module, call: ast.expr, receiver: ast.expr) -> bool:
    """True where a test of the future's `cancelled()` or `done()` rules out that the setter ``call``, or what reads it, fails.

    Nothing between the test and the setter may suspend, cancel the future, or put another one in its place.
    """
    if isinstance(call, ast.Call) and any(map(suspends, call.args)):
        return False  # the future may be cancelled while the argument is waited for
    known_as = spellings(module, receiver)
    has_origin = origin_of(module, receiver) is not None

    settled = _settled_in(module, known_as)

    def spoils(part: ast.AST) -> bool:
        return suspends(part) or (not has_origin and assigns(part, receiver)) or _cancels(part, known_as)

    return (
        guarded(module.facts, call, settled, spoils)
        or _callers_test(module, call, receiver, known_as, spoils)
        or _is_renewed(module, call, receiver, settled)
        or is_filtered(module, call, receiver, settled)
    )


def _settled_in(module: Module, known_as: set[str]) -> Test:
    return lambda test, outcome: _rules_out(module, test, outcome, known_as) and not _suspended_after(module, test)


def _callers_test(
    module: Module,
    node: ast.expr,
    receiver: ast.expr,
    known_as: set[str],
    spoils: Callable[[ast.AST], bool],
    depth: int = 0,
) -> bool:
    """True where every call of the method that ``node`` stands in is made behind such a test of the object's own future.

    The calls are those of its own class and of the classes that it inherits from; else it may be a decorator's that tests.
    """
    facts = module.facts
    method = facts.function_at(node)
    root = receiver
    while isinstance(root, ast.Attribute):
        root = root.value
    if not isinstance(method, ast.FunctionDef) or root is receiver or facts.is_generator(method) or depth > _DEPTH:
        return False  # a coroutine function may start much later
    if not isinstance(root, ast.Name) or root.id != self_name(method) or any(map(spoils, method.body)):
        return False
    if any(tests_first(module, method, decorator, root, known_as) for decorator in method.decorator_list):
        return True
    calls = [(module.beside(user.path), call) for user, call in own_calls(module, method)]
    return bool(calls) and all(
        user is not None
        and not any(map(suspends, [*call.args, *call.keywords]))
        and (
            guarded(user.facts, call, _settled_in(user, known_as), spoils)
            or _callers_test(user, call, receiver, known_as, spoils, depth + 1)
        )
        for user, call in calls
    )


def _rules_out(module: Module, test: ast.expr, outcome: bool, known_as: set[str]) -> bool:
    match test:
        case ast.Call(func=ast.Attribute(value=value, attr="cancelled" | "done"), args=[]) if (
            _spelled(module, value) & known_as
        ):
            return not outcome
        case ast.Compare(left=left, ops=[ast.Is() | ast.Eq()], comparators=[ast.Constant(value=bool(wanted))]):
            return _rules_out(module, left, outcome is wanted, known_as)
        case ast.Compare(left=ast.Attribute(value=value, attr="_state"), ops=[op]):
            is_pending = outcome if isinstance(op, (ast.Eq, ast.Is)) else not outcome
            return is_pending and bool(_spelled(module, value) & known_as)
        case ast.Call(func=ast.Name() | ast.Attribute()):
            return asks_another(module, test, outcome, known_as)
        case ast.Name():
            # `pending = not fut.done()` and then `if pending:`
            match bindings_of(module, test):
                case [Binding(how=How.ASSIGN, node=ast.stmt() as made, value=ast.expr() as value, path=())]:
                    return _still_holds(module, made, test, known_as) and implies(
                        value, outcome, lambda part, is_so: _rules_out(module, part, is_so, known_as)
                    )
                case _:
                    return False
        case ast.Attribute():
            return asks_another(module, test, outcome, known_as)
        case _:
            return False


def _still_holds(module: Module, made: ast.stmt, test: ast.expr, known_as: set[str]) -> bool:
    """True where what a name was bound to is so where it is asked: no suspension, no cancel and no other future in between."""
    middle = between(module.facts, made, module.facts.statement(test))
    return middle is not None and not any(
        suspends(part) or _cancels(part, known_as) or _binds_anew(part, known_as) for part in (made, *middle)
    )


def _binds_anew(part: ast.AST, known_as: set[str]) -> bool:
    stored = (one for one in ast.walk(part) if isinstance(getattr(one, "ctx", None), ast.Store))
    return any(ast.dump(one).replace("ctx=Store()", "ctx=Load()") in known_as for one in stored)


def _spelled(module: Module, value: ast.expr) -> set[str]:
    """Return what the future that a test asks goes by, the name that the test itself gives it included."""
    match value:
        case ast.NamedExpr(target=target, value=inner):
            return spellings(module, target) | _spelled(module, inner)
        case _:
            return spellings(module, value)


def _suspended_after(module: Module, test: ast.expr) -> bool:
    """True where the condition that a test is part of suspends after it: `not fut.done() and await ready()`."""
    here: ast.AST = test
    for parent in module.facts.ancestors(test):
        if isinstance(parent, ast.BoolOp) and here in parent.values:
            if any(suspends(part) for part in parent.values[parent.values.index(here) + 1 :]):
                return True
        elif not isinstance(parent, (ast.UnaryOp, ast.NamedExpr, ast.Compare)):
            return False
        here = parent
    return False


def _cancels(part: ast.AST, known_as: set[str]) -> bool:
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "cancel"
        and ast.dump(node.func.value) in known_as
        for node in ast.walk(part)
    )


def _is_renewed(module: Module, call: ast.expr, receiver: ast.expr, settled: Test) -> bool:
    """True behind `if fut.done(): fut = loop.create_future()`, with nothing in between that suspends."""
    facts = module.facts
    here: ast.AST = facts.statement(call)
    while isinstance(here, ast.stmt):
        block = facts.block(here)
        for earlier in reversed(block[: block.index(here)]):
            match earlier:
                case ast.If(test=test, body=body) if implies(test, False, settled):
                    if any(makes_anew(module, statement, receiver) for statement in body):
                        return not suspends(earlier)
                case _:
                    pass  # renews nothing
            if suspends(earlier) or assigns(earlier, receiver):
                return False
        parent = facts.parents[here]
        if isinstance(parent, (*FUNCTIONS, ast.ClassDef)) or suspends(parent):
            return False
        here = parent
    return False
