"""AIO402: a blocking call of the catalogue in a coroutine."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiomend.facts.blocking_calls import SLEEP, blocking_calls
from aiomend.facts.catalog.blocking import BlockingCall, last_names
from aiomend.facts.module import Colour
from aiomend.facts.offload import hides, way_to_thread
from aiomend.facts.shared_state import split_update
from aiomend.facts.suspension import is_awaited, is_entered, is_test_code, misplaced, obstacle
from aiomend.facts.thread_blocks import moves_with_block
from aiomend.facts.view import Module, Spelling
from aiomend.model import Impact, Safety
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Replace
from aiomend.rules.rule import Fix, Rule, imports_of

if TYPE_CHECKING:
    import libcst as cst

_READABLE = 60  #: a longer callee is called by its catalogue name in messages
_AFFINITIES = {
    "same_thread": "must be used in one and the same thread",
    "creator_thread": "may be used in the thread only that made its object",
    "owner_thread": "belongs to the thread that owns its object",
    "main_thread": "must run in the main thread",
    "not_concurrent": "is not safe for threads: two tasks could enter it at once",
}
_RESULTS = {
    "context_manager": "its result is a context manager, which blocks again when it is used",
    "iterator": "its result is an iterator, of which each step blocks",
    "stateful": "its result is an object with a life of its own, whose methods block too",
}
_WAITS = frozenset({"futures", "queue", "thread"})


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
        loop = asyncio.get_event_loop()
        subprocess.call(command, timeout=5)
        return subprocess.check_output(["file", path]).decode()
    ```

    After:

    ```python
    import asyncio
    import functools
    import subprocess

    async def describe(path, command):
        loop = asyncio.get_event_loop()
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
    after Ctrl-C); other tasks run meanwhile, and the same call may run several times at once. The finding is for a
    person where that surely matters: a held threading lock, `KeyboardInterrupt` caught around it, `self.n += call()`,
    objects that are bound to a thread or keep state, context managers, iterators, a call that can raise StopIteration
    (awaiting it would never end up to Python 3.12), waiting for another thread, in tests. Work for the processor
    wants a pool of processes, which only a person can set up.

    Silent when the place cannot suspend (a lambda, a generator expression, a class body, a nested plain function), when the
    function runs in a thread, in files of another async framework, for calls that do not block as they are written
    (`timeout=0`, `block=False`) or of which that is not known, for short calls on the local file system unless
    `brief-calls = true`, for names that mean something else here, and for objects whose class is not known.
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
        for call, colour, entry in blocking_calls(module, last_names(module.settings.blocking_calls)):
            if entry.name == SLEEP:
                continue  # it has a rule of its own
            if is_awaited(module, call):
                continue  # a plain function would fail here: the name means something else when it runs
            if moves_with_block(module, call):
                continue  # AIO406 moves the whole block around it
            if entry.kind == "await" and _allows_nesting(module):
                continue  # nest_asyncio lets a loop run in a loop
            yield self._fix(module, call, colour, entry)

    def _fix(self, module: Module, call: ast.Call, colour: Colour, entry: BlockingCall) -> Fix:
        reason = _unfit(entry) or _misfit(module, call, colour)
        offload = None if reason else _offload(module, call)
        if isinstance(offload, str):
            reason, offload = offload, None
        message = _message(module, call, entry, offload)
        if offload is None:
            assert reason is not None
            return self.manual(module, call, message, reason)
        edit = Replace(call, lambda node: syntax.awaited(offload.applied(node), colour))
        return self.fix(module, call, message, edit, needs=imports_of(*offload.spellings))


def _message(module: Module, call: ast.Call, entry: BlockingCall, offload: _Offload | None) -> str:
    written = module.text(call.func)
    if "\n" in written or len(written) > _READABLE:
        written = entry.name
    what = f"`{written}()`" if written == entry.name.removeprefix("builtins.") else f"`{written}()` ({entry.name})"
    does = "computes in the thread of the event loop" if entry.blocks == "cpu" else "stops the event loop"
    cure = f"; `{offload.by.rpartition('.')[2]}()` runs it in a thread" if offload is not None else ""
    native = f"; awaitable: {entry.replacement}" if entry.replacement and entry.kind != "await" else ""
    return f"{what} {does} until it returns{cure}{native}"


def _unfit(entry: BlockingCall) -> str | None:
    """Return why the catalogue has no executor for a call; None where it has."""
    reason = _why_unfit(entry)
    return f"{reason} ({entry.note.rstrip('.')})" if reason and entry.note else reason


def _why_unfit(entry: BlockingCall) -> str | None:
    if entry.name.rpartition(".")[2] in ("next", "__next__"):
        return "it may raise StopIteration: up to Python 3.12 awaiting it would never end"
    if entry.kind == "await":
        return f"no executor helps: {entry.replacement}"
    if entry.category == "configured" and entry.kind == "redesign":
        return "`blocking-calls` in the configuration leaves it to a person"
    if entry.kind == "redesign":
        return "no executor helps"
    if entry.blocks == "cpu":
        return "the default pool is for waiting: give it a process pool, `loop.run_in_executor(process_pool, …)`"
    if entry.affinity is not None:
        return f"it {_AFFINITIES[entry.affinity]}"
    if entry.executor_unsafe:
        return "it breaks in a thread of the pool"
    if entry.returns != "value":
        return _RESULTS[entry.returns]
    if entry.kind == "async_api" and entry.fallback != "executor":
        return "an executor is no way out"
    if entry.category in _WAITS or entry.name.startswith("multiprocessing.queues."):
        return "a wait that is cancelled leaves its thread in the pool, still waiting"
    return None


def _misfit(module: Module, call: ast.Call, colour: Colour) -> str | None:
    """Return why the place takes no executor; None where it does."""
    if (place := misplaced(module, call)) is not None:
        return f"it runs before `{place}()` is called: hand over the function, or the future of `run_in_executor()`"
    if is_entered(module, call):
        return _RESULTS["context_manager"]
    if any(keyword.arg == "stream" and not _is_false(keyword.value) for keyword in call.keywords):
        return "with `stream` the body is read later, which blocks again"
    if (reason := obstacle(module, call, colour)) is not None:
        return reason
    if (race := split_update(module, call)) is not None:
        return f"`{module.text(race.written)}` is read before and written after: other tasks could change it meanwhile"
    if is_test_code(module):
        return "a test may stop the loop on purpose"
    return None


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not node.value


def _allows_nesting(module: Module) -> bool:
    return module.inference.project.files_mentioning("nest_asyncio") != ()


@dataclass(frozen=True, slots=True)
class _Offload:
    """How one call is handed to a thread."""

    by: str  #: `loop.run_in_executor` or `asyncio.to_thread`, as written at the place
    first: tuple[str, ...]  #: arguments in front of the function
    partial: str | None  #: functools.partial as written at the place, where the call has keyword arguments
    spellings: tuple[Spelling, ...]

    def applied(self, node: cst.BaseExpression) -> cst.Call:
        """Return the call that takes the place of ``node``, without `await`."""
        call = syntax.closed_arguments(node)
        if self.partial is None:
            return syntax.with_arguments(call, [*self.first, call.func], self.by)
        return syntax.call(self.by, *self.first, syntax.with_arguments(call, [call.func], self.partial))


def _offload(module: Module, call: ast.Call) -> _Offload | str:
    """Return how to hand a call to a thread, or why that cannot be written here."""
    way = way_to_thread(module, call)
    if isinstance(way, str):
        return way
    if not call.keywords or not way.first:
        return _Offload(way.by, way.first, None, way.spellings)
    partial = module.spell("functools", "partial", call)
    if hides(module, partial, call):
        return f"`{partial.text.partition('.')[0]}`, which the new code needs, means something else here"
    return _Offload(way.by, way.first, partial.text, (*way.spellings, partial))
