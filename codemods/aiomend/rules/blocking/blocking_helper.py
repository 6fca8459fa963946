"""AIO403: a function of the project that blocks through its callees, called in a coroutine."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.blocking_calls import Owner, owner
from aiomend.facts.blocking_chains import Chain, chains_of
from aiomend.facts.both_modes import is_for_no_loop
from aiomend.facts.called_here import is_called_here_on_purpose
from aiomend.facts.catalog.blocking import BlockingCall
from aiomend.facts.constants import is_dead
from aiomend.facts.driven_by_hand import doubt_of_loop
from aiomend.facts.module import Colour
from aiomend.facts.self_attributes import self_attributes
from aiomend.facts.suspension import is_awaited, may_be_awaited, may_stop_the_loop
from aiomend.facts.thread_accounts import Where
from aiomend.facts.thread_blocks import moves_with_block
from aiomend.facts.thread_fitness import handed_misfit, misfit_of
from aiomend.facts.values import NONE, OTHER, Function, ProjectInstance
from aiomend.facts.view import Module
from aiomend.model import Evidence, Impact, Safety
from aiomend.rules.blocking import prompts
from aiomend.rules.blocking.offloading import Offload, misfit, offload_of, unfit
from aiomend.rules.rule import Fix, Rule

_FAR = 4  #: calls to what may block
_LONGEST = 40  #: a longer callee is called by its definition's name in messages


class BlockingHelper(Rule):
    """Run a function that blocks somewhere inside in a thread, not in the event loop.

    What stops the event loop is often a few calls away from the coroutine: `load()` calls `fetch()`, and that calls
    `requests.get()`. A function of the project counts where it blocks whenever it returns, whichever way through it is
    taken, and a call of it where every function that it may reach does. The message names the shortest way.

    Before:

    ```python
    import asyncio
    import requests

    def fetch(url):
        return requests.get(url, timeout=5)

    def load(url):
        return fetch(url).json()

    async def refresh(url):
        loop = asyncio.get_running_loop()
        return load(url)["items"]
    ```

    After:

    ```python
    import asyncio
    import requests

    def fetch(url):
        return requests.get(url, timeout=5)

    def load(url):
        return fetch(url).json()

    async def refresh(url):
        loop = asyncio.get_running_loop()
        return (await loop.run_in_executor(None, load, url))["items"]
    ```

    `offload` and `executor` in the configuration decide how it is written, as for AIO402. A function that blocks on some of
    the ways through it, and gives what it has on the others, gets a finding without a fix: whether a thread is worth it there,
    only its author knows. What runs in a thread already, or in an event loop of its own, is left alone.

    Fix safety: unsafe. The whole function runs in another thread, and other tasks run meanwhile, among them others that call
    the same function. The finding is for a person where the function, or one that it calls, changes what others see
    (attributes, globals, containers that it is given), uses the event loop or asyncio, reads context variables, keeps to one thread (`threading.local()`, too),
    runs callbacks that are not known (out of a table or a list, or called `on_data`, `progress_cb`), or returns something that is awaited or that only its own thread may use; where shared state is read before the call and written behind it; where StopIteration may come out of it (`next()` without a default: awaiting that
    never ends up to Python 3.12); where some way through it does not block; where it computes, makes an object, or waits for another thread; where it is a prompt
    and nothing else surely runs by then; and where the place takes no suspension point, as for AIO402.

    Silent when some way through the function does not block and on the others it only works on the local disk, computes,
    asks a person or waits for another thread, handles a failure or is more than four calls away, when it is a prompt of a
    program in whose loop nothing else runs by then, when the function asks whether an event loop runs or in
    which thread it is, when what a call reaches is not known, when it is a generator, when a constant keeps control from
    what blocks (`if _IS_SYNC:`, `if TYPE_CHECKING:`), when its result is awaited and cannot be or may have to be, when the other
    branch of an `if` has a thread do it, where no loop runs or the caller waits for nothing (as for AIO401), when the place cannot suspend, in tests, and in files of
    another async framework. Where several calls may block at the same place in the end, the first of a file is told.
    """

    code = "AIO403"
    name = "blocking-helper"
    safety = Safety.UNSAFE
    impact = Impact.SLOW
    triggers = frozenset({"async", "coroutine"})
    suspends = True

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the calls of blocking functions of the project in coroutines."""
        if module.other_framework:
            return  # its own threads are the right ones, and asyncio's executor would fail
        always, sometimes = chains_of(module), chains_of(module, always=False)
        told: set[ast.Call] = set()  #: of what may block, once a file is enough: its author looks at where it begins
        for call in module.facts.calls:
            if not isinstance(call.func, (ast.Name, ast.Attribute)):
                continue  # what a call or a container gives need not be what it was at first
            colour = module.colour_at(call)
            if colour is Colour.SYNC:
                continue  # nothing to await with
            chain = always.of_call(module.facts, call)
            possible = sometimes.of_call(module.facts, call) if chain is None else None
            if possible is not None and len(possible.steps) > _FAR:
                continue  # so many calls that may not happen that it hardly does
            found = chain or possible
            if found is None:
                continue  # not known to block
            if may_stop_the_loop(module, call):
                continue  # nobody else waits there
            if is_awaited(module, call) and _is_another(module, call):
                continue  # what is called there gives an awaitable
            if _is_hidden(module, call):
                continue  # an object has something else by that name
            if may_be_awaited(module, call):
                continue  # or may give one
            if is_called_here_on_purpose(module, call):
                continue  # the author knows when a thread is worth it
            if is_for_no_loop(module.facts, call):
                continue  # no loop runs by then, or the caller waits for nothing
            if module.where(call) is Where.THREAD:
                continue  # the event loop is in another thread
            if is_dead(module.inference, module.facts, call):
                continue  # a constant keeps control from it
            if moves_with_block(module, call):
                continue  # AIO406 moves the whole block around it
            if prompts.is_harmless(module, call, found.entry):
                continue  # nothing else waits meanwhile
            if chain is not None:
                yield self._fix(module, call, colour, chain)
            elif possible is not None and (root := possible.steps[-1].call) not in told:
                told.add(root)
                yield self._possible(module, call, possible)

    def _fix(self, module: Module, call: ast.Call, colour: Colour, chain: Chain) -> Fix:
        reason = _unfit(module, call, chain) or misfit(module, call, colour)
        offload = reason or offload_of(module, call)
        evidence = _evidence(chain)
        if isinstance(offload, str):
            return self.manual(module, call, _message(module, call, chain, None), offload, evidence)
        caveat = prompts.CAVEAT if prompts.is_prompt(chain.entry) else doubt_of_loop(module)
        message = _message(module, call, chain, offload)
        edit = offload.edit(call, colour)
        return self.fix(module, call, message, edit, needs=offload.needs, evidence=evidence, reason=caveat)

    def _possible(self, module: Module, call: ast.Call, chain: Chain) -> Fix:
        message = f"`{_written(module, call, chain)}()` may stop the event loop: `{chain}`"
        reason = "not every way through it is known to block: whether a thread is worth it, only its author knows"
        return self.manual(module, call, message, reason, _evidence(chain))


