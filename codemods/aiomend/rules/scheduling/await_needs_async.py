"""AIO604: a coroutine that is dropped by a plain function which, with its callers, could become a coroutine function."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from aiomend.facts.chains import Caller, Chain, evidence_of, owned_chain
from aiomend.facts.forgotten import Forgotten, forgotten_coroutines
from aiomend.facts.module import Colour
from aiomend.facts.scopes import FunctionNode
from aiomend.facts.view import Module
from aiomend.model import Impact, Safety
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Edit, Need, Replace, Wrap
from aiomend.rules.rule import Fix, Part, Rule
from aiomend.rules.scheduling.running import running

if TYPE_CHECKING:
    import libcst as cst


class AwaitNeedsAsync(Rule):
    """Make a plain function that drops a coroutine a coroutine function, with all of its callers.

    To wait for a coroutine takes `await`, which only a coroutine function can say. A plain function that calls one and drops
    what it made has to become `async def`, every call of it an `await`, and so on up to callers that are coroutine functions
    already, or to the program, which runs the whole. The finding shows that chain, place by place. The fix is one for all
    files: it is applied to every function of the chain or to none. It runs only when its own code is selected; AIO601 leaves
    these places to it then.

    Before:

    ```python
    import asyncio

    async def greet(name):
        await asyncio.sleep(0)
        print("hello", name)

    def welcome(names):
        for name in names:
            greet(name)

    if __name__ == "__main__":
        welcome(["Ada", "Grace"])
    ```

    After:

    ```python
    import asyncio

    async def greet(name):
        await asyncio.sleep(0)
        print("hello", name)

    async def welcome(names):
        for name in names:
            await greet(name)

    if __name__ == "__main__":
        asyncio.run(welcome(["Ada", "Grace"]))
    ```

    Fix safety: unsafe. Code starts to run that never ran, and every function of the chain can be interrupted where it waits.
    The finding is for a person, with the place where the chain breaks, where a function of it is handed on as a value (a
    callback, the target of a thread, an argument of `map()`), is decorated with what is not known, overrides a method or is
    overridden, is a generator, a property, a special method or a test of which nothing says that its runner awaits it;
    where it is called in a lambda, a comprehension, the body of a class or on an object of which nothing is known; where it
    is public in a package, so that code outside of the project may call it; and where nobody calls it.

    Silent when a loop is known to run and the chain is not complete: there AIO601 makes a task of the coroutine. Silent too
    where AIO601 is: in recursions, where an exception is expected, under `TYPE_CHECKING`.
    """

    code = "AIO604"
    name = "await-needs-async"
    safety = Safety.UNSAFE
    impact = Impact.BUG
    triggers = frozenset({"async", "coroutine"})
    wants_coroutines = True
    opt_in = True
    suspends = True
    recolours = True

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the coroutines that plain functions of a file drop."""
        for found in forgotten_coroutines(module):
            chain = owned_chain(module, found)
            if chain is not None:
                yield self._fix(module, found, chain)

    def _fix(self, module: Module, found: Forgotten, chain: Chain) -> Fix:
        name = chain.links[0].function.name
        problem = f"`{module.call_phrase(found.call)}` only makes a coroutine, which nobody runs"
        made = _parts(module, found, chain) if chain.reason is None else chain.reason
        evidence = evidence_of(chain, found)
        if isinstance(made, str):
            who = f"`{name}()` and its callers" if chain.steps else f"`{name}()`"
            what = "coroutine functions" if chain.steps else "a coroutine function"
            message = f"{problem}: to await it, {who} would have to be {what}"
            return self.manual(module, found.call, message, made, evidence)
        more = len(chain.links) - 1
        callers = f" and {more} that lead{'s' if more == 1 else ''} to it" if more else ""
        become = "become coroutine functions" if more else "becomes a coroutine function"
        return self.joint(module, found.call, f"{problem}; `{name}()`{callers} {become}", made, evidence)


def _parts(module: Module, found: Forgotten, chain: Chain) -> tuple[Part, ...] | str:
    """Return what the chain changes in each file, or why only a person can say how the program runs it."""
    edits: dict[str, list[Edit]] = defaultdict(list)
    needs: dict[str, list[Need]] = defaultdict(list)
    functions: dict[str, list[FunctionNode]] = defaultdict(list)
    modules = {module.path: module}
    edits[module.path].append(Replace(found.call, _awaited))
    for link in chain.links:
        modules[link.module.path] = link.module
        functions[link.module.path].append(link.function)
        edits[link.module.path].append(Wrap((link.function,), _asynchronous))
    for step in chain.steps:
        path = step.module.path
        modules.setdefault(path, step.module)
        match step.caller:
            case Caller.PLAIN:
                edits[path].append(Replace(step.call, _awaited))
            case Caller.COROUTINE:
                native = step.module.colour_at(step.call) is Colour.AWAIT
                edits[path].append(Replace(step.call, _awaited if native else _yielded_from))
            case Caller.PROGRAM:
                way = running(step.module, step.call, is_only=True)
                if isinstance(way, str):
                    return f"{path}:{step.call.lineno}: {way}"
                edits[path] += way.edits
                needs[path] += way.needs
            case Caller.WAITS:
                pass  # it says `await` already
    return tuple(
        Part(modules[path].facts, tuple(edits[path]), tuple(needs[path]), tuple(functions[path])) for path in edits
    )


# Functions with names: edits of several fixes that do the same at one place are one edit.


def _awaited(node: cst.BaseExpression) -> cst.BaseExpression:
    return syntax.awaited(node, Colour.AWAIT)


def _yielded_from(node: cst.BaseExpression) -> cst.BaseExpression:
    return syntax.awaited(node, Colour.YIELD_FROM)


def _asynchronous(body: Sequence[cst.BaseStatement]) -> Sequence[cst.BaseStatement]:
    return syntax.asynchronous(body)
