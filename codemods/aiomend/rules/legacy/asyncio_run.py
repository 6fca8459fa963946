"""AIO007: a main program that makes, runs and closes a loop by hand."""

from __future__ import annotations

from collections.abc import Iterator

from aiomend.facts.loops import Loop
from aiomend.facts.patched import is_patched
from aiomend.facts.view import Module
from aiomend.model import Impact, Safety
from aiomend.rules.closing.owning import owned_loops
from aiomend.rules.legacy.running import Running, commented, edits, replaceable
from aiomend.rules.rule import Fix, Rule


class AsyncioRun(Rule):
    """Run the main program with `asyncio.run()`.

    A program that gets an event loop, runs one coroutine in it and closes it does by hand what `asyncio.run()` has done
    since Python 3.7. The function also cancels the tasks that are left and waits for them, shuts down asynchronous
    generators and, from 3.9 on, the default executor, all of which a bare `close()` leaves out.

    Before:

    ```python
    import asyncio

    async def main():
        print("working")

    loop = asyncio.get_event_loop()
    try:
        loop.run_until_complete(main())
    finally:
        loop.close()
    ```

    After:

    ```python
    import asyncio

    async def main():
        print("working")

    asyncio.run(main())
    ```

    `loop.set_debug(True)` in front of the run becomes `debug=True`.

    Fix safety: unsafe. `asyncio.run()` makes a loop of its own and leaves no current loop behind. The rule looks for what
    would miss the old one, in the file and in the files of the project that it imports; what other packages do when they
    are imported is not seen. From Python 3.11 on, Ctrl-C cancels the main coroutine before the program is interrupted.
    Manual where a comment stands behind a line that would go.

    Silent when the target range begins below 3.7, or the loop is used for anything else: run twice or for ever, given to
    somebody, read in a coroutine, got by another function; when what is run is not certainly a coroutine; when
    a future, a task or, below 3.10, a lock or a queue is made before the run, which belongs to the loop that is current
    there; when an object of another package that may have taken that loop reaches a coroutine; when a coroutine catches
    `KeyboardInterrupt`; when something in the project is put in the place of `get_event_loop`; in functions that are not the program; in tests and notebooks.
    """

    code = "AIO007"
    name = "asyncio-run"
    safety = Safety.UNSAFE
    impact = Impact.TIDY
    triggers = frozenset({"run_until_complete"})
    context = frozenset({"get_event_loop", "new_event_loop"})

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the main programs whose loop `asyncio.run()` replaces."""
        if any(is_patched(module, name) for name in ("get_event_loop", "new_event_loop")):
            return  # whoever runs the program with a loop of theirs would run a real one
        for loop in owned_loops(module):
            found = replaceable(module, loop)
            if found is None:
                continue  # the program needs its loop, or the target has no `asyncio.run()`
            message = _message(module, loop, found)
            if (statement := commented(module, found)) is not None:
                reason = f"the comment behind `{module.phrase(statement)}` would have no place"
                yield self.manual(module, found.run, message, reason)
                continue
            changes, needs = edits(module, found)
            yield self.fix(module, found.run, message, *changes, needs=needs)


def _message(module: Module, loop: Loop, found: Running) -> str:
    main = module.text(found.run.args[0])
    subject = f"`{loop.name}` only runs" if loop.name else "the current loop only runs"
    return f"{subject} `{main}`: `asyncio.run()` makes a loop for it, cleans up behind it and closes it"
