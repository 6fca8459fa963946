"""How far the close of a loop may be trusted: who may want the loop behind it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.entries import is_program, is_script, main_guard, runs_in_process
from aiomend.facts.exit_handlers import current_is_wanted_at_exit, is_wanted_at_exit
from aiomend.facts.flow import handlers_around
from aiomend.facts.left_running import left_running
from aiomend.facts.loops import Loop, Origin, other_runner, scope_of, touches
from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.quiet import hides_code, is_quiet
from aiomend.facts.scopes import last_name
from aiomend.facts.thread_accounts import Where
from aiomend.facts.view import Module
from aiomend.model import Safety
from aiomend.rules.closing.placing import Absorbed, Enclosed, Reused, Widened, Written


def level(module: Module, loop: Loop, where: Written) -> Safety:
    """Return how safe it is to close a loop where ``where`` says."""
    facts = module.facts
    if any(_is_plain(module, use) for use in loop.inner):
        return Safety.UNSAFE  # a thread or a clean-up at exit may call it
    if is_wanted_at_exit(module, loop):
        return Safety.UNSAFE
    if _is_current(module, loop) and (_is_wanted_later(module) or current_is_wanted_at_exit(module)):
        return Safety.UNSAFE
    if is_straight(module, loop, where):
        # Whoever comes later finds it closed today, but for the handlers of an exception.
        return Safety.SAFE if all(_is_apart(module, loop, one) for one in _handling(module, where)) else Safety.UNSAFE
    if _runner(module, loop) is not None:
        return Safety.UNSAFE
    if loop.function is not None or runs_on(module, loop) or left_running(module, loop) is not None:
        return Safety.UNSAFE
    if main_guard(facts, loop.runs[0]) is None and not is_script(module):
        return Safety.UNSAFE
    return Safety.SAFE if all(_is_apart(module, loop, one) for one in _behind(module, where)) else Safety.UNSAFE


def _is_current(module: Module, loop: Loop) -> bool:
    return Origin.CURRENT in loop.origins or is_made_current(module, loop)


def _runner(module: Module, loop: Loop) -> str | None:
    """Return the file that may run this one in its own process, where the current loop is closed that it finds afterwards."""
    return runs_in_process(module) if _is_current(module, loop) else None


def _is_apart(module: Module, loop: Loop, statement: ast.stmt | ast.withitem) -> bool:
    """True where nothing that a statement, or leaving a context, runs can want the loop."""
    return is_quiet(module, statement) and not (
        hides_code(module, statement) or touches(module, module.facts, statement, loop)
    )


def runs_on(module: Module, loop: Loop) -> bool:
    """True where nothing in the file stops a `run_forever()`: what is pending when an exception ends it complains of a closed loop."""
    is_endless = any(last_name(run.func) == "run_forever" for run in loop.runs)
    return is_endless and not any(module.is_loop(one.value) for one in module.facts.attributes.get("stop", ()))


def reason(module: Module, loop: Loop) -> str:
    """Return why a close is not safe."""
    if loop.function is None and runs_on(module, loop):
        return (
            "only an exception ends `run_forever()`, and a task that waits in a queue then complains of the closed loop"
        )
    if loop.function is None and (left := left_running(module, loop)) is not None:
        return left
    if loop.function is None and (runner := _runner(module, loop)) is not None:
        return f"{runner} may run this file in its own process, and want the current loop afterwards"
    if loop.function is None:
        return "code that runs later may want the loop"
    return f"callers of {loop.function.name}() may want the loop later"


def is_straight(module: Module, loop: Loop, where: Written) -> bool:
    """True where the loop is closed today whenever no exception is raised: a fix changes the raising path alone."""
    match where:
        case Enclosed(close=ast.Expr()) | Absorbed() | Widened():
            moved: tuple[ast.stmt, ...] = ()
        case Reused(close=ast.Expr(), statements=(_, *rest)):
            moved = tuple(rest[:-1])  # they run behind the close then
        case _:
            return False  # closed on some paths, under a condition, or nowhere
    if any(isinstance(node, (ast.Return, ast.Break, ast.Continue)) for node in own_nodes(_block(where))):
        return False  # a way past the close
    return all(_is_apart(module, loop, statement) for statement in moved)


def _block(where: Written) -> ast.Module:
    return ast.Module(list(where.statements), [])


def sharer(module: Module, loop: Loop) -> str | None:
    """Return who else in the file runs the current loop that a function makes and would leave closed."""
    function = loop.function
    if function is None or Origin.MADE not in loop.origins or not is_made_current(module, loop):
        return None
    if module.threads.where(module.facts, function) is Where.THREAD:
        return None  # each thread has a current loop of its own
    if is_program(module, function, lambda facts, node: touches(module, facts, node, None)):
        return None  # nothing runs behind it
    *_, last = sorted(_setters(module, loop), key=lambda call: call.lineno)
    if not any(use in last.args for use in loop.uses):
        return None  # another loop is current when the function ends
    return other_runner(module, loop)


def is_made_current(module: Module, loop: Loop) -> bool:
    """True where a use of the loop's name hands it to `asyncio.set_event_loop()`."""
    return any(use in call.args for call in module.calls("asyncio.set_event_loop") for use in loop.uses)


