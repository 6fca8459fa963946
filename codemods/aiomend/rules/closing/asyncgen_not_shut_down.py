"""AIO1003: asynchronous generators that may be open when the loop is closed."""

from __future__ import annotations

from collections.abc import Iterator

from aiomend.facts.async_generators import open_generators
from aiomend.facts.loop_reach import is_of_another_loop
from aiomend.facts.view import Module
from aiomend.model import Evidence, Impact, Safety
from aiomend.rules.closing import ending
from aiomend.rules.closing.owning import owned_loops
from aiomend.rules.rule import Fix, Rule


class AsyncgenNotShutDown(Rule):
    """Shut down asynchronous generators before the event loop is closed.

    An asynchronous generator that is left before its end (by `break`, by an exception, with its task) is closed later,
    by a task of the event loop. If the loop does not run any more, what stands in its `finally` and `async with` blocks
    never runs. `shutdown_asyncgens()` closes those that are left.

    Before:

    ```python
    import asyncio

    async def readings():
        try:
            while True:
                yield 1
                await asyncio.sleep(1)
        finally:
            print("off")

    async def main():
        async for reading in readings():
            print(reading)
            break
        loop.stop()

    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(main())
        loop.run_forever()
    finally:
        loop.close()
    ```

    After:

    ```python
    import asyncio

    async def readings():
        try:
            while True:
                yield 1
                await asyncio.sleep(1)
        finally:
            print("off")

    async def main():
        async for reading in readings():
            print(reading)
            break
        loop.stop()

    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(main())
        loop.run_forever()
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
    ```

    `asyncio.run()` does this by itself; where it would do, AIO007 writes it. Where the loop is not closed whatever
    happens, it gets the `finally` of AIO1001 as well.

    Fix safety: unsafe. Code of the generators runs that did not run before.

    Silent when the file makes no asynchronous generator of the project, or only such that have nothing to clean up and are
    run to their end; when `aclosing()` closes them, or `shutdown_asyncgens()` is called for the loop; when the loop is not the
    program's own, or AIO1001 leaves it to a person; in tests.
    """

    code = "AIO1003"
    name = "asyncgen-not-shut-down"
    safety = Safety.UNSAFE
    impact = Impact.BUG
    triggers = frozenset({"run_until_complete", "run_forever"})
    context = frozenset({"event_loop", "EventLoop", "uvloop"})

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the loops of a file that are closed without a word to the asynchronous generators that they ran."""
        method = ending.ASYNCGENS
        if module.is_test or module.other_framework:
            return  # tests end as they like
        every = open_generators(module)
        if not every:
            return  # none that may be left open
        for loop in owned_loops(module):
            generators = [one for one in every if not is_of_another_loop(module, loop, one)]
            if not generators or ending.has(module, loop, method):
                continue  # it runs none of them, or it is done already
            edits = ending.ended(module, loop, methods=[method])
            if not edits:
                continue  # its close is in no place that a rule may touch
            subject = f"`{loop.name}`" if loop.name else "the current loop"
            message = (
                f"{subject} is closed while `{module.text(generators[0])}` may be open: "
                f"`{method}()` runs what it has to clean up"
            )
            note = "this asynchronous generator may be left before its end"
            evidence = tuple(Evidence(module.path, call.lineno, note) for call in generators)
            yield self.fix(module, ending.last_run(loop), message, *edits, evidence=evidence)
