"""What the rules of this section say when no fix can be made, and what their findings rest on."""

from __future__ import annotations

import ast

from aiomend.facts.coroutine_places import Place, encloses, runs_a_loop
from aiomend.facts.endings import Ending, Endings
from aiomend.facts.forgotten import Forgotten, comes_back
from aiomend.facts.held_locks import held_lock
from aiomend.facts.imported_names import Spelling
from aiomend.facts.locks_taken_again import taken_again
from aiomend.facts.module import own_nodes
from aiomend.facts.offload import hides
from aiomend.facts.scopes import COMPREHENSIONS, last_name
from aiomend.facts.suspension import obstacle
from aiomend.facts.thread_accounts import Where
from aiomend.facts.view import Module
from aiomend.model import Evidence


def evidence_of(found: Forgotten) -> tuple[Evidence, ...]:
    """Return where the functions that are called are defined, or what says that they are coroutine functions."""
    defined = tuple(
        Evidence(one.facts.path, one.node.lineno, f"`{one.node.name}()` is a coroutine function")
        for one in found.functions
        if not isinstance(one.node, ast.Lambda)
    )
    return defined or ((found.hearsay,) if found.hearsay is not None else ())


def doubt(module: Module, found: Forgotten, place: Place) -> str | None:
    """Return why a fix would be a guess; None where nothing speaks against it."""
    if not found.is_certain:
        return "only its callers in the project say what is called here"
    if _begins_it_itself(module, found.call):
        return "the call itself begins the work as a task, and what it gives only waits for that"
    if place is not Place.COROUTINE:
        if held_lock(module, found.call) is not None:
            return "a threading lock is held here, and the coroutine would run without it"
        if module.where(found.call) is not Where.LOOP:
            return "this code runs in another thread than the event loop: `asyncio.run_coroutine_threadsafe()` hands it over"
    return None


def _begins_it_itself(module: Module, call: ast.Call) -> bool:
    """True for a call of a plain function that makes a task before it returns a coroutine."""
    function = module.function_of(call.func)
    if function is None or not isinstance(function.node, ast.FunctionDef):
        return False
    if module.inference.coroutine_decorator(function.facts, function.node) is not None:
        return False
    made = (node for node in own_nodes(function.node) if isinstance(node, ast.Call))
    return any(last_name(one.func) in ("create_task", "ensure_future") for one in made)


def not_to_await(module: Module, found: Forgotten, endings: Endings) -> str | None:
    """Return why the coroutine around a call should not wait for it there; None where nothing speaks against it."""
    if (obstructs := obstacle(module, found.call, module.colour_at(found.call))) is not None:
        return obstructs
    for function in found.functions:
        verdict = endings.of(function)
        if verdict.ending is Ending.ENDLESS:
            return f"{verdict.reason}: what follows would wait for it; a task would run beside it"
    if comes_back(module, found):
        around = encloses(module, found.call)
        name = f"`{around.name}()`" if around is not None else "the function around"
        return f"it leads back to {name}: each would wait for the other, which may never end"
    if (again := taken_again(module, found.call, found.functions)) is not None:
        who = f"`{again.taker}()` waits for it" if again.taker is not None else "that would wait for it"
        return f"`{again.lock}` is held since line {again.line}, and {who} again, which may never end"
    return None


def not_to_run(module: Module, call: ast.Call, run: Spelling) -> str | None:
    """Return why a program should not run the coroutine of a call with `asyncio.run()`; None where it can."""
    if runs_a_loop(module):
        return "the module runs an event loop already: the coroutine belongs into that one"
    if hides(module, run, call):
        return f"`{run.text}` means something else here"
    return None


def nothing_to_wait_with(module: Module, call: ast.Call, place: Place) -> str:
    """Return why nothing can be awaited at a place that is in no coroutine."""
    function = encloses(module, call)
    where = f"`{function.name}()`" if function is not None else "the function around"
    match place:
        case Place.IMPORT:
            return "it runs when the module is imported, where an event loop may be running or not"
        case Place.LOOP:
            return f"{where} is a plain function that the event loop or a coroutine calls: it cannot wait for a result"
        case Place.NESTED:
            return _nested(module, call)
        case _:
            return f"{where} is a plain function: to await, it and its callers would have to be coroutine functions"


def _nested(module: Module, call: ast.Call) -> str:
    for parent in module.facts.ancestors(call):
        match parent:
            case ast.GeneratorExp() if module.facts.scope_at(call).node is parent:
                return (
                    "a generator expression that awaits is an asynchronous one, which few functions take: write a list"
                )
            case ast.Lambda():
                return "a lambda cannot wait: write a coroutine function"
            case ast.stmt():
                break
            case _:
                pass  # neither
    assert isinstance(module.facts.scope_at(call).node, COMPREHENSIONS)
    return "`yield from` cannot stand in a comprehension: write a loop"
