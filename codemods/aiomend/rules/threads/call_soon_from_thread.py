"""AIO301: call_soon(), call_later() and call_at() in another thread than the event loop's."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from aiomend.facts.faked_futures import asserted
from aiomend.facts.flow import is_dropped
from aiomend.facts.thread_loops import NO_CURRENT_LOOP, is_current, is_surely_loop
from aiomend.facts.view import Module, Threaded
from aiomend.model import Impact, Safety
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Replace
from aiomend.rules.rule import Fix, Rule

if TYPE_CHECKING:
    import libcst as cst

_TIMERS = frozenset({"call_later", "call_at"})


class CallSoonFromThread(Rule):
    """Schedule callbacks from another thread with `call_soon_threadsafe`.

    `loop.call_soon()` does not wake the event loop: a callback that another thread schedules waits until the loop wakes up
    for a reason of its own, seconds later or never, and both threads write to one list without a lock. In debug mode it
    raises RuntimeError. `call_soon_threadsafe()` wakes the loop. Timers have no such method of their own: the loop is asked
    to start them.

    Before:

    ```python
    import asyncio
    import threading

    def work(loop, done):
        result = sum(range(1000))
        loop.call_soon(done, result)
        loop.call_later(1, print, "a second ago")

    async def main():
        loop = asyncio.get_running_loop()
        threading.Thread(target=work, args=(loop, print)).start()
        await asyncio.sleep(2)
    ```

    After:

    ```python
    import asyncio
    import threading

    def work(loop, done):
        result = sum(range(1000))
        loop.call_soon_threadsafe(done, result)
        loop.call_soon_threadsafe(loop.call_later, 1, print, "a second ago")

    async def main():
        loop = asyncio.get_running_loop()
        threading.Thread(target=work, args=(loop, print)).start()
        await asyncio.sleep(2)
    ```

    A function runs in another thread when it is the target of a `Thread` or `Timer`, the `run` of a thread class, given to a
    thread pool, `run_in_executor()` or `to_thread()`, or called from such functions only. So do the callbacks of some packages:
    handlers of watchdog, clients of paho-mqtt after `loop_start()`, listeners of pynput, streams of sounddevice, and pins of
    RPi.GPIO and gpiozero. Where a thread of its own runs the loop, `Thread(target=loop.run_forever)`, code is in another one behind
    the `start()` of that thread and before a `join()` of it, and so is a function of the file that such code alone calls.

    Fix safety: safe for `call_soon()` whose value is not used: the callback runs in the loop's thread as before, at once. Unsafe
    where the handle is kept, where a test of the project asks a mock of the loop for the call, and for timers, which start when the loop gets to them. The finding is for a person where a timer's
    handle is kept (cancelling the new one would not stop the timer) and where the function runs in the loop's own thread as
    well.

    Silent when the thread makes, sets or runs an event loop of its own, or runs a method of a class that is one; when a test asks in which thread the code is, or which
    loop runs there; when the pool is, or may be, one of processes; when nobody can say who runs the function; in lambdas and
    functions that the thread hands to somebody else; where a class of the project is given for the loop.
    """

    code = "AIO301"
    name = "call-soon-from-thread"
    safety = Safety.SAFE
    impact = Impact.HANG
    triggers = frozenset({"call_soon", *_TIMERS})

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the calls of a file that schedule something from another thread."""
        if module.other_framework:
            return  # its threads are not what they seem
        for call, attribute in module.method_calls("call_soon", *sorted(_TIMERS)):
            if not module.is_loop(attribute.value):
                continue  # no event loop
            threaded = module.thread_at(call)
            if threaded is not None:
                yield self._fix(module, call, attribute, threaded)

    def _fix(self, module: Module, call: ast.Call, attribute: ast.Attribute, threaded: Threaded) -> Fix:
        loop = " ".join(module.text(attribute.value).split())
        is_timer = attribute.attr in _TIMERS
        is_used = not is_dropped(module.facts, call)
        message = (
            f"`{loop}.{attribute.attr}()` runs in another thread, where it does not wake the event loop; "
            f"`{loop}.call_soon_threadsafe()` does"
        )
        reason = threaded.doubt
        if is_current(module, attribute.value):
            reason = NO_CURRENT_LOOP
        if is_timer and is_used:
            reason = (
                reason or "the handle is used: cancelling that of `call_soon_threadsafe()` would not stop the timer"
            )
        elif is_timer and call.keywords:
            reason = reason or "`call_soon_threadsafe()` would take the keyword arguments for its own"
        elif is_timer and not isinstance(attribute.value, (ast.Name, ast.Attribute)):
            reason = reason or "the loop has no name here: it would be asked for twice"
        if reason is not None:
            return self.manual(module, call, message, reason, threaded.evidence)
        if is_timer:
            edit = Replace(call, partial(_by_loop, loop=loop))
            return self.fix(module, call, message, edit, safety=Safety.UNSAFE, evidence=threaded.evidence)
        doubt = None
        if is_used:
            doubt = "its value is used"
        elif not is_surely_loop(module, attribute.value):
            doubt = f"only the name says that `{loop}` is an event loop"
        elif threaded.loop_runs is None and threaded.account.rests_on_runs:
            doubt = "that no other thread runs it is known from some runs alone"
        elif place := asserted(module, call, attribute.value, attribute.attr):
            doubt = f"{place} asks a mock for `{attribute.attr}()`"
        edit = Replace(call.func, _threadsafe)
        safety = Safety.UNSAFE if doubt else Safety.SAFE
        return self.fix(module, call, message, edit, safety=safety, evidence=threaded.evidence, reason=doubt)


def _threadsafe(node: cst.BaseExpression) -> cst.BaseExpression:
    return syntax.with_method(node, "call_soon_threadsafe")


def _by_loop(node: cst.BaseExpression, loop: str) -> cst.BaseExpression:
    return syntax.called_by(node, f"{loop}.call_soon_threadsafe")
