"""AIO201: set_result() and set_exception() of a future that may have been cancelled."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING

from aiomend.facts.expected_errors import error_is_expected, is_side_effect
from aiomend.facts.flow import is_simple, whole
from aiomend.facts.future_guards import is_guarded
from aiomend.facts.futures import SETTERS, Certainty, certainty, holder_name, other_setters, reads_behind
from aiomend.facts.given_up import may_be_given_up
from aiomend.facts.handled_by_callers import is_named_by_a_caller
from aiomend.facts.module import suspends
from aiomend.facts.new_futures import cannot_be_cancelled
from aiomend.facts.properties import runs_code
from aiomend.facts.scheduled_setters import scheduled_setters
from aiomend.facts.scopes import COMPREHENSIONS, FUNCTIONS, called_name, last_name
from aiomend.facts.setter_groups import chain_of, is_free_of_effects, shared_statement
from aiomend.facts.thread_accounts import Where
from aiomend.facts.view import Module
from aiomend.model import Evidence, Impact, Safety
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Edit, Replace, Wrap
from aiomend.rewriting.style import kept_in
from aiomend.rules.rule import Fix, Rule
from aiomend.source import last_line

if TYPE_CHECKING:
    import libcst as cst

_ERROR = frozenset({"InvalidStateError"})
_EVEN_IF_DONE = 'with `future-guard = "done"` the test covers both'


@dataclass(frozen=True, slots=True, eq=False)
class _Trap:
    """A setter that nothing guards."""

    call: ast.Call
    receiver: ast.expr
    method: str
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class _Cure:
    """The edits that guard a setter; ``skips`` are the arguments that are not evaluated any more."""

    edits: tuple[Edit, ...] = ()
    skips: tuple[ast.expr, ...] = ()
    unsafe: str | None = None  #: why it is not safe, for other reasons than the arguments
    manual: str | None = None  #: why there are no edits


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
    literals or new exceptions; unsafe where only the name or the callers suggest a future, where evaluating the skipped arguments may
    do something (a property of the project, too), or where code behind the setter reads the future, which raises CancelledError then.

    Silent when a test of `cancelled()` or `done()` dominates the call, or every call of the method that it stands in, with
    no suspension point in between; when the future was made right before and nothing can have cancelled it; when all that
    the project does with the future of a variable, an attribute or a private collection is to set, read and watch it
    (`run_until_complete()`, `shield()`, `asyncio.wait()` without a cancel of what is pending, methods whose callers do no
    more), unless `done()` is the test; when the error is caught around the call, or by its name in a caller, or a test
    expects it; in a test that cancels nothing and expects no timeout, since a setter that fails there is a test that fails; in the `side_effect` of a mock; in code that runs in another thread; for futures of `concurrent.futures`,
    classes of the project with setters of their own, mocks, `super()`, `self` in a future's class, and the
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
                shared_statement(module.facts, trap.call, traps) if _can_be_repeated(module, trap.receiver) else None
            )
            group = [trap]
            if shared is not None:
                inside = set(ast.walk(shared))
                group = [one for one in traps.values() if one.call in inside]
                if any(suspends(argument) for one in group for argument in one.call.args):
                    shared, group = None, [trap]  # no test at the top holds until the argument is there
            done |= {one.call for one in group}
            yield self._fix(module, group, shared)

    def _fix(self, module: Module, group: list[_Trap], shared: ast.stmt | None) -> Fix:
        first = group[0]
        message, evidence = _message(module, group)
        if module.where(first.call) is Where.BOTH:
            return self.manual(
                module, first.call, message, "it runs in the event loop and in another thread as well", evidence
            )
        cure = _shared_guard(module, group, shared) if shared is not None else _cure(module, first)
        if cure.manual is not None:
            return self.manual(module, first.call, message, cure.manual, evidence)
        doubts = [cure.unsafe] if cure.unsafe is not None else []
        if first.certainty is not Certainty.KNOWN:
            doubts.append(f"{first.certainty.value} that `{module.text(first.receiver)}` is an asyncio future")
        if (read := _unguarded_read(module, first, cure)) is not None:
            doubts.append(f"`{module.phrase(read)}` behind it raises CancelledError where the future was cancelled")
        if effect := next((one for one in cure.skips if not is_free_of_effects(module, one)), None):
            doubts.append(f"a cancelled future would skip `{module.phrase(effect)}` as well")
        safety = Safety.UNSAFE if doubts else Safety.SAFE
        reason = "; ".join(doubts) or None
        return self.fix(module, first.call, message, *cure.edits, safety=safety, evidence=evidence, reason=reason)


def _trap(module: Module, call: ast.Call, func: ast.Attribute) -> _Trap | None:
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
    if error_is_expected(module, call):
        return None  # the error is dealt with
    if is_named_by_a_caller(module, call, _ERROR):
        return None  # the error tells a caller that the future is not set
    if is_side_effect(module, call):
        return None  # a mock's function, which is called with a new future
    return _Trap(call, receiver, func.attr, sure)


# ---- what to say ---


def _message(module: Module, group: list[_Trap]) -> tuple[str, tuple[Evidence, ...]]:
    receiver = module.phrase(group[0].receiver)
    methods = [f"`{receiver}.{method}()`" for method in dict.fromkeys(one.method for one in group)]
    verb = "raises" if len(methods) == 1 else "raise"
    future, owner = f"`{receiver}`", f"{receiver}."
    if not _can_be_repeated(module, group[0].receiver):
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


# ---- what to do ---


def _shared_guard(module: Module, group: list[_Trap], shared: ast.stmt) -> _Cure:
    skips = tuple(argument for one in group for argument in _arguments(one.call))
    return _Cure((_guard(module, group[0], shared),), skips)


def _guard(module: Module, trap: _Trap, statement: ast.stmt) -> Edit:
    """Return the smallest edit that puts a statement under the test: one more condition, an `elif`, or a new `if`."""
    facts, test = module.facts, _test(module, trap.receiver)
    parent = facts.parents[statement]
    if isinstance(parent, ast.If) and _takes_condition(module, parent, statement, test):
        return Replace(parent.test, lambda node: syntax.both(node, test))
    if isinstance(parent, ast.If) and _opens_for_condition(module, parent, statement, test):
        return Wrap((parent,), lambda body: [syntax.with_condition(body[0], test, facts.indent)])
    if isinstance(parent, ast.If) and parent.orelse == [statement] and not isinstance(statement, ast.If):
        top, depth = chain_of(facts, parent)
        return Wrap((top,), lambda body: [syntax.else_as_elif(body[0], depth, test)])
    return Wrap((statement, *_read_with(module, trap, statement)), partial(_under_test, test, facts.indent))


def _read_with(module: Module, trap: _Trap, statement: ast.stmt) -> list[ast.stmt]:
    """Return the statements `future.exception()` right behind a setter's: they make the future count as read.

    A `result()` is there to raise what was set, which nobody may skip.
    """
    reads = [read for read in reads_behind(module, trap.call, trap.receiver) if called_name(read) == "exception"]
    block = module.facts.block(statement)
    behind = block[block.index(statement) + 1 :]
    return list(takewhile(lambda one: isinstance(one, ast.Expr) and one.value in reads, behind))


def _unguarded_read(module: Module, trap: _Trap, cure: _Cure) -> ast.expr | None:
    """Return the first place behind a setter that reads the future, and that no test guards then."""
    covered = {
        node for edit in cure.edits if isinstance(edit, Wrap) for one in edit.statements for node in ast.walk(one)
    }
    reads = (read for read in reads_behind(module, trap.call, trap.receiver) if read not in covered)
    return next((read for read in reads if not is_guarded(module, read, trap.receiver)), None)


def _cure(module: Module, trap: _Trap) -> _Cure:
    """Return the edits for one setter, by the place that it stands in."""
    match module.facts.statement(trap.call):
        case ast.Expr(value=value) as statement if value is trap.call:
            return _guard_statement(module, trap, statement)
        case ast.Return(value=value) as statement if value is trap.call:
            return _guard_return(module, trap, statement)
        case _:
            return _guard_expression(module, trap)


def _guard_statement(module: Module, trap: _Trap, statement: ast.Expr) -> _Cure:
    waits = any(map(suspends, _arguments(trap.call)))
    if waits or not _can_be_repeated(module, trap.receiver):
        return _bind_and_guard(module, trap, statement, waits)
    return _Cure((_guard(module, trap, statement),), tuple(_arguments(trap.call)))


def _takes_condition(module: Module, parent: ast.If, statement: ast.stmt, test: str) -> bool:
    """True where the `if` holds nothing but the setter, and one more condition fits in its line."""
    source = module.facts.source
    if parent.body != [statement] or parent.orelse or parent.test.lineno != parent.test.end_lineno:
        return False
    end = source.line(last_line(parent.test))
    return len(end.rstrip()) + len(f" and {test}") <= kept_in(source.text, module.settings.style).line_length


def _opens_for_condition(module: Module, parent: ast.If, statement: ast.stmt, test: str) -> bool:
    """True for `if fut: fut.set_result(1)`, where one more condition fits once the setter stands in a line of its own."""
    source = module.facts.source
    if parent.body != [statement] or parent.orelse or not parent.lineno == parent.test.end_lineno == statement.lineno:
        return False
    if not module.text(parent).startswith("if"):
        return False  # an `elif`
    head = (
        len(source.line(parent.lineno))
        - len(source.line(parent.lineno).lstrip())
        + len(f"if {module.text(parent.test)}:")
    )
    return head + len(f" and {test}") <= kept_in(source.text, module.settings.style).line_length


def _bind_and_guard(module: Module, trap: _Trap, statement: ast.Expr, waits: bool) -> _Cure:
    """Bind what must not be evaluated twice, or has to be there before the test, to names."""
    names: list[str | None] = [None, None]
    if not _can_be_repeated(module, trap.receiver):
        if waits:
            return _Cure(manual="the receiver is computed, and then the argument is waited for")
        names[0] = _free(module, trap, [holder_name(_holder(trap.receiver)) or "fut", "fut", "future", "waiter"])
    if waits:
        if not trap.call.args or isinstance(trap.call.args[0], ast.Starred):
            return _Cure(manual="the argument is waited for between the test and the call")
        names[1] = _free(module, trap, ["result", "value"] if trap.method == "set_result" else ["error", "exception"])
    if names == [None, None]:
        return _Cure(manual="no name is free to bind the future to")
    receiver, argument = names
    test = f"not {receiver}.{module.settings.future_guard}()" if receiver else _test(module, trap.receiver)
    indent = module.facts.indent

    def transform(body: Sequence[cst.BaseStatement]) -> Sequence[cst.BaseStatement]:
        *bound, last = syntax.bound_first(body[0], receiver=receiver, argument=argument)
        return [*bound, syntax.guarded(test, [last], indent)]

    moved = waits and not isinstance(trap.receiver, ast.Name)
    unsafe = f"`{module.text(trap.receiver)}` is read after the argument was waited for" if moved else None
    return _Cure((Wrap((statement,), transform),), () if waits else tuple(_arguments(trap.call)), unsafe)


def _guard_return(module: Module, trap: _Trap, statement: ast.Return) -> _Cure:
    """The setter's value is None, and so is that of a `return` without a value, or of none at all."""
    if not _can_be_repeated(module, trap.receiver) or any(map(suspends, _arguments(trap.call))):
        return _Cure(manual="the future or the argument is computed in a `return`")
    test, indent = _test(module, trap.receiver), module.facts.indent
    is_last = _is_at_the_end(module, statement)

    def transform(body: Sequence[cst.BaseStatement]) -> Sequence[cst.BaseStatement]:
        guard = syntax.guarded(test, [syntax.as_expression_line(body[0])], indent)
        return [guard] if is_last else [guard, *syntax.statements("return\n", indent)]

    return _Cure((Wrap((statement,), transform),), tuple(_arguments(trap.call)))


