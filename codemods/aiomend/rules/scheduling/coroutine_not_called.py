"""AIO603: a coroutine function where its coroutine is wanted."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set
from functools import partial
from typing import TYPE_CHECKING

from aiomend.facts.flow import caught_around, contexts_around
from aiomend.facts.handled_by_callers import handed_on, is_named_by_a_caller
from aiomend.facts.methods_replaced import is_replaced
from aiomend.facts.misused_callbacks import (
    MisusedCallback,
    makes_coroutine,
    misused_callbacks,
    misused_targets,
)
from aiomend.facts.scheduling_methods import POSITIONS, REPEATED
from aiomend.facts.scopes import FUNCTIONS, FunctionNode, last_name
from aiomend.facts.suspension import is_awaited
from aiomend.facts.thread_entries import GIVES_ARGUMENTS
from aiomend.facts.values import External, Function, ProjectClass
from aiomend.facts.view import Module
from aiomend.model import Evidence, Impact, Safety
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Replace
from aiomend.rewriting.task_helpers import task_helpers
from aiomend.rules.rule import Fix, Rule, imports_of

if TYPE_CHECKING:
    import libcst as cst

_TAKES_COROUTINE = frozenset(
    {
        "asyncio.run",
        "asyncio.Runner.run",
        "asyncio.create_task",
        "asyncio.ensure_future",
        "asyncio.run_coroutine_threadsafe",
        "asyncio.AbstractEventLoop.create_task",
        "asyncio.AbstractEventLoop.run_until_complete",
        "asyncio.TaskGroup.create_task",
        "asyncio.gather",
        "asyncio.shield",
    }
)
_RAISED = frozenset({"AssertionError", "TypeError", "ValueError"})
_EXPECTED = frozenset({"TypeError", "ValueError"})
_NAMES = (ast.Name, ast.Attribute)
_LOOP_METHODS = frozenset({"create_task", "run_until_complete"})
_KEYWORDS = frozenset({"main", "coro", "coro_or_future", "future", "arg", "fut"})


class CoroutineNotCalled(Rule):
    """Call the coroutine function: asyncio runs coroutines, not functions.

    `asyncio.run(main)`, `loop.run_until_complete(main)`, `create_task(main)` and `ensure_future(main)` want the coroutine
    that `main()` makes, and so do `await main`, `gather(main)`, `shield(main)` and an awaited `wait_for(main, 1)`. Given the function
    itself they raise TypeError or ValueError, and nothing runs.

    The other way round, `loop.call_later(1, greet)`, `call_soon()`, `add_signal_handler()` and a future's
    `add_done_callback()` want a plain function: given a coroutine function they only make a coroutine, which nobody runs (in debug
    mode they raise TypeError), and given a coroutine they have nothing to call. A lambda makes a task of it, which a
    helper holds. A thread that begins with a coroutine function (`Thread(target=main)`, `await asyncio.to_thread(main)`) makes a
    coroutine as well; whether the loop or the thread should run it, only a person knows.

    Before:

    ```python
    import asyncio

    async def main():
        await asyncio.sleep(1)

    asyncio.run(main)
    ```

    After:

    ```python
    import asyncio

    async def main():
        await asyncio.sleep(1)

    asyncio.run(main())
    ```

    Fix safety: safe. The call raises today, whenever it is reached. A callback is unsafe: it begins to run; where arguments come
    with it, or it is called again and again, only a person knows. Unsafe also where the function around it is handed on as a
    value, such as a callback, in a project that names one of the exceptions: whoever calls it may expect them. Where the
    function has parameters without a default, only a person knows what to pass.

    Silent when somebody takes what a thread has made, and when the argument may be something else than a coroutine function of the project (a decorator of which nothing is
    known, an async generator, a name that is bound twice), where nobody awaits `wait_for()`, which raises nothing before (AIO601 knows it), and where an exception of the
    call is expected: in a block of `pytest.raises` or `assertRaises`, or under
    `except TypeError` or `suppress(TypeError)`, there or in a caller.
    """

    code = "AIO603"
    name = "coroutine-not-called"
    safety = Safety.SAFE
    impact = Impact.BUG
    triggers = frozenset(
        {
            "run",
            "run_until_complete",
            "create_task",
            "ensure_future",
            "run_coroutine_threadsafe",
            "gather",
            "shield",
            "wait_for",
            "add_done_callback",
            *POSITIONS,
            *GIVES_ARGUMENTS,
            "await",
        }
    )
    whole_words = True
    is_common = True

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the coroutine functions that are passed where a coroutine is wanted."""
        for taker, given in _wanted(module):
            function = module.function_of(given) if isinstance(given, _NAMES) else None
            if function is None or not makes_coroutine(module, function) or _expects_failure(module, taker):
                continue  # a coroutine or a future, or it is meant to fail
            if not is_replaced(module, given) and not _may_be_passed(given, function):
                yield self._fix(module, taker, given, function)
        for one in misused_callbacks(module):
            if _expects_failure(module, one.call) or is_replaced(module, one.named):
                continue  # it is meant to fail, or something else by then
            if one.function is None or not _may_be_passed(one.named, one.function):
                yield self._called_back(module, one)
        for call, named, function in misused_targets(module):
            if not is_replaced(module, named) and not _may_be_passed(named, function):
                yield self._in_thread(module, call, named, function)

    def _fix(self, module: Module, call: ast.Call | ast.Await, given: ast.expr, function: Function) -> Fix:
        name = module.phrase(given)
        taker = module.call_phrase(call) if isinstance(call, ast.Call) else "await"
        message = f"`{taker}` is given the function `{name}` and raises: it wants the coroutine that `{name}()` makes"
        node = function.node
        assert isinstance(node, FUNCTIONS)
        evidence = (Evidence(function.facts.path, node.lineno, f"`{node.name}()` is a coroutine function"),)
        if missing := _required(module, given, function, node):
            reason = f"`{name}()` needs arguments: {', '.join(missing)}"
            return self.manual(module, given, message, reason, evidence)
        edit = Replace(given, syntax.call)
        if (handed := handed_on(module, call, _RAISED)) is not None:
            reason = f"`{handed}()` is handed on as a value, and whoever calls it may expect the exception"
            return self.fix(module, given, message, edit, safety=Safety.UNSAFE, reason=reason, evidence=evidence)
        return self.fix(module, given, message, edit, evidence=evidence)

    def _in_thread(self, module: Module, call: ast.Call, named: ast.expr, function: Function) -> Fix:
        node = function.node
        assert isinstance(node, FUNCTIONS)
        message = (
            f"`{module.call_phrase(call)}` is given the coroutine function `{module.phrase(named)}`: the thread makes a coroutine"
            " that nobody runs"
        )
        evidence = (Evidence(function.facts.path, node.lineno, f"`{node.name}()` is a coroutine function"),)
        reason = "await it, or make a task of it, in the loop; a loop of the thread's own runs it by `asyncio.run()`"
        return self.manual(module, named, message, reason, evidence)

    def _called_back(self, module: Module, one: MisusedCallback) -> Fix:
        name, taker = module.phrase(one.named), module.phrase(one.call.func)
        missing: list[str] = []
        evidence: tuple[Evidence, ...] = ()
        if one.function is None:
            message = f"`{taker}()` is given the coroutine of `{name}()`, which cannot be called: it wants a function"
        else:
            node = one.function.node
            assert isinstance(node, FUNCTIONS)
            message = (
                f"`{taker}()` is given the coroutine function `{name}`: to call it makes a coroutine that nobody runs"
            )
            missing = _required(module, one.named, one.function, node)
            evidence = (Evidence(one.function.facts.path, node.lineno, f"`{node.name}()` is a coroutine function"),)
        if missing or not one.is_alone or one.method in REPEATED - {"add_signal_handler"}:
            reason = "give it a plain function that makes a task, and keeps it until it is done"
            return self.manual(module, one.callback, message, reason, evidence)
        helpers = task_helpers(module)
        schedule = module.spell("asyncio", "ensure_future", one.call)
        edit = Replace(
            one.callback,
            partial(_as_task, keep=helpers.keep, schedule=schedule.text, is_function=one.function is not None),
        )
        message += f"; a lambda makes a task of it, which `{helpers.keep}()` holds"
        needs = (*helpers.keep_needs, *imports_of(schedule))
        return self.fix(module, one.callback, message, edit, safety=Safety.UNSAFE, needs=needs, evidence=evidence)


