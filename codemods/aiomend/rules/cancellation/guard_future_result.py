"""AIO201: set_result() and set_exception() of a future that may have been cancelled."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.expected_errors import error_is_expected, is_side_effect
from aiomend.facts.faked_futures import stand_in_doubt
from aiomend.facts.filtered_futures import comes_pending
from aiomend.facts.flow import is_simple
from aiomend.facts.future_guards import is_guarded
from aiomend.facts.futures import Certainty, certainty, other_setters
from aiomend.facts.given_up import may_be_given_up
from aiomend.facts.handled_by_callers import is_named_by_a_caller, may_be_named
from aiomend.facts.module import suspends
from aiomend.facts.new_futures import cannot_be_cancelled
from aiomend.facts.scheduled_setters import scheduled_setters
from aiomend.facts.setter_groups import is_free_of_effects, shared_statement
from aiomend.facts.stand_ins import SETTERS
from aiomend.facts.thread_accounts import Where
from aiomend.facts.view import Module
from aiomend.model import Evidence, Impact, Safety
from aiomend.rules.cancellation.guarding import Trap, can_be_repeated, cure_of, shared_guard, unguarded_read
from aiomend.rules.rule import Fix, Rule

_ERROR = frozenset({"InvalidStateError"})
_EVEN_IF_DONE = 'with `future-guard = "done"` the test covers both'


class GuardFutureResult(Rule):
    """Test whether a future was cancelled before its result or exception is set.

    Whoever waits for a future can cancel it: `wait_for()` does after its timeout, `Task.cancel()` does, and then
    `set_result()` and `set_exception()` raise InvalidStateError in code that has nothing to do with the waiter.

    Before:

    ```python
    import asyncio


    class Reply:
        def __init__(self):
            self.waiter = asyncio.get_event_loop().create_future()

        def data_received(self, data):
            self.waiter.set_result(data)
    ```

    After:

    ```python
    import asyncio


    class Reply:
        def __init__(self):
            self.waiter = asyncio.get_event_loop().create_future()

        def data_received(self, data):
            if not self.waiter.cancelled():
                self.waiter.set_result(data)
    ```

    The setters of one future that are all that an `if` or a `try` consists of share a test, and so does an
    `exception()` right behind a setter, by which the future counts as read. An `if` that holds nothing but the setter gets the test as a second condition. A receiver that does something is bound to a name first, and so is an
    argument that is waited for.

    Before:

    ```python
    import asyncio
    import collections

    waiters = collections.deque()

    async def wait():
        waiters.append(asyncio.get_running_loop().create_future())
        return await waiters[-1]

    def wake_up(value):
        if waiters:
            waiters.popleft().set_result(value)

    def finish(fut: asyncio.Future, error, value):
        if error:
            fut.set_exception(error)
        else:
            fut.set_result(value)
    ```

    After:

    ```python
    import asyncio
    import collections

    waiters = collections.deque()

    async def wait():
        waiters.append(asyncio.get_running_loop().create_future())
        return await waiters[-1]

    def wake_up(value):
        if waiters:
            waiter = waiters.popleft()
            if not waiter.cancelled():
                waiter.set_result(value)

    def finish(fut: asyncio.Future, error, value):
        if not fut.cancelled():
            if error:
                fut.set_exception(error)
            else:
                fut.set_result(value)
    ```

    With `future-guard = "done"` the test is `done()`, which also covers a future that is set twice.

    Fix safety: safe where the receiver is known to be an asyncio future and the skipped arguments are names, attributes,
    literals or new exceptions; unsafe where only the name or the callers suggest a future, where a test of the project
    has a mock, or something else with such a method, in its place, where evaluating the skipped arguments may
    do something (a property of the project, too), where code behind the setter reads the future, which raises CancelledError then, or
    where the method is handed on in a project that handles InvalidStateError around calls of nobody knows what.

    Silent when a test of `cancelled()` or `done()` dominates the call, or every call of the method that it stands in, with
    no suspension point in between, also where it stands in the function or the comprehension that the future comes out of; when the future was made right before and nothing can have cancelled it; when all that
    the project does with the future of a variable, an attribute or a private collection is to set, read and watch it
    (`run_until_complete()`, `shield()`, `asyncio.wait()` without a cancel of what is pending, methods whose callers do no
    more), unless `done()` is the test; when the error is caught around the call, or in a caller by any name that the project gives
    it (in a context manager, too, or looked for in what a `gather()` returns), or a test
    expects it; in a test that cancels nothing and expects no timeout, since a setter that fails there is a test that fails; in the `side_effect` of a mock; in code that runs in another thread; for futures of `concurrent.futures`,
    classes of the project with setters of their own (also where an annotation promises a future, or where one of its clocks stands
    for the loop), mocks, `super()`, `self` in a future's class, and the
    `set_exception()` of stream readers and protocols.
    """

    code = "AIO201"
    name = "guard-future-result"
    safety = Safety.SAFE
    impact = Impact.BUG
    triggers = frozenset(SETTERS)

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the unguarded setters; those that one test can guard together are one fix."""
        scheduled = {one.holder for one in scheduled_setters(module) if one.position is None}
        found = (_trap(module, call, func) for call, func in module.method_calls(*SETTERS) if call not in scheduled)
        traps = {trap.call: trap for trap in found if trap is not None}
        done: set[ast.Call] = set()
        for trap in traps.values():
            if trap.call in done:
                continue  # an earlier one of its group brought the guard
            shared = (
                shared_statement(module.facts, trap.call, traps) if can_be_repeated(module, trap.receiver) else None
            )
            group = [trap]
            if shared is not None:
                inside = set(ast.walk(shared))
                group = [one for one in traps.values() if one.call in inside]
                if any(suspends(argument) for one in group for argument in one.call.args):
                    shared, group = None, [trap]  # no test at the top holds until the argument is there
            done |= {one.call for one in group}
            yield self._fix(module, group, shared)

    def _fix(self, module: Module, group: list[Trap], shared: ast.stmt | None) -> Fix:
        first = group[0]
        message, evidence = _message(module, group)
        if module.where(first.call) is Where.BOTH:
            return self.manual(
                module, first.call, message, "it runs in the event loop and in another thread as well", evidence
            )
        cure = shared_guard(module, group, shared) if shared is not None else cure_of(module, first)
        if cure.manual is not None:
            return self.manual(module, first.call, message, cure.manual, evidence)
        doubts = [cure.unsafe] if cure.unsafe is not None else []
        if first.certainty is not Certainty.KNOWN:
            doubts.append(f"{first.certainty.value} that `{module.text(first.receiver)}` is an asyncio future")
        if (read := unguarded_read(module, first, cure)) is not None:
            doubts.append(f"`{module.phrase(read)}` behind it raises CancelledError where the future was cancelled")
        if (handled := next(filter(None, (may_be_named(module, one.call, _ERROR) for one in group)), None)) is not None:
            doubts.append(handled)
        if doubt := stand_in_doubt(module, first.call, first.receiver, *SETTERS):
            doubts.append(doubt)
        if effect := next((one for one in cure.skips if not is_free_of_effects(module, one)), None):
            doubts.append(f"a cancelled future would skip `{module.phrase(effect)}` as well")
        safety = Safety.UNSAFE if doubts else Safety.SAFE
        reason = "; ".join(doubts) or None
        return self.fix(module, first.call, message, *cure.edits, safety=safety, evidence=evidence, reason=reason)


