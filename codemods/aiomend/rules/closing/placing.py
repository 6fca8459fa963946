"""Where the `finally` that closes a loop belongs: which statements it covers, and which `try` it may use."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from aiomend.facts.entries import main_guard
from aiomend.facts.exits import Exit, exits
from aiomend.facts.loops import Loop, Origin, is_empty, touches
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import FUNCTIONS, last_name
from aiomend.facts.view import Module
from aiomend.source import last_line

Try = ast.Try | ast.TryStar
_TURNS = (ast.For, ast.AsyncFor, ast.While)


@dataclass(frozen=True, slots=True, eq=False)
class Enclosed:
    """Put a `try` around all statements but the trailing close, which goes into its `finally`."""

    statements: tuple[ast.stmt, ...]
    close: ast.stmt | None


@dataclass(frozen=True, slots=True, eq=False)
class Reused:
    """The first statement is a `try` that gets the close; those after it stay, but for the trailing close.

    ``ends`` are the blocks of the `try` whose last statement is a close that moves.
    """

    statements: tuple[ast.stmt, ...]
    close: ast.stmt | None
    ends: tuple[list[ast.stmt], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Absorbed:
    """The last statement is a `try` that does nothing but close: the ones before it belong into its body."""

    statements: tuple[ast.stmt, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Widened:
    """The last statement is a `try` whose `finally` closes: a `try` around all of them takes the close over."""

    statements: tuple[ast.stmt, ...]


@dataclass(frozen=True, slots=True)
class Unclear:
    """No place is right; ``reason`` is for a person."""

    reason: str


Written = Enclosed | Reused | Absorbed | Widened
Place = Written | Unclear


def is_closed(facts: ModuleFacts, loop: Loop) -> bool:
    """True where a `finally` closes the loop after every run."""
    return all(closing_try(facts, loop, run) is not None or _leads_there(facts, loop, run) for run in loop.runs)


def _leads_there(facts: ModuleFacts, loop: Loop, run: ast.Call) -> bool:
    """True for a run in a `try` that takes every exception and goes on to the next statement, whose `finally` closes the loop."""
    for parent in facts.ancestors(run):
        if isinstance(parent, FUNCTIONS):
            return False
        if isinstance(parent, ast.Try) and run in ast.walk(ast.Module(parent.body, [])):
            behind = facts.block(parent)
            below = behind[behind.index(parent) + 1 :][:1]
            closes = {node for close in loop.closes for node in ast.walk(close)}
            ends = any(
                isinstance(one, Try) and any(node in closes for part in one.finalbody for node in ast.walk(part))
                for one in below
            )
            return ends and exits([parent]) <= {Exit.FALL} and any(_takes_all(one) for one in parent.handlers)
    return False


def _takes_all(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or last_name(handler.type) in ("Exception", "BaseException")


def closing_try(facts: ModuleFacts, loop: Loop, run: ast.Call) -> Try | None:
    """Return the innermost `try` around a run whose `finally` closes the loop."""
    closes = {node for close in loop.closes for node in ast.walk(close)}
    for parent in facts.ancestors(run):
        if isinstance(parent, Try) and any(node in closes for one in parent.finalbody for node in ast.walk(one)):
            return parent
        if isinstance(parent, FUNCTIONS):
            return None
    return None


def place(module: Module, loop: Loop) -> Place:
    """Return where the close belongs. The loop is not closed on every path, and it does not escape."""
    facts = module.facts
    getters = [] if loop.name is None else list(loop.getters)
    block = home_block(facts, loop)
    if block is None:
        return Unclear("the loop is used in several parts of the program")
    runs = [_index(facts, block, run) for run in loop.runs]
    got = [_index(facts, block, getter) for getter in getters]
    first, last = min(runs), max(runs)
    if any(first < at for at in got if at is not None):
        return Unclear(f"`{loop.name}` is bound again between its runs")
    if first in got and not _begins_with(block[first], loop):
        return Unclear(f"`{loop.name}` is made in the middle of the statement that runs it")
    if any(first <= _index(facts, block, node) <= last for node in _emptied(loop)):
        return Unclear(f"`{loop.name}` is set to None between its runs")
    if any(closing_try(facts, loop, run) for run in loop.runs):
        return _absorbed(facts, loop, block, first)
    if loop.closes:
        return _with_closes(module, loop, block, first, last)
    for at in range(last + 1, len(block)):
        if touches(module, facts, block[at], loop):
            last = at
    first = min(first, _first_way_out(block, [at for at in got if at is not None], first, loop))
    statements = tuple(block[first : last + 1])
    return Reused(statements, None) if _is_try(statements) else Enclosed(statements, None)


def _first_way_out(block: Sequence[ast.stmt], got: Sequence[int], first: int, loop: Loop) -> int:
    """Return the first statement behind which a new loop may never be run, because the function is left there.

    A `raise` is no reason to put a `try` around the one that is there: whatever else stands in between may raise as well.
    """
    if not got or loop.origins != {Origin.MADE}:
        return first  # the current loop is somebody else's as long as this function has not run it
    harmless = {Exit.FALL, Exit.RAISE} if isinstance(block[first], Try) else {Exit.FALL}
    ways = (at for at in range(max(got) + 1, first) if not exits(block[at : at + 1]) <= harmless)
    return next(ways, first)


def _emptied(loop: Loop) -> list[ast.AST]:
    bindings = loop.scope.bindings.get(loop.name or "", ())
    return [one.node for one in bindings if is_empty(one)]


def _is_try(statements: Sequence[ast.stmt]) -> bool:
    return len(statements) == 1 and isinstance(statements[0], Try)


def _begins_with(statement: ast.stmt, loop: Loop) -> bool:
    """True for a `try` that gets the loop first of all: nothing before it can leave the name unbound."""
    if not isinstance(statement, Try):
        return False
    return any(getter in ast.walk(statement.body[0]) for getter in loop.getters) and len(loop.getters) == 1


def home_block(facts: ModuleFacts, loop: Loop) -> list[ast.stmt] | None:
    """Return the innermost block that holds all that happens to the loop; None where there is no single one."""
    getters = [] if loop.name is None else list(loop.getters)
    guard = main_guard(facts, loop.runs[0]) if loop.function is None else None
    nodes: list[ast.expr] = [*getters, *loop.runs, *loop.uses]
    if guard is None:
        found = _common(facts, nodes, loop)
    else:
        inside = [node for node in nodes if main_guard(facts, node) is guard]
        if any(run not in inside for run in loop.runs):
            return None
        if any(node.lineno > last_line(guard) for node in nodes):
            return None
        found = _common(facts, inside, loop, guard) if all(getter in inside for getter in getters) else guard.body
    owner = facts.parents[found[0]]
    if loop.name is None and isinstance(owner, Try) and found is owner.body:
        return facts.block(owner)  # the loop gets its name before that `try`, which closes it
    return found


def _common(facts: ModuleFacts, nodes: Sequence[ast.expr], loop: Loop, root: ast.AST | None = None) -> list[ast.stmt]:
    chains = [_chain(facts, node, root or loop.scope.node) for node in nodes]
    common = chains[0]
    for chain in chains[1:]:
        length = 0
        while length < min(len(common), len(chain)) and common[length] is chain[length]:
            length += 1
        common = common[:length]
    if Origin.CURRENT in loop.origins:  # the next turn of a `for` or `while` gets the same loop again
        turns = (at for at, block in enumerate(common) if isinstance(facts.parents[block[0]], _TURNS))
        common = common[: next(turns, len(common))]
    while len(common) > 1 and _is_elif(facts, common[-1]):
        common = common[:-1]  # an `elif` cannot stand alone
    return common[-1]


def _is_elif(facts: ModuleFacts, block: list[ast.stmt]) -> bool:
    match block, facts.parents[block[0]]:
        case [ast.If() as only], ast.If(orelse=orelse) if block is orelse:
            return facts.source.segment(only).startswith("elif")
        case _:
            return False


def _chain(facts: ModuleFacts, node: ast.AST, root: ast.AST) -> list[list[ast.stmt]]:
    """Return the blocks around a node up to ``root``, outermost first."""
    found: list[list[ast.stmt]] = []
    while node is not root:
        if isinstance(node, ast.stmt):
            found.append(facts.block(node))
        node = facts.parents[node]
    return found[::-1]


def _index(facts: ModuleFacts, block: list[ast.stmt], node: ast.AST) -> int:
    """Return the position in a block of the statement that a node is in; -1 for what stands before the block."""
    here: ast.AST | None = node
    while here is not None:
        for at, statement in enumerate(block):
            if statement is here:
                return at
        here = facts.parents.get(here)
    return -1


# ---- what closes it already ---


def _absorbed(facts: ModuleFacts, loop: Loop, block: list[ast.stmt], first: int) -> Place:
    """Some runs stand before the `try` that closes."""
    open_runs = [run for run in loop.runs if closing_try(facts, loop, run) is None]
    closing = next(found for run in loop.runs if (found := closing_try(facts, loop, run)))
    at = _index(facts, block, closing)
    before = block[at] is closing and all(_index(facts, block, run) < at for run in open_runs)
    if not before or len(loop.closes) > 1 or closing.finalbody[-1] is not loop.closes[0]:
        return Unclear("the `try` that closes the loop does not hold all of its runs; decide what belongs into it")
    statements = tuple(block[first : at + 1])
    only_closes = not closing.handlers and not closing.orelse and len(closing.finalbody) == 1
    return Absorbed(statements) if only_closes else Widened(statements)


def _with_closes(module: Module, loop: Loop, block: list[ast.stmt], first: int, last: int) -> Place:
    """The loop is closed, but not whatever happens."""
    facts = module.facts
    match loop.closes:
        case _ if not all(isinstance(close, (ast.Expr, ast.If)) for close in loop.closes):
            pass  # its value is used
        case (close,) if close in block and (at := block.index(close)) > last:
            between = block[first + 1 : at]
            statements = tuple(block[first : at + 1])
            if isinstance(block[first], Try) and not any(touches(module, facts, one, loop) for one in between):
                return Reused(statements, close)
            return Enclosed(statements, close)
        case _ if _is_try(block[first : last + 1]):
            whole = block[first]
            assert isinstance(whole, Try)
            blocks = [whole.body, whole.orelse, *(handler.body for handler in whole.handlers)]
            ends = tuple(one for one in blocks if one and one[-1] in loop.closes)
            if len(ends) == len(loop.closes):
                return Reused((whole,), None, ends)
        case _:
            pass  # scattered over branches
    return Unclear("an exception goes round its `close()`; one `finally` around all runs should hold it")
