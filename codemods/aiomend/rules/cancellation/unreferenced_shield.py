"""AIO206: shield() around a coroutine whose task nothing refers to."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from aiomend.facts.flow import is_simple, same
from aiomend.facts.scopes import FUNCTIONS
from aiomend.facts.tasks import fate_of
from aiomend.facts.thread_accounts import Where
from aiomend.facts.view import Module
from aiomend.model import Impact, Safety
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Need, Replace, Wrap
from aiomend.rewriting.task_helpers import holding_helper, task_helpers
from aiomend.rules.rule import Fix, Rule, imports_of

if TYPE_CHECKING:
    import libcst as cst

_NAMES = ("task", "shielded", "inner_task")

_ONLY_WAIT = frozenset({"asyncio.sleep", "asyncio.wait"})


class UnreferencedShield(Rule):
    """Keep a reference to the task that `shield()` makes of a coroutine.

    `shield(coroutine())` makes a task that goes on when the waiting is cancelled. From then on nothing but the event loop
    knows it, and the loop refers to its tasks weakly: what was to be protected can be destroyed while it is pending. The
    task is made first and handed to a helper, added once a module, that holds it in a set until it is done.

    Before:

    ```python
    import asyncio

    async def save(state):
        await asyncio.sleep(1)

    async def stop(state):
        await asyncio.wait_for(asyncio.shield(save(state)), 5)
    ```

    After:

    ```python
    import asyncio

    _held_tasks = set()

    def _hold_task(task):
        \"""Hold a task until it is done; whoever waits for it reads its exception.\"""
        _held_tasks.add(task)
        task.add_done_callback(_held_tasks.discard)
        return task

    async def save(state):
        await asyncio.sleep(1)

    async def stop(state):
        task = asyncio.ensure_future(save(state))
        _hold_task(task)
        await asyncio.wait_for(asyncio.shield(task), 5)
    ```

    Where something else in the statement is evaluated first, or no name is free, the task is made inside the call. A
    `shield()` that nobody waits for gets the helper of AIO901, which also reports the exception of the task.

    Fix safety: unsafe. `shield()` makes the same task at the same moment; but it lives on until it is done, where it could
    vanish before, and so does all that it refers to.

    Silent when something else than a coroutine is shielded, or nobody knows what; when the shield is what the event loop
    runs until it is complete; when `asyncio.wait()` or `asyncio.sleep()` is all that is shielded, which do nothing but wait; in code that runs in another thread; in files that use another async framework; in tests.
    """

    code = "AIO206"
    name = "unreferenced-shield"
    safety = Safety.UNSAFE
    impact = Impact.BUG
    triggers = frozenset({"shield"})

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the shields of a file whose inner task nothing refers to."""
        if module.is_test or module.other_framework:
            return  # tests end before it matters; other frameworks shield in another way
        for call in module.calls("asyncio.shield"):
            if len(call.args) != 1 or module.coroutine_of(call.args[0]) is None:
                continue  # a future or task that somebody else has, or nobody knows
            if isinstance(call.args[0], ast.Call) and module.name_of(call.args[0].func) in _ONLY_WAIT:
                continue  # what it waits for refers to it, and nothing is lost with it
            if not all(keyword.arg == "loop" and is_simple(keyword.value) for keyword in call.keywords):
                continue  # arguments that `shield()` does not have
            if module.where(call) in (Where.THREAD, Where.BOTH):
                continue  # made in another thread: section 3 owns it
            if _runs_the_loop(module, call):
                continue  # nobody but the end of the program cancels it
            yield self._held(module, call)

    def _held(self, module: Module, call: ast.Call) -> Fix:
        inner = call.args[0]
        is_dropped = fate_of(module.facts, call)[0].dangles
        helper, needs = _helper(module, is_dropped)
        maker = module.spell("asyncio", "ensure_future", call)
        loop = module.text(call.keywords[0].value) if call.keywords else None
        make = partial(_made, maker=maker.text, loop=loop)
        needs = (*needs, *imports_of(maker))
        message = f"nothing refers to the task of `{module.phrase(inner)}` once the shielded waiting is cancelled: it may be destroyed while it is pending"
        name = _free_name(module, call)
        statement = module.facts.statement(call)
        if name is None or is_dropped or not _is_evaluated_first(module, statement, call):
            done = f"`{helper}()` holds it until it is done"
            edit = Replace(inner, lambda node: syntax.call(helper, make(node)))
            return self.fix(module, call, f"{message}; {done}", edit, needs=needs)
        done = f"`{name}` is bound to it first, and `{helper}()` holds it until it is done"
        # a line of its own: what the helper gives is any future, and the name keeps the type of the task
        bind = partial(syntax.argument_bound, function=ast.unparse(call.func), name=name, make=make, helper=helper)
        return self.fix(module, call, f"{message}; {done}", Wrap((statement,), bind), needs=needs)


def _runs_the_loop(module: Module, call: ast.Call) -> bool:
    match module.facts.parents[call]:
        case ast.Call(func=ast.Attribute(attr="run_until_complete"), args=args):
            return call in args
        case _:
            return False


def _helper(module: Module, is_dropped: bool) -> tuple[str, tuple[Need, ...]]:
    if is_dropped:
        helpers = task_helpers(module)
        return helpers.keep, helpers.keep_needs
    holding = holding_helper(module)
    return holding.name, holding.needs


def _made(node: cst.BaseExpression, maker: str, loop: str | None) -> cst.BaseExpression:
    more = [] if loop is None else [syntax.keyword("loop", loop)]
    return syntax.call(maker, node, *more)


def _free_name(module: Module, call: ast.Call) -> str | None:
    if not isinstance(module.facts.scope_at(call).node, FUNCTIONS):
        return None  # in a comprehension or a lambda a statement has no place; elsewhere the name would stay
    return next((name for name in _NAMES if module.is_free(name, call)), None)


def _is_evaluated_first(module: Module, statement: ast.stmt, call: ast.Call) -> bool:
    """True where nothing in a simple statement runs before the call, or decides whether it runs, but for names."""
    if not isinstance(statement, (ast.Expr, ast.Assign, ast.AnnAssign, ast.Return)):
        return False  # a part of a compound statement: a line before it may run at another time
    if sum(isinstance(node, ast.Call) and same(node.func, call.func) for node in ast.walk(statement)) != 1:
        return False  # which of them is meant
    here: ast.AST = call
    for parent in module.facts.ancestors(call):
        match parent:
            case ast.stmt():
                return True
            case ast.Await() | ast.YieldFrom():
                pass  # it waits behind the call
            case ast.Call(func=func, args=args) if here in args and is_simple(func):
                if not all(is_simple(one) for one in args[: args.index(here)]):
                    return False  # an argument before it
            case _:
                return False  # part of something that may run before it, or instead of it
        here = parent
    return False
