"""The helpers for tasks and futures: they hold a task, report its exception, handle or log it, or set a result with care."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, partial

from aiomend.facts.imported_names import Spelling
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import FUNCTIONS, FunctionNode
from aiomend.facts.view import Module
from aiomend.rewriting.edits import Helper, Need
from aiomend.rewriting.helpers import Annotations, Blueprint, Form, Placed, fits, is_there, needed, placed, written

_KEEP = '''\
{beside}{tasks_type} = set()


def {function}(task{task_type}){keep_type}:
    """Hold a task until it is done; the event loop itself does not."""
    {beside}.add(task)
    task.add_done_callback({beside}.discard)
    task.add_done_callback({report})
    return task
'''
_HOLD = '''\
{beside}{tasks_type} = set()


def {function}(task{task_type}){keep_type}:
    """Hold a task until it is done; whoever waits for it reads its exception."""
    {beside}.add(task)
    task.add_done_callback({beside}.discard)
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
    """Log the exception of a future that nobody reads, in any thread."""
    if not future.cancelled() and future.exception() is not None:
        {get_logger}("asyncio").error(
            "exception in a coroutine that another thread started",
            exc_info=future.exception(),
        )
'''
_SET = """\
def {function}(fut{future_type}, {value}{value_type}){none_type}:
    if not fut.{guard}():
        fut.{setter}({value})
"""
_CANCEL = '''\
def {function}(loop{loop_type}){none_type}:
    """Cancel the tasks of a stopped loop, and report what else they raise."""
{tasks_left}
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete({gather}(*tasks, return_exceptions=True))
    for task in tasks:
        if not task.cancelled() and task.exception() is not None:
            loop.call_exception_handler(
                {{
                    "message": "exception in a task that was cancelled at the end",
                    "exception": task.exception(),
                    "task": task,
                }}
            )
'''
_CANCELLED = """\
    except {name}:
        raise
