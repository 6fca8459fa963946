"""AIO302: futures, tasks, events, queues, transports and the loop itself touched by another thread."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from aiomend.facts.flow import is_dropped, is_simple, same
from aiomend.facts.loop_objects import NAMES, LoopCall, expected_error, loop_calls
from aiomend.facts.scheduled_setters import scheduled_setters
from aiomend.facts.stand_ins import SETTERS
from aiomend.facts.thread_loops import NO_CURRENT_LOOP, is_current, loop_for_thread, runs_in_own_thread
from aiomend.facts.view import Module, Threaded
from aiomend.model import Impact, Safety
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Replace
from aiomend.rewriting.task_helpers import setting_helper
from aiomend.rules.rule import Fix, Rule

if TYPE_CHECKING:
    import libcst as cst

#: What asks how a future or a queue is, and what takes back what was done to an event.
_ASKS = frozenset({"done", "result", "exception", "empty", "full", "qsize"})
_UNDOES = frozenset({"clear"})


class FutureFromThread(Rule):
    """Touch futures, tasks, events, queues, transports and the loop in the loop's own thread only.

    Nothing of asyncio is thread-safe. A future that another thread sets has its waiters scheduled without waking the loop:
    they go on when it happens to wake up, seconds later or never. `event.set()`, `queue.put_nowait()`, `task.cancel()` and
    `loop.stop()` do the same, and a transport's buffer is written by two threads at once. `loop.call_soon_threadsafe()` lets
    the loop make the call.

    Before:

    ```python
    import asyncio
    import threading

    def compute(loop, fut, ready):
        fut.set_result(sum(range(1000)))
        ready.set()

    async def main():
        loop = asyncio.get_running_loop()
        fut, ready = loop.create_future(), asyncio.Event()
        threading.Thread(target=compute, args=(loop, fut, ready)).start()
        await ready.wait()
        return await fut
    ```

    After:

    ```python
    import asyncio
    import threading

    def _set_result_unless_cancelled(fut, result):
        if not fut.cancelled():
            fut.set_result(result)

    def compute(loop, fut, ready):
        loop.call_soon_threadsafe(_set_result_unless_cancelled, fut, sum(range(1000)))
        loop.call_soon_threadsafe(ready.set)

    async def main():
        loop = asyncio.get_running_loop()
        fut, ready = loop.create_future(), asyncio.Event()
        threading.Thread(target=compute, args=(loop, fut, ready)).start()
        await ready.wait()
        return await fut
    ```

    A test of the future in the thread would race with the loop: the helper, added once a module, tests it in the loop. The loop
    is a name or an attribute in reach, else the future's own (`get_loop()`, from Python 3.7 on).

    Fix safety: unsafe. The call is made later, in another thread; its errors go to the loop's exception handler; and where the
    loop is closed, `call_soon_threadsafe()` raises. The finding is for a person where the call's value is used, where its error
    is caught by name, here or by a caller (`QueueFull`, `InvalidStateError`), where no loop is in reach, and where the function runs in the loop's
    own thread as well. And where the function asks the same future or queue how it is (`queue.full()`), or clears the same event: both belong into
    one function that the loop calls.

    Which code runs in another thread, and which beside the one that runs the loop, is told as for AIO301.

    Silent when the thread makes, sets or runs an event loop of its own, or runs a method of a class that is one; when a test asks in which thread the code is, or which
    loop runs there; when the pool is, or may be, one of processes; when nobody can say who runs the function; in lambdas and
    functions that the thread hands to somebody else; for events, queues and futures that are not known to be asyncio's.
    """

    code = "AIO302"
    name = "future-from-thread"
    safety = Safety.UNSAFE
    impact = Impact.HANG
    triggers = NAMES
    whole_words = True
    is_common = True

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the calls of a file that another thread makes and only the loop's thread may make."""
        if module.other_framework:
            return  # its threads are not what they seem
        calls = [(one, threaded) for one in loop_calls(module) if (threaded := module.thread_at(one.call)) is not None]
        scheduled = {one.holder for one in scheduled_setters(module) if one.position is None} if calls else set()
        for one, threaded in calls:
            if one.call not in scheduled and not _is_of_new_handle(module, one):
                yield self._fix(module, one, threaded)

    def _fix(self, module: Module, one: LoopCall, threaded: Threaded) -> Fix:
        attribute, call = one.attribute, one.call
        written = module.phrase(attribute)
        loop = _loop(module, one)
        problem = (
            f"`{written}()` runs in another thread, but {_what(one)} is not thread-safe and does not wake the loop"
        )
        reason = threaded.doubt or _obstacle(module, one)
        if reason is not None or loop is None:
            return self.manual(module, call, problem, reason or _no_loop(module, one), threaded.evidence)
        message = f"{problem}; `{loop}.call_soon_threadsafe()` lets the loop call it"
        if attribute.attr in SETTERS:
            helper = setting_helper(module, attribute.attr)
            edit = Replace(call, partial(_set_by_loop, loop=loop, helper=helper.name))
            return self.fix(module, call, message, edit, needs=helper.needs, evidence=threaded.evidence)
        edit = Replace(call, partial(syntax.called_by, caller=f"{loop}.call_soon_threadsafe"))
        return self.fix(module, call, message, edit, evidence=threaded.evidence)


