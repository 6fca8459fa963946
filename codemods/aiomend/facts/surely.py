"""What a plain function does on every way through it: the calls that it makes whenever it returns."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from aiomend.facts.module import own_nodes
from aiomend.facts.scopes import COMPREHENSIONS

Truth = Callable[[ast.expr], bool | None]


@dataclass(slots=True)
class Way:
    """What running a block does.

    ``calls`` are alternatives of which each happens on every way through: for two branches, a pair of such lists.
    """

    calls: list[ast.Call | Fork] = field(default_factory=list)
    leaves: bool = False  #: some way may leave the function, or the loop around, before what follows
    fails: bool = False  #: every way raises


@dataclass(frozen=True, slots=True)
class Fork:
    """Two branches of which one runs."""

    body: list[ast.Call | Fork]
    orelse: list[ast.Call | Fork]


def sure_calls(body: list[ast.stmt], truth: Truth) -> list[ast.Call | Fork]:
    """Return the calls that every way through a function makes unless it raises; ``truth`` knows constants."""
    return _block(body, truth).calls


def _block(body: list[ast.stmt], truth: Truth) -> Way:
    way = Way()
    for statement in body:
        step = _statement(statement, truth)
        way.calls += step.calls
        if step.leaves or step.fails:
            way.leaves, way.fails = step.leaves, step.fails
            break
    return way


def _statement(node: ast.stmt, truth: Truth) -> Way:
    match node:
        case ast.If():
            return _branches(node, truth)
        case ast.For() | ast.While():
            return _loop(node, truth)
        case ast.With(items=items, body=body):
            way = Way([call for item in items for call in _evaluated(item.context_expr)])
            inner = _block(body, truth)
            # What enters may swallow what is raised.
            return Way([*way.calls, *inner.calls], inner.leaves or inner.fails)
        case ast.Try():
            return _attempt(node, truth)
        case ast.Return(value=value):
            return Way(list(_evaluated(value)), leaves=True)
        case ast.Raise():
            return Way([call for part in (node.exc, node.cause) for call in _evaluated(part)], fails=True)
        case ast.Break() | ast.Continue():
            return Way(leaves=True)
        case ast.Match(subject=subject, cases=cases):
            return Way(list(_evaluated(subject)), leaves=any(_may_leave(case.body) for case in cases))
        case ast.Expr(value=value) | ast.Assign(value=value) | ast.AugAssign(value=value) | ast.AnnAssign(value=value):
            return Way(list(_evaluated(value)))
        case _:
            return Way()  # defines, imports, deletes, asserts: calls nothing for sure


def _branches(node: ast.If, truth: Truth) -> Way:
    known = truth(node.test)
    before: list[ast.Call | Fork] = list(_evaluated(node.test))
    if known is not None:
        taken = _block(node.body if known else node.orelse, truth)
        return Way([*before, *taken.calls], taken.leaves, taken.fails)
    body, orelse = _block(node.body, truth), _block(node.orelse, truth)
    if body.fails or orelse.fails:
        # Whatever raises is no way to the end of the function.
        other = orelse if body.fails else body
        return Way([*before, *other.calls], other.leaves, body.fails and orelse.fails)
    if body.calls and orelse.calls:
        before.append(Fork(body.calls, orelse.calls))
    return Way(before, body.leaves or orelse.leaves)


def _loop(node: ast.For | ast.While, truth: Truth) -> Way:
    before: list[ast.Call | Fork] = list(_evaluated(node.iter if isinstance(node, ast.For) else node.test))
    runs = _is_full(node.iter) if isinstance(node, ast.For) else truth(node.test) is True
    leaves = any(isinstance(one, ast.Return) for one in own_nodes(node))
    if runs:
        return Way([*before, *_block(node.body, truth).calls], leaves)
    return Way(before, leaves)


def _is_full(iterable: ast.expr) -> bool:
    """True for what surely gives an element: `range(3)`, `("a", "b")`."""
    match iterable:
        case ast.Call(func=ast.Name(id="range"), args=[ast.Constant(value=int(count))]):
            return count > 0
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return bool(parts) and not any(isinstance(part, ast.Starred) for part in parts)
        case _:
            return False


def _attempt(node: ast.Try, truth: Truth) -> Way:
    body = _block(node.body, truth)
    calls = body.calls
    leaves = body.leaves or body.fails
    if not leaves:
        after = _block(node.orelse, truth)
        calls = [*calls, *after.calls]
        leaves = after.leaves or after.fails or any(_may_leave(handler.body) for handler in node.handlers)
    final = _block(node.finalbody, truth)
    return Way([*calls, *final.calls], leaves or final.leaves, final.fails)


def _may_leave(body: list[ast.stmt]) -> bool:
    nodes = own_nodes(ast.Module(body=body, type_ignores=[]))
    return any(isinstance(one, (ast.Return, ast.Break, ast.Continue)) for one in nodes)


def _evaluated(node: ast.expr | None) -> Iterator[ast.Call]:
    """Yield the calls that evaluating an expression makes whatever comes out: not those behind `and`, `or`, `if`."""
    match node:
        case None | ast.Lambda():
            return
        case ast.BoolOp(values=[first, *_]):
            yield from _evaluated(first)
        case ast.IfExp(test=test):
            yield from _evaluated(test)
        case ast.Compare(left=left, comparators=[first, *_]):
            yield from _evaluated(left)
            yield from _evaluated(first)
        case _ if isinstance(node, COMPREHENSIONS):
            yield from _evaluated(node.generators[0].iter)
        case _:
            for child in ast.iter_child_nodes(node):
                inner = child.value if isinstance(child, (ast.keyword, ast.Starred)) else child
                if isinstance(inner, ast.expr):
                    yield from _evaluated(inner)
            if isinstance(node, ast.Call):
                yield node
