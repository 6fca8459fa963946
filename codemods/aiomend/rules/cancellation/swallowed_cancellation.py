"""AIO205: a handler that keeps a cancellation to itself, so that the task goes on."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from aiomend.facts.cancellation import Catch, catch_of
from aiomend.facts.exits import Course, Exit, exits
from aiomend.facts.idle_tries import only_swallows, reason_to_stay
from aiomend.facts.swallowing import Swallowed, ender, must_run, skipped_cleanup, swallowed
from aiomend.facts.view import Module
from aiomend.model import Evidence, Impact, Safety
from aiomend.rewriting import handlers
from aiomend.rewriting.edits import Wrap
from aiomend.rules.rule import Fix, Rule, imports_of
from aiomend.source import last_line

if TYPE_CHECKING:
    from aiomend.rewriting.edits import BlockTransform

_OF_CANCELLING = re.compile(r"#[^\"']*cancel", re.I)


class SwallowedCancellation(Rule):
    """Let a cancellation through where a handler of other things takes it.

    `task.cancel()` raises CancelledError at the place where the task waits. A bare `except`, `except BaseException` and, up
    to Python 3.7, `except Exception` take it like any error: the task goes on, a loop tries again, and whoever waits for the
    end of the task, `asyncio.run()` included, waits for ever.

    Before:

    ```python
    import asyncio
    import logging

    async def poll(fetch):
        while True:
            try:
                await fetch()
            except BaseException:
                logging.exception("failed, trying again")
            await asyncio.sleep(1)
    ```

    After:

    ```python
    import asyncio
    import logging

    async def poll(fetch):
        while True:
            try:
                await fetch()
            except asyncio.CancelledError:
                raise
            except BaseException:
                logging.exception("failed, trying again")
            await asyncio.sleep(1)
    ```

    A handler that takes the cancellation by its name gets the `raise` itself, behind what it does; one of several
    exceptions is split. A `try` that would do nothing but raise goes, and what it guards stays.

    Before:

    ```python
    import asyncio

    async def send(connect, message):
        while True:
            try:
                connection = await connect()
                return await connection.send(message)
            except (ConnectionError, asyncio.CancelledError):
                await asyncio.sleep(1)

    async def tick(step):
        while True:
            try:
                await asyncio.sleep(1)
                step()
            except asyncio.CancelledError:
                print("cancelled")

    async def flush(queue):
        try:
            await queue.put(None)
        except asyncio.CancelledError:
            pass
        await queue.join()
    ```

    After:

    ```python
    import asyncio

    async def send(connect, message):
        while True:
            try:
                connection = await connect()
                return await connection.send(message)
            except asyncio.CancelledError:
                raise
            except ConnectionError:
                await asyncio.sleep(1)

    async def tick(step):
        while True:
            try:
                await asyncio.sleep(1)
                step()
            except asyncio.CancelledError:
                print("cancelled")
                raise

    async def flush(queue):
        await queue.put(None)
        await queue.join()
    ```

    Fix safety: unsafe. A task that could not be cancelled ends now, and so does whoever waits for it. There is no fix where
    the handler does more than to report the error, since what it does (to close something, to set a future) may have to be
    done for a cancelled task as well, nor where something is closed behind the `try` and not in a `finally`, nor where a loop takes the
    cancellation by its name and a signal cancels a task of the file (Ctrl-C in a console), nor where a comment in the handler
    speaks of the cancellation, nor where the
    handler names the cancellation, reports it, and goes on outside of a loop. A `try` that would only raise stays where a
    comment at its handler would go with it, or where nothing else gets past it.

    Silent when the handler raises or ends the program; when it tells what it caught, or keeps the exception for somebody
    else; when the function waits for a task that it has cancelled; when the handler names the cancellation and the function
    ends then, as the main loop of a task does, or the loop has a condition that can end it, or what is waited for is a task
    or future that somebody else may have cancelled, or nothing but the cancellation brings the task to what follows; when
    the function ends after a handler and no caller that goes on is seen; in a handler that raises in the end; in functions
    that shut something down; in tests. `except Exception` counts in loops only, and only where the
    target range reaches below 3.8.
    """

    code = "AIO205"
    name = "swallowed-cancellation"
    safety = Safety.UNSAFE
    impact = Impact.HANG
    triggers = frozenset({"except"})
    is_common = True
    context = frozenset({"await", "async", "yield"})

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the handlers of a file that keep a task from being cancelled."""
        if module.is_test or module.other_framework:
            return  # tests take what they raise; other frameworks cancel in another way
        for found in sorted(swallowed(module), key=lambda one: one.handler.lineno):
            yield self._let_through(module, found)

    def _let_through(self, module: Module, found: Swallowed) -> Fix:
        handler = found.handler
        statement = module.facts.parents[handler]
        assert isinstance(statement, ast.Try)
        message, evidence = _message(module, found)
        if (reason := _obstacle(module, found)) is not None:
            return self.manual(module, _place(handler), message, reason, evidence)
        spelled = module.spell("asyncio", "CancelledError", handler)
        index, indent = statement.handlers.index(handler), module.facts.indent
        transform: BlockTransform
        needs = imports_of(spelled)
        match handler.type:
            case ast.Tuple(elts=parts) if found.catch is Catch.NAMED and any(
                catch_of(module, one) is not Catch.NAMED for one in parts
            ):
                named = frozenset(at for at, one in enumerate(parts) if catch_of(module, one) is Catch.NAMED)
                if len(named) == 1:
                    caught, needs = module.text(parts[min(named)]), ()
                else:
                    caught = spelled.text
                transform = partial(handlers.split, index=index, positions=named, caught=caught, indent=indent)
                if "#" in module.text(handler.type):  # a comment would go with the name: what is dead does no harm
                    transform = partial(handlers.with_raising, index=index, caught=caught, indent=indent)
                done = f"`except {caught}: raise` before it lets the task end"
            case _ if found.catch is Catch.NAMED and only_swallows(handler, statement):
                transform = partial(handlers.without_handlers, indent=indent)
                needs, done = (), "without the handler the task ends"
            case _ if found.catch is Catch.NAMED:
                is_replaced = isinstance(handler.body[-1], (ast.Pass, ast.Continue))
                transform = partial(handlers.reraising, index=index, indent=indent, replace=is_replaced)
                needs, done = (), "`raise` at its end lets the task end"
            case _:
                transform = partial(handlers.with_raising, index=index, caught=spelled.text, indent=indent)
                done = f"`except {spelled.text}: raise` before it lets the task end"
        return self.fix(
            module, _place(handler), f"{message}; {done}", Wrap((statement,), transform), needs=needs, evidence=evidence
        )


