"""AIO703: a coroutine handed to the loop by another thread, and nobody hears of its exception."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from aiomend.facts.consumers import consumes_its_own
from aiomend.facts.tasks import Fate, fate_of
from aiomend.facts.values import ProjectInstance
from aiomend.facts.view import Module
from aiomend.model import Impact, Safety
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Replace, Wrap
from aiomend.rewriting.task_helpers import logging_helper
from aiomend.rules.rule import Fix, Rule

if TYPE_CHECKING:
    import libcst as cst

_FUNCTION = "asyncio.run_coroutine_threadsafe"


class ThreadsafeResultDropped(Rule):
    """Log the exception of a coroutine that another thread starts and nobody waits for.

    `run_coroutine_threadsafe()` puts the coroutine's exception into the concurrent future that it returns, and with that
    asyncio counts it as seen. Where the future is dropped, the exception is lost without a word: not even debug mode
    tells of it. A done callback, added once a module, logs it to asyncio's own logger.

    Before:

    ```python
    import asyncio

    def on_message(message, loop):
        asyncio.run_coroutine_threadsafe(store(message), loop)

    async def store(message):
        await message.save()
    ```

    After:

    ```python
    import asyncio
    import logging

    def _log_exception(future):
        \"""Log the exception of a future that nobody reads, in any thread.\"""
        if not future.cancelled() and future.exception() is not None:
            logging.getLogger("asyncio").error(
                "exception in a coroutine that another thread started",
                exc_info=future.exception(),
            )

    def on_message(message, loop):
        asyncio.run_coroutine_threadsafe(store(message), loop).add_done_callback(
            _log_exception
        )

    async def store(message):
        await message.save()
    ```

    The callback runs in the thread that completes the future, after the loop is closed perhaps, so that it does not call
    the loop: the exception goes to the logger that asyncio's default exception handler writes to.

    Fix safety: unsafe. Nothing waits, and the coroutine runs as it did; but errors that nobody has seen so far appear in
    the log, and a handler set with `set_exception_handler()` does not see them.

    Silent when the future is used, stored, returned, passed on or has a callback; when the coroutine handles every
    exception itself, or is one of asyncio's own that only waits, such as `queue.put()`; in tests.
    """

    code = "AIO703"
    name = "threadsafe-result-dropped"
    safety = Safety.UNSAFE
    impact = Impact.BUG
    triggers = frozenset({"run_coroutine_threadsafe"})

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the calls of a file whose concurrent future nobody reads."""
        if module.is_test or module.other_framework:
            return  # tests drop futures on purpose; other frameworks report by their own means
        for call in module.calls(_FUNCTION):
            fate, name = fate_of(module.facts, call)
            if not fate.dangles or _is_tested(module, call):
                continue  # in somebody's hands
            coroutine = _coroutine(call)
            if coroutine is None or consumes_its_own(module, coroutine):
                continue  # nothing comes out of it
            yield self._logged(module, call, fate, name)

    def _logged(self, module: Module, call: ast.Call, fate: Fate, name: str) -> Fix:
        logging = logging_helper(module)
        helper = logging.name
        owner = module.class_at(call)
        statement = module.facts.statement(call)
        match fate:
            case Fate.NOTHING:
                kept = "nothing keeps"
            case Fate.UNDERSCORE:
                kept = "`_` does not keep"
            case _:
                kept = f"`{name}`, which is never read, is all that keeps"
        message = f"{kept} the future of `{module.call_phrase(call)}`, so that an exception of the coroutine is lost without a word"
        if owner is not None and module.inference.is_instance(frozenset({ProjectInstance(owner)}), "logging.Handler"):
            return self.manual(module, call, message, "a callback that logs it would call this logging handler again")
        edit: Replace | Wrap
        if module.facts.parents[call] is not statement or fate is Fate.NOTHING:
            edit = Replace(call, functools.partial(_with_callback, helper=helper))
        elif fate is Fate.UNDERSCORE:
            edit = Wrap((statement,), functools.partial(_unbound, helper=helper))
        else:
            line = f"{name}.add_done_callback({helper})"
            edit = Wrap((statement,), functools.partial(_followed, line=line, indent=module.facts.indent))
        return self.fix(module, call, f"{message}; `{helper}()` logs it", edit, needs=logging.needs)


def _coroutine(call: ast.Call) -> ast.expr | None:
    if call.args and not isinstance(call.args[0], ast.Starred):
        return call.args[0]
    return next((keyword.value for keyword in call.keywords if keyword.arg == "coro"), None)


def _is_tested(module: Module, call: ast.Call) -> bool:
    """True where something asks whether the future is true, as `run_coroutine_threadsafe(…) and …` does."""
    here: ast.AST = call
    for parent in module.facts.ancestors(call):
        if isinstance(parent, ast.stmt):
            return False
        if isinstance(parent, ast.BoolOp) and here is not parent.values[-1]:
            return True
        here = parent
    return False


# ---- how it is written ---


def _with_callback(node: cst.BaseExpression, helper: str) -> cst.BaseExpression:
    return syntax.call(syntax.method(node, "add_done_callback"), helper)


def _unbound(body: Sequence[cst.BaseStatement], helper: str) -> Sequence[cst.BaseStatement]:
    """Return a line ``_ = future`` as one that only adds the callback."""
    return [syntax.without_target(body[0], functools.partial(_with_callback, helper=helper))]


def _followed(body: Sequence[cst.BaseStatement], line: str, indent: str) -> Sequence[cst.BaseStatement]:
    """Return the statements with one more line behind them."""
    return [*body, *syntax.statements(f"{line}\n", indent)]
