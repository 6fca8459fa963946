"""AIO602: a coroutine that is taken for its result."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from aiomend.facts.coroutine_places import Place, place_of
from aiomend.facts.endings import Endings
from aiomend.facts.misused_coroutines import Misused, misused_coroutines
from aiomend.facts.module import Colour
from aiomend.facts.shared_state import split_update
from aiomend.facts.view import Module
from aiomend.model import Evidence, Impact, Safety
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Replace
from aiomend.rules.rule import Fix, Rule, imports_of
from aiomend.rules.scheduling.reasons import doubt, evidence_of, not_to_await, not_to_run, nothing_to_wait_with

#: Names for what runs beside the rest.
_BESIDE = re.compile(r"(?:^|_)(?:a?task|fut|future|coro|coroutine|job|handle|awaitable)s?\d*$", re.IGNORECASE)


class CoroutineAsValue(Rule):
    """Await the coroutine whose result is wanted.

    Without `await`, a call of a coroutine function gives a coroutine, whatever the function returns: it is always true, its
    text is `<coroutine object …>`, it has no attributes, items or operators of the result, and nothing of the function has
    run. The finding is a coroutine in a test, a comparison, a calculation, a loop, a `with`, an unpacking or a text, one
    whose attributes or items are asked for, one that is given to a function such as `len()`, `any()` or `print()`, and a
    local name that is bound to one and only used like this, or not at all.

    Before:

    ```python
    import asyncio

    async def is_open(door):
        await asyncio.sleep(1)
        return door.free

    async def enter(door):
        if is_open(door):
            print("welcome")
    ```

    After:

    ```python
    import asyncio

    async def is_open(door):
        await asyncio.sleep(1)
        return door.free

    async def enter(door):
        if await is_open(door):
            print("welcome")
    ```

    Fix safety: unsafe. Code starts to run that never ran, its exceptions arrive, the coroutine around waits for it, and tests
    come out differently. The finding is for a person where nothing can be awaited: in a plain function, a lambda, a generator
    expression, or in what `__init__()`, `__bool__()`, a setter and the like return. So it is where a threading lock is held,
    where something is added to an attribute (it would be read before the wait and written after it), where a name says that a
    task was meant or is handed on as well, and where only the callers in the project say what is called.

    Silent when something else may be called, like AIO601: a decorator of which nothing is known, an override that is a plain
    function, a name that may be bound to something else, such as None. Silent when the function around asks `iscoroutine()`
    or the like, when it calls itself, in tests that expect an exception or a warning. What belongs to the coroutine itself is
    no finding: `close()`, `send()`, `throw()`, `cr_frame` and its like, whether it is the same object as another; nor is a
    coroutine that is passed on, stored or returned.
    """

    code = "AIO602"
    name = "coroutine-as-value"
    safety = Safety.UNSAFE
    impact = Impact.BUG
    triggers = frozenset({"async", "coroutine"})
    wants_coroutines = True
    suspends = True

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the calls of a file whose coroutine is taken for its result."""
        if module.other_framework:
            return  # its coroutines are run in ways of its own
        endings = Endings(module)
        for misused in misused_coroutines(module):
            if module.thread_at(misused.found.call) is not None:
                continue  # made in another thread: AIO303 owns it
            yield self._fix(module, misused, endings)

    def _fix(self, module: Module, misused: Misused, endings: Endings) -> Fix:
        found, call = misused.found, misused.found.call
        place = place_of(module, call)
        problem = _what(module, misused)
        evidence = (*evidence_of(found), *_uses(module, misused))
        reason = doubt(module, found, place) or _meant(module, misused)
        if reason is not None:
            return self.manual(module, call, problem, reason, evidence)
        if place is Place.COROUTINE:
            colour = module.colour_at(call)
            reason = not_to_await(module, found, endings) or _torn(module, call)
            if reason is None:
                word = "await" if colour is Colour.AWAIT else "yield from"
                edit = Replace(call, lambda node: syntax.awaited(node, colour))
                return self.fix(module, call, f"{problem}; `{word}` gives its result", edit, evidence=evidence)
        elif place is Place.PROGRAM and module.settings.target.all_at_least((3, 7)):
            run = module.spell("asyncio", "run", call)
            reason = not_to_run(module, call, run)
            if misused.lasts:
                reason = "the loop of `asyncio.run()` is closed when its result is used: this belongs into a coroutine"
            if reason is None:
                edit = Replace(call, lambda node: syntax.call(run.text, node))
                message = f"{problem}; `{run.text}()` gives its result"
                return self.fix(module, call, message, edit, needs=imports_of(run), evidence=evidence)
        elif place is Place.PROGRAM:
            reason = "before Python 3.7 a loop has to run it, which only a person knows where to begin and to end"
        else:
            reason = nothing_to_wait_with(module, call, place)
        return self.manual(module, call, problem, reason, evidence)


def _what(module: Module, misused: Misused) -> str:
    made = f"`{module.call_phrase(misused.found.call)}` gives a coroutine"
    held = f", `{misused.name}`" if misused.name and misused.uses else ""
    return f"{made}{held}, {misused.says}"


def _meant(module: Module, misused: Misused) -> str | None:
    """Return why something else than the result may be wanted; None where nothing says so."""
    if misused.doubt:
        return misused.doubt
    if misused.name and not misused.uses and _BESIDE.search(misused.name):
        return f"the name `{misused.name}` says that it may have been meant to run beside the rest"
    return None


def _torn(module: Module, call: ast.Call) -> str | None:
    """Return why waiting in the middle of a statement would change what it means; None where it does not."""
    race = split_update(module, call)
    if race is None:
        return None
    return f"`{module.text(race.written)}` would be read before the wait and written after it: bind the result to a name above"


def _uses(module: Module, misused: Misused) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(module.path, use.lineno, f"`{misused.name}` is taken for the result here") for use in misused.uses
    )
