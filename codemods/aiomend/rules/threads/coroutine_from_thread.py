"""AIO303: tasks and coroutines that another thread than the event loop's makes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from aiomend.facts import tasks
from aiomend.facts.endings import Ending, Endings
from aiomend.facts.forgotten import forgotten_coroutines
from aiomend.facts.held_locks import held_lock
from aiomend.facts.misused_coroutines import misused_coroutines
from aiomend.facts.tasks import Fate, Made
from aiomend.facts.thread_loops import NO_CURRENT_LOOP, is_current, loop_for_thread
from aiomend.facts.view import Module, Threaded
from aiomend.model import Impact, Safety
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Replace, Wrap
from aiomend.rewriting.task_helpers import logging_helper
from aiomend.rules.rule import Fix, Rule, imports_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import libcst as cst

_OPTIONS = frozenset({"coro", "coro_or_future", "coroutine", "loop"})


@dataclass(frozen=True, slots=True, eq=False)
class _Handover:
    """A call that makes a task or a coroutine in a thread."""

    call: ast.Call
    coroutine: ast.expr  #: what the loop has to run
    problem: str
    is_used: bool = False  #: the result of the coroutine is wanted on the spot
    fate: Fate = Fate.NOTHING
    name: str = ""
    obstacle: str | None = None


class CoroutineFromThread(Rule):
    """Hand coroutines to the event loop with `run_coroutine_threadsafe` where another thread starts them.

    `ensure_future()` and `loop.create_task()` schedule their task without waking the loop: what another thread starts with them
    begins when the loop happens to wake up, or never. `create_task()` and `ensure_future()` without a loop raise in a thread,
    and a coroutine that is only called does not run at all. `asyncio.run_coroutine_threadsafe()` hands a coroutine over and
    wakes the loop.

    Before:

    ```python
    import asyncio
    import threading

    async def store(value):
        await asyncio.sleep(1)

    def work(loop):
        loop.create_task(store(42))

    async def main():
        loop = asyncio.get_running_loop()
        threading.Thread(target=work, args=(loop,)).start()
        await asyncio.sleep(2)
    ```

    After:

    ```python
    import asyncio
    import logging
    import threading

    def _log_exception(future):
        \"""Log the exception of a future that nobody reads, in any thread.\"""
        if not future.cancelled() and future.exception() is not None:
            logging.getLogger("asyncio").error(
                "exception in a coroutine that another thread started",
                exc_info=future.exception(),
            )

    async def store(value):
        await asyncio.sleep(1)

    def work(loop):
        asyncio.run_coroutine_threadsafe(store(42), loop).add_done_callback(_log_exception)

    async def main():
        loop = asyncio.get_running_loop()
        threading.Thread(target=work, args=(loop,)).start()
        await asyncio.sleep(2)
    ```

    The future of a coroutine that nobody waits for reports no exception by itself, in any mode: a callback, added once a module,
    logs it. Where the result of a coroutine is used on the spot, the thread waits for it with `.result()`; only threads can do
    that, in the loop's own it would wait for ever.

    Fix safety: unsafe. The coroutine starts in another thread, and sooner; one that was only called starts to run. The finding is
    for a person where the task is kept or used (a concurrent future cannot be awaited, and it is no task), where it is given a
    name or a context, where nothing says that it is given a coroutine, where a threading lock is held while the thread would
    wait, where no loop is in reach, and where the function runs in the loop's own thread as well.

    Which code runs in another thread, and which beside the one that runs the loop, is told as for AIO301.

    Silent when the thread makes, sets or runs an event loop of its own, or runs a method of a class that is one; when a test asks in which thread the code is, or which
    loop runs there; when the pool is, or may be, one of processes; when nobody can say who runs the function; in lambdas and
    functions that the thread hands to somebody else; in tests.
    """

    code = "AIO303"
    name = "coroutine-from-thread"
    safety = Safety.UNSAFE
    impact = Impact.HANG
    triggers = tasks.WORDS | {"Thread", "thread", "executor", "Executor", "submit"}
    is_common = True

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the tasks and coroutines of a file that another thread makes."""
        if module.is_test or module.other_framework:
            return  # tests drop tasks on purpose; other frameworks' threads are not what they seem
        for one in _handovers(module):
            threaded = module.thread_at(one.call)
            if threaded is not None:
                yield self._fix(module, one, threaded)

    def _fix(self, module: Module, one: _Handover, threaded: Threaded) -> Fix:
        call = one.call
        submit = module.spell("asyncio", "run_coroutine_threadsafe", call)
        reason = threaded.doubt or one.obstacle
        if one.is_used and threaded.is_waited_for:
            reason = reason or "whoever starts the thread waits for it: if that blocks the loop, `.result()` never ends"
        loop = None if reason else _loop(module, one)
        if reason is None and loop is None:
            reason = NO_CURRENT_LOOP
        if reason is not None or loop is None:
            return self.manual(module, call, one.problem, reason or NO_CURRENT_LOOP, threaded.evidence)
        message = f"{one.problem}; `{submit.text}()` hands the coroutine to `{loop}`"
        handed = partial(_handed, is_task=one.coroutine is not call, function=submit.text, loop=loop)
        if one.is_used:
            edit: Replace | Wrap = Replace(call, partial(_waited, handed=handed))
            message += ", and `.result()` waits for it"
            return self.fix(module, call, message, edit, needs=imports_of(submit), evidence=threaded.evidence)
        logging = logging_helper(module)
        logged = partial(_logged, handed=handed, helper=logging.name)
        edit = Replace(call, logged)
        if one.fate is not Fate.NOTHING:
            edit = Wrap((module.facts.statement(call),), partial(_unbound, transform=logged))
        needs = (*imports_of(submit), *logging.needs)
        message += f", and `{logging.name}()` logs its exception"
        return self.fix(module, call, message, edit, needs=needs, evidence=threaded.evidence)


