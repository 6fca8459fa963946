"""The helpers for tasks that nobody waits for: one keeps a task until it is done, one reports its exception."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from aiomend.facts.scopes import FUNCTIONS
from aiomend.facts.view import Module
from aiomend.rewriting.edits import Helper, Import
from aiomend.rewriting.imports import has_helper

_KEEP = '''\
{tasks}{tasks_type} = set()


def {keep}({task_parameter}){keep_result}:
    """Hold a task until it is done: the event loop alone does not keep it from being destroyed."""
    {tasks}.add(task)
    task.add_done_callback({tasks}.discard)
    task.add_done_callback({report})
    return task
'''
_REPORT = '''\
def {report}({task_parameter}){report_result}:
    """Hand a task's exception to the event loop's exception handler as soon as the task is done."""
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
    """What the helpers are called in one file, and what it needs for them."""

    keep: str
    report: str
    keep_needs: tuple[Helper, ...]
    report_needs: tuple[Helper, ...]


def task_helpers(module: Module) -> TaskHelpers:
    """Return the helpers of a file: those that it has, else new ones under names that are free there."""
    kinds = _kinds(module)
    report, report_helper = _named(module, "_report_exception", "", [(_REPORT, kind) for kind in kinds])
    filled = [(_KEEP, {**kind, "report": report}) for kind in kinds]
    keep, keep_helper = _named(module, "_keep_task", "_background_tasks", filled)
    return TaskHelpers(keep, report, (keep_helper, report_helper), (report_helper,))


@dataclass(frozen=True, slots=True)
class _Kind:
    """One way to write the helpers: with annotations or without."""

    fields: tuple[tuple[str, str], ...]
    imports: tuple[Import, ...]


def _named(
    module: Module, name: str, container: str, forms: list[tuple[str, dict[str, object]]]
) -> tuple[str, Helper]:
    raise NotImplementedError


def _kinds(module: Module) -> list[dict[str, object]]:
    raise NotImplementedError


def _numbers() -> Iterator[str]:
    raise NotImplementedError


_ = (ast, FUNCTIONS, has_helper)
