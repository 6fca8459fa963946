"""Whether anything else runs in the event loop when a coroutine gets to a place: in a set-up program nothing does."""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterator

from aiomend.facts.flow import contexts_around, loops_around
from aiomend.facts.function_uses import uses_of
from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.quiet import RUNS
from aiomend.facts.scopes import FUNCTIONS, FunctionNode, last_name
from aiomend.facts.values import External, Function
from aiomend.facts.view import Module

_DEPTH = 6
_CALLS = 3  #: how many calls deep what begins something is looked for
#: What begins something that goes on while the coroutine does other things.
_BEGINS = frozenset(
    {
        "add_reader", "as_completed", "async", "call_at", "call_later", "call_soon", "call_soon_threadsafe",
        "connect_read_pipe", "create_connection", "create_datagram_endpoint", "create_server", "create_subprocess_exec",
        "create_subprocess_shell", "create_task", "create_unix_server", "ensure_future", "gather", "open_connection", "run_coroutine_threadsafe", "run_forever",
        "run_in_executor", "start_server", "start_soon", "start_unix_server", "to_thread", "wait_for",
    }
)  # fmt: skip
#: Those of them that are over when they have been awaited.
_IN_THREADS = frozenset({"run_in_executor", "to_thread"})
_ENDS = _IN_THREADS | {"gather", "wait_for"}


class Way(enum.Enum):
    """What is known of the ways to a place in a coroutine, and of what may have begun to run beside it by then."""

    ALONE = (
        "from programs only, by `await` and by running a loop for it, and nothing on the way begins anything beside it"
    )
    BESIDE = "on some way something begins a task, a server or a connection, or makes a task of it"
    DEAD = "from a function that nobody calls"
    UNKNOWN = "some use of it cannot be followed"


def way_to(module: Module, node: ast.expr) -> Way:
    """Return what is known of the ways to a node in a coroutine."""
    return _way_to(module, node, _DEPTH, set())


def _way_to(module: Module, node: ast.expr, depth: int, seen: set[ast.AST]) -> Way:
    function = module.facts.function_at(node)
    before = _begun_before(module, module.facts, node, function)
    if before is Way.BESIDE:
        return Way.BESIDE
    here = _way_into(module, function, depth, seen)
    return before if here is Way.ALONE else here


def _way_into(module: Module, function: FunctionNode | ast.Lambda | None, depth: int, seen: set[ast.AST]) -> Way:
    if function is None:
        return Way.ALONE  # the module's own level is where a program begins
    if not depth or function in seen or not isinstance(function, FUNCTIONS):
        return Way.UNKNOWN
    if not module.inference.is_coroutine_function(Function(module.facts, function)):
        return Way.ALONE  # a plain function that runs a loop: whatever it began stands before the run
    uses = uses_of(module, function)
    if uses.is_lost or function.decorator_list:
        return Way.UNKNOWN
    below = {*seen, function}
    ways = {_through(user, call, depth - 1, below) for user, call in uses.calls}
    ways |= {way for user, node in uses.handed for way in _through_parameter(user, node, depth - 1, below)}
    return next((way for way in (Way.BESIDE, Way.UNKNOWN, Way.ALONE) if way in ways), Way.DEAD)


def _through(user: Module, call: ast.Call, depth: int, seen: set[ast.AST]) -> Way:
    """Follow a call of a coroutine function that is awaited on the spot, or run by a loop."""
    parent = user.facts.parents.get(call)
    match parent:
        case ast.Await() | ast.YieldFrom():
            return _way_to(user, parent, depth, seen)
        case ast.Call(func=func, args=[first, *_]) if first is call and _runs_loop(user, func):
            return _way_to(user, parent, depth, seen)
        case ast.Call(args=[first, *_]) if first is call and _is_only_task(user, parent):
            return _way_to(user, parent, depth, seen)
        case ast.Call(func=func) if last_name(func) in _BEGINS - {"wait_for"}:
            return Way.BESIDE
        case _:
            return Way.UNKNOWN


def _is_only_task(user: Module, made: ast.Call) -> bool:
    """True where a call makes a task of a coroutine, as the only one of the plain function that then runs the loop."""
    function = user.facts.function_at(made)
    if last_name(made.func) not in ("create_task", "ensure_future") or not isinstance(function, ast.FunctionDef):
        return False
    calls = [one for one in own_nodes(function) if isinstance(one, ast.Call)]
    others = [one for one in calls if one is not made and last_name(one.func) not in RUNS]
    return (
        any(last_name(one.func) in RUNS for one in calls)
        and not user.is_generator_coroutine(function)
        and not any(_begins_anything(user, user.facts, one) for one in others)
    )


