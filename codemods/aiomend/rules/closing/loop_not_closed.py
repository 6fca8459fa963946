"""AIO1001: an event loop that is run and not closed whatever happens."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from aiomend.facts.entries import importers, is_program, main_guard
from aiomend.facts.finalizers import Finalizer, loop_finalizers
from aiomend.facts.loop_escapes import escapes
from aiomend.facts.loops import RUNS, Loop, Origin, loops, origin, scope_of, touches
from aiomend.facts.threads import Where
from aiomend.facts.view import Module
from aiomend.model import Evidence, Impact, Safety
from aiomend.rewriting.edits import Edit, Replace, Wrap
from aiomend.rules.closing import trust, writing
from aiomend.rules.closing.paths import left_open
from aiomend.rules.closing.placing import (
    Absorbed,
    Enclosed,
    Place,
    Reused,
    Unclear,
    Widened,
    Written,
    home_block,
    is_closed,
    place,
)
from aiomend.rules.rule import Fix, Rule

if TYPE_CHECKING:
    import libcst as cst

_NAMES = ("loop", "event_loop")


class LoopNotClosed(Rule):
    """Close the event loop whatever happens.

    An event loop holds a selector, a pair of sockets and the threads of its executor. A loop that is dropped without
    `close()` leaves them to the garbage collector, which complains with a `ResourceWarning`; a `close()` that stands
    behind the run is skipped as soon as the run raises.

    Before:

    ```python
    import asyncio

    async def main():
        print("working")

    loop = asyncio.new_event_loop()
    loop.run_until_complete(main())
    print("done")
    ```

    After:

    ```python
    import asyncio

    async def main():
        print("working")

    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(main())
    finally:
        loop.close()
    print("done")
    ```

    The `try` holds the first run, the last one and what stands between. A `try` around the runs gets the `finally`, a
    `close()` behind them moves into it.

    Fix safety: safe at a script's own level, where nothing behind the runs can want the loop, and where the loop is closed
    today unless a run raises. Unsafe in a function, which may be called from where the loop is wanted later, and in front
    of code that calls more than the standard library. Finalizers run late, at the exit of the interpreter at the latest:
    where a `__del__` of the project schedules something or cancels a task, a closed loop makes it print
    `Event loop is closed`, so that nothing is written and the finding names it. Finalizers of other packages are not seen.

    Silent when others may use the loop, run it or close it: it is stored on an object, returned, yielded, a parameter, given
    to a thread or to something that keeps it, asked for by `future.get_loop()`, run by another function of the module,
    taken by another module, or closed by a fixture or a context manager; or a `while` around the runs asks `is_closed()`.
    Silent, too, for `get_event_loop()` in a function that is not the program: the loop is not its own.
    """

    code = "AIO1001"
    name = "loop-not-closed"
    safety = Safety.SAFE
    impact = Impact.TIDY
    triggers = frozenset({"run_until_complete", "run_forever"})
    context = frozenset({"event_loop", "EventLoop", "uvloop"})

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the loops of a module and of its functions that are run and not closed on every path."""
        every = list(loops(module))
        for loop in every:
            if any(_is_same(module, loop, other) for other in every):
                continue  # it has a name there: the finding for that name covers this run
            if is_closed(module.facts, loop):
                continue  # a `finally` closes it after every run
            is_last = _is_last(module, loop)
            if not _owns(module, loop, is_last):
                continue  # the thread's loop: whoever runs the program closes it
            if escapes(module, loop, is_last=is_last):
                continue  # others may use it, run it or close it
            yield self._fix(module, loop)

    def _fix(self, module: Module, loop: Loop) -> Fix:
        where = place(module, loop)
        node = loop.getters[0]
        name = loop.name or _free_name(module, loop)
        message = _message(module, loop, name, where)
        if isinstance(where, Unclear):
            evidence = left_open(module.facts, loop) if loop.closes else ()
            return self.manual(module, node, message, where.reason, evidence)
        if name is None:
            return self.manual(module, node, message, "the loop needs a name, and `loop` is taken here")
        if loop.name is None and Origin.MADE in loop.origins and len(loop.runs) > 1:
            return self.manual(module, node, message, "several loops are made and run without a name")
        if loop.name is None and any(_sets_current(module, statement) for statement in where.statements):
            return self.manual(module, node, message, "another loop is made the current one between the runs")
        if not trust.is_straight(module, loop, where):
            if other := trust.sharer(module, loop):
                return self.manual(module, node, message, f"{other} runs the current loop, which would be closed")
            if finalizers := loop_finalizers(module):
                return self._finalized(module, node, message, finalizers)
        level = trust.level(module, loop, where)
        reason = None if level is Safety.SAFE else trust.reason(loop)
        return self.fix(module, node, message, *_edits(module, loop, name, where), safety=level, reason=reason)

    def _finalized(self, module: Module, node: ast.expr, message: str, finalizers: Sequence[Finalizer]) -> Fix:
        first = finalizers[0]
        reason = (
            f"`{first.name}` calls {first.call}(): run behind `close()`, it prints `Event loop is closed`;"
            " end what it finalizes first"
        )
        places = (Evidence(one.path, one.line, f"`{one.name}` comes to {one.call}()") for one in finalizers)
        return self.manual(module, node, message, reason, tuple(places))


