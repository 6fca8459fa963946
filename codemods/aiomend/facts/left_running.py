"""What may still run when a program stops its loop, and complains when the loop is closed then."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.left_tasks import called_elsewhere, is_cancelled
from aiomend.facts.loops import Loop
from aiomend.facts.module import own_nodes, suspends
from aiomend.facts.scopes import last_name
from aiomend.facts.tasks import WORDS, Made, made_tasks
from aiomend.facts.values import Coroutine, Function
from aiomend.facts.view import Module

_BUDGET = 50  #: coroutine functions that one awaits, and those await, which are looked into
_GOES_ON_QUIETLY = (3, 10)  #: since then a job of the executor says nothing of a closed loop
_WAITS = frozenset({"gather", "wait", "wait_for", "shield", "run_until_complete", "as_completed"})


def left_running(module: Module, loop: Loop) -> str | None:
    """Return what may still run, and would use the loop, behind the last run of a loop; None where nothing does.

    A task that is dropped with the loop goes through its `finally` and leaves its contexts then.
    """
    elsewhere = called_elsewhere(module, loop)
    for user in (module, *(one for path in sorted(elsewhere) if (one := module.beside(path)) is not None)):
        place = _job_of_executor(user) or next(_clearing_up_late(user), None)
        if place is not None:
            return place
    return None


def _job_of_executor(module: Module) -> str | None:
    if module.settings.target.all_at_least(_GOES_ON_QUIETLY):
        return None
    facts = module.facts
    for use in facts.attributes.get("run_in_executor", ()):
        call = facts.parents[use]
        if isinstance(call, ast.Call) and isinstance(facts.parents[call], ast.Expr) and module.is_loop(use.value):
            return f"nobody waits for the job of {module.path}:{call.lineno}, which tells the loop of its end"
    return None


def _clearing_up_late(module: Module) -> Iterator[str]:
    if not any(word in module.source.text for word in WORDS):
        return  # it makes no task
    for made in made_tasks(module):
        callee = made.callee(module)
        function = callee.function if callee is not None else None
        if function is None or not _clears_up(module, function):
            continue  # it ends without a word, as far as is known
        if not _is_looked_after(module, made):
            yield (
                f"the task of {module.path}:{made.call.lineno} may be pending, and its clean-up would find the loop closed"
            )


def _clears_up(module: Module, function: Function) -> bool:
    """True where something waits in a `try` with a `finally`, or in a context, in a coroutine function or one that it awaits."""
    todo, seen = [function], {function}
    while todo:
        one = todo.pop()
        nodes = list(own_nodes(one.node))
        if any(_clears_up_behind_a_wait(node) for node in nodes):
            return True
        awaited = {
            value.function
            for node in nodes
            if isinstance(node, (ast.Await, ast.YieldFrom))
            for value in module.inference.values(one.facts, node.value)
            if isinstance(value, Coroutine) and value.function is not None
        }
        if len(seen) < _BUDGET:
            todo += awaited - seen
            seen |= awaited
    return False


def _clears_up_behind_a_wait(node: ast.AST) -> bool:
    match node:
        case ast.Try(finalbody=[_, *_], body=body) | ast.TryStar(finalbody=[_, *_], body=body):
            return any(suspends(statement) for statement in body)
        case ast.With(body=body) | ast.AsyncWith(body=body):
            return any(suspends(statement) for statement in body)
        case _:
            return False


def _is_looked_after(module: Module, made: Made) -> bool:
    """True where somebody waits for a task, or cancels it, by the name that it is given."""
    facts = module.facts
    if made.fate.dangles:
        return False
    match parent := facts.parents[made.call]:
        case ast.Assign(targets=[target]) | ast.AnnAssign(target=target) | ast.NamedExpr(target=target):
            holder = last_name(target)
        case ast.Call(func=ast.Attribute(value=kept, attr="append" | "add")):
            holder = last_name(kept)
        case ast.Call():
            return last_name(parent.func) in _WAITS
        case _:
            return True  # waited for on the spot, returned, or in a display that somebody goes through
    if holder is None or is_cancelled(module, holder):
        return True
    uses: list[ast.expr] = [*facts.names.get(holder, ()), *facts.attributes.get(holder, ())]
    return any(_is_waited_for(facts.parents[use]) for use in uses)


def _is_waited_for(parent: ast.AST) -> bool:
    match parent:
        case ast.Await() | ast.YieldFrom() | ast.Return():
            return True
        case ast.Call(func=func):
            return last_name(func) in _WAITS
        case _:
            return False
