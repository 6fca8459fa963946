"""Whether a place can take a new suspension point, and what stands in the way."""

from __future__ import annotations

import ast
import re

from aiomend.facts.driven_by_hand import drives_by_hand
from aiomend.facts.flow import caught_around
from aiomend.facts.held_locks import held_lock
from aiomend.facts.module import Colour
from aiomend.facts.scopes import COMPREHENSIONS, FUNCTIONS, last_name
from aiomend.facts.view import Module

_BORDERS = (*FUNCTIONS, ast.Lambda, ast.ClassDef)
_TEST_TOOLS = frozenset({"asynctest", "pytest", "unittest"})
_TAKE_AWAITABLES = frozenset(
    {
        "asyncio.as_completed",
        "asyncio.create_task",
        "asyncio.ensure_future",
        "asyncio.gather",
        "asyncio.run",
        "asyncio.run_coroutine_threadsafe",
        "asyncio.shield",
        "asyncio.timeout",
        "asyncio.wait",
        "asyncio.wait_for",
        "asyncio.AbstractEventLoop.create_task",
        "asyncio.AbstractEventLoop.run_until_complete",
        "asyncio.TaskGroup.create_task",
    }
)
_GATHERED = (ast.List, ast.Tuple, ast.Set, ast.Starred, ast.ListComp, ast.SetComp, ast.keyword)
#: What takes values and awaitables alike is called so: `maybe_await`, `ensure_async`, `await_if_needed`.
_EITHER = re.compile(r"(?:maybe|ensure).*(?:async|await|coro|future)|(?:async|await|coro|future).*(?:maybe|if)", re.I)
_FOR_ANYIO = "is written for anyio, and another event loop than asyncio's may run it"
_SCHEDULE = frozenset({"call_soon", "call_soon_threadsafe", "call_later", "call_at", "add_done_callback"})


def obstacle(module: Module, node: ast.expr, colour: Colour) -> str | None:
    """Return why no suspension point may be put at ``node``, a place of that colour; None where nothing speaks against it."""
    target = module.settings.target
    if (lock := held_lock(module, node)) is not None:
        held = module.text(lock)
        return f"`{held}` is held here: whoever wants it next would stop the loop, and nobody could release it"
    if _catches_interrupt(module, node):
        return "KeyboardInterrupt is caught here: while a coroutine waits, Ctrl-C is raised in the event loop instead"
    if {"anyio"} & module.facts.imported_roots and "asyncio" not in module.facts.imported_roots:
        return f"the file {_FOR_ANYIO}"
    if (part := part_of_definition(module, node)) is not None:
        return f"it is {part} of a definition: bind the value to a name above"
    if _is_shown(module, node):
        return "the f-string prints its own expression (`=`): the text would change"
    if colour is Colour.AWAIT:
        if _in_fstring(module, node) and not target.all_at_least((3, 7)):
            return f"`await` in an f-string needs Python 3.7, the target range is {target}"
        if _comprehensions(module, node) > 1 and not target.all_at_least((3, 11)):
            return f"`await` in a nested comprehension needs Python 3.11, the target range is {target}"
    return None


def may_be_awaited(module: Module, call: ast.Call) -> bool:
    """True where the code takes an awaitable from a call as well: it asks, or `maybe_await()` does."""
    facts = module.facts
    match facts.parents.get(call):
        case (
            ast.Assign(targets=[ast.Name(id=name)])
            | ast.AnnAssign(target=ast.Name(id=name))
            | ast.NamedExpr(target=ast.Name(id=name))
        ):
            function = facts.function_at(call)
            return function is not None and module.inference.colour_tests.asks(facts, function, name)
        case ast.Call(func=func, args=args) as taker if call in args and is_awaited(module, taker):
            return _EITHER.search(last_name(func)) is not None or _asks_parameter(module, func)
        case _:
            return False


def _asks_parameter(module: Module, func: ast.expr) -> bool:
    called = module.function_of(func)
    if called is None:
        return False
    tests = module.inference.colour_tests
    return any(tests.asks(called.facts, called.node, one.arg) for one in called.node.args.args)


def other_loop(module: Module) -> str | None:
    """Return why nothing of asyncio may be put into a file: its coroutines may run without a loop, or in another one."""
    if drives_by_hand(module.facts):
        return "the file runs coroutines by hand, where there may be no loop to wait in"
    if "asyncio" in module.facts.imported_roots:
        return None
    named = [module.inference.project.files_mentioning(name) for name in ("anyio", "trio")]
    return f"the project {_FOR_ANYIO}" if all(paths is None or paths for paths in named) else None


