"""AIO405: an event loop is run inside the running one."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set

from aiomend.facts.constants import is_dead
from aiomend.facts.flow import caught_around, is_simple
from aiomend.facts.loops import Origin, origin
from aiomend.facts.module import Colour
from aiomend.facts.quiet import RUNS
from aiomend.facts.scopes import last_name
from aiomend.facts.suspension import is_awaited, is_test_code, obstacle
from aiomend.facts.thread_accounts import Where
from aiomend.facts.view import Module
from aiomend.model import Impact, Safety
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Replace
from aiomend.rules.rule import Fix, Rule

_RUNNERS = frozenset({"asyncio.run", "asyncio.Runner.run"})
_COROUTINE = frozenset({"future", "main"})  #: how the runners call what they run
_NESTING = frozenset({"nest_asyncio", "nest_asyncio2"})


class LoopInLoop(Rule):
    """Await a coroutine in a coroutine; an event loop cannot be run inside a running one.

    `asyncio.run()` and `loop.run_until_complete()` in a coroutine raise RuntimeError, and what they were to run never runs.
    The coroutine can simply be awaited: the loop that runs this one runs it too.

    Before:

    ```python
    import asyncio

    async def report(fetch):
        pages = asyncio.run(fetch("/pages"))
        loop = asyncio.get_running_loop()
        return pages, loop.run_until_complete(fetch("/users"))
    ```

    After:

    ```python
    import asyncio

    async def report(fetch):
        pages = await fetch("/pages")
        loop = asyncio.get_running_loop()
        return pages, await fetch("/users")
    ```

    Fix safety: unsafe. Code that never worked begins to run, and other tasks run meanwhile. The finding is for a person where
    the loop was made for this (what makes and closes it has to go too), where options are given, for `run_forever()`, where
    the place takes no suspension point (a held threading lock), and in tests, which may expect the error.

    Silent when `nest_asyncio` is used anywhere in the project, when the error is caught by name (`except RuntimeError`),
    in nested plain functions, which may run in a thread of their own, when the receiver is not known to be an event loop and
    not called one, and in files of another async framework.
    """

    code = "AIO405"
    name = "loop-in-loop"
    safety = Safety.UNSAFE
    impact = Impact.BUG
    triggers = frozenset({"run", "run_until_complete", "run_forever"})
    context = frozenset({"async", "coroutine"})
    suspends = True

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the runs of a loop in coroutines."""
        if module.other_framework:
            return  # another loop than asyncio's may be the running one
        runners = set(module.calls(*_RUNNERS))
        for call in module.facts.calls:
            if not _runs_loop(module, call, runners):
                continue  # another `run`
            colour = module.colour_at(call)
            if colour is Colour.SYNC or module.where(call) is Where.THREAD:
                continue  # no loop runs in this thread, as far as can be seen
            if is_awaited(module, call) or is_dead(module.inference, module.facts, call):
                continue  # it is something else when it runs, or never does
            if _is_expected(module, call):
                continue  # the code knows that it fails
            if any(module.inference.project.files_mentioning(name) != () for name in _NESTING):
                continue  # it lets a loop run in a loop
            yield self._fix(module, call, colour)

    def _fix(self, module: Module, call: ast.Call, colour: Colour) -> Fix:
        # where the loop comes from a call, another fix may write that anew: the method alone says it
        written = module.text(call.func) if is_simple(call.func) else last_name(call.func)
        what = f"`{written}()` raises RuntimeError in a coroutine: a loop runs already"
        if (reason := _misfit(module, call, colour)) is not None:
            return self.manual(module, call, what, reason)
        edit = Replace(call, lambda node: syntax.awaited(syntax.first_argument(node), colour))
        return self.fix(module, call, f"{what}; the coroutine can be awaited", edit)


def _runs_loop(module: Module, call: ast.Call, runners: Set[ast.Call]) -> bool:
    if isinstance(call.func, ast.Attribute) and call.func.attr in RUNS:
        return module.is_loop(call.func.value)
    return call in runners and isinstance(call.func, (ast.Attribute, ast.Name))


def _is_expected(module: Module, call: ast.Call) -> bool:
    caught = caught_around(module.facts, call)
    return any(kind is not None and module.name_of(kind) == "RuntimeError" for kind in caught)


def _misfit(module: Module, call: ast.Call, colour: Colour) -> str | None:
    if isinstance(call.func, ast.Attribute) and call.func.attr == "run_forever":
        return "the loop runs without it: await what is to keep this coroutine from ending, such as an event"
    given = [*call.args, *call.keywords]
    if len(given) != 1 or isinstance(given[0], ast.Starred) or getattr(given[0], "arg", "main") not in _COROUTINE:
        return "what it is given is more than a coroutine"
    if isinstance(call.func, ast.Attribute) and call.func.attr != "run":
        receiver = call.func.value
        if any(_makes_loop(module, one) for one in [receiver, *_assigned(module, receiver)]):
            return "a loop is made for it: what makes, sets and closes that has to go too"
    if module.name_of(call.func) == "asyncio.Runner.run":
        return "a runner is made for it, which has to go too"
    if (reason := obstacle(module, call, colour)) is not None:
        return reason
    if is_test_code(module):
        return "a test may expect the error"
    return None


def _makes_loop(module: Module, node: ast.expr) -> bool:
    return origin(module.inference, module.facts, node) is Origin.MADE


def _assigned(module: Module, receiver: ast.expr) -> list[ast.expr]:
    """What the name of a loop was assigned, where it is a name."""
    home = module.facts.scope_at(receiver).find(receiver.id) if isinstance(receiver, ast.Name) else None
    return [one.value for one in home[1] if one.value is not None] if home is not None else []