def _handovers(module: Module) -> Iterator[_Handover]:
    for task in tasks.made_tasks(module):
        yield _of_task(module, task)
    endings = Endings(module)
    for found in forgotten_coroutines(module):
        problem = f"`{module.call_phrase(found.call)}` only makes a coroutine, in another thread than the loop's"
        doubt = None if found.is_certain else "only its callers in the project say what is called here"
        yield _Handover(found.call, found.call, problem, obstacle=doubt)
    for misused in misused_coroutines(module):
        call = misused.found.call
        doubt = misused.doubt or None
        if not misused.found.is_certain:
            doubt = "only its callers in the project say what is called here"
        elif held_lock(module, call) is not None:
            doubt = "a threading lock is held here while the thread would wait"
        elif any(endings.of(one).ending is Ending.ENDLESS for one in misused.found.functions):
            doubt = "the coroutine may never end, and the thread would wait for it"
        elif misused.name and not misused.uses:
            doubt = f"nobody uses `{misused.name}`, so that nothing says whether to wait for it"
        problem = (
            f"`{module.call_phrase(call)}` gives a coroutine, not its result, and in another thread than the loop's"
        )
        yield _Handover(call, call, problem, is_used=True, obstacle=doubt)


def _of_task(module: Module, task: Made) -> _Handover:
    call = task.call
    problem = f"`{module.call_phrase(call)}` makes a task in another thread than the loop's, which nothing wakes"
    obstacle = None
    if task.coroutine is None:
        obstacle = "it runs several coroutines: each has to be handed over, and its future waited for"
    elif not task.fate.dangles:
        obstacle = "the task is kept or used: a concurrent future is no task, and cannot be awaited"
    elif not isinstance(module.facts.parents[call], (ast.Expr, ast.Assign, ast.AnnAssign)):
        obstacle = "it is part of a larger expression"
    elif len(call.args) > 1 or any(one.arg not in _OPTIONS for one in call.keywords):
        obstacle = "`run_coroutine_threadsafe()` takes no name and no context for the task"
    elif not _is_coroutine(module, call, task.coroutine):
        obstacle = f"nothing says that `{module.text(task.coroutine)}` is a coroutine, and no future can be handed over"
    return _Handover(call, task.coroutine or call, problem, False, task.fate, task.name, obstacle)


def _is_coroutine(module: Module, call: ast.Call, coroutine: ast.expr) -> bool:
    """True where it is known, and where `create_task()`, which takes nothing else, is given it."""
    is_create = isinstance(call.func, (ast.Attribute, ast.Name)) and module.text(call.func).endswith("create_task")
    return is_create or module.coroutine_of(coroutine) is not None


def _loop(module: Module, one: _Handover) -> str | None:
    """Return the loop that the code names, else one in reach; None where the thread has none."""
    if one.coroutine is not one.call:
        named = next((keyword.value for keyword in one.call.keywords if keyword.arg == "loop"), None)
        if named is None and isinstance(one.call.func, ast.Attribute) and module.is_loop(one.call.func.value):
            named = one.call.func.value
        if named is not None and not (isinstance(named, ast.Constant) and named.value is None):
            return None if is_current(module, named) else module.text(named)
    return loop_for_thread(module, one.call)


# ---- how it is written ---


def _handed(node: cst.BaseExpression, is_task: bool, function: str, loop: str) -> cst.BaseExpression:
    return syntax.handed_over(node, function, loop) if is_task else syntax.call(function, node, loop)


def _logged(node: cst.BaseExpression, handed: partial[cst.BaseExpression], helper: str) -> cst.BaseExpression:
    return syntax.call(syntax.method(handed(node), "add_done_callback"), helper)


def _waited(node: cst.BaseExpression, handed: partial[cst.BaseExpression]) -> cst.BaseExpression:
    return syntax.call(syntax.method(handed(node), "result"))


def _unbound(body: Sequence[cst.BaseStatement], transform: partial[cst.BaseExpression]) -> Sequence[cst.BaseStatement]:
    return [syntax.without_target(body[0], transform)]
