"""A program whose loop runs for ever for one task alone: `run_until_complete(task)` waits for that task and hears of it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from aiomend.facts.consumers import consumes_its_own
from aiomend.facts.flow import caught_by, loops_around
from aiomend.facts.loops import Loop, Origin, method_call
from aiomend.facts.order import chained_calls
from aiomend.facts.quiet import noisy
from aiomend.facts.tasks import Fate, Made, made_tasks
from aiomend.facts.values import Plain
from aiomend.facts.view import Module
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Edit, Replace, Wrap
from aiomend.rules.closing import deciding, trust
from aiomend.rules.closing.deciding import Closing
from aiomend.rules.closing.owning import is_main_program, owned_loops
from aiomend.rules.closing.placing import Enclosed, Reused, is_closed

if TYPE_CHECKING:
    from collections.abc import Sequence

    import libcst as cst

_TASKS = ("task", "main_task")
_ERRORS = ("error", "exception")
#: What a coroutine may call of asyncio without starting anything that goes on behind it.
_STARTS_NOTHING = frozenset(
    {
        "asyncio.sleep", "asyncio.wait_for", "asyncio.Lock", "asyncio.Semaphore", "asyncio.BoundedSemaphore",
        "asyncio.to_thread", "asyncio.get_running_loop", "asyncio.get_event_loop",
    }
)  # fmt: skip
#: Methods of data and of files, whatever their receiver is.
_OF_DATA = frozenset(
    {
        "append", "copy", "decode", "discard", "encode", "endswith", "extend", "format", "get", "items", "join", "keys",
        "lower", "pop", "read", "readline", "replace", "setdefault", "sort", "split", "splitlines", "startswith",
        "strip", "upper", "values", "write",
    }
)  # fmt: skip
_DECORATORS = frozenset({"asyncio.coroutine", "types.coroutine", "staticmethod", "classmethod", "property"})
_SETS_UP = frozenset({"set_debug", "is_closed", "is_running", "close"})
_INTERRUPTS = frozenset({"KeyboardInterrupt", "SystemExit"})
_HANDLER = """\
except Exception as {error}:
    {loop}.call_exception_handler(
        {{
            "message": "exception in background task",
            "exception": {error},
            "task": {task},
        }}
    )