def _place(handler: ast.ExceptHandler) -> ast.expr | ast.ExceptHandler:
    return handler if handler.type is None else handler.type


def _message(module: Module, found: Swallowed) -> tuple[str, tuple[Evidence, ...]]:
    caught = "a bare `except`" if found.handler.type is None else f"`except {module.phrase(found.handler.type)}`"
    what = f"{caught} takes the cancellation of `{found.function.name}()`"
    if found.catch is Catch.EXCEPTION:
        what += " up to Python 3.7"
    at = found.goes.at
    match found.goes.course:
        case Course.LOOP if found.is_endless:
            return f"{what}, and its loop goes on for ever", ()
        case Course.LOOP:
            assert at is not None
            condition = f" while `{module.phrase(at.test)}`" if isinstance(at, ast.While) else ""
            return f"{what}, and its loop goes on{condition}", (Evidence(module.path, at.lineno, "the loop"),)
        case Course.ON:
            assert at is not None
            return f"{what}, which goes on", (Evidence(module.path, at.lineno, "it waits again here"),)
        case _:
            assert found.caller is not None
            user, call = found.caller
            evidence = Evidence(user.path, call.lineno, f"waits for `{found.function.name}()`")
            return f"{what}, and the coroutine that waits for it goes on", (evidence,)


def _obstacle(module: Module, found: Swallowed) -> str | None:
    """Return why the cancellation cannot simply be let through; None where nothing speaks against it."""
    handler = found.handler
    is_alone = found.catch is Catch.NAMED and not isinstance(handler.type, ast.Tuple)
    if not is_alone and (lost := must_run(handler)) is not None:
        return f"`{module.phrase(lost)}` in the handler may have to run for a cancelled task as well: say what of it does, then `raise`"
    match skipped_cleanup(module, found):
        case ast.Call(lineno=line) as call:
            return (
                f"`{module.phrase(ender(call) or call.func)}()` in line {line} would not run: move it into a `finally`"
            )
        case ast.stmt() as put_back:
            return (
                f"`{module.phrase(put_back)}` in line {put_back.lineno} would not run: "
                "where a cancelled task has to do that too, move it into a `finally`"
            )
        case _:
            pass  # nothing is lost
    if found.catch is Catch.NAMED and found.goes.course is Course.ON and _reports(handler):
        assert found.goes.at is not None
        return (
            f"what line {found.goes.at.lineno} does may be meant for a cancelled task as well: move it into a `finally`"
        )
    if (
        found.catch is Catch.NAMED
        and found.goes.course is Course.LOOP
        and (signal := _cancelling_signal(module)) is not None
    ):
        return f"a signal cancels a task (line {signal.lineno}), and the loop may be there to go on then"
    if is_alone and not _ends_plainly(handler):
        return "the handler is left in more than one way: put `raise` where a cancelled task ends"
    statement = module.facts.parents[handler]
    if is_alone and isinstance(statement, ast.Try) and only_swallows(handler, statement):
        stays = reason_to_stay(module.source, statement)
        if stays is not None:
            return stays
    if (commented := _says_why(module, handler)) is not None:
        return f"the comment in line {commented} speaks of the cancellation: whether the task may end, only a person can tell"
    return None


def _says_why(module: Module, handler: ast.ExceptHandler) -> int | None:
    """Return the line of a comment in a handler that speaks of cancelling; None where there is none."""
    lines = range(handler.lineno, last_line(handler) + 1)
    return next((line for line in lines if _OF_CANCELLING.search(module.source.line(line))), None)


def _cancelling_signal(module: Module) -> ast.Call | None:
    """Return where the file has a task cancelled by a signal, as consoles do for Ctrl-C; None where it does nowhere."""
    for call, _ in module.method_calls("add_signal_handler", "signal"):
        match call.args:
            case [_, ast.Attribute(attr="cancel"), *_]:
                return call
            case [_, handler, *_] if (function := module.function_of(handler)) is not None:
                own = ast.walk(function.node)
                if function.facts is module.facts and any(
                    isinstance(one, ast.Attribute) and one.attr == "cancel" for one in own
                ):
                    return call
            case _:
                pass  # does something else, or nobody knows what
    return None


def _reports(handler: ast.ExceptHandler) -> bool:
    """True where a handler says that it was called: who names the cancellation and tells of it does not ignore it."""
    return any(isinstance(one, ast.Expr) and not isinstance(one.value, ast.Constant) for one in handler.body)


def _ends_plainly(handler: ast.ExceptHandler) -> bool:
    """True where the handler runs off its end, or ends with the one `continue` that it has."""
    ways = exits(handler.body)
    return ways == {Exit.FALL} or (ways == {Exit.CONTINUE} and isinstance(handler.body[-1], ast.Continue))
