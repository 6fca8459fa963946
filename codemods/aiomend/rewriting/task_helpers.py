"""The helpers for tasks that nobody waits for: one holds a task until it is done, one reports its exception."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Set
from dataclasses import dataclass

from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import FunctionNode
from aiomend.facts.view import Module
from aiomend.rewriting.edits import Helper, Import

_KEEP = '''\
{tasks}{tasks_type} = set()


def {function}(task{task_type}){keep_type}:
    """Hold a task until it is done; the event loop itself does not."""
    {tasks}.add(task)
    task.add_done_callback({tasks}.discard)
    task.add_done_callback({report})
    return task
'''
_REPORT = '''\
def {function}(task{task_type}){none_type}:
    """Hand the exception of a task to the event loop once it is done."""
    if not task.cancelled() and task.exception() is not None:
        {loop}.call_exception_handler(
            {{
                "message": "exception in background task",
                "exception": task.exception(),
                "task": task,
            }}
        )
'''
_HANDLE = '''\
async def {function}(coroutine{coroutine_type}){handle_type}:
    """Wait for a coroutine and hand its exception to the event loop at once."""
    try:
        return await coroutine
{cancelled}    except Exception as error:
        {loop}.call_exception_handler(
            {{
                "message": "exception in background task",
                "exception": error,
            }}
        )
'''
_LOG = '''\
def {function}(future{future_type}){none_type}:
    """Log the exception of a future that no code reads; called in whichever thread completes it."""
    if not future.cancelled() and future.exception() is not None:
        {get_logger}("asyncio").error(
            "exception in a coroutine that another thread started",
            exc_info=future.exception(),
        )
'''
_CANCELLED = """\
    except {name}:
        raise