def _through_parameter(user: Module, node: ast.expr, depth: int, seen: set[ast.AST]) -> Iterator[Way]:
    """Follow a coroutine function that is given to a function of the project, which calls it by its parameter's name."""
    taken = user.facts.parents.get(node)
    function = user.function_of(taken.func) if isinstance(taken, ast.Call) else None
    home = user.beside(function.facts.path) if function is not None else None
    if not isinstance(taken, ast.Call) or function is None or home is None or node not in taken.args:
        yield Way.UNKNOWN
        return
    place = taken.args.index(node)
    parameters = [*function.node.args.posonlyargs, *function.node.args.args]
    if home.facts.class_of(function.node) is not None or place >= len(parameters):
        yield Way.UNKNOWN
        return
    for load in home.facts.names.get(parameters[place].arg, ()):
        call = home.facts.parents.get(load)
        if home.facts.function_at(load) is not function.node:
            continue  # another function's
        is_called = isinstance(call, ast.Call) and call.func is load
        yield _through(home, call, depth, seen) if is_called and isinstance(call, ast.Call) else Way.UNKNOWN


def _runs_loop(user: Module, func: ast.expr) -> bool:
    return user.name_of(func) == "asyncio.run" or last_name(func) in RUNS


def _begun_before(
    module: Module, facts: ModuleFacts, node: ast.expr, function: FunctionNode | ast.Lambda | None
) -> Way:
    """Return whether something that runs before a node, or around it, begins what goes on beside it; ALONE where nothing does."""
    if any(isinstance(statement, ast.AsyncWith) for statement, _ in contexts_around(facts, node)):
        return Way.BESIDE  # a session, a client, a group of tasks
    around = {inner for loop in loops_around(facts, node) for inner in ast.walk(loop)}
    scope = facts.tree if function is None else function
    before = [one for one in own_nodes(scope) if one in around or _place(one, node) < (node.lineno, node.col_offset)]
    if any(_begins_anything(module, facts, one) for one in before if isinstance(one, ast.Call)):
        return Way.BESIDE
    is_followed = not any(_may_begin_anything(module, facts, one) for one in before)
    return Way.ALONE if is_followed else Way.UNKNOWN


def _place(one: ast.AST, node: ast.expr) -> tuple[int, int]:
    return getattr(one, "lineno", node.lineno), getattr(one, "col_offset", node.col_offset)


def _begins_anything(module: Module, facts: ModuleFacts, call: ast.Call) -> bool:
    return module.inference.traced(("begins", call), lambda: _begins(module, facts, call, _CALLS, set()))


def _may_begin_anything(module: Module, facts: ModuleFacts, node: ast.AST) -> bool:
    if not isinstance(node, (ast.Await, ast.YieldFrom)):
        return _may_begin(module, facts, node, _CALLS, set())  # its kind alone tells
    return module.inference.traced(("may begin", node), lambda: _may_begin(module, facts, node, _CALLS, set()))


def _begins(module: Module, facts: ModuleFacts, call: ast.Call, depth: int, seen: set[ast.AST]) -> bool:
    name = last_name(call.func)
    if name in _BEGINS:
        return not _is_over(facts, call)
    return bool(depth) and any(
        _begins(module, one.facts, inner, depth - 1, seen)
        for one in _reached(module, facts, call, seen)
        for inner in own_nodes(one.node)
        if isinstance(inner, ast.Call)
    )


def _is_over(facts: ModuleFacts, call: ast.Call) -> bool:
    is_awaited = isinstance(facts.parents.get(call), (ast.Await, ast.YieldFrom, ast.Return))
    return is_awaited and last_name(call.func) in _ENDS


def _may_begin(module: Module, facts: ModuleFacts, node: ast.AST, depth: int, seen: set[ast.AST]) -> bool:
    """True where a node waits for something that is not read here: who knows what that begins, and leaves behind."""
    match node:
        case ast.AsyncFor() | ast.AsyncWith():
            return True
        case ast.Await(value=ast.Call() as call) | ast.YieldFrom(value=ast.Call() as call):
            if last_name(call.func) in _IN_THREADS:
                return False  # it is over, and what ran there has no event loop to begin something in
            given = call.args if last_name(call.func) in _ENDS else [call]
            return any(not _is_followed(module, facts, one, depth, seen) for one in given)
        case ast.Await() | ast.YieldFrom():
            return True
        case _:
            return False


def _is_followed(module: Module, facts: ModuleFacts, node: ast.expr, depth: int, seen: set[ast.AST]) -> bool:
    if not isinstance(node, ast.Call):
        return False
    called = module.inference.values(facts, node.func)
    if any(isinstance(one, External) and one.name.startswith("asyncio.") for one in called):
        return len(called) == 1
    return all(isinstance(one, Function) for one in called) and not any(
        not depth or _may_begin(module, one.facts, inner, depth - 1, seen)
        for one in _reached(module, facts, node, seen)
        for inner in own_nodes(one.node)
    )


def _reached(module: Module, facts: ModuleFacts, call: ast.Call, seen: set[ast.AST]) -> Iterator[Function]:
    for value in module.inference.values(facts, call.func):
        if isinstance(value, Function) and value.node not in seen:
            seen.add(value.node)
            yield value