def _as_task(node: cst.BaseExpression, *, keep: str, schedule: str, is_function: bool) -> cst.BaseExpression:
    coroutine = syntax.call(node) if is_function else node
    return syntax.function_of_nothing(syntax.call(keep, syntax.call(schedule, coroutine)))


def _wanted(module: Module) -> Iterator[tuple[ast.Call | ast.Await, ast.expr]]:
    """Yield what stands where a coroutine is wanted, with what wants it."""
    for call in module.facts.calls:
        if not any(isinstance(one, _NAMES) for one in call.args or [one.value for one in call.keywords]):
            continue  # a call, most of the time
        if _takes_coroutine(module, call):
            yield from ((call, given) for given in _given(module, call))
    yield from ((wait, wait.value) for wait in module.facts.nodes(ast.Await))


def _given(module: Module, call: ast.Call) -> list[ast.expr]:
    """Return what stands where a coroutine is wanted: all arguments of `gather()`, the first one of the others."""
    if call.args:
        return call.args if _is(module, call.func, {"asyncio.gather"}) else call.args[:1]
    return [keyword.value for keyword in call.keywords if keyword.arg in _KEYWORDS]


def _is(module: Module, called: ast.expr, names: Set[str]) -> bool:
    values = module.values(called)
    return bool(values) and all(isinstance(value, External) and value.name in names for value in values)