def is_awaited(module: Module, call: ast.expr) -> bool:
    """True where the value of a call is awaited, iterated or entered asynchronously: it is no ordinary blocking call."""
    match module.facts.parents.get(call):
        case ast.Await() | ast.YieldFrom():
            return True
        case ast.AsyncFor(iter=iterable):
            return iterable is call
        case ast.comprehension(iter=iterable, is_async=1):
            return iterable is call
        case ast.withitem() as item:
            return isinstance(module.facts.parents.get(item), ast.AsyncWith)
        case _:
            return False


def is_test_code(module: Module) -> bool:
    """True for tests and for what serves them: what stops the loop there harms nobody, and may be meant to."""
    return module.is_test or not _TEST_TOOLS.isdisjoint(module.facts.imported_roots)


def may_stop_the_loop(module: Module, call: ast.expr) -> bool:
    """True for a blocking call of test code, but where a function is wanted in its place: that is a mistake anywhere."""
    return is_test_code(module) and misplaced(module, call) is None


def is_entered(module: Module, call: ast.expr) -> bool:
    """True where the value of a call is the context manager of a `with`."""
    return isinstance(module.facts.parents.get(call), ast.withitem)


def misplaced(module: Module, call: ast.expr) -> str | None:
    """Return what the call's value is handed to where a function or an awaitable is wanted there; None elsewhere.

    `asyncio.wait_for(fetch(), 5)` with a plain `fetch` and `Thread(target=fetch())` run it on the spot: the call itself,
    not its neighbourhood, is the mistake.
    """
    node: ast.AST = call
    parent = module.facts.parents.get(call)
    while isinstance(parent, _GATHERED):
        node, parent = parent, module.facts.parents.get(parent)
    if not isinstance(parent, ast.Call) or parent.func is node:
        return None
    name = module.name_of(parent.func)
    method = parent.func.attr if isinstance(parent.func, ast.Attribute) else ""
    by_name = name in _TAKE_AWAITABLES or (name is None and method in ("create_task", "ensure_future"))
    if by_name and node in parent.args[:1]:
        return module.text(parent.func)
    if name == "asyncio.gather" or method in _SCHEDULE or module.threads.is_target(module.facts, call):
        return module.text(parent.func)
    return None


def _catches_interrupt(module: Module, node: ast.AST) -> bool:
    caught = caught_around(module.facts, node)
    return any(kind is not None and module.name_of(kind) == "KeyboardInterrupt" for kind in caught)


def part_of_definition(module: Module, node: ast.AST) -> str | None:
    """Return which part of a definition's head holds a node: signatures stay as they are, and decorators are simple."""
    here: ast.AST = node
    for parent in module.facts.ancestors(node):
        if isinstance(parent, ast.arguments) and isinstance(module.facts.parents[parent], FUNCTIONS):
            return "a default value"
        if isinstance(parent, (*FUNCTIONS, ast.ClassDef)):
            return "a decorator" if here in parent.decorator_list else None
        if isinstance(parent, ast.stmt):
            return None
        here = parent
    return None


def _in_fstring(module: Module, node: ast.AST) -> bool:
    for parent in module.facts.ancestors(node):
        if isinstance(parent, ast.JoinedStr):
            return True
        if isinstance(parent, (ast.stmt, *_BORDERS)):
            return False
    return False


def _is_shown(module: Module, node: ast.AST) -> bool:
    """True in `f"{call()=}"`, which the tree holds as a text that ends in `=` and a value."""
    inner = node
    for parent in module.facts.ancestors(node):
        if isinstance(parent, ast.JoinedStr) and inner in parent.values:
            before = parent.values[parent.values.index(inner) - 1 : parent.values.index(inner)]
            shown = [one for one in before if isinstance(one, ast.Constant) and str(one.value).rstrip().endswith("=")]
            if shown and re.search(r"=\s*[}!:]", module.text(parent)):
                return True
        if isinstance(parent, (ast.stmt, *_BORDERS)):
            return False
        inner = parent
    return False


def _comprehensions(module: Module, node: ast.AST) -> int:
    """How many comprehensions stand around a node in its function."""
    count = 0
    for parent in module.facts.ancestors(node):
        if isinstance(parent, (ast.stmt, *_BORDERS)):
            break
        count += isinstance(parent, COMPREHENSIONS)
    return count
