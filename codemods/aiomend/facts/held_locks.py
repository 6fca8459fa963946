"""Locks of threads and processes that are held where a coroutine would wait, or a thread for a coroutine."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from aiomend.facts.flow import contexts_around
from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.scopes import called_name, last_name
from aiomend.facts.view import Module

_LOCK = re.compile(r"(?:^|_)(?:file|rw?)?(?:lock|mutex)s?$")
_THREAD_LOCKS = (
    "threading.Lock",
    "threading.RLock",
    "threading.Condition",
    "threading.Semaphore",
    "threading.BoundedSemaphore",
)


def is_thread_lock(module: Module, node: ast.expr) -> bool:
    """True for what is known to be a lock of `threading`."""
    values = module.values(node)
    return any(module.inference.is_instance(values, lock) is True for lock in _THREAD_LOCKS)


def held_lock(module: Module, node: ast.expr) -> ast.expr | None:
    """Return the lock of threads or processes that is held at a node, known to be one or called so; None where there is none.

    It is entered by a plain `with` around the node, by an exit stack or a context manager of the project that is entered
    there, or the function has acquired it before the node and not released it.
    """
    for statement, item in contexts_around(module.facts, node):
        match statement, item.context_expr:
            case ast.With(), entered if _may_be_lock(module, entered):
                return entered
            case ast.With(), ast.Call() as call if _enters_lock(module, call):
                return call
            case ((ast.With() | ast.AsyncWith()), _) if isinstance(item.optional_vars, ast.Name):
                for lock in _put_on(module, item.optional_vars, node):
                    return lock
            case _:
                pass  # `async with` enters no such lock by itself
    return next(iter(_acquired(module, node).values()), None)


def _may_be_lock(module: Module, entered: ast.expr) -> bool:
    if is_thread_lock(module, entered):
        return True
    if module.inference.is_instance(module.values(entered), "asyncio.Lock"):
        return False  # it fails
    names = [called_name(entered)]
    match entered:
        case ast.Call(func=ast.Attribute(value=lock)):
            names.append(called_name(lock))  # `with lock.write():`
        case _:
            pass  # the lock itself
    return any(_LOCK.search(name.lower()) for name in names)


def _enters_lock(module: Module, call: ast.Call) -> bool:
    """True for a call of a generator of the file that is a context manager, by its name, and yields while it holds a lock."""
    return any(
        isinstance(function, ast.FunctionDef)
        and function.name == called_name(call)
        and "contextmanager" in map(last_name, function.decorator_list)
        and any(_yields_in_lock(module, one) for one in own_nodes(function))
        for function in module.facts.functions
    )


def _yields_in_lock(module: Module, node: ast.AST) -> bool:
    return (
        isinstance(node, ast.With)
        and any(_may_be_lock(module, item.context_expr) for item in node.items)
        and any(isinstance(inner, ast.Yield) for inner in ast.walk(node))
    )


def _put_on(module: Module, stack: ast.Name, node: ast.expr) -> Iterator[ast.expr]:
    """Yield the locks that an exit stack has entered before a node: `stack.enter_context(lock)`."""
    facts = module.facts
    for call, method in facts.method_calls("enter_context"):
        is_before = (call.end_lineno or 0, call.end_col_offset or 0) <= (node.lineno, node.col_offset)
        if is_before and called_name(method.value) == stack.id and facts.function_at(call) is facts.function_at(node):
            yield from (one for one in call.args[:1] if _may_be_lock(module, one))


def _acquired(module: Module, node: ast.expr) -> dict[str, ast.expr]:
    """Return the locks that the function around a node has acquired before it and not released, by how they are written."""
    held: dict[str, ast.expr] = {}
    for lock, is_acquired in _steps(module.facts, node):
        if not is_acquired:
            held.pop(module.text(lock), None)
        elif _may_be_lock(module, lock):
            held[module.text(lock)] = lock
    return held


def _steps(facts: ModuleFacts, node: ast.expr) -> Iterator[tuple[ast.expr, bool]]:
    """Yield what the function around a node calls `acquire()` (true) and `release()` of before the node, in the order of the file."""
    function, place = facts.function_at(node), (node.lineno, node.col_offset)
    for call, method in facts.method_calls("acquire", "release"):
        is_before = (call.end_lineno or 0, call.end_col_offset or 0) <= place
        if not is_before or facts.function_at(call) is not function:
            continue  # later, or at another time
        if isinstance(facts.parents[call], (ast.Await, ast.YieldFrom)):
            continue  # no lock of threads
        is_acquired = method.attr == "acquire"
        if is_acquired or not _leaves(facts.block(facts.statement(call))):
            yield method.value, is_acquired


def _leaves(block: list[ast.stmt]) -> bool:
    """True for statements from which nothing goes on to what stands behind them."""
    return isinstance(block[-1], (ast.Return, ast.Raise, ast.Continue, ast.Break))
