"""AIO1001: an event loop that is run and not closed whatever happens."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from aiomend.facts.loop_holders import unended_holder
from aiomend.facts.loops import Loop
from aiomend.facts.view import Module
from aiomend.model import Evidence, Impact, Safety
from aiomend.rules.closing.deciding import Closing, Undecided, decide, edits
from aiomend.rules.closing.owning import owned_loops
from aiomend.rules.closing.placing import Enclosed, Place, Reused, is_closed
from aiomend.rules.rule import Fix, Rule
from aiomend.source import last_line


class LoopNotClosed(Rule):
    """Close the event loop whatever happens.

    An event loop holds a selector, a pair of sockets and the threads of its executor. A loop that is dropped without
    `close()` leaves them to the garbage collector, which complains with a `ResourceWarning`; a `close()` that stands
    behind the run is skipped as soon as the run raises.

    Before:

    ```python
    import asyncio

    def work(loop):
        print("working")
        loop.stop()

    loop = asyncio.new_event_loop()
    loop.call_soon(work, loop)
    loop.run_forever()
    print("done")
    ```

    After:

    ```python
    import asyncio

    def work(loop):
        print("working")
        loop.stop()

    loop = asyncio.new_event_loop()
    loop.call_soon(work, loop)
    try:
        loop.run_forever()
    finally:
        loop.close()
    print("done")
    ```

    The `try` holds the first run, the last one and what stands between, and what uses an object behind them that got the
    loop; behind `new_event_loop()` it begins at a statement that may leave the function before the first run, unless all
    that it can do is to raise and the runs have a `try`. A `try` around the runs gets the `finally`, a `close()` behind
    them moves into it.

    Fix safety: safe at a script's own level, where nothing behind the runs can want the loop, and where the loop is closed
    today unless a run raises. Unsafe in a function, which may be called from where the loop is wanted later, in front
    of code that calls more than the standard library, or asks objects from elsewhere for attributes and items, which may
    be a property or a generator that runs the loop, where a function that `atexit` calls may want it, where a test may run the
    script in its own process (`runpy.run_path()`), and where nothing
    stops a `run_forever()`, which only an exception ends then. Unsafe, too, where a task that nobody waits for or cancels has a
    `finally` or a context to leave, and, below Python 3.10, where nobody waits for a job of the executor: both would find the loop closed.
    Finalizers run late, at the exit of the interpreter at the latest:
    where a `__del__` of the project schedules something, closes a connection or cancels a task, a closed loop makes it print
    `Event loop is closed`, so that nothing is written and the finding names it. Finalizers of other packages are not seen.
    A task that is dropped while it waits in a queue prints the same: nothing is written where an object gets the current
    loop and is neither what the program waits for nor ended by it. A `try` around more than 30 lines is for a person, too, where
    nothing closes the loop today.

    Silent when others may use the loop, run it or close it: it is stored on an object, returned, yielded, a parameter, given
    to a thread or to something that keeps it, asked for by `future.get_loop()`, run by another function of the module,
    taken by another module, or closed by a fixture or a context manager; or a `while` around the runs asks `is_closed()`.
    Silent, too, for `get_event_loop()` in a function that is not the program: the loop is not its own.
    """

    code = "AIO1001"
    name = "loop-not-closed"
    safety = Safety.SAFE
    impact = Impact.TIDY
    triggers = frozenset({"run_until_complete", "run_forever"})
    context = frozenset({"event_loop", "EventLoop", "uvloop"})

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the loops of a module and of its functions that are run and not closed on every path."""
        for loop in owned_loops(module):
            if is_closed(module.facts, loop):
                continue  # a `finally` closes it after every run
            yield self._fix(module, loop)

    def _fix(self, module: Module, loop: Loop) -> Fix:
        node = loop.getters[0]
        match decide(module, loop):
            case Undecided(place=where, name=name, reason=why, evidence=evidence):
                return self.manual(module, node, _message(module, loop, name, where), why, evidence)
            case Closing(name=name, where=where, level=level, reason=reason) as closing:
                message = _message(module, loop, name, where)
                if (call := unended_holder(module, loop)) is not None:
                    return self.manual(module, node, message, _HELD, (_holding(module, call),))
                if isinstance(where, Enclosed) and not loop.closes and (lines := _lines(where.statements)) > _MANY:
                    reason = (
                        f"a `try` would go around {lines} lines: a function of its own could hold what runs the loop"
                    )
                    return self.manual(module, node, message, reason)
                return self.fix(module, node, message, *edits(module, closing), safety=level, reason=reason)


_MANY = 30  #: lines that nobody would indent for a loop that the end of the program ends as well
_HELD = (
    "nothing ends what gets the loop: a task of it that waits in a queue would print `Event loop is closed` when the program"
    " ends; end it first"
)


def _lines(statements: Sequence[ast.stmt]) -> int:
    return last_line(statements[-1]) - statements[0].lineno + 1


def _holding(module: Module, call: ast.Call) -> Evidence:
    return Evidence(module.path, call.lineno, f"`{module.call_phrase(call)}` gets the loop")


def _message(module: Module, loop: Loop, name: str | None, where: Place) -> str:
    written = loop.name or f"{module.text(loop.getters[0])}"
    close = f"`{name or 'loop'}.close()`"
    if loop.closes:
        return f"`{written}` stays open when a run raises: {close} belongs into a `finally`"
    match where:
        case Reused(statements=(ast.Try(finalbody=[_, *_]) | ast.TryStar(finalbody=[_, *_]), *_)):
            return f"`{written}` is run and never closed: {close} goes to the end of the `finally` that is there"
        case _:
            return f"`{written}` is run and never closed: {close} in a `finally` does it whatever happens"
