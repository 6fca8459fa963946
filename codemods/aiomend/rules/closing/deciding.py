"""How a loop gets closed whatever happens: the statements to rewrite, and how sure it is; or why a person has to do it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiomend.facts.finalizers import Finalizer, loop_finalizers
from aiomend.facts.loops import Loop, Origin, origin, scope_of
from aiomend.facts.view import Module
from aiomend.model import Evidence, Safety
from aiomend.rewriting.edits import Edit, Replace, Wrap
from aiomend.rules.closing import trust, writing
from aiomend.rules.closing.paths import left_open
from aiomend.rules.closing.placing import Absorbed, Enclosed, Place, Reused, Unclear, Widened, Written, place

if TYPE_CHECKING:
    import libcst as cst

    from aiomend.rewriting.edits import BlockTransform

_NAMES = ("loop", "event_loop")


@dataclass(frozen=True, slots=True, eq=False)
class Closing:
    """Close the loop ``name`` at ``where``; ``reason`` says why that is not safe, where it is not."""

    loop: Loop
    name: str
    where: Written
    level: Safety
    reason: str | None


@dataclass(frozen=True, slots=True)
class Undecided:
    """A person has to close it; ``place`` is where it would have to be closed, as far as that is known."""

    place: Place
    name: str | None
    reason: str
    evidence: tuple[Evidence, ...] = ()


def decide(module: Module, loop: Loop) -> Closing | Undecided:
    """Return how to close a loop that its module owns, and that is not closed whatever happens."""
    where = place(module, loop)
    name = loop.name or _free_name(module, loop)
    if isinstance(where, Unclear):
        return Undecided(where, name, where.reason, left_open(module.facts, loop) if loop.closes else ())
    if name is None:
        return Undecided(where, name, "the loop needs a name, and `loop` is taken here")
    if loop.name is None and Origin.MADE in loop.origins and len(loop.runs) > 1:
        return Undecided(where, name, "several loops are made and run without a name")
    if loop.name is None and any(_sets_current(module, statement) for statement in where.statements):
        return Undecided(where, name, "another loop is made the current one between the runs")
    if not trust.is_straight(module, loop, where):
        if other := trust.sharer(module, loop):
            return Undecided(where, name, f"{other} runs the current loop, which would be closed")
        if finalizers := loop_finalizers(module):
            return _finalized(where, name, finalizers)
    level = trust.level(module, loop, where)
    return Closing(loop, name, where, level, None if level is Safety.SAFE else trust.reason(module, loop))


def _finalized(where: Written, name: str, finalizers: Sequence[Finalizer]) -> Undecided:
    first = finalizers[0]
    reason = (
        f"`{first.name}` calls {first.call}(): run behind `close()`, it prints `Event loop is closed`;"
        " end what it finalizes first"
    )
    places = (Evidence(one.path, one.line, f"`{one.name}` comes to {one.call}()") for one in finalizers)
    return Undecided(where, name, reason, tuple(places))


def _sets_current(module: Module, statement: ast.stmt) -> bool:
    calls = (node for node in ast.walk(statement) if isinstance(node, ast.Call))
    return any(module.name_of(call.func) == "asyncio.set_event_loop" for call in calls)


def _free_name(module: Module, loop: Loop) -> str | None:
    """Return a name for a loop that has none."""
    free = (name for name in _NAMES if module.is_free(name, loop.getters[0]))
    return next(free, None)


# ---- what is written ---


def edits(module: Module, closing: Closing, then: BlockTransform | None = None) -> Iterator[Edit]:
    """Yield what closes a loop; ``then`` goes on with the statements that have the `finally`."""
    indent = module.facts.indent
    loop, name, where = closing.loop, closing.name, closing.where
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
        ended = written if then is None else list(then(written))
        return writing.introduced(ended, made) if made else ended

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
