"""AIO401: time.sleep() in a coroutine."""

from __future__ import annotations

from collections.abc import Iterator

from aiomend.facts.module import Colour
from aiomend.facts.view import Module
from aiomend.model import Impact, Safety
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Replace
from aiomend.rules.rule import Fix, Rule, imports_of


class BlockingSleep(Rule):
    """Sleep without stopping the event loop.

    `time.sleep()` in a coroutine stops the whole event loop: no other task runs, no timeout fires, no connection is
    served until it returns. `asyncio.sleep()` suspends this coroutine alone.

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
    import time

    async def poll():
        await asyncio.sleep(0.5)
    ```

    Fix safety: unsafe. The coroutine can now be interrupted where it could not be before: other tasks run meanwhile, and a
    cancellation arrives here.

    Silent when the place cannot suspend (a lambda, a generator expression, a nested plain function).
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
        for call in module.calls("time.sleep"):
            colour = module.colour_at(call)
            if colour is Colour.SYNC:
                continue  # nothing to await with
            sleep = module.spell("asyncio", "sleep", call)
            yield self.fix(
                module,
                call,
                f"`{module.text(call.func)}()` stops the event loop; `asyncio.sleep()` suspends this coroutine alone",
                Replace(call, lambda node, s=sleep, c=colour: syntax.awaited(syntax.renamed(node, s.text), c)),
                needs=imports_of(sleep),
            )
