"""AIO902: a loop that is closed while tasks may be pending."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from aiomend.facts.left_tasks import Left, left_tasks
from aiomend.facts.loops import Loop
from aiomend.facts.view import Module
from aiomend.model import Evidence, Impact, Safety
from aiomend.rewriting.edits import Edit, Need
from aiomend.rewriting.task_helpers import cancelling_helper
from aiomend.rules.closing import ending
from aiomend.rules.closing.owning import owned_loops
from aiomend.rules.exceptions.lone_run import lone_runs
from aiomend.rules.legacy import running
from aiomend.rules.rule import Fix, Rule


class PendingAtClose(Rule):
    """End the tasks that are left before the event loop is closed.

    A loop stops when its main coroutine returns, or when somebody stops it. Tasks that wait for something then are
    neither run to their end nor cancelled: their `finally` blocks do not run, and asyncio complains that they were destroyed
    while they were pending. They have to be cancelled, and waited for, as long as the loop can run. Then asynchronous
    generators and, from 3.9 on, the threads of the default executor are shut down.

    Before:

    ```python
    import asyncio

    async def beat():
        while True:
            await asyncio.sleep(1)

    loop = asyncio.new_event_loop()
    beating = loop.create_task(beat())
    loop.call_later(5, loop.stop)
    try:
        loop.run_forever()
    finally:
        loop.close()
    ```

    After:

    ```python
    import asyncio

    def _cancel_tasks(loop):
        \"""Cancel the tasks of a stopped loop, and report what else they raise.\"""
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        if tasks:
            loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        for task in tasks:
            if not task.cancelled() and task.exception() is not None:
                loop.call_exception_handler(
                    {
                        "message": "exception in a task that was cancelled at the end",
                        "exception": task.exception(),
                        "task": task,
                    }
                )


    async def beat():
        while True:
            await asyncio.sleep(1)

    loop = asyncio.new_event_loop()
    beating = loop.create_task(beat())
    loop.call_later(5, loop.stop)
    try:
        loop.run_forever()
    finally:
        _cancel_tasks(loop)
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
    ```

    Where `asyncio.run()` would do (AIO007), the program is written with it: it does all of this. Where the loop is not
    closed whatever happens, it gets the `finally` of AIO1001 as well.

    Fix safety: unsafe. Code of the tasks runs that did not run before, and a task that resists its cancellation keeps the
    program from ending.

    Of the tasks that other files make, those count that the program certainly begins and that run an endless loop.

    Silent when nothing says that a task may be left: all of them are awaited, gathered, cancelled by name, done as soon
    as they have begun, or stop the loop themselves; when the file asks for all tasks to cancel them; when the tasks are
    meant to run in order, which is AIO801's; when the loop is not the program's own, or AIO1001 leaves it to a person; when
    `stop()` is called outside of the `finally`, behind which the loop does not run to an end.
    """

    code = "AIO902"
    name = "pending-at-close"
    safety = Safety.UNSAFE
    impact = Impact.BUG
    triggers = frozenset({"run_until_complete", "run_forever"})
    context = frozenset({"event_loop", "EventLoop", "uvloop"})

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the loops of a file that may be closed while tasks of it are pending."""
        if module.is_test or module.other_framework:
            return  # tests look after their own tasks; other frameworks run tasks of their own
        waiting = {lone.run for lone in lone_runs(module)}
        for loop in owned_loops(module):
            if waiting.intersection(loop.runs):
                continue  # AIO701 has it wait for its only task
            left = left_tasks(module, loop)
            if not left:
                continue  # nothing says that a task may be pending
            changes, needs = _ended(module, loop)
            if changes:  # else its close is in no place that a rule may touch
                node = ending.last_run(loop)
                evidence = tuple(map(_evidence, left))
                yield self.fix(module, node, _message(module, loop, left), *changes, needs=needs, evidence=evidence)


def _ended(module: Module, loop: Loop) -> tuple[tuple[Edit, ...], tuple[Need, ...]]:
    if (whole := running.running(module, loop)) is not None:
        return running.edits(module, whole)
    helper = cancelling_helper(module)
    has_executor = module.settings.target.all_at_least((3, 9))
    methods = (ending.ASYNCGENS, ending.EXECUTOR) if has_executor else (ending.ASYNCGENS,)
    return ending.ended(module, loop, cancel=helper.name, methods=methods), helper.needs


def _message(module: Module, loop: Loop, left: Sequence[Left]) -> str:
    subject = f"`{loop.name}`" if loop.name else "the current loop"
    work = left[0].module.phrase(left[0].made.coroutine or left[0].made.call)
    more = f", and {len(left) - 1} more," if len(left) > 1 else ""
    return (
        f"{subject} is closed while the task of `{work}`{more} may be pending: "
        "what is left has to be cancelled and waited for"
    )


def _evidence(left: Left) -> Evidence:
    return Evidence(left.module.path, left.made.call.lineno, "nothing waits for this task before the loop is closed")
