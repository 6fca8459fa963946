"""AIO202: set_result() and set_exception() handed to the event loop to be called later."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from aiomend.facts.expected_errors import is_side_effect
from aiomend.facts.faked_futures import stand_in_doubt
from aiomend.facts.flow import is_simple
from aiomend.facts.future_guards import is_guarded
from aiomend.facts.futures import Certainty, certainty, other_setters
from aiomend.facts.given_up import may_be_given_up
from aiomend.facts.new_futures import is_out_of_reach
from aiomend.facts.scheduled_setters import ScheduledSetter, scheduled_setters
from aiomend.facts.scheduling_methods import POSITIONS, REPEATED
from aiomend.facts.stand_ins import SETTERS
from aiomend.facts.thread_accounts import Where
from aiomend.facts.view import Module
from aiomend.model import Evidence, Impact, Safety
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Replace
from aiomend.rewriting.task_helpers import setting_helper
from aiomend.rules.rule import Fix, Rule


class ScheduledFutureResult(Rule):
    """Schedule a function that tests the future, not the future's own `set_result` or `set_exception`.

    Between the moment when `loop.call_soon(fut.set_result, value)` is called and the moment when the loop gets to it, the
    future can be cancelled: the error then surfaces only in the loop's exception handler, far from its cause. A test before
    the scheduling call does not help; it has to be made at the time of the call.

    Before:

    ```python
    import asyncio

    async def sleep(delay):
        loop = asyncio.get_running_loop()
        fut = loop.create_future()
        loop.call_later(delay, fut.set_result, None)
        await fut
    ```

    After:

    ```python
    import asyncio

    def _set_result_unless_cancelled(fut, result):
        if not fut.cancelled():
            fut.set_result(result)


    async def sleep(delay):
        loop = asyncio.get_running_loop()
        fut = loop.create_future()
        loop.call_later(delay, _set_result_unless_cancelled, fut, None)
        await fut
    ```

    A setter inside a `functools.partial` or a lambda that is scheduled goes through the same helper, which a module gets
    once; the scheduling method stays what it is. With `future-guard = "done"` the helper tests `done()`.

    Fix safety: safe where the receiver is known to be an asyncio future, unsafe where only its name or its callers suggest it, and
    where a test of the project has a mock in its place. Nothing is evaluated earlier, later or less often than before.

    Silent when what is scheduled tests the future itself; when all that the project does with the future of a variable or
    attribute is to set, read and watch it, unless `done()` is the test; in a test that cancels nothing and expects no timeout; in
    the `side_effect` of a mock; when another thread calls anything but
    `call_soon_threadsafe()`; for futures of `concurrent.futures`, classes of the project with setters of their own
    (also where an annotation promises a future, or where one of its clocks stands for the loop), mocks,
    `super()`, `self` in a future's class, and the `set_exception()` of stream readers and protocols.
    """

    code = "AIO202"
    name = "scheduled-future-result"
    safety = Safety.SAFE
    impact = Impact.BUG
    triggers = frozenset(SETTERS)
    context = frozenset(POSITIONS)

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the setters that are scheduled as they are."""
        for one in scheduled_setters(module):
            receiver = one.setter.value
            sure = certainty(module, receiver)
            if sure is None:
                continue  # not an asyncio future
            if one.position is None and (
                len(one.holder.args) + len(one.holder.keywords) != 1
                or (is_simple(receiver) and is_guarded(module, one.holder, receiver))
            ):
                continue  # another kind of setter, or the lambda tests the future itself
            if is_out_of_reach(module, receiver) or is_side_effect(module, one.call):
                continue  # nobody can cancel it, or a mock's function gets a new one
            if module.is_test and not may_be_given_up(module, one.call):
                continue  # the test waits for it
            where = module.where(one.call)
            is_threadsafe = one.method == "call_soon_threadsafe"
            if not is_threadsafe and (where is Where.THREAD or module.thread_at(one.call) is not None):
                continue  # section 3 owns it: first it has to get to the loop's thread
            message, evidence = _message(module, one)
            if where is Where.BOTH and not is_threadsafe:
                reason = "it runs in the event loop and in another thread as well"
                yield self.manual(module, one.setter, message, reason, evidence)
                continue
            doubts = []
            if sure is not Certainty.KNOWN:
                doubts.append(f"{sure.value} that `{module.text(receiver)}` is an asyncio future")
            if doubt := stand_in_doubt(module, one.call, receiver, *SETTERS):
                doubts.append(doubt)
            helper = setting_helper(module, one.setter.attr)
            yield self.fix(
                module,
                one.setter,
                message,
                _edit(one, helper.name),
                safety=Safety.UNSAFE if doubts else Safety.SAFE,
                needs=helper.needs,
                evidence=evidence,
                reason="; ".join(doubts) or None,
            )


def _edit(one: ScheduledSetter, helper: str) -> Replace:
    if one.position is None:
        return Replace(one.holder, partial(syntax.method_as_function, function=helper))
    return Replace(one.holder, partial(syntax.bound_method_as_function, position=one.position, function=helper))


def _message(module: Module, one: ScheduledSetter) -> tuple[str, tuple[Evidence, ...]]:
    receiver = module.phrase(one.setter.value)
    guard = module.settings.future_guard
    state = "cancelled" if guard == "cancelled" else "cancelled or done"
    message = (
        f"`{receiver}.{one.setter.attr}` is called later, by `{one.last_method}()`, and raises InvalidStateError in the loop "
        f"if `{receiver}` is {state} by then; a helper tests `{guard}()` first"
    )
    if guard == "done":
        return message, ()
    others = other_setters(module, one.setter.value, {one.setter})
    evidence = tuple(
        Evidence(module.path, line, f"sets `{receiver}` as well") for line in sorted({node.lineno for node in others})
    )
    if one.last_method in REPEATED:
        return f'{message} (it may be called more than once: `future-guard = "done"` covers that too)', evidence
    if others:
        return (
            f'{message} (line {evidence[0].line} sets it too: with `future-guard = "done"` the test covers both)',
            evidence,
        )
    return message, ()