# ---- whose loop it is ---


def _is_same(module: Module, loop: Loop, other: Loop) -> bool:
    """True where a loop without a name is the current one, and stands where ``other`` gives that one a name."""
    if loop.name is not None or other.name is None or loop.scope is not other.scope:
        return False
    if Origin.CURRENT not in loop.origins:
        return False
    if Origin.CURRENT not in other.origins and not trust.is_made_current(module, other):
        return False
    block = home_block(module.facts, other)
    return block is None or any(
        parent is statement for statement in block for parent in module.facts.ancestors(loop.runs[0])
    )


def _is_last(module: Module, loop: Loop) -> bool:
    """True where the program, a test or a thread ends with the scope."""
    function = loop.function
    if function is None:
        return True
    if module.is_test and function.name.startswith("test"):
        return True
    if module.threads.where(module.facts, function) is Where.THREAD:
        return True
    if any(scope_of(module.facts, call) is module.facts.scope for call, _ in module.method_calls(*RUNS)):
        return False  # the module's own level is the program
    return is_program(module, function, lambda facts, node: touches(module, facts, node, None))


def _owns(module: Module, loop: Loop, is_last: bool) -> bool:
    if Origin.CURRENT not in loop.origins:
        return True  # made here
    if module.is_test or "nest_asyncio" in module.facts.imported_roots:
        return False  # the tests of a run share the current loop, and so do the cells of a notebook
    facts = module.facts
    if loop.function is None:
        return main_guard(facts, loop.runs[0]) is not None or not importers(module)
    closes_it = any(facts.parents[close] is loop.function for close in loop.closes)
    return closes_it or is_last


def _sets_current(module: Module, statement: ast.stmt) -> bool:
    calls = (node for node in ast.walk(statement) if isinstance(node, ast.Call))
    return any(module.name_of(call.func) == "asyncio.set_event_loop" for call in calls)


# ---- what is said and written ---


def _message(module: Module, loop: Loop, name: str | None, where: Place) -> str:
    written = loop.name or f"{module.text(loop.getters[0])}"
    close = f"`{name or 'loop'}.close()`"
    if loop.closes:
        return f"`{written}` stays open when a run raises: {close} belongs into a `finally`"
    match where:
        case Reused(statements=(ast.Try(finalbody=[_, *_]) | ast.TryStar(finalbody=[_, *_]), *_)):
            return f"`{written}` is run and never closed: {close} goes to the end of the `finally` that is there"
        case _:
            return f"`{written}` is run and never closed: {close} in a `finally` does it whatever happens"


def _free_name(module: Module, loop: Loop) -> str | None:
    """Return a name for a loop that has none."""
    free = (name for name in _NAMES if module.is_free(name, loop.getters[0]))
    return next(free, None)


def _edits(module: Module, loop: Loop, name: str, where: Written) -> Iterator[Edit]:
    indent = module.facts.indent
    made: str | None = None
    if loop.name is None:
        made = f"{name} = {module.text(loop.getters[0])}"
        for getter in _replaceable(module, loop, where.statements):
            yield Replace(getter, lambda _: writing.name(name))

    def transform(body: Sequence[cst.BaseStatement]) -> Sequence[cst.BaseStatement]:
        match where:
            case Enclosed(close=close):
                written = writing.enclosed(body, name, indent, has_close=close is not None)
            case Reused(close=close, ends=ends):
                positions = _positions(where.statements[0], ends)
                written = writing.reused(body, name, indent, has_close=close is not None, ends=positions)
            case Absorbed():
                written = writing.absorbed(body, indent)
            case Widened():
                written = writing.widened(body, indent)
        return writing.introduced(written, made) if made else written

    yield Wrap(where.statements, transform)


def _positions(statement: ast.stmt, ends: Sequence[list[ast.stmt]]) -> frozenset[int]:
    """Number the blocks of a `try`: its body is 0, its `else` 1, its handlers follow."""
    if not ends:
        return frozenset()
    assert isinstance(statement, (ast.Try, ast.TryStar))
    blocks = [statement.body, statement.orelse, *(handler.body for handler in statement.handlers)]
    return frozenset(at for at, block in enumerate(blocks) if any(block is end for end in ends))


def _replaceable(module: Module, loop: Loop, statements: Sequence[ast.stmt]) -> Iterator[ast.Call]:
    """Yield the calls that get the same loop, in the statements that the `try` will hold."""
    facts = module.facts
    for node in (node for statement in statements for node in ast.walk(statement)):
        if not isinstance(node, ast.Call) or scope_of(facts, node) is not loop.scope:
            continue  # no call, or run by another function
        if node in loop.getters or origin(module.inference, facts, node) is Origin.CURRENT:
            yield node
