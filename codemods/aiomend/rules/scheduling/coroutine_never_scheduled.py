"""AIO601: a coroutine that is made and never run."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from aiomend.facts.chains import owned_chain
from aiomend.facts.coroutine_places import Place, place_of
from aiomend.facts.endings import Endings
from aiomend.facts.forgotten import Forgotten, forgotten_coroutines, is_excused
from aiomend.facts.hints import hint
from aiomend.facts.module import Colour
from aiomend.facts.suspension import is_test_code
from aiomend.facts.view import Module
from aiomend.model import Impact, Safety
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Replace
from aiomend.rewriting.task_helpers import task_helpers
from aiomend.rules.rule import Fix, Rule, imports_of
from aiomend.rules.scheduling.reasons import doubt, evidence_of, not_to_await, nothing_to_wait_with
from aiomend.rules.scheduling.running import running


class CoroutineNeverScheduled(Rule):
    """Run every coroutine that is made.

    Calling a coroutine function runs none of its body: it makes a coroutine, which has to be awaited or made a task. A
    statement that comes out as such a call throws the coroutine away ("coroutine 'greet' was never awaited"; one of
    `@asyncio.coroutine` "was never yielded from", in debug mode only). In a coroutine it is awaited; in a plain function
    that the event loop calls it becomes a task, which a helper keeps until it is done; at the level of a program it is run.

    Before:

    ```python
    import asyncio

    async def greet():
        await asyncio.sleep(1)

    async def main():
        greet()
    ```

    After:

    ```python
    import asyncio

    async def greet():
        await asyncio.sleep(1)

    async def main():
        await greet()
    ```

    Fix safety: unsafe. Code starts to run that never ran, its exceptions arrive, and the coroutine around waits for it. The
    finding is for a person where nothing says that an event loop runs (a plain function would have to become a coroutine
    function, and so would its callers), where a threading lock is held, where the coroutine is meant to run beside the
    rest, where it leads back to the function around or takes a lock that is held there, where only the callers in the project
    say what is called, and at the level of a module that others import or that runs a loop already.

    Several calls of one object's methods in one block of such a function are steps that have their order: as tasks they would
    run side by side, so that there is no fix.

    A callback that is annotated to give something to await counts too where a coroutine drops that. Elsewhere an annotation
    says too little: what can be awaited may be a future, which runs by itself.

    A statement in a coroutine that calls something of which nothing is known is a finding for a person too, outside of tests,
    where something hints at a coroutine: another place awaits the same, gathers it, or hands it to a parameter for something
    to await; all of the project's methods of its name are coroutine functions, a name of two words or more, and the file's
    imports lead to one; it is a coroutine function of the project or something unknown; or nothing else can be meant by the
    `asyncio.timeout()` around it. It is none where some place keeps what the call gives, or where the name says that it begins something
    (`create_task`, `submit_job`): that may give a future, which is often dropped on purpose.

    Silent when something else is known to be called: an override that is a plain function, a name that is bound to one too;
    and under a decorator of which nothing is known. Silent too when a function calls itself (waiting for that would never
    end), when the function around asks `iscoroutinefunction()` or the like, in a test block that expects an exception or a
    warning, in a test whose filters ignore the warning, that asks for warnings, collects garbage, has put something in the
    place of the function or says in a comment that the coroutine is never awaited, under `TYPE_CHECKING`, and in files of
    another async framework. A coroutine that is bound, returned or passed on is no statement of this kind; what a lambda
    returns to the event loop is.
    """

    code = "AIO601"
    name = "coroutine-never-scheduled"
    safety = Safety.UNSAFE
    impact = Impact.BUG
    triggers = frozenset({"async", "coroutine"})
    wants_coroutines = True
    suspends = True

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the statements of a file that only make a coroutine."""
        if module.other_framework:
            return  # its coroutines are run in ways of its own
        endings = Endings(module)
        forgotten = list(forgotten_coroutines(module))
        for found in forgotten:
            if owned_chain(module, found) is not None:
                continue  # AIO604's, which is selected
            if module.thread_at(found.call) is not None:
                continue  # made in another thread: AIO303 owns it
            yield self._fix(module, found, endings, forgotten)
        if not is_test_code(module):  # what stands in for things there is awaited or not, as it likes
            yield from self._hinted(module)

    def _hinted(self, module: Module) -> Iterator[Fix]:
        for call in module.facts.calls:
            found = hint(module.inference, module.facts, call)
            if found is None or is_excused(module, call) or module.thread_at(call) is not None:
                continue  # something is known of it, or this is meant
            yield self.manual(
                module, call, f"`{module.call_phrase(call)}` {found.problem}", found.doubt, (found.evidence,)
            )

    def _fix(self, module: Module, found: Forgotten, endings: Endings, forgotten: Sequence[Forgotten]) -> Fix:
        place = place_of(module, found.call)
        problem = _what(module, found)
        if (reason := doubt(module, found, place)) is not None:
            return self.manual(module, found.call, problem, reason, evidence_of(found))
        match place:
            case Place.COROUTINE:
                return self._awaited(module, found, endings)
            case Place.LOOP:
                return self._kept(module, found, forgotten)
            case Place.PROGRAM:
                return self._run(module, found, is_only=len(forgotten) == 1)
            case _:
                reason = nothing_to_wait_with(module, found.call, place)
        return self.manual(module, found.call, problem, reason, evidence_of(found))

    def _awaited(self, module: Module, found: Forgotten, endings: Endings) -> Fix:
        call, colour = found.call, module.colour_at(found.call)
        problem = _what(module, found)
        if (reason := not_to_await(module, found, endings)) is not None:
            return self.manual(module, call, problem, reason, evidence_of(found))
        word = "await" if colour is Colour.AWAIT else "yield from"
        return self.fix(
            module,
            call,
            f"{problem}; `{word}` {'waits for' if found.is_promise else 'runs'} it",
            Replace(call, lambda node: syntax.awaited(node, colour)),
            evidence=evidence_of(found),
        )

    def _kept(self, module: Module, found: Forgotten, forgotten: Sequence[Forgotten]) -> Fix:
        call = found.call
        if (step := _another_step(module, call, forgotten)) is not None:
            reason = (
                f"it is one of several steps, with `{module.call_phrase(step)}` in line {step.lineno}, and tasks of them would"
                " run side by side: wait for each in an `async def`"
            )
            return self.manual(module, call, _what(module, found), reason, evidence_of(found))
        helpers = task_helpers(module)
        schedule = module.spell("asyncio", "ensure_future", call)
        problem = _what(module, found)
        return self.fix(
            module,
            call,
            f"{problem}; as a task that `{helpers.keep}()` holds, it runs in the loop that calls this function",
            Replace(call, lambda node: syntax.call(helpers.keep, syntax.call(schedule.text, node))),
            needs=(*helpers.keep_needs, *imports_of(schedule)),
            evidence=evidence_of(found),
        )

    def _run(self, module: Module, found: Forgotten, *, is_only: bool) -> Fix:
        call = found.call
        problem = _what(module, found)
        way = running(module, call, is_only=is_only)
        if isinstance(way, str):
            return self.manual(module, call, problem, way, evidence_of(found))
        message = f"{problem}; `{way.how}` runs it"
        return self.fix(module, call, message, *way.edits, needs=way.needs, evidence=evidence_of(found))


def _another_step(module: Module, call: ast.Call, forgotten: Sequence[Forgotten]) -> ast.Call | None:
    """Return another forgotten call of the same object's methods in the same block: one of two steps, in this order."""
    facts = module.facts
    statement = facts.statement(call)
    if not isinstance(call.func, ast.Attribute) or facts.parents[call] is not statement:
        return None
    block, receiver = facts.block(statement), ast.dump(call.func.value)
    for other in (one.call for one in forgotten):
        if other is call or not isinstance(other.func, ast.Attribute) or facts.parents[other] not in block:
            continue  # it runs elsewhere, or under a condition
        if ast.dump(other.func.value) == receiver:
            return other
    return None


def _what(module: Module, found: Forgotten) -> str:
    if found.is_promise:
        return f"`{module.call_phrase(found.call)}` gives something to await, which nobody awaits"
    return f"`{module.call_phrase(found.call)}` only makes a coroutine, which nobody runs"
