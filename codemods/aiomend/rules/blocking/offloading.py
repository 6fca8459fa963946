"""How a call is handed to a thread, why it cannot be, and where the place takes no suspension point."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiomend.facts.catalog.blocking import BlockingCall
from aiomend.facts.imported_names import Spelling
from aiomend.facts.module import Colour
from aiomend.facts.offload import hides, way_to_thread
from aiomend.facts.shared_state import read_then_written
from aiomend.facts.suspension import is_entered, is_test_code, misplaced, obstacle
from aiomend.facts.view import Module
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Need, Replace
from aiomend.rules.rule import imports_of

if TYPE_CHECKING:
    import libcst as cst

_READABLE = 60  #: a longer callee is called by its catalogue name in messages
_COMPUTES = "the default pool is for waiting: give it a pool of its own"
AFFINITIES = {
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


def unfit(entry: BlockingCall) -> str | None:
    """Return why the catalogue has no executor for a call; None where it has."""
    if entry.blocks == "cpu" and "releases the GIL" in (entry.note or ""):
        return f"{_COMPUTES}; one of threads does, because it releases the GIL"
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
        return f"{_COMPUTES}, of processes: `loop.run_in_executor(process_pool, …)`"
    if entry.affinity is not None:
        return f"it {AFFINITIES[entry.affinity]}"
    if entry.executor_unsafe:
        return "it breaks in a thread of the pool"
    if entry.returns != "value":
        return _RESULTS[entry.returns]
    if entry.kind == "async_api" and entry.fallback != "executor":
        return "an executor is no way out"
    return None


def misfit(module: Module, call: ast.Call, colour: Colour) -> str | None:
    """Return why the place takes no executor; None where it does."""
    if (place := misplaced(module, call)) is not None:
        return f"it runs before `{place}()` is called: hand over the function, or the future of `run_in_executor()`"
    if is_entered(module, call):
        return _RESULTS["context_manager"]
    if any(keyword.arg == "stream" and not _is_false(keyword.value) for keyword in call.keywords):
        return "with `stream` the body is read later, which blocks again"
    if (reason := obstacle(module, call, colour)) is not None:
        return reason
    if (race := read_then_written(module, call)) is not None:
        return f"`{module.text(race.written)}` is read before and written after: other tasks could change it meanwhile"
    if is_test_code(module):
        return "a test may stop the loop on purpose"
    return None


def named(module: Module, call: ast.Call, entry: BlockingCall) -> str:
    """Return how a message calls what is called: as written, with the catalogue's name where that is another."""
    written = module.text(call.func)
    if "\n" in written or len(written) > _READABLE:
        written = entry.name
    return f"`{written}()`" if written == entry.name.removeprefix("builtins.") else f"`{written}()` ({entry.name})"


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not node.value


@dataclass(frozen=True, slots=True)
class Offload:
    """How one call is handed to a thread."""

    by: str  #: `loop.run_in_executor` or `asyncio.to_thread`, as written at the place
    first: tuple[str, ...]  #: arguments in front of the function
    partial: str | None  #: functools.partial as written at the place, where the call has keyword arguments
    spellings: tuple[Spelling, ...]

    def edit(self, call: ast.Call, colour: Colour) -> Replace:
        """Return the edit that awaits the call from a thread."""
        return Replace(call, lambda node: syntax.awaited(self.applied(node), colour))

    @property
    def cure(self) -> str:
        """What it does, for a message."""
        return f"`{self.by.rpartition('.')[2]}()` runs it in a thread"

    @property
    def needs(self) -> tuple[Need, ...]:
        """The imports of what it writes."""
        return imports_of(*self.spellings)

    def applied(self, node: cst.BaseExpression) -> cst.Call:
        """Return the call that takes the place of ``node``, without `await`."""
        call = syntax.closed_arguments(node)
        if self.partial is None:
            return syntax.with_arguments(call, [*self.first, call.func], self.by)
        return syntax.call(self.by, *self.first, syntax.with_arguments(call, [call.func], self.partial))


def offload_of(module: Module, call: ast.Call) -> Offload | str:
    """Return how to hand a call to a thread, or why that cannot be written here."""
    way = way_to_thread(module, call)
    if isinstance(way, str):
        return way
    if not call.keywords or not way.first:
        return Offload(way.by, way.first, None, way.spellings)
    partial = module.spell("functools", "partial", call)
    if hides(module, partial, call):
        return f"`{partial.text.partition('.')[0]}`, which the new code needs, means something else here"
    return Offload(way.by, way.first, partial.text, (*way.spellings, partial))