def _is_at_the_end(module: Module, statement: ast.stmt) -> bool:
    """True where a function ends behind a statement anyway."""
    here: ast.AST = statement
    while isinstance(here, ast.stmt) and module.facts.block(here)[-1] is here:
        here = module.facts.parents[here]
        if isinstance(here, FUNCTIONS):
            return True
        if not isinstance(here, (ast.If, ast.With, ast.AsyncWith)):
            return False
    return False


def _guard_expression(module: Module, trap: _Trap) -> _Cure:
    if not _can_be_repeated(module, trap.receiver) or any(map(suspends, _arguments(trap.call))):
        return _Cure(manual="the future or the argument is computed inside an expression")
    if not _is_value_unused(module, trap.call):
        return _Cure(manual="the value of the call is used")
    match module.facts.parents[trap.call]:
        case ast.IfExp(body=body, test=asked, orelse=ast.Constant()) if body is trap.call:
            more = _test(module, trap.receiver)
            return _Cure((Replace(asked, lambda node: syntax.both(node, more)),), tuple(_arguments(trap.call)))
        case _:
            pass  # no choice that takes one more condition
    test = f"{_spelled(module, trap.receiver)}.{module.settings.future_guard}()"
    return _Cure((Replace(trap.call, lambda node: syntax.none_if(test, node)),), tuple(_arguments(trap.call)))