def _is_of_new_handle(module: Module, one: LoopCall) -> bool:
    """True for `loop.call_later(…).cancel()`: AIO301 tells what makes the handle."""
    match one.attribute.value:
        case ast.Call(func=ast.Attribute(value=loop, attr="call_soon" | "call_later" | "call_at")):
            return module.is_loop(loop)
        case _:
            return False


def _what(one: LoopCall) -> str:
    match one.kind:
        case "loop":
            return "the loop's own method"
        case "future":
            return "an asyncio future"
        case kind:
            return f"an asyncio `{kind}`"


def _loop(module: Module, one: LoopCall) -> str | None:
    """Return how the loop is called there; None where nothing in reach is it."""
    receiver = one.attribute.value
    if one.kind == "loop":
        return module.text(receiver) if is_simple(receiver) and not is_current(module, receiver) else None
    loop = loop_for_thread(module, one.call)
    if loop is not None and (isinstance(receiver, ast.Attribute) or not runs_in_own_thread(module, one.call, loop)):
        return loop
    is_future = one.kind in ("future", "Future") and one.is_known
    if is_future and is_simple(receiver) and module.settings.target.all_at_least((3, 7)):
        return f"{module.text(receiver)}.get_loop()"
    return None


def _no_loop(module: Module, one: LoopCall) -> str:
    loop = None if one.kind == "loop" else loop_for_thread(module, one.call)
    if loop is None:
        return "no event loop is in reach: give the thread the loop that runs"
    return (
        f"`{loop}` runs in a thread of its own, and this may belong to the loop of who asks: give the thread that one"
    )


def _obstacle(module: Module, one: LoopCall) -> str | None:
    """Return why the call cannot be handed to the loop as it stands; None where it can."""
    if one.kind == "loop" and is_current(module, one.attribute.value):
        return NO_CURRENT_LOOP
    if not is_dropped(module.facts, one.call):
        return "its value is used, and it would not be known here any more"
    if (error := expected_error(module, one)) is not None:
        return error
    if (undone := _beside(module, one, _UNDOES)) is not None:
        return f"`{module.phrase(undone)}` would come before it: let one function in the loop do both"
    if (asked := _beside(module, one, _ASKS)) is not None:
        return f"`{module.phrase(asked)}` asks this thread's view, which would be late: let one function in the loop ask and act"
    if one.call.keywords:
        return "`call_soon_threadsafe()` would take the keyword arguments for its own"
    return None


def _beside(module: Module, one: LoopCall, methods: frozenset[str]) -> ast.Call | None:
    """Return where the function around calls one of some methods of the same object."""
    receiver = one.attribute.value
    function = module.facts.function_at(one.call)
    for call, attribute in module.method_calls(*methods):
        if module.facts.function_at(call) is function and same(attribute.value, receiver):
            return call
    return None


def _set_by_loop(node: cst.BaseExpression, loop: str, helper: str) -> cst.BaseExpression:
    return syntax.called_by(syntax.method_as_function(node, helper), f"{loop}.call_soon_threadsafe")
