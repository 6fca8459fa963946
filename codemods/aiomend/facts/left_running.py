"""What may still run when a program stops its loop, and complains when the loop is closed then."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set

from aiomend.facts.left_tasks import called_elsewhere
from aiomend.facts.loops import Loop
from aiomend.facts.module import ModuleFacts, own_nodes, suspends
from aiomend.facts.scopes import last_name
from aiomend.facts.tasks import WORDS, Made, made_tasks
from aiomend.facts.values import Coroutine, Function
from aiomend.facts.view import Module

_BUDGET = 50  #: coroutine functions that one awaits, and those await, which are looked into
_GOES_ON_QUIETLY = (3, 10)  #: since then a job of the executor says nothing of a closed loop
#: What is asked of a task, or of a collection of them, that does not end it and waits for nothing.
_ASKS = frozenset(
    {
        "add", "add_done_callback", "append", "appendleft", "cancelled", "discard", "done", "get_name", "remove",
        "remove_done_callback", "set_name",
    }
)  # fmt: skip


def left_running(module: Module, loop: Loop) -> str | None:
    """Return what may still run, and would use the loop, behind the last run of a loop; None where nothing does.

    A task that is dropped with the loop goes through its `finally` and leaves its contexts then. Of other files counts what
    the program certainly calls.
    """
    reason = _left_in(module, None)
    elsewhere = called_elsewhere(module, loop) if reason is None else {}
    for path, called in sorted(elsewhere.items()):
        if reason is None and (other := module.beside(path)) is not None:
            reason = _left_in(other, called)
    return reason


def _left_in(module: Module, called: Set[ast.AST] | None) -> str | None:
    """Return what one file leaves running; of ``called`` functions alone, where there are such."""
    return _job_of_executor(module, called) or next(_clearing_up_late(module, called), None)


def _job_of_executor(module: Module, called: Set[ast.AST] | None) -> str | None:
    if module.settings.target.all_at_least(_GOES_ON_QUIETLY):
        return None
    facts = module.facts
    for use in facts.attributes.get("run_in_executor", ()):
        call = facts.parents[use]
        is_dropped = isinstance(call, ast.Call) and isinstance(facts.parents[call], ast.Expr)
        if is_dropped and _counts(module, use, called) and module.is_loop(use.value):
            return f"nobody waits for the job of {module.path}:{use.lineno}, which tells the loop of its end"
    return None


def _clearing_up_late(module: Module, called: Set[ast.AST] | None) -> Iterator[str]:
    if not any(word in module.source.text for word in WORDS):
        return  # it makes no task
    for made in made_tasks(module):
        callee = made.callee(module) if _counts(module, made.call, called) else None
        function = callee.function if callee is not None else None
        if function is None or _is_looked_after(module, made) or not _clears_up(module, function):
            continue  # it ends without a word, as far as is known, or in time
        at = f"{module.path}:{made.call.lineno}"
        yield f"the task of {at} may be pending, and its clean-up would find the loop closed"


def _counts(module: Module, node: ast.expr, called: Set[ast.AST] | None) -> bool:
    return called is None or module.facts.function_at(node) in called


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
    """True where somebody waits for a task or cancels it, by what keeps it, or has it in his hands."""
    return not made.fate.dangles and _is_in_hands(module.facts, made.call, frozenset())


def _is_in_hands(facts: ModuleFacts, task: ast.expr, seen: frozenset[str]) -> bool:
    match parent := facts.parents[task]:
        case ast.Assign(targets=[target]) | ast.AnnAssign(target=target) | ast.NamedExpr(target=target):
            holder = last_name(target)
        case ast.Call(func=ast.Attribute(value=kept, attr="append" | "appendleft" | "add")) if task in parent.args:
            holder = last_name(kept)
        case ast.Attribute(attr=attr):
            return attr not in _ASKS
        case ast.Expr() | ast.Compare() | ast.BoolOp() | ast.UnaryOp() | ast.If() | ast.While() | ast.IfExp():
            return False  # it is asked something
        case _:
            return True  # waited for on the spot, passed on, returned, or in a display that somebody goes through
    if holder is None:
        return True
    if holder in seen:
        return False  # it comes back to its own name
    uses = [*facts.names.get(holder, ()), *facts.attributes.get(holder, ())]
    reads = [use for use in uses if isinstance(use.ctx, ast.Load) and use is not task]
    return any(_is_in_hands(facts, use, seen | {holder}) for use in reads)