"""
_NAMED = re.compile(r"_?(\w+?)(?:_\d+)?")  #: the name of a helper in a module that has something of that name already
#: What each setter takes: its name, and its types.
_VALUES = {
    "set_result": ("result", ("object",)),
    "set_exception": ("exception", ("type[BaseException]", "BaseException")),
}


@dataclass(frozen=True, slots=True)
class TaskHelpers:
    """What the two functions are called in one file, and what each needs there."""

    keep: str
    report: str
    keep_needs: tuple[Need, ...]
    report_needs: tuple[Need, ...]

    @property
    def may_give_future(self) -> bool:
        """True where the one that keeps a task is not known to say that it gives a task, or nothing at all."""
        codes = [need.code for need in self.keep_needs if isinstance(need, Helper) and need.name == self.keep]
        return not codes or "Future[" in codes[0]


def task_helpers(module: Module) -> TaskHelpers:
    """Return the helpers of a file: those that it can reach, edited or not, else new ones under names that are free in it."""
    report = placed(module, _REPORTING)
    keep = placed(module, _KEEPING)
    return TaskHelpers(keep.name, report.name, keep.needs, report.needs)


def holding_helper(module: Module) -> Placed:
    """Return the function that holds a task until it is done, for those whose exception somebody reads."""
    return placed(module, _HOLDING)


def handling_helper(module: Module) -> Placed:
    """Return the coroutine function that handles the exceptions of another one."""
    return placed(module, _HANDLING)


def logging_helper(module: Module) -> Placed:
    """Return the callback that logs the exception of a concurrent future.

    Such a callback runs in the thread that completes the future, or in the one that adds it, and the loop may be closed by
    then: logging is right in all of them, where a call of the loop is not.
    """
    return placed(module, _LOGGING)


def setting_helper(module: Module, setter: str) -> Placed:
    """Return the function that calls ``set_result`` or ``set_exception`` where the future still takes one."""
    return placed(module, _setting(setter, module.settings.future_guard))


def holds_helpers(facts: ModuleFacts) -> bool:
    """True where a file has any of these functions under the name that a shared module gives it."""
    return any(is_there(facts, one) for one in _known().values())


def is_helper(function: FunctionNode) -> bool:
    """True for any of these functions, under any of the names that they get in a module."""
    named = _NAMED.fullmatch(function.name)
    blueprint = _known().get(named[1]) if named is not None else None
    return blueprint is not None and fits(function, blueprint)


@cache
def _known() -> dict[str, Blueprint]:
    """Return what all of these functions are made by, by their name in a shared module."""
    setting = [_setting(setter, guard) for setter in _VALUES for guard in ("cancelled", "done")]
    every = (_REPORTING, _KEEPING, _HOLDING, _HANDLING, _LOGGING, _CANCELLING, *setting)
    return {one.names[0]: one for one in every}


def _setting(setter: str, guard: str) -> Blueprint:
    form = partial(_setting_form, setter=setter, guard=guard)
    return Blueprint((f"{setter}_unless_{guard}",), _SET, {guard, setter}, form, parameters=2)


def cancelling_helper(module: Module) -> Placed:
    """Return the function that ends the tasks which a stopped loop has left."""
    return placed(module, _CANCELLING)


# ---- how each is written in a module ---


def _keeping_form(module: Module, public: bool) -> Form:
    report = written(module, _REPORTING, public=public)
    # `gather()` gives a future that is no task; a module that several share has to take that as well.
    gathers = (module.facts.function_at(call) for call in module.calls("asyncio.gather"))
    has_gather = any(not (isinstance(function, FUNCTIONS) and is_helper(function)) for function in gathers)
    form = _set_form(module, "Future" if public or has_gather else "Task")
    return Form({"report": report.name, **form.fields}, form.imports, report.needs)


def _holding_form(module: Module, _public: bool) -> Form:
    return _set_form(module, "Future")  # as `ensure_future()` says


def _set_form(module: Module, kind: str) -> Form:
    """How a set of tasks and a function that returns what it is given are annotated."""
    annotations = Annotations(module)
    if not annotations.some:
        return Form({"task_type": "", "tasks_type": "", "keep_type": ""})
    task, anything = annotations.name("asyncio", kind), annotations.name("typing", "Any")
    type_ = f"{task.text}[{anything.text}]"
    tasks, more = annotations.set_of(type_)
    fields = {
        "task_type": f": {annotations.quoted(type_)}" if annotations.wanted else "",
        "tasks_type": f": {annotations.quoted(tasks)}",
        "keep_type": f" -> {annotations.quoted(type_)}" if annotations.wanted else "",
    }
    return Form(fields, needed(task, anything, *more))


def _reporting_form(module: Module, _public: bool) -> Form:
    fields = {"loop": "task.get_loop()", "task_type": "", "none_type": ""}
    used = []
    if not module.settings.target.all_at_least((3, 7)):  # tasks know their loop from 3.7 on
        used.append(getter := module.spell("asyncio", "get_event_loop", module.tree))
        fields["loop"] = f"{getter.text}()"
    annotations = Annotations(module)
    if annotations.wanted:
        future, anything = annotations.name("asyncio", "Future"), annotations.name("typing", "Any")
        used += [future, anything]
        fields |= {"task_type": f": {annotations.quoted(f'{future.text}[{anything.text}]')}", "none_type": " -> None"}
    return Form(fields, needed(*used))


def _handling_form(module: Module, _public: bool) -> Form:
    getter = "get_running_loop" if module.settings.target.all_at_least((3, 7)) else "get_event_loop"
    used = [loop := module.spell("asyncio", getter, module.tree)]
    fields = {"loop": f"{loop.text}()", "cancelled": "", "coroutine_type": "", "handle_type": ""}
    if not module.settings.target.all_at_least((3, 8)):  # a cancellation is an Exception up to 3.7
        used.append(cancelled := module.spell("asyncio", "CancelledError", module.tree))
        fields["cancelled"] = _CANCELLED.format(name=cancelled.text)
    annotations = Annotations(module)
    if annotations.wanted:
        awaitable, anything = annotations.awaitable(), annotations.name("typing", "Any")
        used += [awaitable, anything]
        fields["coroutine_type"] = f": {annotations.quoted(f'{awaitable.text}[{anything.text}]')}"
        fields["handle_type"] = f" -> {anything.text}"
    return Form(fields, needed(*used))


def _logging_form(module: Module, _public: bool) -> Form:
    used = [getter := module.spell("logging", "getLogger", module.tree)]
    fields = {"get_logger": getter.text, "future_type": "", "none_type": ""}
    annotations = Annotations(module)
    if annotations.wanted:
        future, anything = annotations.name("concurrent.futures", "Future"), annotations.name("typing", "Any")
        used += [future, anything]
        fields |= {"future_type": f": {annotations.quoted(f'{future.text}[{anything.text}]')}", "none_type": " -> None"}
    return Form(fields, needed(*used))


def _setting_form(module: Module, _public: bool, *, setter: str, guard: str) -> Form:
    value, kinds = _VALUES[setter]
    fields = {"guard": guard, "setter": setter, "value": value, "future_type": "", "value_type": "", "none_type": ""}
    annotations = Annotations(module)
    if not annotations.wanted:
        return Form(fields)
    future, anything = annotations.name("asyncio", "Future"), annotations.name("typing", "Any")
    fields["future_type"] = f": {annotations.quoted(f'{future.text}[{anything.text}]')}"
    fields |= {"value_type": f": {annotations.either(*kinds)}", "none_type": " -> None"}
    return Form(fields, needed(future, anything))


def _cancelling_form(module: Module, _public: bool) -> Form:
    lines, used = _tasks_left(module)
    has_module = any((one.module, one.member) == ("asyncio", None) for one in used)
    gather = Spelling("asyncio.gather") if has_module else module.spell("asyncio", "gather", module.tree)
    fields = {"gather": gather.text, "tasks_left": lines, "loop_type": "", "none_type": ""}
    annotations = Annotations(module)
    if not annotations.wanted:
        return Form(fields, needed(gather, *used))
    loop = annotations.name("asyncio", "AbstractEventLoop")
    fields |= {"loop_type": f": {annotations.quoted(loop.text)}", "none_type": " -> None"}
    return Form(fields, needed(gather, *used, loop))


def _tasks_left(module: Module) -> tuple[str, tuple[Spelling, ...]]:
    """Return the lines that ask for the tasks of `loop` which are not done: 3.7 moved that, 3.9 took the old way away."""
    target = module.settings.target
    function = module.spell("asyncio", "all_tasks", module.tree)
    if target.all_at_least((3, 7)):
        return f"    tasks = {function.text}(loop)", (function,)
    method = module.spell("asyncio", "Task", module.tree)
    undone = "    tasks = [task for task in {}(loop) if not task.done()]"
    if not target.reaches((3, 9)):
        return undone.format(f"{method.text}.all_tasks"), (method,)
    # 3.6 does not have the function: it cannot be imported by its name.
    by_name = "." not in function.text
    if by_name:
        method = Spelling("asyncio.Task")
    home = Spelling("asyncio", "asyncio") if by_name else Spelling(function.text.rpartition(".")[0], function.module)
    either = f'    all_tasks = getattr({home.text}, "all_tasks", None) or {method.text}.all_tasks\n'
    return either + undone.format("all_tasks"), (home, method)


_REPORTING = Blueprint(("report_exception",), _REPORT, {"call_exception_handler"}, _reporting_form)
_KEEPING = Blueprint(("keep_task", "background_tasks"), _KEEP, {"add", "add_done_callback"}, _keeping_form)
_HOLDING = Blueprint(("hold_task", "held_tasks"), _HOLD, {"add", "add_done_callback"}, _holding_form)
_HANDLING = Blueprint(("handle_exception",), _HANDLE, {"call_exception_handler"}, _handling_form)
_LOGGING = Blueprint(("log_exception",), _LOG, {"cancelled", "exception", "error"}, _logging_form)
_CANCELLING = Blueprint(("cancel_tasks",), _CANCEL, {"cancel", "run_until_complete"}, _cancelling_form)
