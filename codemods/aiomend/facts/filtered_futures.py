"""Setters of futures that come out of a collection, or a function, through a test: of a comprehension, `filter()`, `next()`, a `return`."""

from __future__ import annotations

import ast

from aiomend.facts.asked_futures import ASKS, hands_out_pending, is_given_pending, is_let_through, lets_through_pending
from aiomend.facts.flow import Test, assigns, between, guarded, implies, is_simple, loops_around
from aiomend.facts.futures import bindings_of
from aiomend.facts.module import own_nodes, suspends
from aiomend.facts.scopes import COMPREHENSIONS, Binding, How, last_name
from aiomend.facts.view import Module
from aiomend.source import last_line

#: Methods of a list or deque that may put another element at one of its ends.
_MOVES = frozenset(
    {"appendleft", "clear", "extendleft", "insert", "pop", "popleft", "remove", "reverse", "rotate", "sort"}
)


def is_filtered(module: Module, node: ast.expr, receiver: ast.expr, settled: Test) -> bool:
    """True where the future is an element that a comprehension's own condition lets through, or comes out of such a place."""
    here: ast.AST = node
    for parent in module.facts.ancestors(node):
        if isinstance(parent, COMPREHENSIONS):
            tests = [test for generator in parent.generators for test in generator.ifs]
            if here not in tests and any(implies(test, True, settled) for test in tests):
                return True
        if isinstance(parent, (ast.stmt, ast.Lambda)):
            break
        here = parent
    if _is_bound_to_pending(module, node, receiver):
        return True
    around = list(loops_around(module.facts, node))
    match [one for one in bindings_of(module, receiver) if one.node in around]:
        case [Binding(how=How.ITERATION, node=ast.For(body=body) as loop, value=ast.expr() as value, path=path)]:
            if any(suspends(statement) or assigns(statement, receiver) for statement in body):
                return False  # an earlier round may have undone it; or it is another one now
            return _goes_through_pending(module, loop, value, path)
        case _:
            return False


def comes_pending(module: Module, made: ast.expr) -> bool:
    """True for a call that gives a pending future: `next(one for one in futures if not one.done())`, a function that tests it, and
    what is taken from the end of a collection from which those that are done have been taken.
    """
    match made:
        case ast.Call(func=ast.Name(id="next"), args=[first, *_]):
            return lets_through_pending(module, first, ())
        case ast.Call(func=ast.Attribute(value=futures, attr="popleft"), args=[]):
            return _is_end_tested(module, made, futures, 0)
        case ast.Call(func=ast.Attribute(value=futures, attr="pop"), args=[ast.Constant(value=0)]):
            return _is_end_tested(module, made, futures, 0)
        case ast.Call(func=ast.Attribute(value=futures, attr="pop"), args=[]) if is_simple(futures):
            return _is_end_tested(module, made, futures, -1)
        case ast.Call():
            return hands_out_pending(module, made)
        case _:
            return False


def _is_end_tested(module: Module, taken: ast.Call, futures: ast.expr, at: int) -> bool:
    """True behind `while futures and futures[0].done(): futures.popleft()`, where nothing has moved them since."""
    if not is_simple(futures):
        return False
    written = ast.unparse(futures)
    asked = {f"{written}[{at}].{one}()" for one in ASKS} | {written, f"len({written})"}  # out of none, none is taken

    def spoils(part: ast.AST) -> bool:
        return suspends(part) or assigns(part, futures) or any(_moves(one, written) for one in ast.walk(part))

    return guarded(module.facts, taken, lambda test, is_so: not is_so and ast.unparse(test) in asked, spoils)


def _moves(part: ast.AST, written: str) -> bool:
    match part:
        case ast.Call(func=ast.Attribute(value=futures, attr=method)) if method in _MOVES:
            return ast.unparse(futures) == written
        case _:
            return False


def _is_bound_to_pending(module: Module, node: ast.expr, receiver: ast.expr) -> bool:
    """True behind `fut = next(one for one in futures if not one.done())` and its like, with nothing in between that suspends."""
    facts = module.facts
    match bindings_of(module, receiver):
        case [Binding(how=How.ASSIGN, node=ast.NamedExpr() as made, value=ast.Call() as value)]:
            around = facts.statement(made)
            is_below = isinstance(around, ast.If) and around in facts.ancestors(node) and not suspends(around)
            return is_below and comes_pending(module, value)
        case [Binding(how=How.ASSIGN, node=ast.stmt() as made, value=ast.Call() as value, path=())]:
            middle = between(facts, made, facts.statement(node))
            is_here = middle is not None and facts.function_at(made) is facts.function_at(node)
            return is_here and not any(map(suspends, middle or ())) and comes_pending(module, value)
        case _:
            return False


def _goes_through_pending(module: Module, loop: ast.For, iterable: ast.expr, path: tuple[int, ...]) -> bool:
    """True where a loop goes through pending futures alone, or through what has one at ``path``."""
    match iterable:
        case ast.Call(func=ast.Attribute(value=table, attr="values"), args=[]):
            made = _made_right_before(module, loop, table)
            return isinstance(made, ast.DictComp) and is_let_through(module, made.value, made.generators, path)
        case _:
            made = _made_right_before(module, loop, iterable)
    if isinstance(made, ast.List) and not made.elts and isinstance(iterable, ast.Name):
        return path == () and _takes_pending(module, loop, iterable)
    return lets_through_pending(module, made, path)


def _takes_pending(module: Module, loop: ast.For, futures: ast.Name) -> bool:
    """True for a list that takes a future only right behind a test: `for fut in waiters: if not fut.done(): live.append(fut)`."""
    facts = module.facts
    for use in facts.mentions_of(futures):
        if use is futures or isinstance(use.ctx, ast.Store):
            continue  # gone through here; or where it is made
        method = facts.parents[use]
        match facts.parents[method]:
            case ast.Call(func=func, args=[given]) if func is method and last_name(method) == "append":
                if not is_given_pending(facts, given, given, ()):
                    return False
            case _:
                if isinstance(method, ast.Attribute) or use.lineno < loop.lineno:
                    return False  # it takes something else, or others may put something in
    return True


def _made_right_before(module: Module, loop: ast.For, iterable: ast.expr) -> ast.expr | None:
    """Return what a loop goes through, also where a name was bound to it before, with nothing in between that suspends."""
    facts = module.facts
    match iterable:
        case ast.Name():
            pass
        case ast.Attribute():
            return _assigned_right_before(module, loop, iterable)
        case _:
            return iterable
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


def _assigned_right_before(module: Module, loop: ast.For, iterable: ast.Attribute) -> ast.expr | None:
    """Return what an attribute was given in the same block, where no statement in between has to do with it, or suspends."""
    block, written = module.facts.block(loop), ast.unparse(iterable)
    for earlier in reversed(block[: block.index(loop)]):
        match earlier:
            case ast.Assign(targets=[target], value=value) if ast.unparse(target) == written:
                return value
            case _ if suspends(earlier) or any(
                isinstance(one, ast.Attribute) and one.attr == iterable.attr for one in ast.walk(earlier)
            ):
                return None
            case _:
                pass  # another matter
    return None
