"""Setters of futures that come out of a collection through a test: elements of a comprehension, of `filter()`, of `next()`."""

from __future__ import annotations

import ast

from aiomend.facts.asked_futures import lets_through_pending
from aiomend.facts.flow import Test, assigns, between, implies, loops_around
from aiomend.facts.futures import bindings_of
from aiomend.facts.module import own_nodes, suspends
from aiomend.facts.scopes import COMPREHENSIONS, Binding, How
from aiomend.facts.view import Module
from aiomend.source import last_line


def is_filtered(module: Module, node: ast.expr, receiver: ast.expr, settled: Test) -> bool:
    """True where the future is an element that a comprehension's own condition lets through."""
    here: ast.AST = node
    for parent in module.facts.ancestors(node):
        if isinstance(parent, COMPREHENSIONS):
            tests = [test for generator in parent.generators for test in generator.ifs]
            if here not in tests and any(implies(test, True, settled) for test in tests):
                return True
        if isinstance(parent, (ast.stmt, ast.Lambda)):
            break
        here = parent
    if _is_first_pending(module, node, receiver):
        return True
    around = list(loops_around(module.facts, node))
    match [one for one in bindings_of(module, receiver) if one.node in around]:
        case [Binding(how=How.ITERATION, node=ast.For(body=body) as loop, value=ast.expr() as value, path=path)]:
            if any(suspends(statement) or assigns(statement, receiver) for statement in body):
                return False  # an earlier round may have undone it; or it is another one now
            return lets_through_pending(module, _made_right_before(module, loop, value), path)
        case _:
            return False


def _is_first_pending(module: Module, node: ast.expr, receiver: ast.expr) -> bool:
    """True behind `fut = next(one for one in futures if not one.done())`, with nothing in between that suspends."""
    facts = module.facts
    match bindings_of(module, receiver):
        case [
            Binding(
                how=How.ASSIGN, node=ast.NamedExpr() as made, value=ast.Call(func=ast.Name(id="next"), args=[first, *_])
            )
        ]:
            around = facts.statement(made)
            is_below = isinstance(around, ast.If) and around in facts.ancestors(node) and not suspends(around)
            return is_below and lets_through_pending(module, first, ())
        case [
            Binding(how=How.ASSIGN, node=ast.stmt() as made, value=ast.Call(func=ast.Name(id="next"), args=[first, *_]))
        ]:
            middle = between(facts, made, facts.statement(node))
            is_here = middle is not None and facts.function_at(made) is facts.function_at(node)
            return is_here and not any(map(suspends, middle or ())) and lets_through_pending(module, first, ())
        case _:
            return False


def _made_right_before(module: Module, loop: ast.For, iterable: ast.expr) -> ast.expr | None:
    """Return what a loop goes through, also where a name was bound to it before, with nothing in between that suspends."""
    if not isinstance(iterable, ast.Name):
        return iterable
    facts = module.facts
    match bindings_of(module, iterable):
        case [Binding(how=How.ASSIGN, node=ast.stmt() as made, value=value, path=())]:
            pass
        case _:
            return None
    if between(facts, made, loop) is None or list(loops_around(facts, made)) != list(loops_around(facts, loop)):
        return None  # it may be a round ago that the futures were looked at
    own = own_nodes(facts.function_at(loop) or facts.tree)
    middle = (one for one in own if last_line(made) < getattr(one, "lineno", 0) < loop.lineno)
    return None if any(map(suspends, middle)) else value
