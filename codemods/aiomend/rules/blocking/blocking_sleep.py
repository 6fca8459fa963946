"""AIO401: time.sleep() in a coroutine."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.blocking_calls import Owner, blocking_calls
from aiomend.facts.catalog.blocking import BlockingCall
from aiomend.facts.driven_by_hand import doubt_of_loop
from aiomend.facts.module import Colour
from aiomend.facts.shared_state import Race, read_then_written
from aiomend.facts.suspension import is_awaited, is_test_code, misplaced, obstacle, other_loop
from aiomend.facts.thread_blocks import moves_with_block
from aiomend.facts.view import Module
from aiomend.model import Evidence, Impact, Safety
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Replace
from aiomend.rules.rule import Fix, Rule, imports_of


class BlockingSleep(Rule):
    """Sleep without stopping the event loop.

    `time.sleep()` in a coroutine stops the whole event loop: no other task runs, no timeout fires, no connection is
    served until it returns. `asyncio.sleep()` suspends this coroutine alone. `time.sleep(0)` stops nothing, but lets
    only other threads run; `asyncio.sleep(0)` lets the other tasks run, which is what a coroutine can mean by it.

    Before:

    ```python
    import asyncio
    import time

    async def poll():
        time.sleep(0.5)
    ```

    After:

    ```python
    import asyncio

    async def poll():
        await asyncio.sleep(0.5)
    ```

    Fix safety: unsafe. The coroutine can now be interrupted where it could not be before: other tasks run meanwhile, and a
    cancellation arrives here. Where that surely matters the finding is for a person: something shared is read before the
    sleep and written after it, a threading lock is held, `KeyboardInterrupt` is caught around it, or it stands in a test,
    which may sleep like this on purpose, or in a file that runs coroutines by hand.

    Silent when the place cannot suspend (a lambda, a generator expression, a class body, a nested plain function), when the
    function runs in a thread, where code found out that no loop runs (`except RuntimeError` behind `get_running_loop()`, `not
    loop.is_running()`) or that its caller waits for nothing (`else` of `if is_async: await …`), in files of another async framework, when the delay is a negative number (which raises
    today), when what is called `time` is something else, and when `blocking-calls` says `"time.sleep" = "none"`.
    """

    code = "AIO401"
    name = "blocking-sleep"
    safety = Safety.UNSAFE
    impact = Impact.SLOW
    triggers = frozenset({"sleep"})
    context = frozenset({"async", "coroutine"})
    suspends = True

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the calls of time.sleep in coroutines."""
        if module.other_framework:
            return  # its own sleep is the right one, and asyncio's would fail
        for call, colour, entry in blocking_calls(module, frozenset({"sleep"}), Owner.SLEEP):
            if is_awaited(module, call) or _fails_today(call):
                continue  # never sleeps: it raises, or the name means something else when it runs
            if moves_with_block(module, call):
                continue  # AIO406 moves the whole block around it, and a thread may sleep
            yield self._fix(module, call, colour, entry)

    def _fix(self, module: Module, call: ast.Call, colour: Colour, entry: BlockingCall) -> Fix:
        written = module.text(call.func)
        message = f"`{written}()` stops the event loop; `asyncio.sleep()` suspends this coroutine alone"
        if _number(call) == 0:
            message = f"`{written}(0)` lets no other task run, only other threads; `asyncio.sleep(0)` does"
        sleep = module.spell("asyncio", "sleep", call)
        if entry.kind == "redesign":
            return self.manual(module, call, message, "`blocking-calls` in the configuration leaves it to a person")
        if (place := misplaced(module, call)) is not None:
            return self.manual(
                module, call, message, f"it runs before `{place}()` is called: hand over `asyncio.sleep(…)`"
            )
        if (reason := obstacle(module, call, colour) or other_loop(module)) is not None:
            return self.manual(module, call, message, reason)
        if (race := read_then_written(module, call)) is not None:
            return self.manual(module, call, message, _race_reason(module, race), _race_evidence(module, race))
        if is_test_code(module):
            return self.manual(module, call, message, "a test may stop the loop on purpose")
        return self.fix(
            module,
            call,
            message,
            Replace(call, lambda node: syntax.awaited(syntax.renamed(node, sleep.text), colour)),
            needs=imports_of(sleep),
            reason=doubt_of_loop(module),
        )


def _fails_today(call: ast.Call) -> bool:
    """True where time.sleep() raises: it takes one positional argument, and no negative number."""
    if call.keywords or len(call.args) != 1 or isinstance(call.args[0], ast.Starred):
        return True
    number = _number(call)
    return number is not None and number < 0


def _number(call: ast.Call) -> float | None:
    """Return the delay where it is written as a number."""
    try:
        value = ast.literal_eval(call.args[0])
    except (ValueError, TypeError):
        return None
    return float(value) if isinstance(value, (int, float)) else None


def _race_reason(module: Module, race: Race) -> str:
    return f"`{module.text(race.written)}` is read before the sleep and written after it: other tasks can change it meanwhile"


def _race_evidence(module: Module, race: Race) -> tuple[Evidence, ...]:
    return (
        Evidence(module.path, race.read.lineno, f"`{module.text(race.read)}` is read"),
        Evidence(module.path, race.written.lineno, f"`{module.text(race.written)}` is written"),
    )