def _trap(module: Module, call: ast.Call, func: ast.Attribute) -> Trap | None:
    receiver = func.value
    if len(call.args) + len(call.keywords) != 1:
        return None  # a future's setter takes one argument: this is another one's
    sure = certainty(module, receiver)
    if sure is None:
        return None  # not an asyncio future
    if module.is_test and not may_be_given_up(module, call):
        return None  # the test waits for it, and a setter that fails is a test that fails
    if module.where(call) is Where.THREAD or module.thread_at(call) is not None:
        return None  # section 3 owns what runs in another thread: a test there races with the loop
    if is_simple(receiver) and (is_guarded(module, call, receiver) or cannot_be_cancelled(module, call, receiver)):
        return None  # it cannot fail
    if comes_pending(module, receiver) and not any(map(suspends, call.args)):
        return None  # nor can what was asked where it comes from
    if error_is_expected(module, call):
        return None  # the error is dealt with
    if is_named_by_a_caller(module, call, _ERROR):
        return None  # the error tells a caller that the future is not set
    if is_side_effect(module, call):
        return None  # a mock's function, which is called with a new future
    return Trap(call, receiver, func.attr, sure)


# ---- what to say ---


def _message(module: Module, group: list[Trap]) -> tuple[str, tuple[Evidence, ...]]:
    receiver = module.phrase(group[0].receiver)
    methods = [f"`{receiver}.{method}()`" for method in dict.fromkeys(one.method for one in group)]
    verb = "raises" if len(methods) == 1 else "raise"
    future, owner = f"`{receiver}`", f"{receiver}."
    if not can_be_repeated(module, group[0].receiver):
        future, owner = "that future", ""  # the test is of what it gave, and not of what it would give next
    known = f"{' and '.join(methods)} {verb} InvalidStateError if {future} was cancelled"
    if module.settings.future_guard == "done":
        return f"{known} or is done; test `{owner}done()` first", ()
    message = f"{known}; test `{owner}cancelled()` first"
    others = other_setters(module, group[0].receiver, {one.call.func for one in group})
    if not others:
        return message, ()
    lines = sorted({node.lineno for node in others})
    evidence = tuple(Evidence(module.path, line, f"sets `{receiver}` as well") for line in lines)
    return f"{message} (line {lines[0]} sets it too: {_EVEN_IF_DONE})", evidence
