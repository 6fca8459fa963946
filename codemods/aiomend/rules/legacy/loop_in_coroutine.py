"""AIO006: get_event_loop() in a coroutine."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.destroyed import runs_when_destroyed
from aiomend.facts.driven_by_hand import doubt_of_loop, drives_by_hand
from aiomend.facts.module import Colour
from aiomend.facts.patched import is_patched
from aiomend.facts.scopes import FUNCTIONS
from aiomend.facts.version_branches import is_version_branch
from aiomend.facts.view import Module
from aiomend.model import Impact, Safety
from aiomend.rewriting.edits import Replace
from aiomend.rules.legacy.succession import successor, written_as
from aiomend.rules.rule import Fix, Rule, imports_of


class LoopInCoroutine(Rule):
    """Ask for the running loop by its name in a coroutine.

    In a coroutine `asyncio.get_event_loop()` gives the running loop. Elsewhere it gives, and made up to Python 3.13, the
    current loop of the thread, which is another matter: since 3.7 `asyncio.get_running_loop()` says which one is meant,
    and is an error where no loop runs.

    Before:

    ```python
    import asyncio

    async def read(path):
        loop = asyncio.get_event_loop()
        return await loop.run_in_executor(None, path.read_text)
    ```

    After:

    ```python
    import asyncio

    async def read(path):
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, path.read_text)
    ```

    Fix safety: safe. The call runs while the coroutine runs, and both functions give the same loop then. Unsafe in a
    `finally`, a bare `except`, and one of BaseException or GeneratorExit, behind an `await` in their `try`, and in an
    `__aexit__()`: a coroutine that is destroyed while it waits runs those as well, and no loop may be running then. Unsafe also in
    a project another file of which may begin coroutines without a loop: by `coroutine.send(None)`, or as Twisted does.

    Silent when the target range begins below 3.7; in plain functions, lambdas, class bodies, generator expressions and the
    defaults of the coroutine itself, which may run without a loop; under a test of the version; in generators under
    `@types.coroutine` and in files that drive coroutines by hand, or that are written for another async framework;
    where the loop is asked whether it runs; and in projects that put something else in the place of `get_event_loop`, as tests do.
    """

    code = "AIO006"
    name = "loop-in-coroutine"
    safety = Safety.SAFE
    impact = Impact.TIDY
    triggers = frozenset({"get_event_loop"})
    context = frozenset({"async", "coroutine"})

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the calls of get_event_loop() that run in a coroutine."""
        if not module.settings.target.all_at_least((3, 7)) or module.other_framework or drives_by_hand(module.facts):
            return  # there is no such function, or nobody knows which loop runs
        calls = [call for call in module.calls("asyncio.get_event_loop") if _runs_in_coroutine(module, call)]
        if not calls or is_patched(module, "get_event_loop"):
            return  # tests would lose their hold on it
        driven = doubt_of_loop(module)
        for call in calls:
            if call.args or call.keywords or is_version_branch(module.facts, call):
                continue  # it raises, or is meant for one version
            if _is_asked_whether_it_runs(module, call):
                continue  # the author reckons with a coroutine that no loop runs
            spelling = successor(module, call.func, "get_running_loop")
            message = f"`{module.call_phrase(call)}` in a coroutine gives the running loop: `{spelling.text}()` says so"
            edit = Replace(call.func, written_as(spelling.text))
            doubt = _doubt(module, call) or driven
            level = Safety.SAFE if doubt is None else Safety.UNSAFE
            yield self.fix(module, call, message, edit, safety=level, needs=imports_of(spelling), reason=doubt)


def _doubt(module: Module, call: ast.Call) -> str | None:
    """Return why the call may run without a loop; None where it cannot."""
    block = runs_when_destroyed(module, call)
    return (
        f"{block} also runs when the coroutine is destroyed, and without a running loop it raises then"
        if block
        else None
    )


def _runs_in_coroutine(module: Module, call: ast.Call) -> bool:
    if any(isinstance(parent, ast.arguments) for parent in module.facts.ancestors(call)):
        return False  # a default: a part of a signature
    match module.colour_at(call):
        case Colour.AWAIT:
            return True
        case Colour.YIELD_FROM:
            function = module.facts.function_at(call)
            if not isinstance(function, FUNCTIONS):
                return False
            decorator = module.inference.coroutine_decorator(module.facts, function)
            return decorator is not None and module.name_of(decorator) == "asyncio.coroutine"
        case _:
            return False


def _is_asked_whether_it_runs(module: Module, call: ast.Call) -> bool:
    """True for `get_event_loop().is_running()`, also by way of a name."""
    parent = module.facts.parents[call]
    if isinstance(parent, ast.Attribute):
        return parent.attr == "is_running"
    names = {one.id for one in getattr(parent, "targets", ()) if isinstance(one, ast.Name)}
    asked = (asked.value for _, asked in module.method_calls("is_running"))
    function = module.facts.function_at(call)
    return any(
        isinstance(one, ast.Name) and one.id in names and module.facts.function_at(one) is function for one in asked
    )