"""


@dataclass(frozen=True, slots=True)
class TaskHelpers:
    """What the two functions are called in one file, and what each needs there."""

    keep: str
    report: str
    keep_needs: tuple[Helper, ...]
    report_needs: tuple[Helper, ...]


@dataclass(frozen=True, slots=True)
class _Form:
    """One way to write the functions: with annotations or without."""

    fields: Mapping[str, str]
    imports: tuple[Import, ...]


def task_helpers(module: Module) -> TaskHelpers:
    """Return the helpers of a file: those that it has, edited or not, else new ones under names that are free in it."""
    task = module.spell("asyncio", "Task", module.tree)
    # With annotations in a file that has them; without in one that would have to import a name for them alone.
    annotates = task.module is None and has_annotations(module.facts)
    form = _annotated(module, f"{task.text}[object]") if annotates else _plain(module)
    report, reporting = _named(module.facts, _REPORT, ("_report_exception",), {"call_exception_handler"}, form)
    knowing = _Form({**form.fields, "report": report}, form.imports)
    keep, keeping = _named(
        module.facts, _KEEP, ("_keep_task", "_background_tasks"), {"add", "add_done_callback"}, knowing
    )
    return TaskHelpers(keep, report, (*keeping, *reporting) if keeping else (), reporting)


def handling_helper(module: Module) -> tuple[str, tuple[Helper, ...]]:
    """Return the name of the coroutine function that handles the exceptions of another one, and what a file needs for it."""
    getter = "get_running_loop" if module.settings.target.all_at_least((3, 7)) else "get_event_loop"
    loop = module.spell("asyncio", getter, module.tree)
    cancelled = module.spell("asyncio", "CancelledError", module.tree)
    # A cancellation is an Exception up to 3.7.
    is_exception = not module.settings.target.all_at_least((3, 8))
    used = [loop, cancelled] if is_exception else [loop]
    awaitable = module.spell("typing", "Awaitable", module.tree)
    if annotates := has_annotations(module.facts):
        used.append(awaitable)
    fields = {
        "loop": f"{loop.text}()",
        "cancelled": _CANCELLED.format(name=cancelled.text) if is_exception else "",
        "coroutine_type": f": {awaitable.text}[object]" if annotates else "",
        "handle_type": " -> object" if annotates else "",
    }
    imports = tuple(Import(one.module, one.member) for one in used if one.module is not None)
    return _named(module.facts, _HANDLE, ("_handle_exception",), {"call_exception_handler"}, _Form(fields, imports))


def logging_helper(module: Module) -> tuple[str, tuple[Helper, ...]]:
    """Return the name of the callback that logs the exception of a concurrent future, and what a file needs for it.

    Such a callback runs in the thread that completes the future, or in the one that adds it, and the loop may be closed by
    then: logging is right in all of them, where a call of the loop is not.
    """
    getter = module.spell("logging", "getLogger", module.tree)
    future = module.spell("concurrent.futures", "Future", module.tree)
    anything = module.spell("typing", "Any", module.tree)
    # As above: with annotations where that takes no import. What a callback is given has to be of the very same type.
    annotates = future.module is None and anything.module is None and has_annotations(module.facts)
    quote = "" if annotations_are_lazy(module) else '"'
    fields = {
        "get_logger": getter.text,
        "future_type": f": {quote}{future.text}[{anything.text}]{quote}" if annotates else "",
        "none_type": " -> None" if annotates else "",
    }
    imports = (Import(getter.module, getter.member),) if getter.module is not None else ()
    methods = {"cancelled", "exception", "error"}
    return _named(module.facts, _LOG, ("_log_exception",), methods, _Form(fields, imports))


def _named(
    facts: ModuleFacts, template: str, names: tuple[str, ...], methods: Set[str], form: _Form
) -> tuple[str, tuple[Helper, ...]]:
    """Return what the function is called, and itself where the file does not have it yet.

    A function of that name and colour that calls ``methods`` is the one; otherwise the new one bears the first number that
    is free.
    """
    taken = {bound for scope in facts.scopes.values() for bound in scope.bindings} | facts.names.keys()
    kind = ast.AsyncFunctionDef if template.startswith("async ") else ast.FunctionDef
    number = 1
    while True:
        suffix = f"_{number}" if number > 1 else ""
        numbered = [name + suffix for name in names]
        if _has(facts, kind, numbered[0], methods):
            return numbered[0], ()
        if taken.isdisjoint(numbered):
            fields = dict(zip(("function", "tasks"), numbered, strict=False))
            return numbered[0], (Helper(numbered[0], template.format_map({**form.fields, **fields}), form.imports),)
        number += 1


def _has(facts: ModuleFacts, kind: type[FunctionNode], name: str, methods: Set[str]) -> bool:
    """True where the file has such a function, edited or not: it takes a task, calls ``methods`` and makes no task itself."""
    for statement in facts.tree.body:
        if not isinstance(statement, kind) or statement.name != name:
            continue  # something else
        match statement.args:
            case ast.arguments(args=[_], kwonlyargs=[]):
                used = {node.attr for node in ast.walk(statement) if isinstance(node, ast.Attribute)}
                return methods <= used and used.isdisjoint({"create_task", "ensure_future"})
            case _:
                return False  # it takes something else
    return False


def _plain(module: Module) -> _Form:
    loop, imports = _loop(module)
    return _Form({"loop": loop, "task_type": "", "tasks_type": "", "keep_type": "", "none_type": ""}, imports)


def _annotated(module: Module, task: str) -> _Form:
    loop, imports = _loop(module)
    # Nothing may be evaluated: `set[…]` needs 3.9, and the file may import asyncio for its type checker only.
    quote = "" if annotations_are_lazy(module) else '"'
    fields = {
        "loop": loop,
        "task_type": f": {quote}{task}{quote}",
        "tasks_type": f": {quote}set[{task}]{quote}",
        "keep_type": f" -> {quote}{task}{quote}",
        "none_type": " -> None",
    }
    return _Form(fields, imports)


def _loop(module: Module) -> tuple[str, tuple[Import, ...]]:
    """Return how a done callback finds its loop: tasks know theirs from 3.7 on, before that it is the running one."""
    if module.settings.target.all_at_least((3, 7)):
        return "task.get_loop()", ()
    getter = module.spell("asyncio", "get_event_loop", module.tree)
    return f"{getter.text}()", (Import(getter.module, getter.member),) if getter.module is not None else ()


def has_annotations(facts: ModuleFacts) -> bool:
    """True where a function of the file is annotated, so that a new one is too."""
    return any(_is_annotated(function) for function in facts.functions)


def _is_annotated(function: FunctionNode) -> bool:
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return function.returns is not None or any(one.annotation is not None for one in arguments)


def annotations_are_lazy(module: Module) -> bool:
    """True where nothing evaluates the annotations of the file: `from __future__ import annotations`."""
    return any(binding.target == "__future__" for binding in module.facts.scope.bindings.get("annotations", ()))