def _takes_coroutine(module: Module, call: ast.Call) -> bool:
    if _is(module, call.func, _TAKES_COROUTINE):
        return True
    if _is(module, call.func, {"asyncio.wait_for"}):
        return is_awaited(module, call)  # it raises no earlier
    match call.func:
        case ast.Attribute(value=receiver, attr=attr) if attr in _LOOP_METHODS:
            return (
                module.is_loop(receiver) and module.function_of(call.func) is None
            )  # else a loop of the project's own
        case _:
            return False


def _may_be_passed(given: ast.expr, function: Function) -> bool:
    """True for an attribute of another name than the function's, such as a field of a dataclass: that is only its default."""
    return (
        isinstance(given, ast.Attribute) and isinstance(function.node, FUNCTIONS) and given.attr != function.node.name
    )


def _expects_failure(module: Module, call: ast.expr) -> bool:
    facts = module.facts
    if any(caught is not None and last_name(caught) in _EXPECTED for caught in caught_around(facts, call)):
        return True
    if is_named_by_a_caller(module, call, _RAISED):
        return True
    for _, item in contexts_around(facts, call):
        match item.context_expr:
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if "raises" in name.lower():
                return True
            case _:
                pass  # expects nothing
    return False


def _required(module: Module, given: ast.expr, function: Function, node: FunctionNode) -> list[str]:
    """Return the names of the parameters that a call without arguments leaves out."""
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    missing = positional[: len(positional) - len(arguments.defaults)]
    if _is_bound(module, given, function, node):
        missing = missing[1:]
    keywords = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return [f"`{one.arg}`" for one in (*missing, *(one for one, default in keywords if default is None))]


def _is_bound(module: Module, given: ast.expr, function: Function, node: FunctionNode) -> bool:
    kinds = {one.id for one in node.decorator_list if isinstance(one, ast.Name)}
    if function.owner is None or "staticmethod" in kinds or not isinstance(given, ast.Attribute):
        return False
    through_class = any(isinstance(value, ProjectClass) for value in module.values(given.value))
    return "classmethod" in kinds or not through_class
