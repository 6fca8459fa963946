"""AIO404: a wait for another thread or process of the program, in a coroutine."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from aiomend.facts.blocking_calls import Owner, blocking_calls, limit_of
from aiomend.facts.catalog.blocking import BlockingCall, last_names
from aiomend.facts.constants import truth
from aiomend.facts.finished import is_finished
from aiomend.facts.flow import caught_by, handlers_around
from aiomend.facts.module import Colour
from aiomend.facts.suspension import is_awaited
from aiomend.facts.thread_blocks import moves_with_block
from aiomend.facts.view import Module
from aiomend.model import Impact, Safety
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Replace
from aiomend.rules.blocking.offloading import misfit, named, offload_of
from aiomend.rules.rule import Fix, Rule, imports_of

if TYPE_CHECKING:
    import libcst as cst

_RESULT = "concurrent.futures.Future.result"
_JOINS = frozenset(
    {
        "threading.Thread.join",
        "threading.Timer.join",
        "multiprocessing.Process.join",
        "multiprocessing.process.BaseProcess.join",
    }
)
_GOES_ON = "in a thread of the pool, a wait that is cancelled would go on"
#: What a wait takes, or puts, once it comes to its end.
_TAKES = frozenset({"acquire", "get", "put"})
_CANCELLED = frozenset({"concurrent.futures.CancelledError"})


class BlockingWait(Rule):
    """Wait for other threads without stopping the event loop.

    `result()` of a future from an executor, `join()` of a thread, `get()` of a `queue.Queue` stop the whole event loop until
    another thread is ready. Where that thread needs the loop for it (`run_coroutine_threadsafe()`,
    `call_soon_threadsafe()`), both wait for ever. `asyncio.wrap_future()` makes such a future one that can be awaited.

    Before:

    ```python
    import asyncio
    import threading
    from concurrent.futures import ThreadPoolExecutor

    async def work(job):
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor() as pool:
            future = pool.submit(job)
            print(future.result())
        worker = threading.Thread(target=job)
        worker.start()
        worker.join()
    ```

    After:

    ```python
    import asyncio
    import threading
    from concurrent.futures import ThreadPoolExecutor

    async def work(job):
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor() as pool:
            future = pool.submit(job)
            print(await asyncio.wrap_future(future))
        worker = threading.Thread(target=job)
        worker.start()
        await loop.run_in_executor(None, worker.join)
    ```

    Fix safety: unsafe. Other tasks run meanwhile, and a cancellation arrives here: of a future it cancels the work where that
    has not begun, and a thread is then waited for in vain. The finding is for a person where waiting in a thread of the pool
    would lose something or break (`get()` and `put()` of queues, locks, conditions, events, barriers), where `result()` is given a
    time limit that may be 0, or one in a target range where asyncio raises another TimeoutError (3.8 to 3.10; else it becomes
    `asyncio.wait_for()` around a shielded future, so that the work goes on), where `concurrent.futures.CancelledError` is caught around it (asyncio raises its own), and where the
    place takes no suspension point, as for AIO402.

    Silent when it is not known what is waited for, when a test (`done()`, `is_alive()`) or an earlier wait says that it is
    over, when the call does not wait as it is written (`timeout=0`, `block=False`) or its limit is computed on the spot, when the place cannot suspend, when the
    function runs in a thread, and in files of another async framework.
    """

    code = "AIO404"
    name = "blocking-wait"
    safety = Safety.UNSAFE
    impact = Impact.HANG
    triggers = frozenset(
        {
            "acquire",
            "as_completed",
            "exception",
            "get",
            "join",
            "join_thread",
            "put",
            "result",
            "shutdown",
            "wait",
            "wait_for",
        }
    )
    context = frozenset({"async", "coroutine"})
    suspends = True

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the waits for other threads in coroutines."""
        if module.other_framework:
            return  # it has means of its own
        for call, colour, entry in blocking_calls(module, last_names(), Owner.WAIT):
            if is_awaited(module, call):
                continue  # the name means something else when it runs
            if is_finished(module, call):
                continue  # there is nothing left to wait for
            if moves_with_block(module, call):
                continue  # AIO406 moves the whole block around it
            yield self._fix(module, call, colour, entry)

    def _fix(self, module: Module, call: ast.Call, colour: Colour, entry: BlockingCall) -> Fix:
        awaited = "process" if entry.name.startswith("multiprocessing.") else "thread"
        what = f"{named(module, call, entry)} stops the event loop until another {awaited} is ready"
        if entry.name in _JOINS:
            return self._join(module, call, colour, what)
        if entry.name != _RESULT:
            native = f"; awaitable: {entry.replacement}" if entry.replacement else ""
            return self.manual(module, call, f"{what}{native}", _why(entry))
        names = ["wrap_future"] if _limit(call, entry) is None else ["wait_for", "shield", "wrap_future"]
        spelled = [module.spell("asyncio", name, call) for name in names]
        what = f"{what}; `await {spelled[0].text}()` suspends this coroutine alone"
        reason = _misfit_of_result(module, call, entry) or misfit(module, call, colour)
        if reason is not None:
            return self.manual(module, call, what, reason)
        edit = Replace(call, lambda node: syntax.awaited(_waited(node, [one.text for one in spelled]), colour))
        return self.fix(module, call, what, edit, needs=imports_of(*spelled))

    def _join(self, module: Module, call: ast.Call, colour: Colour, what: str) -> Fix:
        offload = misfit(module, call, colour) or offload_of(module, call)
        if isinstance(offload, str):
            return self.manual(module, call, what, offload)
        return self.fix(module, call, f"{what}; {offload.cure}", offload.edit(call, colour), needs=offload.needs)