def _evidence(chain: Chain) -> tuple[Evidence, ...]:
    steps = [step for step in chain.steps if step.name]
    return tuple(Evidence(step.facts.path, step.call.lineno, f"`{step.name}()` is called") for step in steps)


def _is_another(module: Module, call: ast.Call) -> bool:
    """True where what blocks cannot be what is awaited: it gives nothing that can be, or another alternative is a coroutine function."""
    if module.values(call) <= NONE | OTHER:
        return True
    called = module.values(call.func)
    return any(isinstance(one, Function) and module.inference.is_coroutine_function(one) for one in called)


def _is_hidden(module: Module, call: ast.Call) -> bool:
    """True where a method of the object's class, or of one of its bases, gives the object itself an attribute by the method's name."""
    match call.func:
        case ast.Attribute(value=receiver, attr=attr):
            classes = [one.cls for one in module.values(receiver) if isinstance(one, ProjectInstance)]
        case _:
            return False
    bases = [base for cls in classes for base in module.inference.classes.mro(cls)]
    return any(attr in base.facts.scopes[base.node].bindings for base in bases) and any(
        attr in self_attributes(base.facts, base.node).assigned for base in bases
    )


def _written(module: Module, call: ast.Call, chain: Chain) -> str:
    written = module.text(call.func)
    return written if "\n" not in written and len(written) <= _LONGEST else str(chain).partition(" -> ")[0]


def _message(module: Module, call: ast.Call, chain: Chain, offload: Offload | None) -> str:
    written = _written(module, call, chain)
    does = "computes in the thread of the event loop" if chain.entry.blocks == "cpu" else "stops the event loop"
    cure = f"; {offload.cure}" if offload is not None else ""
    return f"`{written}()` {does} until it returns: `{chain}`{cure}"


def _unfit(module: Module, call: ast.Call, chain: Chain) -> str | None:
    """Return why a thread is no place for what a call reaches; None where it is."""
    if is_awaited(module, call):
        return "it returns something that is awaited"
    if chain.makes_object:
        return "it makes an object that lives on: make it before the loop runs, or give it a method that is run in a thread"
    return (
        _wait(chain.entry)
        or (unfit(chain.entry) if chain.entry.blocks == "cpu" else None)
        or misfit_of(module, chain.function, call)
        or handed_misfit(module, call)
        or prompts.needless(module, call, chain.entry)
    )


def _wait(entry: BlockingCall) -> str | None:
    if owner(entry) is Owner.WAIT:
        return "a wait that is cancelled leaves its thread in the pool, still waiting"
    return None
