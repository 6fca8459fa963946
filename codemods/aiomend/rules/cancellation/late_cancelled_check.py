"""AIO203: a coroutine that works before it waits for a future that may be cancelled already."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from aiomend.facts.futures import certainty
from aiomend.facts.module import suspends
from aiomend.facts.promises import may_return_none
from aiomend.facts.scopes import FUNCTIONS, Binding, FunctionNode, How, last_name
from aiomend.facts.values import Plain
from aiomend.facts.view import Module
from aiomend.model import Impact, Safety
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Wrap
from aiomend.rules.lines import put_before
from aiomend.rules.rule import Fix, Rule

if TYPE_CHECKING:
    pass

_REPORTS = frozenset({"critical", "debug", "error", "exception", "info", "log", "print", "warning", "get_event_loop"})
_REPORTS_TOO = frozenset({"get_running_loop", "isinstance", "len", "time", "monotonic", "getLogger"})


class LateCancelledCheck(Rule):
    """Ask a future that was passed in whether it was cancelled, before working for it.

    A coroutine that is given a future may start long after it was called, and the future may be cancelled by then. What
    is done before the future is waited for is done for nothing.

    Before:

    ```python
    import asyncio

    async def compute(fut: asyncio.Future, numbers):
        total = sum(number ** 2 for number in numbers)
        return total + await fut
    ```

    After:

    ```python
    import asyncio

    async def compute(fut: asyncio.Future, numbers):
        if fut.cancelled():
            return
        total = sum(number ** 2 for number in numbers)
        return total + await fut
    ```

    Fix safety: there is none unless the rule is selected by its full code, and then it is unsafe: the coroutine returns
    None where it raised CancelledError, and does not do what it did before. Whether that was useless only a person knows.

    Silent when something else is done with the future before it is waited for, such as to ask for its state or to pass it
    on; when nothing but names and log entries comes before; when the parameter may be None, or nothing says that it is a
    future; when the waiting stands in a loop, a branch or a handler; in tests.
    """

    code = "AIO203"
    name = "late-cancelled-check"
    safety = Safety.UNSAFE
    impact = Impact.SLOW
    triggers = frozenset({"await", "yield from"})
    context = frozenset({"fut", "Fut", "waiter", "Waiter", "Task"})

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the first waiting for a future that was passed in, behind work."""
        if module.is_test or module.other_framework:
            return  # tests pass what they made; other frameworks have other futures
        waits: list[ast.Await | ast.YieldFrom] = [*module.facts.nodes(ast.Await), *module.facts.nodes(ast.YieldFrom)]
        for wait in waits:
            fut, function = wait.value, module.facts.function_at(wait)
            if isinstance(fut, ast.Name) and isinstance(function, FUNCTIONS) and _is_late(module, function, fut):
                yield self._asked(module, function, wait, fut.id)

    def _asked(self, module: Module, function: FunctionNode, wait: ast.expr, name: str) -> Fix:
        message = f"`{function.name}()` works before it waits for `{name}`, which may be cancelled already"
        if not module.settings.select.names_in_full(self.code):
            reason = f"only a person knows whether the work is useless then: `if {name}.cancelled(): return` would come first"
            return self.manual(module, wait, message, reason)
        if function.returns is not None and not may_return_none(function.returns):
            promised = module.text(function.returns)
            reason = f"`return` gives None, and `{promised}` is promised: say what comes of a cancelled future"
            return self.manual(module, wait, message, reason)
        done = f"`if {name}.cancelled(): return` comes first"
        check, first = f"if {name}.cancelled():\n    return\n", function.body[0]
        if _has_documentation(function):
            edit = Wrap((first,), lambda body: [*body, *syntax.statements(check, module.facts.indent)])
        else:
            edit = put_before(module, first, check)
        return self.fix(module, wait, f"{message}; {done}", edit)


def _has_documentation(function: FunctionNode) -> bool:
    match function.body[0]:
        case ast.Expr(value=ast.Constant(value=str())):
            return True
        case _:
            return False


def _is_late(module: Module, function: FunctionNode, fut: ast.Name) -> bool:
    """True where a function waits for a future that it was passed, and works before."""
    parameters = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    if fut.id not in {one.arg for one in parameters} or not _is_first_use(module, function, fut):
        return False  # not passed in, or more is done with it
    if certainty(module, fut) is None or Plain.NONE in module.values(fut) or _is_optional(module, fut):
        return False  # nothing says that it is a future, or there may be none
    statement = module.facts.statement(fut)
    return statement in function.body and any(map(_works, function.body[: function.body.index(statement)]))


def _is_first_use(module: Module, function: FunctionNode, fut: ast.Name) -> bool:
    """True where the parameter is never bound again, and nothing above touches it."""
    home = module.facts.scope_at(fut).find(fut.id)
    if home is None or home[0].node is not function or [one.how for one in home[1]] != [How.PARAMETER]:
        return False
    uses = [one for one in ast.walk(function) if isinstance(one, ast.Name) and one.id == fut.id]
    return min(uses, key=lambda one: (one.lineno, one.col_offset)) is fut


def _is_optional(module: Module, fut: ast.Name) -> bool:
    match module.facts.scope_at(fut).find(fut.id):
        case [_, [Binding(value=ast.Constant(value=None))]]:
            return True
        case _:
            return False


def _works(statement: ast.stmt) -> bool:
    """True where a statement does more than to write down and to look up."""
    if isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
        return False  # a definition
    if suspends(statement) or isinstance(statement, (ast.For, ast.While)):
        return True
    cheap = _REPORTS | _REPORTS_TOO
    return any(isinstance(node, ast.Call) and last_name(node.func) not in cheap for node in ast.walk(statement))
