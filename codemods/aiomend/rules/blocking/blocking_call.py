"""AIO402: a blocking call of the catalogue in a coroutine."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.blocking_calls import Owner, blocking_calls
from aiomend.facts.called_here import is_called_here_on_purpose
from aiomend.facts.catalog.blocking import BlockingCall, last_names
from aiomend.facts.driven_by_hand import doubt_of_loop
from aiomend.facts.module import Colour
from aiomend.facts.suspension import is_awaited, may_be_awaited, may_stop_the_loop
from aiomend.facts.thread_blocks import moves_with_block
from aiomend.facts.thread_fitness import handed_misfit
from aiomend.facts.view import Module
from aiomend.model import Impact, Safety
from aiomend.rules.blocking import prompts
from aiomend.rules.blocking.offloading import Offload, misfit, named, offload_of, unfit
from aiomend.rules.rule import Fix, Rule


class BlockingCalls(Rule):
    """Run what blocks in a thread, not in the event loop.

    A call that waits for the network, a child process, a disk or a person stops the whole event loop: no other task runs,
    no timeout fires, no connection is served until it returns. `loop.run_in_executor()` runs it in a thread and suspends
    this coroutine alone. Which calls block is data: several hundred callables of the standard library and of well-known
    packages, more by `blocking-calls` in the configuration.

    Before:

    ```python
    import asyncio
    import subprocess

    async def describe(path, command):
        loop = asyncio.get_running_loop()
        subprocess.call(command, timeout=5)
        return subprocess.check_output(["file", path]).decode()
    ```

    After:

    ```python
    import asyncio
    import functools
    import subprocess

    async def describe(path, command):
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(
            None, functools.partial(subprocess.call, command, timeout=5)
        )
        return (
            await loop.run_in_executor(None, subprocess.check_output, ["file", path])
        ).decode()
    ```

    The loop is a name of the place, where one surely holds it, else `asyncio.get_running_loop()` (`get_event_loop()` where
    3.6 is a target). `executor = "package.module:name"` in the configuration takes the place of `None`, the default pool.
    `offload = "to_thread"` writes `asyncio.to_thread()`, which carries context variables and always uses the default pool;
    it needs Python 3.9, and where the target range starts earlier the finding is for a person.

    Fix safety: unsafe. The call runs in another thread, where thread-local data and context variables of the
    coroutine are not seen and where a cancellation does not stop it (a prompt that still waits holds up the exit
    after Ctrl-C: unless something else surely runs by then, it is left to a person); other tasks run meanwhile, and the
    same call may run several times at once. The finding is for a person where that surely matters: a held threading lock,
    `KeyboardInterrupt` caught around it, shared state that is read before and written behind it (`self.n += call()`), objects that are bound to a thread or keep state, context
    managers, iterators, a call that can raise StopIteration (awaiting it would never end up to Python 3.12), a file without
    asyncio in a project that names anyio and trio. Work for the processor wants a pool of its own, which only a person can
    set up.

    Silent when the place cannot suspend (a lambda, a generator expression, a class body, a nested plain function), when the
    function runs in a thread, where code found out that no loop runs or that its caller waits for nothing (as for AIO401), in files of another async framework, for calls that do not block as they are written
    (`timeout=0`, `block=False`) or of which that is not known, for what a test has seen to be there (`poll()` of a process,
    `kbhit()`, `empty()`, `select()`), where the value may be awaited or the other branch of an `if` has a thread do it,
    for short calls on the local file system unless `brief-calls = true`, for a prompt of a program in whose loop nothing
    else runs by then, in tests, for names that mean something else here, and for objects whose class is not known.
    """

    code = "AIO402"
    name = "blocking-call"
    safety = Safety.UNSAFE
    impact = Impact.SLOW
    # What blocks has too many names, those of the configuration included: coroutines are the rarer thing.
    triggers = frozenset({"async", "coroutine"})
    suspends = True

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the calls of the catalogue in coroutines."""
        if module.other_framework:
            return  # its own threads are the right ones, and asyncio's executor would fail
        for call, colour, entry in blocking_calls(module, last_names(module.settings.blocking_calls), Owner.CALL):
            if is_awaited(module, call):
                continue  # a plain function would fail here: the name means something else when it runs
            if may_be_awaited(module, call):
                continue  # and here it may be
            if may_stop_the_loop(module, call):
                continue  # nobody else waits there
            if is_called_here_on_purpose(module, call):
                continue  # the author knows when a thread is worth it
            if moves_with_block(module, call):
                continue  # AIO406 moves the whole block around it
            if prompts.is_harmless(module, call, entry):
                continue  # nothing else waits meanwhile
            yield self._fix(module, call, colour, entry)

    def _fix(self, module: Module, call: ast.Call, colour: Colour, entry: BlockingCall) -> Fix:
        reason = (
            unfit(entry)
            or misfit(module, call, colour)
            or handed_misfit(module, call)
            or prompts.needless(module, call, entry)
        )
        offload = reason or offload_of(module, call)
        if isinstance(offload, str):
            return self.manual(module, call, _message(module, call, entry, None), offload)
        message = _message(module, call, entry, offload)
        caveat = prompts.CAVEAT if prompts.is_prompt(entry) else doubt_of_loop(module)
        return self.fix(module, call, message, offload.edit(call, colour), needs=offload.needs, reason=caveat)


def _message(module: Module, call: ast.Call, entry: BlockingCall, offload: Offload | None) -> str:
    does = "computes in the thread of the event loop" if entry.blocks == "cpu" else "stops the event loop"
    cure = f"; {offload.cure}" if offload is not None else ""
    native = f"; awaitable: {entry.replacement}" if entry.replacement else ""
    return f"{named(module, call, entry)} {does} until it returns{cure}{native}"
