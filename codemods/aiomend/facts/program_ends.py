"""Whether the program ends with a coroutine function: nothing runs in the event loop when it has returned."""

from __future__ import annotations

import ast

from aiomend.facts.entries import is_test_file
from aiomend.facts.exits import Course, Exit, goes_on
from aiomend.facts.flow import loops_around
from aiomend.facts.function_uses import uses_of
from aiomend.facts.loops import scope_of
from aiomend.facts.quiet import RUNS
from aiomend.facts.scopes import FUNCTIONS, FunctionNode, last_name
from aiomend.facts.view import Module

_DEPTH = 4


def ends_with(module: Module, function: FunctionNode, depth: int = _DEPTH) -> bool:
    """True where every use of a coroutine function runs it as the last thing that its event loop does.

    That is `asyncio.run()`, the last run of a loop in a scope, and an `await` behind which such a function waits for nothing.
    """
    is_decorated = isinstance(function, ast.FunctionDef) and module.is_generator_coroutine(function)
    if not depth or len(function.decorator_list) > is_decorated:
        return False
    uses = uses_of(module, function)
    if uses.is_lost or uses.handed:
        return False
    calls = [(user, call) for user, call in uses.calls if not is_test_file(user.facts)]
    return bool(calls) and all(_is_last(user, call, depth) for user, call in calls)


def _is_last(user: Module, call: ast.Call, depth: int) -> bool:
    facts = user.facts
    match facts.parents[call]:
        case ast.Call(func=func, args=[first, *_]) as run if first is call:
            if user.name_of(func) == "asyncio.run":
                return True
            return last_name(func) == "run_until_complete" and _is_last_run(user, run)
        case ast.Await() | ast.YieldFrom() as awaited:
            around = facts.function_at(awaited)
            if not isinstance(around, FUNCTIONS) or any(loops_around(facts, awaited)):
                return False  # a lambda, or one turn of several
            goes = goes_on(facts, facts.statement(awaited), {Exit.FALL})
            return goes.course is Course.END and ends_with(user, around, depth - 1)
        case _:
            return False  # a task, or handed on


def _is_last_run(user: Module, run: ast.Call) -> bool:
    """True where no run of a loop follows in the file, but for what its own scope ends the loop with."""
    facts = user.facts
    if any(loops_around(facts, run)) or "run_forever" in facts.attributes:
        return False
    scope = scope_of(facts, run)
    later = [
        call
        for call, _ in user.method_calls(*RUNS)
        if scope_of(facts, call) is scope and call.lineno > run.lineno and not _ends_the_loop(call)
    ]
    return not later


def _ends_the_loop(run: ast.Call) -> bool:
    match run.args:
        case [ast.Call(func=func)]:
            return last_name(func).startswith(("shutdown_", "wait_closed"))
        case _:
            return False
