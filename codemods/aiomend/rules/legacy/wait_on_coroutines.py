"""AIO008: asyncio.wait() on coroutines."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from aiomend.facts.patched import is_looked_at
from aiomend.facts.version_branches import is_version_branch
from aiomend.facts.view import Module
from aiomend.facts.waited import CURRENT, Waiting, told_apart, waitings
from aiomend.model import Evidence, Impact, Safety
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Edit, Need, Replace
from aiomend.rules.legacy.succession import successor
from aiomend.rules.rule import Fix, Rule, imports_of

if TYPE_CHECKING:
    import libcst as cst

_FORBIDDEN = (3, 11)


class WaitOnCoroutines(Rule):
    """Give `asyncio.wait()` tasks, not coroutines.

    Up to Python 3.10 `asyncio.wait()` made tasks of the coroutines that it was given; since 3.11 it raises TypeError. The
    sets that it returns hold those tasks, so that code could not find its coroutines in them anyway.

    Before:

    ```python
    import asyncio

    async def fetch(path):
        await asyncio.sleep(1)

    async def fetch_all():
        await asyncio.wait([fetch("a"), fetch("b")])
    ```

    After:

    ```python
    import asyncio

    async def fetch(path):
        await asyncio.sleep(1)

    async def fetch_all():
        await asyncio.wait(
            [asyncio.create_task(fetch("a")), asyncio.create_task(fetch("b"))]
        )
    ```

    What is written where it is waited for is `asyncio.create_task()`, and `asyncio.ensure_future()` below Python 3.7 and
    for what may be a future already. A list that was built elsewhere becomes tasks where it is waited for. Outside of a
    coroutine the loop that runs the call makes the tasks.

    Fix safety: safe where the call is waited for on the spot: the same tasks are made at the same time. Unsafe where it is
    handed on, since they begin earlier then, where a test puts something in the place of `wait`, and where only the name of a method of the project says that it makes coroutines. For a person where the code looks for a coroutine in the sets that come back.

    Silent when the target range ends below 3.11, where nothing among what is waited for is known to be a coroutine, and
    under a test of the version.
    """

    code = "AIO008"
    name = "wait-on-coroutines"
    safety = Safety.SAFE
    impact = Impact.BUG
    triggers = frozenset({"wait"})
    context = frozenset({"asyncio"})

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the calls of asyncio.wait() that are given coroutines."""
        if not module.settings.target.reaches(_FORBIDDEN):
            return  # every version takes them
        for waiting in waitings(module):
            if is_version_branch(module.facts, waiting.call):
                continue  # meant for old versions
            yield self._fix(module, waiting)

    def _fix(self, module: Module, waiting: Waiting) -> Fix:
        written = module.text(waiting.call.func)
        message = f"`{written}()` takes no coroutines since Python 3.11: it is given tasks of them"
        if (test := told_apart(module, waiting)) is not None:
            reason = f"`{module.text(test)}` looks for a coroutine among tasks: make the task first, and give it a name"
            evidence = (Evidence(module.path, test.lineno, "here the coroutine is looked for"),)
            return self.manual(module, waiting.call, message, reason, evidence)
        if waiting.maker is None:
            return self.manual(module, waiting.call, message, "no loop is known to run here that could make the tasks")
        edits, needs = _edits(module, waiting)
        if waiting.guessed is not None:
            reason = f"only its name says that `{module.text(waiting.guessed)}` gives a coroutine"
            return self.fix(module, waiting.call, message, *edits, safety=Safety.UNSAFE, needs=needs, reason=reason)
        if is_looked_at(module, "wait"):
            reason = "a test puts something in the place of `wait`, and may look for what it is given"
            return self.fix(module, waiting.call, message, *edits, safety=Safety.UNSAFE, needs=needs, reason=reason)
        if waiting.is_immediate:
            return self.fix(module, waiting.call, message, *edits, needs=needs)
        reason = "the tasks begin where the call stands, and not where it is waited for"
        return self.fix(module, waiting.call, message, *edits, safety=Safety.UNSAFE, needs=needs, reason=reason)


def _edits(module: Module, waiting: Waiting) -> tuple[list[Edit], tuple[Need, ...]]:
    edits: list[Edit] = []
    needs: list[Need] = []
    for item in waiting.items:
        function, loop = _maker(module, waiting, needs, is_certain=item.is_coroutine)
        edits.append(Replace(item.node, partial(_task_of, function=function, loop=loop)))
    if waiting.whole is not None:
        function, loop = _maker(module, waiting, needs, is_certain=False)
        name = next(one for one in _names() if module.is_free(one, waiting.call))
        edits.append(Replace(waiting.whole, partial(syntax.each_of, function=function, name=name, loop=loop)))
    return edits, tuple(dict.fromkeys(needs))


def _task_of(node: cst.BaseExpression, function: str, loop: str | None) -> cst.BaseExpression:
    made = syntax.call(function, node)
    return made if loop is None else syntax.with_keyword(made, "loop", loop)


def _names() -> Iterator[str]:
    yield from ("coro", "one", "each")
    yield from (f"coro{number}" for number in range(2, 100))


def _maker(module: Module, waiting: Waiting, needs: list[Need], *, is_certain: bool) -> tuple[str, str | None]:
    """Return the function that makes a task and the loop that it has to be told, and note the import that it needs."""
    loop = waiting.maker if waiting.maker not in ("", CURRENT) else None
    if loop is not None and is_certain:
        return f"{loop}.create_task", None
    is_native = is_certain and module.settings.target.all_at_least((3, 7)) and waiting.maker == ""
    spelling = successor(module, waiting.call.func, "create_task" if is_native else "ensure_future")
    needs += imports_of(spelling)
    return spelling.text, loop