"""


@dataclass(frozen=True, slots=True, eq=False)
class LoneRun:
    """A task, and the run of a loop that has nothing else to do. ``handled`` is what the handler belongs to.

    ``task`` is the name that the task has, or gets; ``closing`` closes the loop where nothing does whatever happens.
    """

    made: Made
    loop: Loop
    run: ast.Call
    handled: ast.stmt
    task: str
    error: str
    closing: Closing | None


def lone_runs(module: Module) -> list[LoneRun]:
    """Return the runs of a file that the configuration wants to have written with `run_until_complete(task)`."""
    if module.settings.consume != "run" or module.is_test or module.other_framework:
        return []  # another form is wanted, or others run what they want
    if "run_forever" not in module.facts.attributes or _may_be_cancelled(module):
        return []  # no such run, or the cancellation of the task would come out of it
    chained = chained_calls(module)
    tasks = [made for made in made_tasks(module) if made.call not in chained]
    return [found for loop in owned_loops(module) if (found := _lone_run(module, loop, tasks)) is not None]


def _lone_run(module: Module, loop: Loop, tasks: list[Made]) -> LoneRun | None:
    facts = module.facts
    match loop.runs, tasks:
        case (
            [ast.Call(func=ast.Attribute(attr="run_forever"), args=[], keywords=[]) as run],
            [Made(coroutine=ast.expr() as coroutine) as made],
        ) if isinstance(facts.statement(run), ast.Expr) and facts.parents[run] is facts.statement(run):
            pass
        case _:
            return None  # it runs for several tasks or for none, or more than once
    if loop.name is None or loop.inner or not is_main_program(module, loop):
        return None  # others use the loop, or go on behind its run
    if any(loops_around(facts, run)):
        return None  # a run that ends would begin again
    if consumes_its_own(module, coroutine) or not _is_of(module, made, loop):
        return None  # nothing comes out of the task, or it may be another loop's
    names = _task_name(module, made), next((name for name in _ERRORS if module.is_free(name, run)), None)
    handled = _handled(module, loop, made, run)
    match names:
        case str(task), str(error) if handled is not None and _is_alone(module, loop, made, run):
            pass
        case _:
            return None  # the task is in somebody's hands, or there may be more to run for
    if is_closed(facts, loop):
        return LoneRun(made, loop, run, handled, task, error, None)
    closing = deciding.decide(module, loop)
    match closing:
        case Closing(where=Enclosed(statements=(first, *rest)) | Reused(statements=(first, *rest))):
            is_whole = first is handled and all(one in loop.closes for one in rest)
            return LoneRun(made, loop, run, handled, task, error, closing) if is_whole else None
        case _:
            return None  # a person has to close it


# ---- the task ---


def _task_name(module: Module, made: Made) -> str | None:
    """Return the name of a task that nothing else refers to, or a free one for it."""
    statement = module.facts.statement(made.call)
    match statement:
        case ast.Expr(value=value) | ast.Assign(targets=[ast.Name()], value=value) if value is made.call:
            pass
        case _:
            return None  # a part of something
    match made.fate:
        case Fate.NOTHING | Fate.UNDERSCORE:
            return next((name for name in _TASKS if module.is_free(name, made.call)), None)
        case _:
            return made.name or None  # in somebody's hands where it has none


def _is_of(module: Module, made: Made, loop: Loop) -> bool:
    """True where a task is certainly one of the loop."""
    call = made.call
    given = [keyword.value for keyword in call.keywords if keyword.arg == "loop"]
    match call.func, given:
        case ast.Attribute(value=ast.Name(id=name), attr="create_task"), [] if name == loop.name:
            return True
        case _, [ast.Name(id=name)]:
            return name == loop.name
        case _, [] if module.name_of(call.func) == "asyncio.ensure_future":
            return _is_current(module, loop, call)
        case _:
            return False


def _is_current(module: Module, loop: Loop, call: ast.Call) -> bool:
    """True where a loop is the current one when ``call`` runs."""
    setters = list(module.calls("asyncio.set_event_loop"))
    if not setters:
        return loop.origins == {Origin.CURRENT}
    is_own = all(any(use in setter.args for use in loop.uses) and setter.lineno < call.lineno for setter in setters)
    return is_own and trust.is_made_current(module, loop)


# ---- the run ---


def _handled(module: Module, loop: Loop, made: Made, run: ast.Call) -> ast.stmt | None:
    """Return the run, or the `try` that is only around it, where it follows the task in its block and is followed by a close."""
    facts = module.facts
    block = facts.block(facts.statement(made.call))
    handled = facts.statement(run)
    if facts.block(handled) is not block:
        match facts.parents[handled]:
            case ast.Try(body=[only], handlers=handlers, orelse=[]) as around if only is handled:
                if not all(_is_interrupt(handler) for handler in handlers):
                    return None  # it has handlers of its own
                handled = around
            case _:
                return None  # under a condition, or with others
    if handled not in block or block.index(handled) < block.index(facts.statement(made.call)):
        return None  # in another block, or in front of the task
    behind = block[block.index(handled) + 1 :]
    if loop.closes and not is_closed(facts, loop) and (not behind or behind[0] not in loop.closes):
        return None  # code between the run and the close would get the handler on one way and not on another
    return handled


def _is_interrupt(handler: ast.ExceptHandler) -> bool:
    kinds = caught_by(handler.type)
    return all(isinstance(kind, ast.Name) and kind.id in _INTERRUPTS for kind in kinds)


# ---- what else it may run for ---


def _may_be_cancelled(module: Module) -> bool:
    """True where a file speaks of cancellation: below 3.8 it is an `Exception`, and a dropped task keeps it to itself."""
    facts = module.facts
    return any(word in found for word in ("cancel", "CancelledError") for found in (facts.attributes, facts.names))


def _is_alone(module: Module, loop: Loop, made: Made, run: ast.Call) -> bool:
    """True where nothing that the program calls, as far as it can be followed, starts anything else in the loop."""
    if any(not _is_plain(module, one) for function in module.facts.functions for one in function.decorator_list):
        return False  # whoever decorates a function may call it
    known = {made.call, run, *loop.getters}
    for use in loop.uses:
        call = method_call(module.facts, use)
        match call, module.facts.parents[use]:
            case ast.Call(func=ast.Attribute(attr=attr)), _ if attr in _SETS_UP:
                known.add(call)
            case ast.Call(), _ if call in known:
                pass  # the run, or what makes the task
            case None, ast.keyword() | ast.Call() as place if _argument_of(module, place, made):
                pass  # handed to what makes the task, or made the current one
            case _:
                return False  # used for something else
    bodies: list[ast.AST] = [module.tree] if loop.function is None else [module.tree, *loop.function.body]
    seen: set[ast.AST] = set()
    return all(_starts_nothing(module, body, known, seen) for body in bodies)


def _argument_of(module: Module, place: ast.AST, made: Made) -> bool:
    call = module.facts.parents[place] if isinstance(place, ast.keyword) else place
    return call is made.call or (isinstance(call, ast.Call) and module.name_of(call.func) == "asyncio.set_event_loop")


def _is_plain(module: Module, decorator: ast.expr) -> bool:
    return (module.name_of(decorator) or "").removeprefix("builtins.") in _DECORATORS


def _starts_nothing(module: Module, node: ast.AST, known: set[ast.Call], seen: set[ast.AST]) -> bool:
    return all(_is_harmless(module, inner, known, seen) for inner in noisy(module, node))


def _is_harmless(module: Module, inner: ast.AST, known: set[ast.Call], seen: set[ast.AST]) -> bool:
    match inner:
        case ast.Call() if inner in known:
            return True
        case ast.Call(func=func):
            if module.name_of(func) in _STARTS_NOTHING:
                return True
            if _is_offloading(module, inner):
                return True
            if module.function_of(func) is not None:
                return _is_harmless_body(module, func, known, seen)
            is_of_data = isinstance(func, ast.Attribute) and func.attr in _OF_DATA
            return is_of_data and module.values(func) <= {Plain.UNKNOWN}
        case ast.Name() | ast.Attribute():
            call = module.facts.parents[inner]
            if isinstance(call, ast.Call) and call.func is inner:
                return True  # the call is looked at
            return _is_offloading(module, call) and _is_harmless_body(module, inner, known, seen)
        case ast.Lambda(body=body):
            is_offloaded = _is_offloading(module, module.facts.parents[inner])
            return is_offloaded and _starts_nothing(module, body, known, seen)
        case ast.Import(names=names):
            return all(alias.name.partition(".")[0] in sys.stdlib_module_names for alias in names)
        case ast.ImportFrom(module=str(source), level=0):
            return source.partition(".")[0] in sys.stdlib_module_names
        case _:
            return False  # a file that is not seen


def _is_harmless_body(module: Module, name: ast.expr, known: set[ast.Call], seen: set[ast.AST]) -> bool:
    function = module.function_of(name)
    if function is None or function.facts is not module.facts or isinstance(function.node, ast.Lambda):
        return False  # out of sight
    if function.node in seen:
        return True  # looked at
    seen.add(function.node)
    return all(_starts_nothing(module, one, known, seen) for one in function.node.body)


def _is_offloading(module: Module, node: ast.AST) -> bool:
    """True for an awaited call that has a function run in a thread: it is done when the coroutine goes on."""
    match node, module.facts.parents.get(node):
        case ast.Call(func=ast.Attribute(attr="run_in_executor")), ast.Await() | ast.YieldFrom():
            return True
        case ast.Call(func=func), ast.Await() | ast.YieldFrom():
            return module.name_of(func) == "asyncio.to_thread"
        case _:
            return False


# ---- what is written ---


def edits(module: Module, lone: LoneRun) -> Iterator[Edit]:
    """Yield what waits for the task under a handler and closes the loop whatever happens."""
    indent = module.facts.indent
    handler = _HANDLER.replace("    ", indent).format(error=lone.error, loop=lone.loop.name, task=lone.task)
    if lone.made.fate in (Fate.NOTHING, Fate.UNDERSCORE):
        yield Wrap((module.facts.statement(lone.made.call),), partial(_bound, name=lone.task))
    yield Replace(lone.run, lambda _: syntax.call(f"{lone.loop.name}.run_until_complete", lone.task))

    def transform(body: Sequence[cst.BaseStatement]) -> Sequence[cst.BaseStatement]:
        return syntax.handled(body, handler, indent)

    if lone.closing is None:
        yield Wrap((lone.handled,), transform)
    else:
        yield from deciding.edits(module, lone.closing, transform)


def _bound(body: Sequence[cst.BaseStatement], name: str) -> Sequence[cst.BaseStatement]:
    """Return statements whose first binds a name to what it makes."""
    return [syntax.bound(body[0], name), *body[1:]]