def _setters(module: Module, loop: Loop) -> Iterator[ast.Call]:
    for call in module.calls("asyncio.set_event_loop"):
        if scope_of(module.facts, call) is loop.scope:
            yield call


def _is_wanted_later(module: Module) -> bool:
    """True where a plain function that is not just called, such as a handler of a signal, wants the current loop."""
    facts = module.facts
    return any(
        any(touches(module, facts, part, None) for part in body)
        for function in facts.scopes
        if (body := _handed_on_body(module, function))
    )


def _handed_on_body(module: Module, function: ast.AST) -> list[ast.stmt] | list[ast.expr]:
    match function:
        case ast.Lambda(body=body):
            return [body]
        case ast.FunctionDef(body=body) if not module.is_generator_coroutine(function):
            return body if function.decorator_list or _is_handed_on(module.facts, function.name) else []
        case _:
            return []  # a coroutine runs in a loop


def _is_handed_on(facts: ModuleFacts, name: str) -> bool:
    """True where a name is used for more than to call it; so is every special method."""
    if name.startswith("__"):
        return True
    uses = [node for node in facts.names.get(name, ()) if isinstance(node.ctx, ast.Load)]
    return any(not (isinstance(call := facts.parents[use], ast.Call) and call.func is use) for use in uses)


def _is_plain(module: Module, use: ast.Name) -> bool:
    """True where a use stands in a function that needs no running loop to be called."""
    match module.function_at(use):
        case ast.FunctionDef() as function:
            return not module.is_generator_coroutine(function)
        case function:
            return not isinstance(function, ast.AsyncFunctionDef)


def _handling(module: Module, where: Written) -> Iterator[ast.stmt]:
    """Yield the statements of the scope's own handlers that run after the new close when an exception is raised."""
    for handler in handlers_around(module.facts, where.statements[0]):
        yield from handler.body


def _behind(module: Module, where: Written) -> Iterator[ast.stmt | ast.withitem]:
    """Yield what may run after the new close at the module's own level; a close that moves forward leaves some behind it."""
    if isinstance(where, Reused):
        yield from (one for one in where.statements[1:] if one is not where.close)
    here: ast.AST = where.statements[-1]
    for parent in module.facts.ancestors(here):
        if isinstance(here, ast.stmt):
            block = module.facts.block(here)
            yield from block[block.index(here) + 1 :]
        match parent:
            case ast.Try() | ast.TryStar():
                if here in parent.body:
                    yield from (*parent.orelse, *(one for handler in parent.handlers for one in handler.body))
                if here not in parent.finalbody:
                    yield from parent.finalbody
            case ast.With(items=items):
                yield from items  # left behind it
            case _:
                pass  # nothing runs when it is left
        here = parent
