"""AIO801: tasks that were meant to run one after the other."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from aiomend.facts import tasks
from aiomend.facts.module import Colour, own_nodes
from aiomend.facts.order import Chain, chains
from aiomend.facts.view import Module
from aiomend.model import Impact, Safety
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Replace
from aiomend.rules.rule import Fix, Rule

if TYPE_CHECKING:
    import libcst as cst


class UnchainedTasks(Rule):
    """Wait for each step before the next one begins.

    A coroutine that starts tasks and does not wait for them says nothing about their order: each runs until its first wait,
    then they take turns, and when the loop stops the rest is never done. Where an order was meant, each step has to be
    waited for.

    An order is meant only on evidence, which the message names and whose places the report lists: the coroutine stops the
    loop, or is the main program and returns, with no wait but a fixed sleep; later code or a later task reads what an
    earlier one writes; the names are the steps of a life cycle of one thing (open, write, close). A fix is offered only where every
    step is known and provably ends, because waiting for what never ends hangs the program.

    Before:

    ```python
    import asyncio

    async def fetch():
        await asyncio.sleep(2)

    async def report():
        await asyncio.sleep(1)

    async def main():
        asyncio.ensure_future(fetch())
        asyncio.ensure_future(report())
        await asyncio.sleep(2)

    asyncio.run(main())
    ```

    After:

    ```python
    import asyncio

    async def fetch():
        await asyncio.sleep(2)

    async def report():
        await asyncio.sleep(1)

    async def main():
        await fetch()
        await report()
        await asyncio.sleep(2)

    asyncio.run(main())
    ```

    `chain = "task"` in the configuration writes `await asyncio.ensure_future(fetch())` instead.

    Fix safety: unsafe. The steps no longer overlap, the coroutine takes as long as all of them together, an exception of a
    step ends it (before a `loop.stop()` behind it, too), and a cancellation reaches the step that it waits for.

    Who owns a task: with evidence, or with a sign of order that cannot be proved, this rule owns the tasks and AIO901 leaves
    them alone, because keeping them would hide that nobody waits for them. Tasks without any sign of order are AIO901's;
    `chain-without-evidence = true` gives this rule those whose every step provably ends.

    Silent when one of the tasks is background work: an endless loop, a name such as `read_loop`, `serve_forever` or
    `heartbeat`; when one function is started several times, which are workers side by side; in loops, plain functions and
    tests; when the tasks are stored, gathered, passed on or awaited.
    """

    code = "AIO801"
    name = "unchained-tasks"
    safety = Safety.UNSAFE
    impact = Impact.BUG
    triggers = tasks.WORDS
    context = frozenset({"async", "coroutine"})
    suspends = True

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the groups of tasks that have to be chained."""
        if module.other_framework:
            return  # another framework decides what runs when
        for chain in chains(module):
            if chain.doubt:
                yield self.manual(
                    module, chain.tasks[0].call, _message(module, chain), chain.doubt, evidence=chain.evidence
                )
            else:
                yield self._chained(module, chain)

    def _chained(self, module: Module, chain: Chain) -> Fix:
        colour = module.colour_at(chain.tasks[0].call)
        awaited = _awaited_task if module.settings.chain == "task" else _awaited_coroutine
        edits = [Replace(task.call, functools.partial(awaited, colour=colour)) for task in chain.tasks]
        stop = _stop_behind(module, chain)
        reason = f"an exception of a step would end it before `{module.phrase(stop)}`" if stop is not None else None
        message = _message(module, chain)
        return self.fix(module, chain.tasks[0].call, message, *edits, evidence=chain.evidence, reason=reason)


def _stop_behind(module: Module, chain: Chain) -> ast.Call | None:
    """Return what stops the loop behind the steps, in no `finally`: up to now it is reached whatever becomes of them."""
    last = chain.tasks[-1].call
    for node in own_nodes(module.facts.function_at(last) or module.tree):
        match node:
            case ast.Call(func=ast.Attribute(value=loop, attr="stop")) if node.lineno > last.lineno:
                around = [one for one in module.facts.ancestors(node) if isinstance(one, (ast.Try, ast.TryStar))]
                statement = module.facts.statement(node)
                if module.is_loop(loop) and not any(statement in one.finalbody for one in around):
                    return node
            case _:
                pass  # stops nothing
    return None


def _awaited_coroutine(node: cst.BaseExpression, colour: Colour) -> cst.BaseExpression:
    return syntax.awaited(syntax.coroutine_argument(node), colour)


def _awaited_task(node: cst.BaseExpression, colour: Colour) -> cst.BaseExpression:
    return syntax.awaited(node, colour)


def _message(module: Module, chain: Chain) -> str:
    steps = [_step(module, task.coroutine) for task in chain.tasks]
    if len(steps) == 1:
        return f"nobody waits for {steps[0]}, although {chain.sign}"
    listed = f"{', '.join(steps[:-1])} and {steps[-1]}"
    return f"{listed} run side by side and nobody waits for them, although {chain.sign}"


def _step(module: Module, coroutine: ast.expr | None) -> str:
    match coroutine:
        case ast.Call(func=func):
            return f"`{module.text(func)}()`"
        case ast.expr():
            return f"`{module.text(coroutine)}`"
        case _:
            return "a task"
