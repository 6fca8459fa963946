"""Coroutines that keep the task which runs them, or hand it on: `self.task = asyncio.current_task()`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.quiet import LOOKS
from aiomend.facts.scopes import FunctionNode
from aiomend.facts.tasks import Made
from aiomend.facts.view import Module

_DEPTH = 3  #: calls away from the coroutine function that the task is made of
_ASKS = frozenset({"asyncio.current_task", "asyncio.Task.current_task"})
#: Methods of a task by which nobody comes to know how it ends.
_PASSING = frozenset({"cancel", "cancelled", "cancelling", "get_coro", "get_name", "set_name", "uncancel", "done"})


def keeps_its_task(module: Module, made: Made) -> bool:
    """True where what a task runs keeps the task somewhere itself, by what it calls as well: others may wait for it there."""
    coroutine = made.callee(module)
    if coroutine is None or coroutine.function is None or not (keepers := _keepers(module)):
        return False
    seen: set[ast.AST] = {coroutine.function.node}
    todo = [(coroutine.function, 0)]
    while todo:
        function, depth = todo.pop()
        if function.node in keepers:
            return True
        home = module.beside(function.facts.path) if depth < _DEPTH else None
        if home is None:
            continue  # far away, or it cannot be read
        calls = (one for one in own_nodes(function.node) if isinstance(one, ast.Call))
        for callee in (home.function_of(call.func) for call in calls):
            if callee is not None and callee.node not in seen:
                seen.add(callee.node)
                todo.append((callee, depth + 1))
    return False


def _keepers(module: Module) -> frozenset[ast.AST]:
    """Return the functions of the project that keep the task that runs them."""
    return module.inference.traced(("keepers", None), lambda: frozenset(_find_keepers(module)))


def _find_keepers(module: Module) -> Iterator[FunctionNode | ast.Lambda]:
    for path in module.inference.project.files_mentioning("current_task") or ():
        if (user := module.beside(path)) is None:
            continue  # it cannot be read
        for call in user.calls(*_ASKS):
            function = user.facts.function_at(call)
            if function is not None and _is_kept(user.facts, call, set()):
                yield function


def _is_kept(facts: ModuleFacts, task: ast.expr, seen: set[ast.expr]) -> bool:
    """False for a task that is only asked, named, compared or cancelled, under a local name as well."""
    seen.add(task)
    match facts.parents[task]:
        case ast.Attribute(attr=attr):
            return attr not in _PASSING
        case ast.Compare() | ast.Expr() | ast.BoolOp() | ast.UnaryOp() | ast.If() | ast.Assert() | ast.FormattedValue():
            return False
        case (
            ast.Assign(targets=[ast.Name() as name])
            | ast.NamedExpr(target=name)
            | ast.AnnAssign(target=ast.Name() as name)
        ):
            reads = (one for one in facts.mentions_of(name) if isinstance(one.ctx, ast.Load) and one not in seen)
            return any(_is_kept(facts, one, seen) for one in reads)
        case ast.Set() as alone if isinstance(facts.parents[alone], ast.BinOp):
            return False  # `all_tasks() - {current_task()}`
        case ast.Call(func=ast.Name(id=name)) if name in LOOKS:
            return False
        case ast.Call(func=ast.Attribute(attr="remove" | "discard" | "debug" | "info" | "warning" | "error")):
            return False  # taken out of what held it, or written down
        case _:
            return True