def _why(entry: BlockingCall) -> str:
    note = f" ({entry.note.rstrip('.')})" if entry.note else ""
    if entry.executor_unsafe:
        return f"it breaks in a thread of the pool{note}"
    if entry.name == "concurrent.futures.Future.exception":
        return "await `asyncio.wrap_future()` of it, and take the exception from there"
    method = entry.name.rpartition(".")[2]
    loses = ", and take what comes from whoever waits next" if method in _TAKES else ""
    return f"{_GOES_ON}{loses}{note}"


def _waited(node: cst.BaseExpression, names: list[str]) -> cst.Call:
    """What waits for a future: `wrap_future(f)`, and `wait_for(shield(wrap_future(f)), limit)` where there is a limit."""
    *around, wrap = names
    wrapped = syntax.call(wrap, syntax.receiver(node))
    if not around:
        return wrapped
    wait_for, shield = around
    return syntax.call(wait_for, syntax.call(shield, wrapped), syntax.first_argument(node))


def _limit(call: ast.Call, entry: BlockingCall) -> ast.expr | None:
    """The time limit of a wait, None where it waits as long as it takes."""
    limit = limit_of(call, entry)
    return None if isinstance(limit, ast.Constant) and limit.value is None else limit


def _misfit_of_result(module: Module, call: ast.Call, entry: BlockingCall) -> str | None:
    limit = _limit(call, entry)
    if any(isinstance(one, ast.Starred) for one in call.args) or any(one.arg is None for one in call.keywords):
        return "its arguments cannot be seen"
    if limit is not None and (reason := _misfit_of_limit(module, limit)) is not None:
        return f"{reason}: `await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(…)), …)` comes close"
    for handler in handlers_around(module.facts, call):
        kinds = caught_by(handler.type)
        if any(kind is not None and module.name_of(kind) in _CANCELLED for kind in kinds):
            return "`concurrent.futures.CancelledError` is caught here, and asyncio raises its own"
    return None


def _misfit_of_limit(module: Module, limit: ast.expr) -> str | None:
    """Return why asyncio's way to limit a wait is another one; None where it is the same."""
    target = module.settings.target
    if not target.all_at_least((3, 11)) and target.reaches((3, 8)):
        return "before Python 3.11 asyncio raises another TimeoutError than `concurrent.futures` when the time is over"
    if truth(module.inference, module.facts, limit) is not True:
        written = module.text(limit)
        return f"where `{written}` is 0, asyncio does not look at the result of a future that is done"
    return None