def _is_value_unused(module: Module, call: ast.Call) -> bool:
    """True where nobody sees what an expression gives: a statement, or a lambda that is a done callback."""
    around = whole(module.facts, call)
    match module.facts.parents[around]:
        case ast.Expr():
            return True
        case ast.Lambda() as function if not any(isinstance(one, COMPREHENSIONS) for one in ast.walk(around)):
            added = module.facts.parents[function]
            return isinstance(added, ast.Call) and last_name(added.func) == "add_done_callback"
        case _:
            return False


def _under_test(test: str, indent: str, body: Sequence[cst.BaseStatement]) -> Sequence[cst.BaseStatement]:
    return [syntax.guarded(test, body, indent)]


def _can_be_repeated(module: Module, receiver: ast.expr) -> bool:
    return is_simple(receiver) and not runs_code(module, receiver)


def _test(module: Module, receiver: ast.expr) -> str:
    return f"not {_spelled(module, receiver)}.{module.settings.future_guard}()"


def _spelled(module: Module, receiver: ast.expr) -> str:
    text = module.text(receiver)
    return text if "\n" not in text else ast.unparse(receiver)


def _arguments(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def _holder(receiver: ast.expr) -> ast.expr:
    match receiver:
        case ast.Call(func=ast.Attribute(value=holder)) | ast.Subscript(value=holder):
            return holder
        case _:
            return receiver


def _free(module: Module, trap: _Trap, candidates: list[str]) -> str | None:
    if isinstance(module.facts.scope_at(trap.call).node, ast.ClassDef):
        return None  # it would become an attribute of the class
    return next((name for name in candidates if module.is_free(name, trap.call)), None)
