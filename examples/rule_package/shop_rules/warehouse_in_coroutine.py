"""SHOP401: the warehouse is asked in a way that stops the event loop."""

from collections.abc import Iterator

from aiomend.authoring import (
    Colour,
    Fix,
    Impact,
    Module,
    Replace,
    Rule,
    Safety,
    Where,
    imports_of,
    is_awaited,
    misplaced,
    obstacle,
    syntax,
)


class WarehouseInCoroutine(Rule):
    """Ask the warehouse without stopping the event loop.

    `warehouse.stock()` waits for the network, and while it does nothing else of the event loop runs.
    `warehouse.stock_async()` takes the same arguments and lets the others go on.

    Before:

    ```python
    import warehouse

    async def offer(item):
        return warehouse.stock(item) > 0
    ```

    After:

    ```python
    import warehouse

    async def offer(item):
        return await warehouse.stock_async(item) > 0
    ```

    Fix safety: unsafe. Other tasks run while the warehouse thinks, and may change what this one relies on.

    Silent when the place cannot wait (a plain function, a lambda), and when the function runs in a thread.
    """

    code = "SHOP401"
    name = "warehouse-in-coroutine"
    safety = Safety.UNSAFE
    impact = Impact.SLOW
    triggers = frozenset({"warehouse"})  # a file without this word is not looked at
    suspends = True  # so aiomend's proofs know that no fix of it may be called safe

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the calls of `warehouse.stock` in coroutines, under whatever name it was imported."""
        for call in module.calls("warehouse.stock"):
            colour = module.colour_at(call)
            if colour is Colour.SYNC or is_awaited(module, call) or module.where(call) is Where.THREAD:
                continue  # nothing to wait with, or nothing to wait for
            message = f"`{module.text(call.func)}()` stops the event loop; `warehouse.stock_async()` does not"
            reason = obstacle(module, call, colour)
            if reason is None and (taker := misplaced(module, call)) is not None:
                reason = f"it runs before `{taker}()` is called: hand over `warehouse.stock_async(…)`"
            if reason is not None:
                yield self.manual(module, call, message, reason)
                continue
            twin = module.spell("warehouse", "stock_async", call)
            edit = Replace(call, lambda node, to=twin.text, colour=colour: syntax.awaited(syntax.renamed(node, to), colour))
            yield self.fix(module, call, message, edit, needs=imports_of(twin))
