"""Futures that nobody can cancel: all that is ever done with them is to set them, to read them, and to watch them."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from aiomend.facts.futures import SETTERS, bindings_of, makes_future
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import FUNCTIONS
from aiomend.facts.uses import attribute_uses
from aiomend.facts.view import Module

READERS = frozenset({"result", "exception", "done", "cancelled", "get_loop"})


def is_only_watched(module: Module, receiver: ast.expr) -> bool:
    """True where every use of a future in the project is seen, and none of them can cancel it.

    That is said of a variable of a function that holds new futures alone, and of a private attribute that holds nothing
    else. Watching is to ask for its state, to compare it, to run the loop until it is complete, to shield it, and to wait
    for it with `asyncio.wait()`, which cancels nothing, where nobody cancels what is still pending.
    """
    match receiver:
        case ast.Name():
            uses = _variable_uses(module, receiver)
        case ast.Attribute(value=ast.Name(), attr=name) if name.startswith("_") and not name.endswith("__"):
            uses = attribute_uses(module, name)
        case _:
            uses = None  # it comes out of something else, or may be used outside the project
    if uses is None or not any(_is_made_at(module, facts, use) for facts, use in uses):
        return False  # others may use it, or make it
    return all(_keeps_alive(module, facts, use) for facts, use in uses)


def _variable_uses(module: Module, name: ast.Name) -> Iterable[tuple[ModuleFacts, ast.expr]] | None:
    facts = module.facts
    home = facts.scope_at(name).find(name.id)
    if home is None or not isinstance(home[0].node, FUNCTIONS):
        return None
    if not all(isinstance(b.node, (ast.Assign, ast.AnnAssign)) for b in bindings_of(module, name)):
        return None  # it comes from somewhere
    found: list[tuple[ModuleFacts, ast.expr]] = []
    for use in facts.names.get(name.id, ()):
        around = facts.scope_at(use).find(use.id)
        if around is not None and around[0] is home[0]:
            found.append((facts, use))
    return found


def _is_made_at(module: Module, facts: ModuleFacts, use: ast.expr) -> bool:
    match facts.parents[use]:
        case ast.Assign(targets=[target], value=value) | ast.AnnAssign(target=target, value=ast.expr() as value):
            return target is use and makes_future(module, facts, value)
        case _:
            return False


def _keeps_alive(module: Module, facts: ModuleFacts, use: ast.expr) -> bool:
    """True where one use of a future can neither cancel it nor hand it to somebody who could."""
    parent = facts.parents[use]
    match parent:
        case ast.Assign(targets=[target], value=ast.Constant(value=None)):
            return target is use
        case ast.AnnAssign(target=target, value=ast.Constant(value=None)):
            return target is use
        case ast.Assign() | ast.AnnAssign(value=ast.expr()):
            return _is_made_at(module, facts, use)
        case ast.AnnAssign(value=None) | ast.Delete():
            return True
        case ast.Attribute(attr=attr):
            around = facts.parents[parent]
            return attr in SETTERS or (attr in READERS and isinstance(around, ast.Call) and around.func is parent)
        case ast.Compare(left=left, ops=[ast.In() | ast.NotIn()]):
            return left is use
        case ast.Compare(ops=[ast.Is() | ast.IsNot() | ast.Eq() | ast.NotEq()]):
            return True
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
            return test is use
        case ast.UnaryOp(op=ast.Not()):
            return True
        case ast.BoolOp(op=ast.And(), values=[*others, _]):
            return use in others  # a future is true, so that it is never what comes out
        case ast.Call(args=[first, *_]) if first is use:
            return _only_watches(module, facts, parent)
        case ast.List() | ast.Set() | ast.Tuple():
            return _is_waited_for(module, facts, parent)
        case _:
            return False


def _only_watches(module: Module, facts: ModuleFacts, call: ast.Call) -> bool:
    """True for `loop.run_until_complete(fut)` and `asyncio.shield(fut)`."""
    match call.func:
        case ast.Attribute(attr="run_until_complete"):
            return True
        case func:
            return module.inference.external_name(facts, func) == "asyncio.shield"


def _is_waited_for(module: Module, facts: ModuleFacts, several: ast.expr) -> bool:
    """True for a display that is what `asyncio.wait()` waits for, where what is pending afterwards is left alone."""
    call = facts.parents[several]
    if not isinstance(call, ast.Call) or call.args[:1] != [several]:
        return False
    if module.inference.external_name(facts, call.func) != "asyncio.wait":
        return False
    waits = facts.parents[call]
    match waits:
        case ast.Await() | ast.YieldFrom() | ast.Call(func=ast.Attribute(attr="run_until_complete")):
            pass  # here it is waited for
        case _:
            return False  # what it gives may go anywhere
    match facts.parents[waits]:
        case ast.Expr():
            return True
        case ast.Assign(targets=[ast.Tuple(elts=[ast.Name(), ast.Name() as pending])]):
            return all(_leaves_alone(facts, use) for use in _reads(facts, pending))
        case _:
            return False  # both sets may go anywhere


def _reads(facts: ModuleFacts, name: ast.Name) -> list[ast.Name]:
    home = facts.scope_at(name).find(name.id)
    return [
        use
        for use in facts.names.get(name.id, ())
        if isinstance(use.ctx, ast.Load)
        and (found := facts.scope_at(use).find(use.id)) is not None
        and (home is None or found[0] is home[0])
    ]


def _leaves_alone(facts: ModuleFacts, use: ast.expr) -> bool:
    """True where one use of the set of the pending ones only looks at it."""
    match facts.parents[use]:
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[last]):
            return last is use
        case ast.If(test=test) | ast.While(test=test):
            return test is use
        case ast.UnaryOp(op=ast.Not()) | ast.Call(func=ast.Name(id="len" | "bool")):
            return True
        case _:
            return False
