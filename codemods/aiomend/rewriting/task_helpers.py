"""The helpers for tasks that nobody waits for: one holds a task until it is done, one reports its exception."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import FunctionNode
from aiomend.facts.view import Module
from aiomend.rewriting.edits import Helper, Import
from aiomend.rewriting.imports import has_helper

_KEEP = '''\
{tasks}{tasks_type} = set()


def {keep}(task{task_type}){keep_type}:
    """Hold a task until it is done; the event loop itself does not."""
    {tasks}.add(task)
    task.add_done_callback({tasks}.discard)
    task.add_done_callback({report})
    return task
'''
_REPORT = '''\
def {report}(task{task_type}){none_type}:
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
    """Return the helpers of a file: those that it has, else new ones under names that are free in it."""
    forms = [_plain(module)]
    task = module.spell("asyncio", "Task", module.tree)
    if task.module is None:
        # With annotations in a file that has them; without in one that would have to import a name for them alone.
        forms.insert(0 if _has_annotations(module.facts) else 1, _annotated(module, f"{task.text}[object]"))
    report = _named(module.facts, _REPORT, {"report": "_report_exception"}, forms)
    names = {"keep": "_keep_task", "tasks": "_background_tasks"}
    knowing = [_Form({**form.fields, "report": report.name}, form.imports) for form in forms]
    keep = _named(module.facts, _KEEP, names, knowing)
    return TaskHelpers(keep.name, report.name, (keep, report), (report,))


def _named(facts: ModuleFacts, template: str, names: dict[str, str], forms: Sequence[_Form]) -> Helper:
    """Return the helper that the file has, or a new one; what it defines bears the first number that is free."""
    taken = {bound for scope in facts.scopes.values() for bound in scope.bindings} | facts.names.keys()
    for number in itertools.count(1):
        suffix = f"_{number}" if number > 1 else ""
        numbered = {key: name + suffix for key, name in names.items()}
        written = [
            Helper(next(iter(numbered.values())), template.format_map({**form.fields, **numbered}), form.imports)
            for form in forms
        ]
        for helper in written:
            if has_helper(facts, helper):
                return helper
        if not taken & set(numbered.values()):
            return written[0]
    raise AssertionError("some number is free")


def _plain(module: Module) -> _Form:
    loop, imports = _loop(module)
    return _Form({"loop": loop, "task_type": "", "tasks_type": "", "keep_type": "", "none_type": ""}, imports)


def _annotated(module: Module, task: str) -> _Form:
    loop, imports = _loop(module)
    # Nothing may be evaluated: `set[…]` needs 3.9, and the file may import asyncio for its type checker only.
    quote = "" if _annotations_are_lazy(module) else '"'
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


def _has_annotations(facts: ModuleFacts) -> bool:
    return any(_is_annotated(function) for function in facts.functions)


def _is_annotated(function: FunctionNode) -> bool:
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return function.returns is not None or any(one.annotation is not None for one in arguments)


def _annotations_are_lazy(module: Module) -> bool:
    return any(binding.target == "__future__" for binding in module.facts.scope.bindings.get("annotations", ()))
