"""AIO701: a task that is kept, and whose exception nobody asks for."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from aiomend.facts import tasks
from aiomend.facts.consumers import Unheard, unheard_tasks
from aiomend.facts.own_tasks import keeps_its_task
from aiomend.facts.task_factories import doubt_of_task
from aiomend.facts.thread_accounts import Where
from aiomend.facts.view import Module
from aiomend.model import Impact, Safety
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Replace, Wrap
from aiomend.rewriting.task_helpers import TaskHelpers, handling_helper, task_helpers
from aiomend.rules.exceptions.lone_run import LoneRun, edits, lone_runs
from aiomend.rules.rule import Fix, Rule

if TYPE_CHECKING:
    import libcst as cst


class ExceptionNeverConsumed(Rule):
    """Let somebody hear of a task's exception.

    An exception that leaves a task stays in it until somebody asks. Where nobody does, it is logged when the task is
    collected, as one that was never retrieved; for a task that is kept that may be at the end of the program, and until then
    the work has silently stopped. A done callback, added once a module, hands the exception to the event loop's exception
    handler as soon as the task is done.

    Before:

    ```python
    import asyncio

    class Clock:
        def start(self):
            self._ticking = asyncio.ensure_future(self.tick())

        def stop(self):
            self._ticking.cancel()

        async def tick(self):
            while True:
                await asyncio.sleep(1)
                self.display.refresh()
    ```

    After:

    ```python
    import asyncio

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


    class Clock:
        def start(self):
            self._ticking = asyncio.ensure_future(self.tick())
            self._ticking.add_done_callback(_report_exception)

        def stop(self):
            self._ticking.cancel()

        async def tick(self):
            while True:
                await asyncio.sleep(1)
                self.display.refresh()
    ```

    `consume = "chain"` in the configuration writes the other form: the task runs a coroutine, added once a module, that
    waits for the given one under `try` and `except`.

    `consume = "run"` is for programs whose loop runs for ever for one task alone, in a script or in the function that is the
    program: the task gets a name, `loop.run_until_complete(task)` waits for it under an `except Exception` that hands the
    exception to the event loop's exception handler, and the loop is closed in a `finally`. A task that nothing refers to is
    this rule's there instead of AIO901's. Everywhere else the callback is added: where the program makes other tasks, starts
    servers or threads, hands out callbacks, runs another coroutine, or calls what cannot be followed.

    Fix safety: safe. Nothing waits, and nothing runs in another order; the exception goes where asyncio would have sent it,
    only at once. A cancelled task reports nothing. Unsafe where a task factory, or what tests put in the place of the function
    that makes the task, may give something without `add_done_callback`, and where `ensure_future()` may be given a future
    whose exception others handle. With `consume = "chain"` unsafe: the task becomes that of another coroutine, and whoever
    asks it afterwards finds no exception. With `consume = "run"` unsafe: the program ends when its task is done, and what
    stands behind the run is reached.

    Silent when anything may ask for the exception: the task, or the collection that holds it, is awaited, gathered, passed
    on, returned, iterated for more than to cancel it, kept under a public attribute, or has a callback that does more than
    take it out of a set; when its own coroutine keeps the task that runs it, or hands that on (`asyncio.current_task()`); when the file gets attributes by names that it makes up, or the collection was handed in; when the
    coroutine handles every exception itself; in tests. A task that nothing keeps is AIO901's, whose helper reports too, but
    for the one of `consume = "run"`.
    """

    code = "AIO701"
    name = "exception-never-consumed"
    safety = Safety.SAFE
    impact = Impact.BUG
    triggers = tasks.WORDS

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the kept tasks of a file whose exception no code can see."""
        if module.is_test or module.other_framework:
            return  # tests look at what they want to see; other frameworks report by their own means
        alone = lone_runs(module)
        for lone in alone:
            yield self._run(module, lone)
        waited_for = {lone.made.call for lone in alone}
        helpers: TaskHelpers | None = None
        for unheard in unheard_tasks(module):
            if module.where(unheard.made.call) is Where.THREAD or module.thread_at(unheard.made.call) is not None:
                continue  # made in another thread: section 3 owns it
            if unheard.made.call in waited_for:
                continue  # the run waits for it
            if keeps_its_task(module, unheard.made):
                continue  # others may wait for it where its own coroutine put it
            helpers = helpers or task_helpers(module)
            yield self._heard(module, unheard, helpers)

    def _run(self, module: Module, lone: LoneRun) -> Fix:
        message = (
            f"`{lone.loop.name}` only runs for the task of `{module.call_phrase(lone.made.call)}`, whose exception nothing "
            f"asks for; `{lone.loop.name}.run_until_complete({lone.task})` under `except Exception` reports it"
        )
        return self.fix(module, lone.made.call, message, *edits(module, lone), safety=Safety.UNSAFE)

    def _heard(self, module: Module, unheard: Unheard, helpers: TaskHelpers) -> Fix:
        fate = (
            "of which asyncio only logs that it was never retrieved"
            if unheard.is_let_go
            else "which stays unseen as long as the task is kept"
        )
        made = module.text(unheard.made.call.func)
        message = f"`{unheard.holder}` keeps the task of `{made}()`, but nothing asks for its exception, {fate}"
        if module.where(unheard.made.call) is Where.BOTH:
            reason = "this code runs in the event loop and in another thread, where no callback can be added safely"
            return self.manual(module, unheard.made.call, message, reason)
        if module.settings.consume == "chain":
            return self._chained(module, unheard, message)
        doubt = doubt_of_task(module, unheard.made)
        line = f"{unheard.target}.add_done_callback({helpers.report})"
        return self.fix(
            module,
            unheard.made.call,
            f"{message}; `{helpers.report}()` reports it when the task is done",
            Wrap((unheard.after,), functools.partial(_followed, line=line, indent=module.facts.indent)),
            safety=None if doubt is None else Safety.UNSAFE,
            needs=helpers.report_needs,
            reason=doubt,
        )

    def _chained(self, module: Module, unheard: Unheard, message: str) -> Fix:
        coroutine = unheard.made.coroutine
        assert coroutine is not None
        handler = handling_helper(module)
        return self.fix(
            module,
            unheard.made.call,
            f"{message}; `{handler.name}()` waits for the coroutine and reports it",
            Replace(coroutine, lambda node: syntax.call(handler.name, node)),
            safety=Safety.UNSAFE,
            needs=handler.needs,
        )


def _followed(body: Sequence[cst.BaseStatement], line: str, indent: str) -> Sequence[cst.BaseStatement]:
    """Return the statements with one more line behind them."""
    return [*body, *syntax.statements(f"{line}\n", indent)]
