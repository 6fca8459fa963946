"""AIO901: a task that nothing refers to."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts import tasks
from aiomend.facts.consumers import waits_for_all
from aiomend.facts.coroutine_places import Place, place_of
from aiomend.facts.loop_threads import has_its_own_thread
from aiomend.facts.order import chained_calls
from aiomend.facts.own_tasks import keeps_its_task
from aiomend.facts.task_factories import doubt_of_task, factory_keeps_tasks
from aiomend.facts.tasks import Fate, Made
from aiomend.facts.thread_accounts import Where
from aiomend.facts.view import Module
from aiomend.model import Impact, Safety
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Replace
from aiomend.rewriting.task_helpers import TaskHelpers, task_helpers
from aiomend.rules.exceptions.lone_run import lone_runs
from aiomend.rules.rule import Fix, Rule


class DanglingTask(Rule):
    """Keep a reference to every task until it is done.

    The event loop refers to its tasks weakly. A task that nothing else refers to can be collected while it waits ("Task
    was destroyed but it is pending!"), and when it fails, nobody asks for its exception: it is logged late or never. A
    task is dangling when it is bound to nothing, to `_`, or to a name that is never read. It is handed to a helper, added
    once a module, that holds it in a set until it is done and then gives its exception to the event loop's exception
    handler.

    Before:

    ```python
    import asyncio

    async def greet():
        await asyncio.sleep(1)

    async def main():
        asyncio.ensure_future(greet())
    ```

    After:

    ```python
    import asyncio

    _background_tasks = set()

    def _keep_task(task):
        \"""Hold a task until it is done; the event loop itself does not.\"""
        _background_tasks.add(task)
        task.add_done_callback(_background_tasks.discard)
        task.add_done_callback(_report_exception)
        return task

    def _report_exception(task):
        \"""Hand the exception of a task to the event loop once it is done.\"""
        if not task.cancelled() and task.exception() is not None:
            task.get_loop().call_exception_handler(
                {
                    "message": "exception in background task",
                    "exception": task.exception(),
                    "task": task,
                }
            )

    async def greet():
        await asyncio.sleep(1)

    async def main():
        _keep_task(asyncio.ensure_future(greet()))
    ```

    Fix safety: safe. The task runs as it did, when it did; it can no longer vanish, and its exception is reported at once
    instead of at collection. No code waits that did not wait before. Unsafe in a project that sets a task factory of which
    it is not known that it makes tasks of asyncio's, whose own `create_task()` gives nothing, or whose tests tell a mock what that gives, or put something in the
    place of the function that makes the task: what that makes may have no `add_done_callback`. Unsafe also where an exception
    handler of the project may end the loop or the program, and where `ensure_future()` may be given a future, whose
    exception others handle: what neither the code nor callers say to be a coroutine, a call of something unknown too; and where
    the project waits for `all_tasks()`, which are not cancelled, and may handle their exceptions. For a person where a thread of its own
    runs the loop, and nothing says that a plain function is called in it.

    Who owns a task: where something says that tasks of one coroutine were meant to run in order, AIO801 owns them, even
    when it can only report them, and this rule is silent: a task that is kept no longer shows that it should have been
    waited for. Several tasks without such a sign are kept. The only task of a program that runs for ever is AIO701's where the
    configuration says `consume = "run"`.

    Silent when the task is stored (by its own coroutine, too: `self.task = asyncio.current_task()`), returned, awaited, gathered, passed on, or has a done callback; when it belongs to a task
    group or a nursery, which keep their own; in code that runs in another thread (section 3 of the guide); in files that use
    another async framework; in tests, which drop tasks on purpose. A dropped `gather` is a trap only where its coroutines
    are made for it; a dropped `shield` is AIO206's.
    """

    code = "AIO901"
    name = "dangling-task"
    safety = Safety.SAFE
    impact = Impact.BUG
    triggers = tasks.WORDS

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the tasks of a file that nothing refers to."""
        if module.is_test or module.other_framework:
            return  # tests drop tasks on purpose; other frameworks keep their own
        dangling = [task for task in tasks.made_tasks(module) if task.fate.dangles]
        if not dangling or factory_keeps_tasks(module):
            return  # there are none, or the project's own factory holds all of them
        chained = chained_calls(module)
        waited_for = {lone.made.call for lone in lone_runs(module)}
        helpers = task_helpers(module)
        for task in dangling:
            if task.call in waited_for:
                continue  # AIO701 has the program wait for it
            if task.call in chained:
                continue  # they have to be chained: AIO801 owns them
            if keeps_its_task(module, task):
                continue  # it is held, and others may wait for it
            if module.thread_at(task.call) is not None:
                continue  # made in another thread, perhaps in the loop's as well: AIO303 owns it
            match module.where(task.call):
                case Where.THREAD:
                    continue  # made in another thread: section 3 owns it
                case Where.BOTH:
                    yield self.manual(
                        module,
                        task.call,
                        _message(module, task),
                        "this code runs in the event loop and in another thread, where no task can be made safely",
                    )
                case _ if _may_be_beside_its_loop(module, task):
                    yield self.manual(
                        module,
                        task.call,
                        _message(module, task),
                        "a thread of its own runs the loop, and nothing says that this is called there: from elsewhere it takes"
                        " `asyncio.run_coroutine_threadsafe()`",
                    )
                case _:
                    yield self._kept(module, task, helpers)

    def _kept(self, module: Module, task: Made, helpers: TaskHelpers) -> Fix:
        doubt = doubt_of_task(module, task)
        if doubt is None and (asked := waits_for_all(module)) is not None:
            doubt = f"{asked} waits for all tasks, and may handle what is reported then, too"
        if doubt is None and isinstance(module.facts.statement(task.call), ast.AnnAssign) and helpers.may_give_future:
            doubt = f"`{helpers.keep}()` is annotated to give a future, and `{task.name}` as a task"
        return self.fix(
            module,
            task.call,
            f"{_message(module, task)}; `{helpers.keep}()` holds it until it is done and reports its exception",
            Replace(task.call, lambda node: syntax.call(helpers.keep, node)),
            safety=None if doubt is None else Safety.UNSAFE,
            needs=helpers.keep_needs,
            reason=doubt,
        )


def _may_be_beside_its_loop(module: Module, task: Made) -> bool:
    """True where a thread of its own runs the loop, and nothing says that the task is made in it."""
    if not has_its_own_thread(module.inference, module.facts, task.call):
        return False
    return place_of(module, task.call) in (Place.SYNC, Place.PROGRAM, Place.IMPORT)


def _message(module: Module, task: Made) -> str:
    kind = "task" if task.coroutine is not None else "future"
    made = f"the {kind} of `{module.call_phrase(task.call)}`"
    match task.fate:
        case Fate.UNREAD:
            what = f"`{task.name}` is never read, so that nothing refers to {made}"
        case Fate.UNDERSCORE:
            what = f"`_` keeps nothing, so that nothing refers to {made}"
        case _:
            what = f"nothing refers to {made}"
    return f"{what}, which may be destroyed while it is pending"
