"""AIO010: a bare `yield` in a generator-based coroutine, which lets the event loop run once."""

from __future__ import annotations

from collections.abc import Iterator

from aiomend.facts.coroutine_companies import known_company
from aiomend.facts.scopes import FunctionNode
from aiomend.facts.view import Module
from aiomend.model import Impact, Safety
from aiomend.rules.legacy.converting import parts_of_company
from aiomend.rules.legacy.generator_coroutine import doubt_of
from aiomend.rules.rule import Fix, Rule


class BareYieldInCoroutine(Rule):
    """Say `await asyncio.sleep(0)` where a coroutine only lets others run.

    In a generator-based coroutine, a bare `yield` gives the event loop a turn. In `async def` it would make an asynchronous
    generator of the function, which nobody can await. What it does is spelled `await asyncio.sleep(0)`. The function that it
    stands in becomes `async def` as a whole, as AIO001 has it: the two fixes are one change.

    Before:

    ```python
    import asyncio

    @asyncio.coroutine
    def total(numbers):
        found = 0
        for number in numbers:
            found += number
            yield
        return found
    ```

    After:

    ```python
    import asyncio

    async def total(numbers):
        found = 0
        for number in numbers:
            found += number
            await asyncio.sleep(0)
        return found
    ```

    Fix safety: unsafe. Code that is not asyncio's may run the generator and mean something by its `yield`.

    The finding is for a person wherever AIO001 leaves the function to one, for instance where it yields values as well.

    Silent when the function is no coroutine function by its decorator, or stays one under `types.coroutine`.
    """

    code = "AIO010"
    name = "bare-yield-in-coroutine"
    safety = Safety.UNSAFE
    impact = Impact.BUG
    triggers = frozenset({"coroutine"})
    context = frozenset({"yield"})
    due = (3, 11)
    suspends = True
    recolours = True

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the bare `yield` of the coroutine functions of a file."""
        for function in module.facts.functions:
            decorator = module.inference.coroutine_decorator(module.facts, function)
            if decorator is None or module.name_of(decorator) != "asyncio.coroutine":
                continue  # no coroutine function, one that stays, or one of which AIO001 says that nobody knows
            yield from self._function(module, function)

    def _function(self, module: Module, function: FunctionNode) -> Iterator[Fix]:
        if not any(True for _ in module.facts.yields(function)):
            return  # it has none
        company = known_company(module, function)
        for node in company.members[0].body.bare:
            text, name = module.text(node), function.name
            if company.reason is not None:
                message = f"`{text}` lets the event loop run once, and could not stand in an `async def`"
                yield self.manual(module, node, message, company.reason, tuple(company.evidence))
                continue
            message = (
                f"`{text}` lets the event loop run once: `{name}()` becomes `async def` and says `asyncio.sleep(0)`"
            )
            yield Fix(
                type(self),
                module.path,
                node,
                message,
                self.safety,
                self.impact,
                parts_of_company(company),
                doubt_of(company),
                tuple(company.evidence),
            )
